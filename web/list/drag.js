// Dragging: rows onto folders and onto the path above, to move them (with Ctrl: to copy); files of the machine onto a
// folder's row, or onto the list, to upload them there.

import { h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { nameOf, parentOf } from "../core/paths.js";

const kind = "application/x-localstackmount";

/**
 * table, selection, listing: where rows come from. `mayUpload(folder)`; upload(transfer, folder); relocate(verb, entries,
 * folder); refuse(text) says why a drop is not taken.
 */
export function bindDragging({ table, selection, listing, readOnly, upload, relocate, refuse }) {
  let dragged = [];
  let target = null;
  let depth = 0;
  const hint = h("div", { class: "drop-hint", "aria-hidden": "true" });

  const mark = (element) => {
    if (target === element) return;
    target?.classList.remove("drop-target");
    target = element;
    target?.classList.add("drop-target");
  };
  /** The folder under the pointer and its element; the folder that is listed where there is no other. */
  const placeAt = (event) => {
    const crumb = event.target.closest?.(".crumbs a");
    if (crumb) return { path: crumb.dataset.path, element: crumb };
    const entry = table.entryAt(event);
    if (entry && entry.type !== "object") return { path: entry.path, element: event.target.closest(".row") };
    return { path: listing.isFolder ? listing.path : null, element: null };
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const hasRows = (event) => event.dataTransfer?.types.includes(kind);

  table.body.addEventListener("dragstart", (event) => {
    const entry = table.entryAt(event);
    if (!entry || readOnly || !selection.has(entry.path)) return;
    dragged = selection.targets;
    event.dataTransfer.setData(kind, "");
    event.dataTransfer.setData("text/plain", dragged.map(({ path }) => `s3:/${path}`).join("\n"));
    event.dataTransfer.effectAllowed = "copyMove";
  });
  table.body.addEventListener("dragend", () => ((dragged = []), mark(null)));

  const end = () => {
    depth = 0;
    mark(null);
    document.body.classList.remove("dropping");
  };
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) end();
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event) && !hasRows(event)) return;
    // Without this the browser would open a file in place of the page.
    event.preventDefault();
    const { path, element } = placeAt(event);
    mark(element);
    if (hasRows(event)) {
      event.dataTransfer.dropEffect = element && isSensible(dragged, path) ? (event.ctrlKey ? "copy" : "move") : "none";
      return;
    }
    const refusal = refusalOf(path);
    // A refused drop is taken too, so that it can be said why.
    event.dataTransfer.dropEffect = "copy";
    hint.textContent = refusal ?? t("dropInto", { name: visible(nameOf(path)) });
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event) && !hasRows(event)) return;
    event.preventDefault();
    const { path, element } = placeAt(event);
    const rows = dragged;
    end();
    if (hasRows(event)) {
      if (element && isSensible(rows, path)) relocate(event.ctrlKey ? "copy" : "move", rows, path);
      return;
    }
    const refusal = refusalOf(path);
    if (refusal) refuse(refusal);
    else upload(event.dataTransfer, path);
  });

  /** Why files cannot be dropped on a place; null where they can. */
  function refusalOf(path) {
    if (readOnly) return t("refuseReadOnly");
    if (path === null) return t("refuseSearch");
    return path === "/" ? t("refuseRoot") : null;
  }
  return { hint, refusalOf };
}

const isSensible = (entries, folder) =>
  folder !== null && folder !== "/" && entries.length > 0 && entries.every((entry) => parentOf(entry.path) !== folder && !folder.startsWith(entry.type === "object" ? "\0" : entry.path));
