// "Copy as": an entry's address in the words of other tools.

import * as api from "../core/api.js";
import { dialog } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/notes.js";
import { initial } from "../core/page-data.js";
import { bucketOf, isDirectory, keyOf, nameOf, s3URI, urlOf } from "../core/paths.js";

/** A word as a shell reads it. */
export const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
/** JSON's strings are Python's, but for what lies outside of ASCII's controls alike. */
const python = (text) => JSON.stringify(text).replace(/[\u007f-\u009f\u2028-\u202f\u2066-\u2069]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** LocalStack takes any credentials, and the gateway itself uses these without others: a snippet works as it is pasted. */
const local = { id: "test", secret: "test" };
const isLocal = (endpointURL) => !/\.amazonaws\.com/.test(endpointURL);

/** The name of a file for an object: its own, if a file can have it in the folder where one is. */
const longestName = 255;
const fileName = (name) => (["", ".", ".."].includes(name) || new Blob([name]).size > longestName ? "object" : name);

const curl = (options, url) => `curl -fsS ${initial.auth ? "-u USER:PASSWORD " : ""}${options}${shell(url)}`;

/** [[label, text]] for an entry. */
export function forms(path, { endpointURL, region }) {
  const uri = s3URI(path);
  const url = location.origin + urlOf(path);
  const environment = isLocal(endpointURL) ? `AWS_ACCESS_KEY_ID=${local.id} AWS_SECRET_ACCESS_KEY=${local.secret} ` : "";
  const keys = isLocal(endpointURL) ? `,\n                  aws_access_key_id=${python(local.id)}, aws_secret_access_key=${python(local.secret)}` : "";
  const aws = `${environment}aws --endpoint-url ${shell(endpointURL)} --region ${shell(region)} s3`;
  const client = `import boto3\ns3 = boto3.client("s3", endpoint_url=${python(endpointURL)}, region_name=${python(region)}${keys})\n`;
  const bucket = `Bucket=${python(bucketOf(path))}`;
  const forFolder = [
    ["S3 URI", uri],
    [t("httpURL"), url],
    ["curl", curl("", `${url}?json`)],
    ["aws-cli", `${aws} ls ${shell(uri)}`],
    ["boto3", `${client}s3.list_objects_v2(${bucket}, Prefix=${python(keyOf(path))})`],
  ];
  const forObject = [
    ["S3 URI", uri],
    [t("key"), keyOf(path)],
    [t("httpURL"), url],
    ["curl", curl(`-o ${shell(fileName(nameOf(path)))} `, url)],
    ["aws-cli", `${aws} cp ${shell(uri)} .`],
    ["boto3", `${client}body = s3.get_object(${bucket}, Key=${python(keyOf(path))})["Body"].read()`],
  ];
  return isDirectory(path) ? forFolder : forObject;
}

/** The same of several entries, each form with a line for each. */
function formsOfMany(paths, health) {
  const each = paths.map((path) => forms(path, health).filter(([label]) => !["boto3"].includes(label)));
  const labels = ["S3 URI", t("httpURL"), "curl", "aws-cli"];
  return labels.map((label) => [label, each.map((rows) => rows.find(([name]) => name === label)[1]).join("\n")]);
}

/** The clipboard belongs to secure pages only; elsewhere an older way still works. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "unseen", value: text });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(t("copiedText"));
}

const row = (label, text) =>
  h("div", { class: "form" }, h("h3", {}, label), h("pre", { tabindex: "0" }, text), button(t("copyLabel", { name: label }), { shape: "copy", bare: true, onclick: () => copyText(text) }));

function presigned(path, endpoint) {
  const host = h("input", { type: "text", value: endpoint, list: "hosts", "aria-label": t("host"), spellcheck: "false" });
  const hosts = h("datalist", { id: "hosts" }, [endpoint, "http://localhost:4566", "http://localstack:4566", "http://host.docker.internal:4566"].map((value) => h("option", { value })));
  const times = [["900", t("minutes", { n: 15 })], ["3600", t("hours", { n: 1 })], ["86400", t("hours", { n: 24 })], ["604800", t("days", { n: 7 })]];
  const expires = h("select", { "aria-label": t("validFor") }, times.map(([value, label]) => h("option", { value }, label)));
  expires.value = "3600";
  const result = h("div", {});
  const make = async (event) => {
    event.preventDefault();
    try {
      const url = await api.presign(path, { host: host.value.trim() || null, expires: expires.value });
      result.replaceChildren(row(t("presigned"), url));
    } catch (error) {
      result.replaceChildren(h("p", { class: "complaint" }, error.isMissing ? `${t("cannotHere")} ${error.message}` : error.message));
    }
  };
  return h("form", { class: "presign", onsubmit: make }, h("h3", {}, t("presigned")), h("div", { class: "line" }, host, hosts, expires, h("button", {}, t("create"))), result);
}

/** The dialog for one path, or for several. */
export async function copyAs(paths) {
  const endpoint = await api.endpoint();
  const [path] = paths;
  const rows = paths.length > 1 ? formsOfMany(paths, endpoint) : forms(path, endpoint);
  const more = paths.length > 1 || isDirectory(path) ? null : presigned(path, endpoint.endpointURL);
  await dialog(t("copyAsTitle"), () => [...rows.map(([label, text]) => row(label, text)), more], { wide: true });
}
