// A text to be read: numbered lines, find, wrapped or not, more of a large one on request, its end, and following a log.

import { button, h } from "../core/dom.js";
import { size } from "../core/format.js";
import { t } from "../core/i18n.js";
import { complain } from "../core/notes.js";
import { remember, remembered } from "../core/page-data.js";
import { codeReader, shownLines } from "./code.js";
import { findBar } from "./find.js";
import { encodingOf, textOf } from "./object-reader.js";

const nextPart = 1024 * 1024;
const lastPart = 256 * 1024;
/** As much is read to learn the number of a line near the end. */
const countedLimit = 64 * 1024 * 1024;

const breaksIn = (bytes) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);

/** A text, without anything more to be read of it. */
export const wholeTextView = (text, name) => new TextView({ name, text }).open();

/** An object's text, of which the first part is read. */
export const textView = (source, text, name) => new TextView({ name, text, source }).open();

class TextView {
  #decoder = null;
  /** A carriage return at the end of a part: whether a line feed follows is known with the next. */
  #held = "";
  #code = null;
  #firstLine = 1;
  #isEnd = false;
  #isFollowing = false;
  #offset = 0;

  constructor({ name, text, source = null }) {
    Object.assign(this, { name, text, source });
    this.host = h("div", { class: "code" });
    this.element = h("div", { class: "stack text-view" });
    this.note = h("span", { class: "soft" });
  }

  get #isPart() {
    return this.source !== null && !this.source.isWhole;
  }

  async open() {
    this.#begin();
    this.#code = await codeReader(this.host, shownLines(this.#whole(this.text)), { name: this.name, label: t("contents") });
    this.element.append(...this.#bar(), this.host);
    this.#wrap(remembered("wrap") === "yes");
    this.#showState();
    return this;
  }

  /** As if the first part, and nothing else, had been read. */
  #begin() {
    if (!this.source) return;
    this.#held = "";
    this.#offset = this.source.first.length;
    this.#decoder = new TextDecoder(encodingOf(this.source.first));
    this.#decoder.decode(this.source.first, { stream: true });
  }

  #whole(text) {
    const joined = this.#held + text;
    this.#held = this.#isPart && joined.endsWith("\r") ? "\r" : "";
    return this.#held ? joined.slice(0, -1) : joined;
  }

  #bar() {
    const find = findBar(this.#code, this.element, { firstLine: () => this.#firstLine });
    this.more = button(t("loadMore"), { onclick: () => this.#load().catch(complain), hidden: true });
    this.end = button(t("showEnd"), { onclick: () => this.showEnd().catch(complain), hidden: true });
    this.start = button(t("showStart"), { onclick: () => this.showStart(), hidden: true });
    const cannotFollow = !this.source || this.source.isEncoded;
    const toggle = () => this.#follow(!this.#isFollowing);
    this.follow = button(t("follow"), { class: "follow", "aria-pressed": "false", title: t("followHint"), onclick: toggle, hidden: cannotFollow });
    this.wrapButton = button(t("wrap"), { class: "wrap", "aria-pressed": "false", onclick: () => this.#wrap(!this.#code.getOption("lineWrapping")) });
    return [h("div", { class: "tools" }, this.note, h("span", { class: "grow" }), this.more, this.start, this.end, this.follow, this.wrapButton, find.opener), find.element];
  }

  #wrap(isWrapped) {
    this.#code.setOption("lineWrapping", isWrapped);
    this.wrapButton.setAttribute("aria-pressed", isWrapped);
    remember("wrap", isWrapped ? "yes" : null);
  }

  #showState() {
    const isPart = this.#isPart;
    const isAll = !isPart || (!this.source.isEncoded && this.#offset >= this.source.size && !this.#isEnd);
    this.more.hidden = isAll || this.#isEnd;
    this.end.hidden = !isPart || this.#isEnd || isAll || this.source.isEncoded;
    this.start.hidden = !this.#isEnd;
    const total = isPart ? size(this.source.size) : "";
    const end = () => t("endOnly", { n: size(this.source.size - this.#offset), total });
    this.note.textContent = this.#isEnd ? end() : isAll ? "" : t("shownOf", { shown: size(this.#offset), total });
  }

  /** Reads the next part and appends it; a sign that was cut between two parts is whole again. */
  async #load() {
    const bytes = await this.source.read(this.#offset, nextPart);
    this.#offset += bytes.length;
    const isEnd = bytes.length === 0 || (!this.source.isEncoded && this.#offset >= this.source.size);
    const text = this.#decoder.decode(bytes, { stream: !isEnd });
    const last = this.#code.lastLine();
    this.#code.replaceRange(shownLines(isEnd ? this.#held + text : this.#whole(text)), { line: last, ch: this.#code.getLine(last).length });
    if (isEnd) this.#offset = this.source.isEncoded ? this.source.size : this.#offset;
    this.#showState();
    if (isEnd) this.more.hidden = true;
  }

  /** The last part, scrolled to its end. Its lines have their true numbers where the object is not too large to count them. */
  async showEnd() {
    const { source } = this;
    const start = Math.max(0, source.size - lastPart);
    const bytes = await source.read(start, source.size - start);
    const cut = start > 0 ? bytes.indexOf(10) + 1 : 0;
    const tail = bytes.subarray(cut);
    this.#isEnd = start > 0;
    this.#offset = start + cut;
    this.#show(textOf(tail) ?? new TextDecoder().decode(tail), NaN);
    this.scrollToEnd();
    this.#number(start + cut).catch(() => {});
  }

  /** Counts the lines before an offset. */
  async #number(offset) {
    if (offset > countedLimit) return;
    let lines = breaksIn(this.source.first.subarray(0, Math.min(offset, this.source.first.length)));
    for (let at = Math.min(offset, this.source.first.length); at < offset; ) {
      const bytes = await this.source.read(at, Math.min(4 * nextPart, offset - at));
      if (!bytes.length || !this.#isEnd) return;
      lines += breaksIn(bytes);
      at += bytes.length;
    }
    this.#setFirst(lines + 1);
  }

  showStart() {
    this.#isEnd = false;
    this.#begin();
    this.#show(this.#whole(this.text), 1);
  }

  #show(text, firstLine) {
    this.#code.setValue(shownLines(text));
    this.#setFirst(firstLine);
    this.#code.scrollTo(0, 0);
    this.#showState();
  }

  /** The number of the first line; NaN while it is not known. */
  #setFirst(number) {
    this.#firstLine = Number.isNaN(number) ? 1 : number;
    this.#code.setOption("lineNumberFormatter", Number.isNaN(number) ? () => "·" : String);
    this.#code.setOption("firstLineNumber", this.#firstLine);
  }

  scrollToEnd() {
    const last = this.#code.lastLine();
    this.#code.scrollIntoView({ line: last, ch: 0 });
    this.#code.scrollTo(0, this.#code.getScrollInfo().height);
  }

  #follow(isOn) {
    this.#isFollowing = isOn;
    this.follow.setAttribute("aria-pressed", isOn);
    if (isOn) this.#toEnd();
  }

  #toEnd() {
    if (this.#isPart) this.showEnd().catch(complain);
    else this.scrollToEnd();
  }

  /** Once it is in the page: lines can be measured only there. */
  shown() {
    this.#code.refresh();
  }

  /** What the next view of the same object takes over. */
  remember() {
    const { left, top, height, clientHeight } = this.#code.getScrollInfo();
    return { left, top, isFollowing: this.#isFollowing, isEnd: this.#isEnd, wasAtEnd: top + clientHeight >= height - 4 && top > 0 };
  }

  restore({ left, top, isFollowing, isEnd, wasAtEnd }) {
    if (isFollowing) this.#follow(true);
    else if (isEnd) this.showEnd().catch(complain);
    else if (wasAtEnd && !this.#isPart) this.scrollToEnd();
    else this.#code.scrollTo(left, top);
  }
}
