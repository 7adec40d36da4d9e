// What a bucket does with what is stored in it: its region, whether it keeps versions, with a switch, and where its events go.

import * as api from "../core/api.js";
import { h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { complain } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { section } from "./properties.js";

/** The elements for a bucket's settings; `changed()` is called after versioning was switched. */
export function bucketSettings(path, about, changed) {
  return [
    section(t("settings"), [[t("region"), about.region], [t("versioning"), about.versioning && (readOnly ? t(`versioning.${about.versioning}`) : versioningSwitch(path, about, changed))]], ""),
    notifications(about.notifications),
  ];
}

function versioningSwitch(path, about, changed) {
  const hint = h("span", { class: "soft" });
  const box = h("input", { type: "checkbox", role: "switch", class: "keep-versions", checked: about.versioning === "Enabled" });
  const say = () => (hint.textContent = t(box.checked ? "versionsKept" : "versionsNotKept"));
  box.addEventListener("change", async () => {
    box.disabled = true;
    try {
      await api.setVersioning(path, box.checked);
      changed();
    } catch (error) {
      box.checked = !box.checked;
      complain(error);
    }
    box.disabled = false;
    say();
    box.focus();
  });
  say();
  return h("div", {}, h("label", { class: "switch" }, box, t("keepVersions")), hint);
}

function notifications(found) {
  if (!found) return [];
  const row = ({ kind, id, target, events, prefix, suffix }) => [
    t(`notify.${kind}`),
    h("div", {}, visible(target ?? id ?? ""), h("div", { class: "soft" }, [events.join(", "), prefix && `${visible(prefix)}…`, suffix && `…${visible(suffix)}`].filter(Boolean).join(" · "))),
  ];
  return section(t("notifications"), found.map(row), t("noNotifications"));
}
