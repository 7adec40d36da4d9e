// An object's versions: seen, downloaded, made the newest again.

import * as api from "./api.js";
import { button, h, icon, toast } from "./dom.js";
import { moment, size } from "./format.js";
import { t } from "./i18n.js";
import { nameOf, urlOf } from "./paths.js";
import { readOnly } from "./settings.js";

/** look(url, size) shows a version; restored() is called after one was brought back. */
export async function versionsView(path, { look, restored }) {
  let versions;
  try {
    versions = await api.versions(path);
  } catch (error) {
    if (!error.isMissing) throw error;
    return h("p", { class: "notice" }, t("noVersions"));
  }
  if (!versions.length) return h("p", { class: "notice" }, t("noVersions"));
  const restore = async (version) => {
    try {
      await api.restore(path, version.versionId);
      toast(t("restored"));
      restored();
    } catch (error) {
      toast(error.message, { isError: true });
    }
  };
  const row = (version) => {
    const url = `${urlOf(path)}?version=${encodeURIComponent(version.versionId)}`;
    const facts = version.deleteMarker ? t("deleteMarker") : size(version.size);
    return h(
      "li",
      { class: version.deleteMarker ? "gone" : null },
      h("div", { class: "what" }, h("strong", {}, moment(version.lastModified)), version.isLatest ? h("span", { class: "badge" }, t("newest")) : null, h("div", { class: "soft" }, `${facts} · ${version.versionId}`)),
      version.deleteMarker ? null : button(t("show"), { onclick: () => look(url, version.size) }),
      version.deleteMarker ? null : h("a", { class: "button", href: url, download: nameOf(path), "aria-label": t("download") }, icon("download")),
      version.deleteMarker || version.isLatest || readOnly ? null : button(t("restore"), { onclick: () => restore(version) }),
    );
  };
  return h("ul", { class: "versions" }, versions.map(row));
}
