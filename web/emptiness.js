// What stands in place of rows where there are none: what it means, and what one does about it.

import { copyText, shell } from "./copyas.js";
import { button, h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { urlOf } from "./paths.js";
import { readOnly } from "./settings.js";

/** A line for the shell, with its button. */
const line = (command) => h("div", { class: "command" }, h("code", {}, command), button(t("copyLabel", { name: "curl" }), { shape: "copy", bare: true, onclick: () => copyText(command) }));

const notice = (shape, text, ...rest) => [icon(shape), h("p", {}, text), ...rest];

/** The elements that say that a listing is empty. */
export function emptiness({ path, query }) {
  if (query !== null) return notice("search", t("nothingFound"));
  if (readOnly) return notice("folder", path === "/" ? t("noBuckets") : t("emptyReadOnly"));
  const url = location.origin + urlOf(path);
  if (path === "/") return notice("bucket", t("noBuckets"), line(`curl -X PUT ${url}my-bucket/`));
  return notice("folder", t("empty"), line(`curl -T FILE ${shell(url)}`));
}
