// JSON as a tree that folds, and NDJSON as one row for each value.

import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { isBranch, parse, summary } from "./json-text.js";

const atOnce = 200;
const previewLength = 120;
/** Deeper ones are indented no further. */
const deepestIndent = 40;

const tree = (children) => h("div", { class: "tree", tabindex: "0", role: "region", "aria-label": t("contents") }, children);

function node(key, value, depth, isOpen) {
  const name = key === null ? [] : [h("span", { class: "key" }, key), ": "];
  if (!isBranch(value)) return h("div", { class: "leaf" }, name, h("span", { class: value.kind }, value.text));
  const [open, close] = value.kind === "object" ? "{}" : "[]";
  const { items } = value;
  if (!items.length) return h("div", { class: "leaf" }, name, open + close);
  const head = h("summary", {}, name, h("span", { class: "soft" }, `${open}${items.length}${close} `), h("span", { class: "soft once" }, summary(value, previewLength)));
  const inside = h("div", { class: depth < deepestIndent ? "branch" : "branch flat" });
  const branch = h("details", { open: isOpen }, head, inside);
  let drawn = 0;
  const draw = () => {
    inside.querySelector(":scope > button")?.remove();
    for (const [item, of] of items.slice(drawn, drawn + atOnce)) inside.append(node(item, of, depth + 1, depth < 1 && items.length <= 50));
    drawn = Math.min(items.length, drawn + atOnce);
    if (drawn < items.length) inside.append(button(t("andMore", { n: items.length - drawn }), { onclick: draw }));
  };
  // Children exist only once their parent was opened.
  if (isOpen) draw();
  else branch.addEventListener("toggle", () => drawn || draw(), { once: true });
  return branch;
}

export const jsonView = (value) => ({ element: tree(node(null, value, 0, true)) });

/** One row a line; a line that is no JSON is shown as it is. */
export function linesView(text, { isCut }) {
  const lines = text.split("\n").filter((line) => line.trim());
  if (isCut) lines.pop();
  const host = tree([]);
  let drawn = 0;
  const draw = () => {
    host.querySelector(":scope > button")?.remove();
    for (const line of lines.slice(drawn, drawn + atOnce)) {
      drawn += 1;
      let shown;
      try {
        shown = node(null, parse(line), 1, false);
      } catch {
        shown = h("div", { class: "leaf failed" }, line.slice(0, 10_000));
      }
      host.append(h("div", { class: "record" }, h("span", { class: "count" }, String(drawn)), shown));
    }
    if (drawn < lines.length) host.append(button(t("andMore", { n: lines.length - drawn }), { onclick: draw }));
  };
  draw();
  return { element: host };
}

/** Whether a text's first two lines are JSON values each. */
export function looksLikeLines(text) {
  const lines = text.split("\n", 3).filter((line) => line.trim());
  try {
    return lines.length > 1 && lines.slice(0, 2).every((line) => isBranch(parse(line)));
  } catch {
    return false;
  }
}
