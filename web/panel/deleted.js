// What was deleted below a folder of a bucket that keeps versions, with the way back.

import * as api from "../core/api.js";
import { button, h } from "../core/dom.js";
import { moment, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Skipped } from "../core/jobs.js";
import { complain } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { restoreSeen } from "../core/seen.js";

const atOnce = 3;

/** The element: a button, which gives way to the list. acts: changed(), versions(path) */
export function deletedObjects(path, signal, acts) {
  const host = h("div", { class: "deleted" });
  const read = async () => {
    try {
      host.replaceChildren(...drawn(await api.deleted(path, signal), path, read, acts));
    } catch (error) {
      if (!signal.aborted) complain(error);
    }
  };
  host.append(h("p", {}, button(t("showDeleted"), { shape: "history", class: "show-deleted", onclick: read })));
  return host;
}

function drawn({ deleted, truncated }, folder, read, acts) {
  const title = h("h3", {}, t("deletedObjects"));
  if (!deleted.length) return [title, h("p", { class: "soft" }, t("noDeleted"))];
  const restorable = deleted.filter((entry) => entry.versionId !== null);
  const restore = async (entries) => {
    const left = [...entries];
    // What is there again meanwhile is asked about, one by one.
    const restoreOne = (entry) => restoreSeen(entry.path, entry.versionId, null).catch((error) => {
      if (!(error instanceof Skipped)) throw error;
    });
    const worker = async () => {
      for (let entry = left.shift(); entry; entry = left.shift()) await restoreOne(entry);
    };
    await Promise.all(Array.from({ length: atOnce }, worker)).catch(complain);
    acts.changed();
    await read();
  };
  const row = (entry) => {
    const again = button(t("restore"), { "aria-label": `${t("restore")}: ${visible(entry.path)}`, onclick: () => restore([entry]) });
    const versions = button(t("versions"), { "aria-label": `${t("versions")}: ${visible(entry.path)}`, onclick: () => acts.versions(entry.path) });
    return h(
      "li",
      {},
      h("div", { class: "what" }, h("bdi", {}, visible(entry.path.slice(folder.length))), h("div", { class: "soft" }, `${size(entry.size)} · ${t("deletedAt", { time: moment(entry.deleted) })}`)),
      versions,
      readOnly || entry.versionId === null ? null : again,
    );
  };
  const all = button(t("restoreAll", { n: restorable.length }), { onclick: () => restore(restorable) });
  return [
    title,
    h("ul", { class: "versions" }, deleted.map(row)),
    truncated ? h("p", { class: "soft" }, t("moreDeleted")) : null,
    readOnly || restorable.length < 2 ? null : h("p", {}, all),
  ].filter(Boolean);
}
