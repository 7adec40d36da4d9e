// The lines in which two texts differ, with the words that differ in them; what is the same is cut short.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { inWorker } from "./libraries.js";

const context = 3;
/** As many lines are drawn; a difference of more is for another tool. */
const mostDrawn = 2000;
const patience = 3;

/** Lines of the difference: [{ kind, text, words, old, now }] with numbers from 1. */
function linesOf(parts) {
  const lines = [];
  let [old, now] = [0, 0];
  for (const { kind, lines: texts, words = [] } of parts) {
    texts.forEach((text, index) => {
      if (kind !== "new") old += 1;
      if (kind !== "old") now += 1;
      lines.push({ kind, text, words: words[index], old, now });
    });
  }
  return lines;
}

const signs = { same: " ", old: "−", new: "+" };
const longestLine = 5000;

function row(line, names) {
  const words = line.words ? line.words.map(([text, differs]) => (differs ? h("mark", {}, text) : text)) : line.text.slice(0, longestLine);
  return h(
    "div",
    { class: `line ${line.kind}` },
    h("span", { class: "sign" }, h("span", { class: "unseen" }, names[line.kind] ?? ""), signs[line.kind]),
    h("span", { class: "count" }, line.kind === "new" ? "" : String(line.old)),
    h("span", { class: "count" }, line.kind === "old" ? "" : String(line.now)),
    h("span", { class: "words" }, words),
  );
}

/** An element that shows the hunks of a unified difference, as `diff -u` writes them; `label` tells it from others. */
export function hunksView(text, { oldName, newName, label }) {
  const names = { old: oldName, new: newName };
  const kinds = { " ": "same", "-": "old", "+": "new" };
  const texts = text.split("\n");
  if (texts.at(-1) === "") texts.pop();
  const rows = [];
  let [old, now] = [0, 0];
  for (const line of texts.slice(0, mostDrawn)) {
    const start = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    const kind = kinds[line[0]];
    if (start) {
      [old, now] = [Number(start[1]) - 1, Number(start[2]) - 1];
      if (rows.length) rows.push(h("div", { class: "line gap" }, "⋯"));
    } else if (!kind) {
      // "\ No newline at end of file"
      rows.push(h("div", { class: "line gap" }, line.replace(/^\\ /, "")));
    } else {
      if (kind !== "new") old += 1;
      if (kind !== "old") now += 1;
      rows.push(row({ kind, text: line.slice(1), old, now }, names));
    }
  }
  if (texts.length > mostDrawn) rows.push(h("div", { class: "line gap" }, t("andMoreLines", { n: texts.length - mostDrawn })));
  return framed(rows, names, `${t("differences")}: ${label}`);
}

const framed = (rows, names, label = t("differences")) => {
  const legend = h("p", { class: "legend" }, h("span", { class: "old" }, `− ${names.old}`), h("span", { class: "new" }, `+ ${names.new}`));
  return h("div", { class: "stack" }, legend, h("div", { class: "diff", tabindex: "0", role: "region", "aria-label": label }, rows));
};

/** Resolves with an element that shows how `newer` differs from `older`. */
export async function diffView(older, newer, { oldName, newName }) {
  const [before, after] = [older.split("\n"), newer.split("\n")];
  const parts = (await inWorker({ act: "difference", older: before, newer: after }, patience)) ?? [{ kind: "old", lines: before }, { kind: "new", lines: after }];
  const lines = linesOf(parts);
  const isNear = new Uint8Array(lines.length);
  lines.forEach((line, index) => line.kind !== "same" && isNear.fill(1, Math.max(0, index - context), index + context + 1));
  const rows = [];
  let hidden = 0;
  for (let index = 0; index < lines.length; index += 1) {
    if (!isNear[index]) {
      if (index === 0 || isNear[index - 1]) rows.push(h("div", { class: "line gap" }, "⋯"));
    } else if (rows.length < mostDrawn) rows.push(row(lines[index], { old: oldName, new: newName }));
    else hidden += 1;
  }
  if (!isNear.includes(1)) return h("p", { class: "soft" }, t("noDifference"));
  if (hidden) rows.push(h("div", { class: "line gap" }, t("andMoreLines", { n: hidden })));
  return framed(rows, { old: oldName, new: newName });
}
