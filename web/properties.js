// An object's headers, metadata and tags, to be read and changed.

import * as api from "./api.js";
import { button, h, toast } from "./dom.js";
import { moment, number, size, visible } from "./format.js";
import { t } from "./i18n.js";
import { readOnly } from "./settings.js";
import { s3URI } from "./paths.js";

const settable = ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language"];

const rows = (pairs) => pairs.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);

function section(title, pairs, empty) {
  const list = rows(pairs);
  return [h("h3", {}, title), list.length ? h("dl", {}, list) : h("p", { class: "soft" }, empty)];
}

/** An element with the properties; it replaces its own contents when they change. */
export async function propertiesView(path, { saved = () => {} } = {}) {
  const host = h("div", { class: "facts" });
  const show = async () => {
    const meta = await api.meta(path);
    host.replaceChildren(...reading(path, meta, () => host.replaceChildren(form(path, meta, show, saved))).flat(3).filter(Boolean));
  };
  await show();
  return host;
}

function reading(path, meta, edit) {
  const isObject = meta.type ? meta.type === "object" : !path.endsWith("/");
  const facts = [
    [t("path"), visible(path)],
    ["S3 URI", visible(meta.s3 ?? s3URI(path))],
    [t("size"), meta.size === undefined ? "" : `${size(meta.size)} (${number(meta.size)} B)`],
    [t("modified"), moment(meta.modified ?? meta.lastModified)],
    ["ETag", meta.etag],
    [t("storageClass"), meta.storageClass],
    [t("version"), meta.versionId],
  ];
  const entries = (of) => Object.entries(of ?? {});
  return [
    section(t("object"), facts, ""),
    isObject ? section(t("headers"), entries(meta.headers), t("none")) : null,
    isObject ? section(t("metadata"), entries(meta.metadata), t("none")) : null,
    isObject && meta.tags ? section(t("tags"), entries(meta.tags), t("none")) : null,
    isObject && !readOnly ? h("p", {}, button(t("edit"), { shape: "edit", onclick: edit, class: "edit-properties" })) : null,
  ];
}

/** Rows of a name and a value that can be added and removed. */
function pairs(title, values) {
  const list = h("div", { class: "pairs" });
  const add = (name = "", value = "") => {
    const row = h(
      "div",
      { class: "pair" },
      h("input", { type: "text", value: name, "aria-label": `${title}: ${t("name")}`, placeholder: t("name"), spellcheck: "false" }),
      h("input", { type: "text", value, "aria-label": `${title}: ${t("value")}`, placeholder: t("value"), spellcheck: "false" }),
      button(t("removeRow"), { shape: "close", bare: true, onclick: () => row.remove() }),
    );
    list.append(row);
    return row;
  };
  for (const [name, value] of Object.entries(values ?? {})) add(name, value);
  const more = button(t("addRow"), { shape: "add", onclick: () => add().querySelector("input").focus() });
  const read = () => {
    const result = {};
    for (const row of list.children) {
      const [name, value] = [...row.querySelectorAll("input")].map((input) => input.value);
      if (name.trim()) result[name.trim()] = value;
    }
    return result;
  };
  return { elements: [h("h3", {}, title), list, more], read };
}

function form(path, meta, done, saved) {
  const inputs = settable.map((name) => h("input", { type: "text", name, value: meta.headers[name] ?? "", spellcheck: "false", autocomplete: "off" }));
  const metadata = pairs(t("metadata"), meta.metadata);
  const tags = meta.tags ? pairs(t("tags"), meta.tags) : null;
  const submit = async (event) => {
    event.preventDefault();
    const headers = Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()]).filter(([, value]) => value));
    const change = { headers, metadata: metadata.read() };
    if (tags && JSON.stringify(tags.read()) !== JSON.stringify(meta.tags)) change.tags = tags.read();
    try {
      await api.setMeta(path, change, meta.etag);
      toast(t("saved"));
      saved();
      await done();
    } catch (error) {
      const text = error.status === 412 ? t("changedMeanwhile") : error.isMissing ? `${t("cannotHere")} ${error.message}` : error.message;
      toast(text, { isError: true });
    }
  };
  return h(
    "form",
    { class: "stacked", onsubmit: submit },
    h("h3", {}, t("headers")),
    inputs.map((input) => h("label", {}, input.name, input)),
    metadata.elements,
    tags?.elements ?? [],
    h("div", { class: "buttons" }, button(t("cancel"), { onclick: done }), h("button", { class: "main" }, t("save"))),
  );
}
