// JSON as a tree that folds, and NDJSON as one row for each value. Numbers keep every digit that was written.

import { h, button } from "./dom.js";
import { t } from "./i18n.js";

const atOnce = 200;
const previewLength = 120;

class Digits {
  constructor(text) {
    this.text = text;
  }
}

/** Parsed, with numbers that would lose digits kept as they are written. */
export const parse = (text) =>
  JSON.parse(text, (_, value, context) =>
    typeof value === "number" && context?.source && context.source !== String(value) ? new Digits(context.source) : value,
  );

const isBranch = (value) => value !== null && typeof value === "object" && !(value instanceof Digits);

function leaf(value) {
  if (value instanceof Digits) return h("span", { class: "number" }, value.text);
  const kind = value === null ? "null" : typeof value;
  return h("span", { class: kind }, JSON.stringify(value));
}

const plain = (value) =>
  value instanceof Digits ? value.text
  : Array.isArray(value) ? `[${value.slice(0, 20).map(plain).join(", ")}]`
  : isBranch(value) ? `{${Object.entries(value).slice(0, 20).map(([key, item]) => `${JSON.stringify(key)}: ${plain(item)}`).join(", ")}}`
  : JSON.stringify(value);

function summary(value) {
  const text = plain(value);
  return text.length > previewLength ? `${text.slice(0, previewLength)}…` : text;
}

function node(key, value, depth, isOpen) {
  const name = key === null ? [] : [h("span", { class: "key" }, key), ": "];
  if (!isBranch(value)) return h("div", { class: "leaf" }, name, leaf(value));
  const items = Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value).map(([item, of]) => [JSON.stringify(item), of]);
  const brackets = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!items.length) return h("div", { class: "leaf" }, name, brackets.join(""));
  const head = h("summary", {}, name, h("span", { class: "soft" }, `${brackets[0]}${items.length}${brackets[1]} `), h("span", { class: "soft once" }, summary(value)));
  const inside = h("div", { class: "branch" });
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

export const jsonView = (value) => h("div", { class: "tree", tabindex: "0", role: "document", "aria-label": t("contents") }, node(null, value, 0, true));

/** One row a line; what is no JSON is shown as it is. */
export function linesView(text, { isCut }) {
  const lines = text.split("\n").filter((line) => line.trim());
  if (isCut) lines.pop();
  const host = h("div", { class: "tree", tabindex: "0", role: "document", "aria-label": t("contents") });
  let drawn = 0;
  const draw = () => {
    host.querySelector(":scope > button")?.remove();
    for (const line of lines.slice(drawn, drawn + atOnce)) {
      drawn += 1;
      let shown;
      try {
        shown = node(null, parse(line), 1, false);
      } catch {
        shown = h("div", { class: "leaf failed" }, line);
      }
      host.append(h("div", { class: "record" }, h("span", { class: "count" }, String(drawn)), shown));
    }
    if (drawn < lines.length) host.append(button(t("andMore", { n: lines.length - drawn }), { onclick: draw }));
  };
  draw();
  return host;
}

/** Whether a text's first two lines are JSON values each. */
export function looksLikeLines(text) {
  const lines = text.split("\n", 3).filter((line) => line.trim());
  try {
    return lines.length > 1 && lines.slice(0, 2).every((line) => isBranch(JSON.parse(line)));
  } catch {
    return false;
  }
}
