// Which lines differ between two texts (Myers, "An O(ND) difference algorithm", 1986).

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** Beyond so many differences the rest is shown as replaced whole. */
const mostEdits = 1500;
const context = 3;

/** [{ kind: "same" | "old" | "new", text, old, now }] with line numbers from 1. */
export function compare(older, newer) {
  let head = 0;
  while (head < older.length && head < newer.length && older[head] === newer[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(older.length, newer.length) - head && older.at(-1 - tail) === newer.at(-1 - tail)) tail += 1;
  const steps = middle(older.slice(head, older.length - tail), newer.slice(head, newer.length - tail));
  const kinds = [...Array(head).fill("same"), ...steps, ...Array(tail).fill("same")];
  let old = 0;
  let now = 0;
  return kinds.map((kind) => {
    const text = kind === "new" ? newer[now] : older[old];
    if (kind !== "new") old += 1;
    if (kind !== "old") now += 1;
    return { kind, text, old, now };
  });
}

function middle(a, b) {
  const whole = [...Array(a.length).fill("old"), ...Array(b.length).fill("new")];
  const limit = Math.min(mostEdits, a.length + b.length);
  const furthest = new Map([[1, 0]]);
  const trace = [];
  for (let edits = 0; edits <= limit; edits += 1) {
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) (x += 1), (y += 1);
      furthest.set(k, x);
      if (x >= a.length && y >= b.length) return walkBack(trace, a.length, b.length);
    }
  }
  return whole;
}

function walkBack(trace, endX, endY) {
  const kinds = [];
  let [x, y] = [endX, endY];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits];
    const k = x - y;
    const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = furthest.get(fromK) ?? 0;
    const fromY = fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0) (kinds.push("same"), (x -= 1), (y -= 1));
    if (edits > 0) kinds.push(down ? "new" : "old");
    [x, y] = [fromX, fromY];
  }
  return kinds.reverse();
}

/** Two texts as one list of lines, what is the same cut short. */
export function diffView(older, newer, { oldName, newName }) {
  const lines = compare(older.split("\n"), newer.split("\n"));
  const isNear = lines.map(() => false);
  lines.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let at = Math.max(0, index - context); at <= Math.min(lines.length - 1, index + context); at += 1) isNear[at] = true;
  });
  const words = { same: "", old: oldName, new: newName };
  const signs = { same: " ", old: "−", new: "+" };
  const rows = [];
  lines.forEach((line, index) => {
    if (isNear[index]) {
      rows.push(
        h("div", { class: `line ${line.kind}` },
          h("span", { class: "sign", "aria-label": words[line.kind] || null }, signs[line.kind]),
          h("span", { class: "count" }, line.kind === "new" ? "" : String(line.old)),
          h("span", { class: "count" }, line.kind === "old" ? "" : String(line.now)),
          h("span", { class: "words" }, line.text)),
      );
    } else if (index === 0 || isNear[index - 1]) rows.push(h("div", { class: "line gap" }, "⋯"));
  });
  if (!rows.some((row) => !row.classList.contains("gap"))) return h("p", { class: "soft" }, t("noDifference"));
  const legend = h("p", { class: "legend" }, h("span", { class: "old" }, `− ${oldName}`), h("span", { class: "new" }, `+ ${newName}`));
  return h("div", { class: "stack" }, legend, h("div", { class: "diff", tabindex: "0", role: "document", "aria-label": t("differences") }, rows));
}
