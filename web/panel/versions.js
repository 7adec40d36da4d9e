// An object's versions: seen, downloaded, made the newest again.

import * as api from "../core/api.js";
import { button, h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { complain, toast } from "../core/notes.js";
import { moment, size } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Skipped } from "../core/jobs.js";
import { nameOf, urlOf } from "../core/paths.js";
import { readOnly } from "../core/page-data.js";
import { restoreSeen } from "../core/seen.js";

const nothing = () => ({ element: h("p", { class: "notice" }, t("noVersions")) });

/** look(version) shows a version; restored() is called after one was brought back, and draws the versions as they are then. */
export async function versionsView(path, { look, restored, signal }) {
  let versions;
  try {
    versions = await api.versions(path, signal);
  } catch (error) {
    if (!error.isMissing) throw error;
    return nothing();
  }
  if (!versions.length) return nothing();
  const latest = versions.find((version) => version.isLatest && !version.deleteMarker) ?? null;
  const restore = async (version) => {
    try {
      await restoreSeen(path, version.versionId, latest);
      toast(t("restored"));
      await restored();
    } catch (error) {
      if (!(error instanceof Skipped)) complain(error);
    }
  };
  const row = (version) => {
    const url = `${urlOf(path)}?version=${encodeURIComponent(version.versionId)}`;
    const facts = version.deleteMarker ? t("deleteMarker") : size(version.size);
    return h(
      "li",
      { class: version.deleteMarker ? "gone" : null },
      h(
        "div",
        { class: "what" },
        h("strong", {}, moment(version.lastModified)),
        version.isLatest ? h("span", { class: "badge" }, t("newest")) : null,
        h("div", { class: "soft" }, `${facts} · ${version.versionId}`),
      ),
      version.deleteMarker ? null : button(t("show"), { onclick: () => look(version) }),
      version.deleteMarker ? null : h("a", { class: "button", href: url, download: nameOf(path), "aria-label": t("download") }, icon("download")),
      version.deleteMarker || version.isLatest || readOnly ? null : button(t("restore"), { onclick: () => restore(version) }),
    );
  };
  return { element: h("ul", { class: "versions" }, versions.map(row)), etag: latest?.etag };
}
