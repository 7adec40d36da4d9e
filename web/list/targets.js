// Where things may be moved or copied to: typed with completion, or chosen from what was used before.

import * as api from "../core/api.js";
import { ask } from "../core/dialogs.js";
import { h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { remember, remembered } from "../core/page-data.js";
import { bucketOf, isBucket, keyOf, nameOf, parentOf } from "../core/paths.js";

const mostRemembered = 6;

function recentTargets() {
  try {
    return JSON.parse(remembered("targets") ?? "[]").filter((path) => typeof path === "string");
  } catch {
    return [];
  }
}

/** A folder is offered again once something was put into it. */
export function keepTarget(target) {
  remember("targets", JSON.stringify([target, ...recentTargets().filter((path) => path !== target)].slice(0, mostRemembered)));
}

/** Completes the folder that is being typed, from the listing of its parent. */
function completion(input) {
  const list = h("datalist", { id: "targets" });
  let shown = null;
  const complete = async () => {
    const parent = input.value.startsWith("/") ? input.value.slice(0, input.value.lastIndexOf("/") + 1) : "/";
    if (parent === shown) return;
    shown = parent;
    const entries = await api.list(parent, { quiet: true }).then((answer) => answer.entries, () => []);
    if (parent !== shown) return;
    const folders = entries.filter((entry) => entry.type === "directory" || entry.type === "bucket").slice(0, 500);
    list.replaceChildren(...folders.map((entry) => h("option", { value: `${parent}${entry.name}/` })));
  };
  input.setAttribute("list", "targets");
  input.addEventListener("input", complete);
  complete();
  return list;
}

function recentButtons(input, here) {
  const targets = recentTargets().filter((path) => path !== here);
  if (!targets.length) return null;
  const use = (path) => () => {
    input.value = path;
    input.dispatchEvent(new Event("input"));
    input.focus();
  };
  const choices = targets.map((path) => h("button", { type: "button", onclick: use(path) }, h("bdi", {}, visible(path))));
  return h("div", { class: "recent-targets" }, h("span", { class: "soft" }, t("recentTargets")), choices);
}

/** S3's limit of a key, in bytes. */
const longestKey = 1024;

const check = (text) => {
  const path = text.trim();
  if (!/^\/[^/]+/.test(path)) return t("destinationForm");
  return new TextEncoder().encode(keyOf(path)).length > longestKey || bucketOf(path).length > longestKey ? t("destinationLong") : null;
};

/**
 * The folder must be in a bucket that exists; the folder itself is made by what is put into it. A path without a slash at its
 * end that is an object's is refused: its user did not mean a new folder of that name.
 */
async function verified(typed, problemOf) {
  // A blank around a pasted path is no part of it.
  const text = typed.trim();
  const target = text.endsWith("/") ? text : `${text}/`;
  const problem = problemOf(target);
  if (problem) throw new Error(problem);
  if (target !== text && !isBucket(target) && (await api.entryOf(text))) throw new Error(t("targetIsObject", { name: visible(text) }));
  const bucket = target.slice(0, target.indexOf("/", 1) + 1);
  try {
    await api.list(target);
  } catch (error) {
    if (error.status !== 404) throw error;
    await api.list(bucket).catch((refusal) => {
      throw refusal.status === 404 ? new Error(t("noSuchBucket", { name: visible(nameOf(bucket)) })) : refusal;
    });
  }
  return target;
}

/**
 * Asks for a folder: its path, or null. The dialog stays open, with its text, where the place cannot be used: `problemOf`
 * gives a complaint about a folder, or null.
 */
export const askTarget = (title, { verb, here, problemOf }) =>
  ask(title, { label: t("destination"), value: here, verb, check, act: (text) => verified(text, problemOf), more: (input) => [completion(input), recentButtons(input, here)] });

export const folderOf = (entries, listing) => (listing.isFolder ? listing.path : parentOf(entries[0].path));
