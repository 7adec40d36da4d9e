// Chooses how an object is shown, by its bytes first, then by its name and type.

import { Source, firstPart, isGzip, legacyTextOf, textOf } from "./bytes.js";
import { largestEdit } from "./editor.js";
import { csvView } from "./csv.js";
import { h, icon } from "./dom.js";
import { hexView } from "./hex.js";
import { t } from "./i18n.js";
import { jsonView, linesView, looksLikeLines, parse } from "./json.js";
import { markdownView } from "./markdown.js";
import { mediaType, mediaView } from "./media.js";
import { longTextView, textView } from "./text.js";

/** JSON is shown as a tree up to here. */
const largestTree = 8 * 1024 * 1024;
const inflatedLimit = 2 * 1024 * 1024;

const ending = (name) => (/\.([^.]+)$/.exec(name)?.[1] ?? "").toLowerCase();

/** The views an object has, best first: [[label, () => element]]. */
function textViews(name, type, text, isCut, plain) {
  const kind = ending(name);
  const views = [];
  if (["ndjson", "jsonl"].includes(kind) || /ndjson|jsonl|json-seq/.test(type) || (kind !== "json" && looksLikeLines(text))) {
    views.push([t("viewLines"), () => linesView(text, { isCut })]);
  } else if (!isCut && (kind === "json" || /[/+]json$/.test(type) || /^\s*[[{]/.test(text))) {
    try {
      const value = parse(text);
      views.push([t("viewTree"), () => jsonView(value)]);
    } catch {
      // No JSON after all: text.
    }
  }
  if (["csv", "tsv"].includes(kind) || /\/(csv|tab-separated-values)$/.test(type)) views.push([t("viewTable"), () => csvView(text, { isCut })]);
  if (["md", "markdown"].includes(kind) || type === "text/markdown") views.push([t("viewFormatted"), () => markdownView(text)]);
  return [...views, [t("viewText"), plain]];
}

const hexOf = (source) => [t("viewBytes"), () => hexView((offset, count) => source.read(offset, count), source.size)];
const hexOfBytes = (bytes) => [t("viewBytes"), () => hexView(async (offset, count) => bytes.subarray(offset, offset + count), bytes.length)];

async function viewsOf(source, name, signal) {
  if (isGzip(source.first) && !source.isEncoded) {
    const bytes = await source.inflated(inflatedLimit, signal).catch(() => null);
    const inner = name.replace(/\.(gz|gzip)$/i, "").replace(/\.tgz$/i, ".tar");
    const isCut = bytes?.length === inflatedLimit;
    const text = bytes && textOf(bytes, { isCut });
    const note = isCut ? t("gzipCut") : t("gzipThrough");
    if (text !== null && bytes) return { views: [...textViews(inner, "", text, isCut, () => textView(text)), hexOf(source)], note };
    if (bytes) return { views: [hexOfBytes(bytes), hexOf(source)], note };
  }
  let isCut = !source.isWhole;
  let text = textOf(source.first, { isCut });
  if (text === null) {
    const old = legacyTextOf(source.first, { isCut });
    const label = old && t("viewLegacy", { encoding: old.encoding });
    return { views: [...(old ? [[label, () => textView(old.text)]] : []), hexOf(source)] };
  }
  const isTree = ending(name) === "json" || /[/+]json$/.test(source.type);
  if (isCut && isTree && source.size <= largestTree) {
    const all = source.isEncoded ? await source.begin(largestTree, signal) : await source.read(0, source.size, signal);
    source.first = all;
    text = textOf(all) ?? text;
    isCut = !source.isWhole;
  }
  return { views: [...textViews(name, source.type, text, isCut, () => longTextView(source, text)), hexOf(source)] };
}

/**
 * Shows what a URL gives. Resolves with { element, source, isText, release }.
 * The first of several views is shown, with tabs for the others.
 */
export async function preview(url, name, { size, type = "", signal } = {}) {
  // Sound and films are streamed by the browser: no need to read them first.
  const source = await Source.open(url, { size, signal });
  if (source.size === 0 && !source.first.length) return { element: h("p", { class: "notice" }, t("emptyObject")), source, isText: true };
  const media = mediaType(name, source.type || type);
  const { views, note } = media && media !== "image/svg+xml" ? { views: [hexOf(source)] } : await viewsOf(source, name, signal);
  let release;
  if (media) {
    const shown = await mediaView(source, name, media, signal);
    release = shown.release;
    views.unshift([t("viewMedia"), () => shown.element]);
  }
  const isText = !media && source.size <= largestEdit && textOf(source.first, { isCut: !source.isWhole }) !== null;
  return { element: tabbed(views, note), source, isText, release };
}

function tabbed(views, note) {
  const host = h("div", { class: "view" });
  const drawn = new Map();
  const tabs = views.map(([label, make], index) => {
    const choose = () => {
      tabs.forEach((tab, at) => tab.setAttribute("aria-pressed", at === index));
      if (!drawn.has(index)) drawn.set(index, make());
      host.replaceChildren(drawn.get(index));
    };
    return h("button", { type: "button", "aria-pressed": "false", onclick: choose }, label);
  });
  tabs[0].click();
  const remark = note ? h("span", { class: "soft" }, icon("archive"), note) : null;
  return h("div", { class: "stack" }, h("div", { class: "views", role: "group", "aria-label": t("viewAs") }, tabs, remark), host);
}
