// A folder's or bucket's properties: how much is in it, what changed last, what was deleted, and what the bucket does.

import * as api from "../core/api.js";
import { h } from "../core/dom.js";
import { exactSize, moment, number, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { bucketOf, isBucket, s3URI } from "../core/paths.js";
import { bucketSettings } from "./bucket.js";
import { deletedObjects } from "./deleted.js";
import { section } from "./properties.js";

/** Milliseconds between two drawings while objects are counted. */
const pause = 200;

/** The view: counted while it is shown, and ended with it. acts: changed(), versions(path) */
export async function folderView(path, signal, acts) {
  const about = await api.meta(`/${bucketOf(path)}/`, { signal }).catch((error) => {
    if (signal.aborted) throw error;
    return {};
  });
  const own = await api.ownSize(path, { signal });
  const counts = h("div", { "aria-live": "polite" });
  const facts = [
    [t("path"), visible(path)],
    ["S3 URI", visible(s3URI(path))],
    [t("ownObject"), own ? exactSize(own) : ""],
  ];
  const settings = isBucket(path) ? bucketSettings(path, about, () => deleted.replaceChildren(...deletedPart())) : [];
  const deletedPart = () => [deletedObjects(path, signal, acts)];
  // A bucket whose versions were switched off still has those from before; one that never kept any says so.
  const deleted = h("div", {}, about.versioning ? deletedPart() : []);
  const element = h("div", { class: "facts" }, section(t(isBucket(path) ? "bucket" : "folder"), facts, ""), counts, settings, deleted);
  count(path, signal, (found, isDone) => counts.replaceChildren(...drawn(found, isDone).flat(2)));
  return { element };
}

function drawn({ objects, folders, bytes, newest }, isDone) {
  const more = isDone ? "" : " …";
  return section(
    t("contents"),
    [
      [t("objectCount"), number(objects) + more],
      [t("folderCount"), folders ? number(folders) : ""],
      [t("size"), exactSize(bytes) + more],
      [t("newestChange"), newest ? [moment(newest.modified), h("div", { class: "soft" }, visible(newest.path))] : ""],
    ],
    t("none"),
  );
}

async function count(path, signal, show) {
  const found = { objects: 0, folders: 0, bytes: 0, newest: null };
  let shownAt = 0;
  try {
    for await (const entries of api.below(path, signal, true)) {
      for (const entry of entries) {
        if (entry.type !== "object") found.folders += 1;
        else {
          found.objects += 1;
          found.bytes += entry.size ?? 0;
          if (!found.newest || entry.modified > found.newest.modified) found.newest = entry;
        }
      }
      if (performance.now() - shownAt > pause) (show(found, false), (shownAt = performance.now()));
    }
    show(found, true);
  } catch (error) {
    if (error.name !== "AbortError") show(found, false);
  }
}
