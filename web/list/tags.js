// Tags for several objects at once: what is named is set or removed, everything else stays.

import * as api from "../core/api.js";
import { buttons, dialog } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/notes.js";

/** "a=b" lines and "-c" lines as a change: { a: "b", c: null }; throws for another line. */
export function changeOf(text) {
  const change = {};
  for (const line of text.split("\n").map((row) => row.trim()).filter(Boolean)) {
    const set = /^([^=]+)=(.*)$/.exec(line);
    if (set) change[set[1].trim()] = set[2].trim();
    else if (/^-./.test(line)) change[line.slice(1).trim()] = null;
    else throw new Error(t("tagsForm", { line: visible(line) }));
  }
  return change;
}

/** Asks for the change; null where none was made. */
function ask(count) {
  return dialog(t("tagsTitle", { n: count }), (close) => {
    const area = h("textarea", { rows: "5", autofocus: true, spellcheck: "false", "aria-label": t("tags"), placeholder: "stage=dev" });
    const complaint = h("p", { class: "complaint", role: "alert" });
    const submit = (event) => {
      event.preventDefault();
      try {
        const change = changeOf(area.value);
        close(Object.keys(change).length ? change : null);
      } catch (error) {
        complaint.textContent = error.message;
      }
    };
    const choice = buttons(button(t("cancel"), { onclick: () => close(null) }), h("button", { class: "main" }, t("save")));
    return h("form", { onsubmit: submit }, h("p", { class: "soft" }, t("tagsHint")), area, complaint, choice);
  });
}

/** Changes the tags of the objects among entries, as a job. */
export async function tag(entries, jobs) {
  const objects = entries.filter((entry) => entry.type === "object");
  if (!objects.length) return toast(t("tagsNone"), { isError: true });
  const tags = await ask(objects.length);
  if (tags === null) return undefined;
  const units = objects.map((entry) => ({ label: visible(entry.label), run: () => api.setMeta(entry.path, { tags }) }));
  return jobs.start({ kind: "tag", units });
}
