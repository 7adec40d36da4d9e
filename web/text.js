// Text with line numbers. Lines are drawn in blocks which the browser lays out only when they are in sight.

import { h, button } from "./dom.js";
import { size } from "./format.js";
import { t } from "./i18n.js";
import { textOf } from "./bytes.js";

const blockLines = 400;
const nextPart = 1024 * 1024;
const longestLine = 20000;

/** Draws lines into `host`, numbered from `first`. */
export function drawLines(host, lines, first = 1) {
  for (let at = 0; at < lines.length; at += blockLines) {
    const part = lines.slice(at, at + blockLines);
    const block = h("div", { class: "block" });
    block.style.counterReset = `line ${first + at - 1}`;
    block.style.containIntrinsicSize = `auto ${part.length * 1.5}em`;
    for (const line of part) {
      const shown = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
      block.append(h("div", { class: "line" }, shown || "\u200b"));
    }
    host.append(block);
  }
}

const linesOf = (text) => {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > 1 && lines.at(-1) === "") lines.pop();
  return lines;
};

/** A whole text. */
export function textView(text) {
  const host = h("div", { class: "code", tabindex: "0", role: "document", "aria-label": t("contents") });
  drawLines(host, linesOf(text));
  return host;
}

/** A text of which only the first part was read: more on request, or the end. */
export function longTextView(source, text) {
  const host = h("div", { class: "code", tabindex: "0", role: "document", "aria-label": t("contents") });
  const element = h("div", { class: "stack" }, host);
  // The last line may be cut: it is kept until the rest of it comes.
  let lines = linesOf(text);
  let rest = source.isWhole ? "" : lines.pop() ?? "";
  let offset = source.first.length;
  let count = lines.length;
  drawLines(host, lines);
  if (source.isWhole) return element;

  const note = h("span", {});
  const decoder = new TextDecoder();
  decoder.decode(source.first, { stream: true });
  const more = button(t("loadMore"), { onclick: () => load() });
  const end = button(t("showEnd"), { onclick: () => showEnd(), hidden: source.isEncoded });
  const bar = h("p", { class: "pager" }, note, more, end);
  element.append(bar);
  const tell = () => (note.textContent = t("shownOf", { shown: size(offset), total: size(source.size) }));
  tell();

  async function load() {
    more.disabled = true;
    const bytes = await source.read(offset, nextPart);
    offset += bytes.length;
    const isEnd = bytes.length === 0 || (!source.isEncoded && offset >= source.size);
    lines = (rest + decoder.decode(bytes, { stream: !isEnd })).split(/\r\n|\n|\r/);
    rest = isEnd ? "" : lines.pop();
    drawLines(host, lines, count + 1);
    count += lines.length;
    more.disabled = false;
    tell();
    if (isEnd) bar.remove();
  }

  async function showEnd() {
    const start = Math.max(0, source.size - 256 * 1024);
    const bytes = await source.read(start, source.size - start);
    const tail = linesOf(textOf(bytes) ?? new TextDecoder().decode(bytes)).slice(1);
    host.replaceChildren(h("p", { class: "soft gap" }, t("endOnly")));
    const block = h("div", { class: "block plain" }, tail.map((line) => h("div", { class: "line" }, line || "\u200b")));
    host.append(block);
    bar.remove();
    host.scrollTop = host.scrollHeight;
  }
  return element;
}
