// Restores a snapshot: first what would change, by name; then, if that is wanted, the change.

import * as api from "../core/api.js";
import { buttons, dialog } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/notes.js";

/** What takes something away comes first. */
const actions = ["delete", "put", "restore", "make"];
const shownAtMost = 50;

function group(action, changes) {
  const uris = changes.filter((change) => change.action === action).map((change) => change.uri);
  if (!uris.length) return [];
  const names = uris.slice(0, shownAtMost).map((uri) => h("li", {}, h("bdi", {}, visible(uri.slice("s3:/".length)))));
  const rest = uris.length - names.length;
  return [
    h("h3", { class: action === "delete" ? "failed" : null }, t(`restore.${action}`, { n: uris.length })),
    h("ul", { class: "names", tabindex: "0", "aria-label": t(`restore.${action}`, { n: uris.length }) }, names),
    rest ? h("p", { class: "soft" }, t("andMore", { n: rest })) : null,
  ];
}

/** Asks whether a preview is to be done: { restored }, { isOutdated } where it is another one meanwhile, or null. */
function confirmRestore(name, preview, isAnew) {
  const { changes, summary } = preview;
  return dialog(t("restoreTitle", { name }), (close) => {
    const news = isAnew ? h("p", { role: "alert", class: "failed" }, t("restoreAnew")) : null;
    const complaint = h("p", { class: "complaint", role: "alert" });
    const untouched = h("p", { class: "soft" }, t("restoreKept", { n: summary.untouched }));
    if (!changes.length) return [news, h("p", {}, t("restoreNothing")), untouched, buttons(button(t("close"), { onclick: () => close(null), autofocus: true }))];
    const restore = async () => {
      go.disabled = true;
      go.lastChild.textContent = t("restoring");
      complaint.textContent = "";
      try {
        close({ restored: await api.restoreSnapshot(name, preview.state) });
      } catch (error) {
        if (error.status === 412) return close({ isOutdated: true });
        complaint.textContent = error.message;
        go.disabled = false;
        go.lastChild.textContent = t("tryAgain");
      }
    };
    const go = button(t("restoreAct", { n: changes.length }), { class: "main danger", onclick: restore });
    return [news, ...actions.flatMap((action) => group(action, changes)), untouched, complaint, buttons(button(t("cancel"), { onclick: () => close(null), autofocus: true }), go)];
  });
}

/**
 * Resolves with true once the buckets are as the snapshot has them; false where that was not wanted. What was confirmed is
 * done, and nothing else: where something changed since the preview, the new one is shown.
 */
export async function restoreSnapshot(name) {
  for (let isAnew = false; ; isAnew = true) {
    const preview = await api.previewSnapshot(name);
    const answer = await confirmRestore(name, preview, isAnew);
    if (!answer) return false;
    if (answer.restored) {
      const { put, restored, deleted } = answer.restored.summary;
      toast(t("snapshotRestored", { name, put: put + restored, deleted, n: preview.summary.untouched }));
      return true;
    }
  }
}
