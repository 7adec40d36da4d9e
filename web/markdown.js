// Markdown, the common part of it, as elements. Markup inside is text; links go to http, https and mailto only.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const spans = [
  [/^`+([^`]|[^`][\s\S]*?[^`])`+/, (match) => h("code", {}, match[1].trim())],
  [/^!\[([^\]]*)\]\([^)\s]*(?:\s+"[^"]*")?\)/, (match) => h("span", { class: "soft" }, `[${match[1]}]`)],
  [/^\[((?:[^\]\\]|\\.)*)\]\(\s*<?([^)\s>]*)>?(?:\s+"[^"]*")?\s*\)/, (match) => link(match[2], inline(match[1]))],
  [/^<((?:https?:\/\/|mailto:)[^>\s]+)>/, (match) => link(match[1], [match[1]])],
  [/^https?:\/\/[^\s<>)]*[^\s<>).,;:!?'"]/, (match) => link(match[0], [match[0]])],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*/, (match) => h("strong", {}, inline(match[1]))],
  [/^__(?=\S)([\s\S]*?\S)__(?!\w)/, (match) => h("strong", {}, inline(match[1]))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (match) => h("del", {}, inline(match[1]))],
  [/^\*(?=\S)([^*]*?[^*\s])\*/, (match) => h("em", {}, inline(match[1]))],
  [/^_(?=\S)([^_]*?[^_\s])_(?!\w)/, (match) => h("em", {}, inline(match[1]))],
  [/^\\([!-/:-@[-`{-~])/, (match) => match[1]],
  [/^ {2,}\n/, () => h("br")],
];

function link(address, children) {
  if (!/^(https?:\/\/|mailto:)/i.test(address)) return h("span", { class: "link", title: address }, children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, children);
}

/** Text with its spans; an array of nodes and strings. */
function inline(text) {
  const nodes = [];
  let plain = "";
  let rest = text;
  const isWord = (sign) => /[\p{L}\p{N}]/u.test(sign);
  while (rest) {
    // Underscores inside words and plain letters begin nothing.
    const begins = /^[`![<*_~\\ h]/.test(rest) && !(/^[_h]/.test(rest) && plain && isWord(plain.at(-1)));
    const found = begins && spans.map(([pattern, make]) => [pattern.exec(rest), make]).find(([match]) => match);
    if (found) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found[1](found[0]));
      rest = rest.slice(found[0][0].length);
    } else {
      const next = rest.slice(1).search(/[`![<*_~\\ h]/);
      const count = next < 0 ? rest.length : next + 1;
      plain += rest.slice(0, count);
      rest = rest.slice(count);
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

const marker = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const begins = /^ {0,3}(#{1,6}(\s|$)|>|```|~~~|([-*_])( *\3){2,} *$)/;

function list(lines, at) {
  const [, indent, sign] = marker.exec(lines[at]);
  const isOrdered = /\d/.test(sign);
  const items = [];
  let index = at;
  while (index < lines.length) {
    const match = marker.exec(lines[index]);
    if (!match || match[1].length !== indent.length || /\d/.test(match[2]) !== isOrdered) break;
    const depth = match[0].length;
    const inside = [lines[index].slice(depth)];
    for (index += 1; index < lines.length; index += 1) {
      const line = lines[index];
      const isDeeper = line.startsWith(" ".repeat(Math.min(depth, 2))) && line.trim() !== "";
      const isBlankInside = line.trim() === "" && (lines[index + 1] ?? "").startsWith("  ");
      if (!isDeeper && !isBlankInside) break;
      inside.push(line.replace(new RegExp(`^ {0,${depth}}`), ""));
    }
    items.push(item(inside));
    while (lines[index]?.trim() === "" && marker.test(lines[index + 1] ?? "")) index += 1;
  }
  return [h(isOrdered ? "ol" : "ul", isOrdered ? { start: parseInt(sign, 10) } : {}, items), index];
}

function item(lines) {
  const task = /^\[([ xX])\] /.exec(lines[0]);
  if (task) lines[0] = lines[0].slice(4);
  const blocks = render(lines);
  const isTight = blocks[0]?.tagName === "P";
  const children = isTight ? [...blocks[0].childNodes, ...blocks.slice(1)] : blocks;
  const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " " });
  return h("li", {}, box || null, children);
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));

function table(lines, at) {
  const width = cells(lines[at]).length;
  const head = h("tr", {}, cells(lines[at]).map((cell) => h("th", { scope: "col" }, inline(cell))));
  const rows = [];
  let index = at + 2;
  for (; index < lines.length && lines[index].includes("|"); index += 1) {
    rows.push(h("tr", {}, cells(lines[index]).slice(0, width).map((cell) => h("td", {}, inline(cell)))));
  }
  return [h("table", {}, h("thead", {}, head), h("tbody", {}, rows)), index];
}

function fence(lines, at) {
  const sign = /^ {0,3}(`{3,}|~{3,})/.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(sign)) end += 1;
  return [h("pre", {}, h("code", {}, lines.slice(at + 1, end).join("\n"))), end + 1];
}

function quote(lines, at) {
  let end = at;
  while (end < lines.length && lines[end].trim() !== "" && (/^ {0,3}>/.test(lines[end]) || !begins.test(lines[end]))) end += 1;
  return [h("blockquote", {}, render(lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, "")))), end];
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !begins.test(lines[end]) && !marker.test(lines[end])) end += 1;
  return [h("p", {}, inline(lines.slice(at, end).join("\n").trim())), end];
}

function block(lines, at) {
  const line = lines[at];
  const heading = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/.exec(line);
  if (heading) return [h(`h${heading[1].length}`, {}, inline(heading[2] ?? "")), at + 1];
  if (/^ {0,3}(```|~~~)/.test(line)) return fence(lines, at);
  if (/^ {0,3}([-*_])( *\1){2,} *$/.test(line)) return [h("hr"), at + 1];
  if (/^ {0,3}>/.test(line)) return quote(lines, at);
  if (marker.test(line)) return list(lines, at);
  if (line.includes("|") && /^ *\|?( *:?-+:? *\|)+ *:?-*:? *$/.test(lines[at + 1] ?? "")) return table(lines, at);
  return paragraph(lines, at);
}

function render(lines) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") at += 1;
    else {
      const [element, next] = block(lines, at);
      blocks.push(element);
      at = next;
    }
  }
  return blocks;
}

export const markdownView = (text) =>
  h("article", { class: "prose", tabindex: "0", "aria-label": t("contents") }, render(text.replace(/\t/g, "    ").split(/\r\n|\n|\r/)));
