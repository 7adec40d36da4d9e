// What is shown in place of rows where there are none: what it means, and what to do about it.

import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icons.js";
import { readOnly } from "../core/page-data.js";
import { parentOf, urlOf } from "../core/paths.js";
import { copyText, shell } from "../panel/copy-as.js";

/** A line for the shell, with its button. */
const line = (command) =>
  h("div", { class: "command" }, h("code", {}, command), button(t("copyLabel", { name: command.split(" ", 1)[0] }), { shape: "copy", bare: true, onclick: () => copyText(command) }));

const notice = (shape, text, ...rest) => [icon(shape), h("p", {}, text), ...rest];

/** The elements that say that a listing is empty. commands: folder(), search() */
export function emptyState(listing, commands) {
  const { path, query, view } = listing.place;
  if (listing.count) return notice("search", t("filterNothing"), button(t("searchBelow"), { shape: "search", onclick: commands.search }));
  if (query !== null) return notice("search", t("nothingFound"));
  if (view === "recent") return notice("clock", t("nothingRecent"));
  const url = location.origin + urlOf(path);
  if (path === "/") {
    const make = [
      button(t("newBucket"), { shape: "add", class: "main", onclick: commands.folder }),
      h("p", { class: "soft" }, t("orByShell")),
      line("awslocal s3 mb s3://my-bucket"),
      line(`curl -X PUT ${url}my-bucket/`),
    ];
    return notice("bucket", t("noBuckets"), ...(readOnly ? [] : make));
  }
  if (readOnly) return notice("folder", t("emptyReadOnly"));
  return notice("folder", t("empty"), line(`curl -T FILE ${shell(url)}`));
}

/** The elements that say that a place cannot be listed. commands: go(change), reload(), makeBucket(path) */
export function failedState(listing, error, commands) {
  const { path } = listing.place;
  const isMissing = error.status === 404;
  const isBucket = path.split("/").length === 3;
  return notice(
    isMissing ? "folder" : "info",
    isMissing ? t(isBucket ? "bucketMissing" : "folderMissing") : error.message,
    !isMissing && error.detail !== error.message ? h("p", { class: "soft detail" }, error.detail) : null,
    h("div", { class: "choices" },
      button(t("tryAgain"), { shape: "reload", onclick: commands.reload }),
      path === "/" ? null : button(t("goUp"), { shape: "folder", onclick: () => commands.go({ path: parentOf(path), query: null, view: "list" }) }),
      isMissing && isBucket && !readOnly ? button(t("createBucket"), { shape: "add", onclick: () => commands.makeBucket(path) }) : null,
    ),
  );
}
