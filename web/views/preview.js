// Chooses how an object is shown, by its bytes first, then by its name and type. A view that fails gives way to the next
// one: the text, or the bytes. Nothing is ever blank.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { archiveView } from "./archive.js";
import { csvView } from "./csv.js";
import { hexView } from "./hex.js";
import { parse } from "./json-text.js";
import { jsonView, linesView, looksLikeLines } from "./json.js";
import { markdownView } from "./markdown.js";
import { mediaType, mediaView } from "./media.js";
import { Source, encodingOf, isGzip, isZip, legacyTextOf, textOf } from "./object-reader.js";
import { textView, wholeTextView } from "./text.js";

/** JSON is shown as a tree up to here, and a text is read whole at once. */
const largestTree = 8 * 1024 * 1024;
const readAtOnce = 2 * 1024 * 1024;
const inflatedLimit = 2 * 1024 * 1024;
/** Larger texts cannot be edited; the same as the editor's. */
const largestEdit = 4 * 1024 * 1024;

const ending = (name) => (/\.([^.]+)$/.exec(name)?.[1] ?? "").toLowerCase();

/** The views of a text, best first: [[label, () => view]], a view being { element, … } or a promise of one. */
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
  if (["csv", "tsv"].includes(kind) || /\/(csv|tab-separated-values)$/.test(type)) views.push([t("viewTable"), () => ({ element: csvView(text, { isCut }) })]);
  if (["md", "markdown"].includes(kind) || type === "text/markdown") views.push([t("viewFormatted"), () => markdownView(text)]);
  return [...views, [t("viewText"), plain]];
}

const hexOf = (source) => [t("viewBytes"), () => ({ element: hexView((offset, count) => source.read(offset, count), source.size) })];
const hexOfBytes = (bytes) => [t("viewBytes"), () => ({ element: hexView(async (offset, count) => bytes.subarray(offset, offset + count), bytes.length) })];

/** What a gzip holds; null where it cannot be read. */
async function inflatedViews(source, name, signal) {
  const bytes = await source.inflated(inflatedLimit, signal).catch(() => null);
  if (!bytes) return null;
  const inner = name.replace(/\.(gz|gzip)$/i, "").replace(/\.tgz$/i, ".tar");
  const isCut = bytes.length === inflatedLimit;
  const note = isCut ? t("gzipCut") : t("gzipThrough");
  if (ending(inner) === "tar") return { views: [[t("viewArchive"), () => archiveView("tar", { bytes, isCut })], hexOf(source)], note };
  const text = textOf(bytes, { isCut });
  if (text === null) return { views: [hexOfBytes(bytes), hexOf(source)], note };
  return { views: [...textViews(inner, "", text, isCut, () => wholeTextView(text, inner)), hexOf(source)], note };
}

async function viewsOf(source, name, signal) {
  if (isGzip(source.first) && !source.isEncoded) {
    const inside = await inflatedViews(source, name, signal);
    if (inside) return inside;
  }
  if (isZip(source.first)) return { views: [[t("viewArchive"), () => archiveView("zip", { source, signal })], hexOf(source)] };
  if (ending(name) === "tar") return { views: [[t("viewArchive"), () => archiveView("tar", { bytes: source.first, isCut: !source.isWhole })], hexOf(source)] };
  const text = textOf(source.first, { isCut: !source.isWhole });
  if (text === null) {
    const old = legacyTextOf(source.first, { isCut: !source.isWhole });
    return { views: [...(old ? [[t("viewLegacy", { encoding: old.encoding }), () => wholeTextView(old.text, name)]] : []), hexOf(source)] };
  }
  const isTree = ending(name) === "json" || /[/+]json$/.test(source.type);
  const whole = await wholeText(source, isTree ? largestTree : readAtOnce, signal);
  const shown = whole ?? text;
  return { views: [...textViews(name, source.type, shown, !source.isWhole, () => textView(source, shown, name)), hexOf(source)] };
}

/** The whole text where it is small enough to be read at once. */
async function wholeText(source, limit, signal) {
  if (source.isWhole || source.size > limit) return null;
  const all = source.isEncoded ? await source.begin(limit, signal) : await source.read(0, source.size, signal);
  const text = textOf(all);
  if (text !== null) source.first = all;
  return text;
}

/**
 * Shows what a URL gives. Resolves with { element, switcher, etag, isText, release, shown, remember, restore }: the first of
 * several views is shown, and `switcher` is a list of the others.
 */
export async function preview(url, name, { size, type = "", signal } = {}) {
  const source = await Source.open(url, { size, signal });
  const { etag } = source;
  if (source.size === 0 && !source.first.length) return { element: h("p", { class: "notice" }, t("emptyObject")), etag, isText: true };
  const media = mediaType(name, source.type || type);
  const { views, note } = media && media !== "image/svg+xml" ? { views: [hexOf(source)] } : await viewsOf(source, name, signal);
  if (media) views.unshift([t("viewMedia"), () => mediaView(source, name, media, signal)]);
  const isText = !media && !source.isEncoded && source.size <= largestEdit && encodingOf(source.first) === "utf-8" && textOf(source.first, { isCut: !source.isWhole }) !== null;
  const switched = new SwitchedView(views, note);
  await switched.choose(0);
  return Object.assign(switched, { etag, isText });
}

class SwitchedView {
  #views;
  #drawn = new Map();
  #now = 0;

  constructor(views, note) {
    this.#views = views;
    this.element = h("div", { class: "view" });
    this.choice = h("select", { "aria-label": t("viewAs"), onchange: () => this.choose(this.choice.selectedIndex) }, views.map(([label]) => h("option", {}, label)));
    this.switcher = h("span", {}, note ? h("span", { class: "soft" }, note) : null, views.length > 1 ? this.choice : null);
  }

  get #view() {
    return this.#drawn.get(this.#now);
  }

  /** Shows the view of a number; the next one where it fails. */
  async choose(number) {
    if (!this.#drawn.has(number)) {
      try {
        this.#drawn.set(number, await this.#views[number][1]());
      } catch (error) {
        if (error.name === "AbortError") throw error;
        if (number + 1 < this.#views.length) return this.choose(number + 1);
        this.#drawn.set(number, { element: h("p", { class: "notice failed", role: "alert" }, t("viewFailed", { why: error.message })) });
      }
    }
    this.#now = number;
    this.choice.selectedIndex = number;
    this.element.replaceChildren(this.#view.element);
    if (this.element.isConnected) this.shown();
    return undefined;
  }

  shown() {
    this.#view.shown?.();
  }

  release() {
    for (const view of this.#drawn.values()) view.release?.();
  }

  /** What the next view of the same object takes over: which view, and where in it. */
  remember() {
    return { number: this.#now, label: this.#views[this.#now][0], inside: this.#view.remember?.() ?? { top: this.#view.element.scrollTop } };
  }

  async restore({ number, label, inside }) {
    if (this.#views[number]?.[0] !== label) return;
    if (number !== this.#now) await this.choose(number);
    if (this.#view.restore) this.#view.restore(inside);
    else this.#view.element.scrollTop = inside.top ?? 0;
  }
}
