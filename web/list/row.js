// One row of the table: a copy of a pattern, which is much quicker than to build it anew.

import { button, h } from "../core/dom.js";
import { ago, moment, shapeOf, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icons.js";

const pattern = h(
  "div",
  { class: "row", role: "row" },
  h("div", { role: "gridcell", class: "cell check" }, h("input", { type: "checkbox", tabindex: "-1" })),
  h("div", { role: "rowheader", class: "cell name" }, h("a", { tabindex: "-1", dir: "auto", draggable: "false" }), h("span", { class: "under", "aria-hidden": "true" })),
  h("div", { role: "gridcell", class: "cell size" }),
  h("div", { role: "gridcell", class: "cell modified" }),
  h("div", { role: "gridcell", class: "cell more" }, button(t("actions"), { shape: "more", bare: true, tabindex: "-1", "aria-haspopup": "menu" })),
);

const shownName = (entry) => visible(entry.label) + (entry.type === "object" ? "" : "/");

/** A small picture in place of the drawing, for an image that is small enough to be read just for that. */
const largestThumbnail = 512 << 10;
function drawing(entry) {
  const shape = shapeOf(entry);
  if (shape !== "image" || !(entry.size > 0 && entry.size <= largestThumbnail) || /\.svg$/i.test(entry.name)) return icon(shape);
  const image = h("img", { class: "thumbnail", alt: "", loading: "lazy", decoding: "async", src: entry.url, draggable: "false" });
  image.addEventListener("error", () => image.replaceWith(icon(shape)));
  return image;
}

/** Returns the element for an entry; `mark` is "new", "changed" or null. */
export const makeRow = (entry, mark) => fillRow(pattern.cloneNode(true), entry, mark);

/** Writes an entry into its row. The row stays the same element, so that a press and a release on it are a click. */
export function fillRow(row, entry, mark) {
  const shown = shownName(entry);
  const [check, name, bytes, modified, more] = row.children;
  row.className = `row ${entry.type}`;
  row.dataset.path = entry.path;
  row.entry = entry;
  row.mark = mark;
  check.firstChild.setAttribute("aria-label", t("select", { name: shown }));
  for (const old of name.querySelectorAll(":scope > :is(.icon, .thumbnail, .badge)")) old.remove();
  name.prepend(drawing(entry));
  const link = name.querySelector("a");
  link.href = entry.url;
  link.title = shown;
  link.textContent = shown;
  if (mark) {
    row.classList.add("fresh");
    name.append(h("span", { class: "badge" }, t(mark)));
  }
  bytes.textContent = entry.type === "object" ? size(entry.size) : "–";
  if (entry.type === "object") bytes.title = `${entry.size} B`;
  modified.title = moment(entry.modified);
  name.querySelector(".under").textContent = entry.type === "object" ? `${size(entry.size)} · ${ago(entry.modified)}` : moment(entry.modified);
  more.firstChild.setAttribute("aria-label", t("actionsFor", { name: shown }));
  tellTime(row);
  return row;
}

/** The relative time again, as time passes. */
export function tellTime(row) {
  const text = ago(row.entry.modified) || "–";
  const cell = row.children[3];
  if (cell.textContent !== text) cell.textContent = text;
}
