// In a worker: what may take long on odd input. Ended from outside when it does (libraries.js).

/* global importScripts, markdownit, Diff */

/** Only what is drawn: tokens as plain values. */
function tokens(text) {
  importScripts("../vendor/markdown-it.js");
  const plain = ({ type, tag, attrs, content, info, children, hidden, nesting }) => ({ type, tag, attrs, content, info, hidden, nesting, children: children && children.map(plain) });
  return markdownit("default", { html: false, linkify: false, typographer: false }).parse(text, {}).map(plain);
}

/** Line by line: [{ kind: "same" | "old" | "new", lines }], with the words that differ where as many lines replace as many. */
function difference(older, newer) {
  importScripts("../vendor/diff.js");
  let head = 0;
  while (head < older.length && head < newer.length && older[head] === newer[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(older.length, newer.length) - head && older[older.length - 1 - tail] === newer[newer.length - 1 - tail]) tail += 1;
  const middle = Diff.diffArrays(older.slice(head, older.length - tail), newer.slice(head, newer.length - tail));
  const parts = middle.map(({ added, removed, value }) => ({ kind: added ? "new" : removed ? "old" : "same", lines: value }));
  if (head) parts.unshift({ kind: "same", lines: older.slice(0, head) });
  if (tail) parts.push({ kind: "same", lines: older.slice(older.length - tail) });
  for (let at = 0; at + 1 < parts.length; at += 1) {
    const [first, second] = [parts[at], parts[at + 1]];
    if (first.kind === "old" && second.kind === "new" && first.lines.length === second.lines.length && first.lines.length <= 200) words(first, second);
  }
  return parts;
}

function words(first, second) {
  first.words = [];
  second.words = [];
  first.lines.forEach((line, index) => {
    const other = second.lines[index];
    if (line.length + other.length > 4000) return;
    const changes = Diff.diffWordsWithSpace(line, other);
    first.words[index] = changes.filter((change) => !change.added).map((change) => [change.value, Boolean(change.removed)]);
    second.words[index] = changes.filter((change) => !change.removed).map((change) => [change.value, Boolean(change.added)]);
  });
}

self.addEventListener("message", ({ data }) => {
  self.postMessage(data.act === "markdown" ? tokens(data.text) : difference(data.older, data.newer));
});
