// Edits a text in place, in CodeMirror. It is saved only over the version that was read, and everything but the bytes
// stays; another program's change is shown first. Line ends stay as they are, also where a text mixes them.

import * as api from "../core/api.js";
import { confirmAction, dialog } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { announce, complain, toast } from "../core/notes.js";
import { size } from "../core/format.js";
import { nameOf, urlOf } from "../core/paths.js";
import { condition } from "../core/seen.js";
import { codeEditor } from "../views/code.js";
import { diffView } from "../views/diff.js";
import { findBar } from "../views/find.js";
import { encodingOf, Source, textOf } from "../views/object-reader.js";

/** Larger texts are for another tool. */
export const largestEdit = 4 * 1024 * 1024;

/**
 * Which line ends a text has: "\n", "\r\n", "\r", or "mixed". The editor holds lines; where all end alike, their end is put
 * back when it is saved. In a mixed text only "\n" divides lines, and every "\r" is a visible sign of its line.
 */
export function breaksOf(text) {
  const windows = text.includes("\r\n");
  const rest = text.replaceAll("\r\n", "");
  const kinds = [windows && "\r\n", rest.includes("\n") && "\n", rest.includes("\r") && "\r"].filter(Boolean);
  return kinds.length > 1 ? "mixed" : kinds[0] ?? "\n";
}

export const decoded = (text, breaks) => (breaks === "mixed" || breaks === "\n" ? text : text.replaceAll(breaks, "\n"));
export const encoded = (text, breaks) => (breaks === "mixed" || breaks === "\n" ? text : text.replaceAll("\n", breaks));
const breakNames = { "\n": "LF", "\r\n": "CRLF", "\r": "CR" };

/** UTF-8's mark at the beginning: no part of what is edited, and written back. */
const mark = "\ufeff";

/** Milliseconds: a save that takes longer is worth a word. */
const slow = 300;

/** The object: { text, mark, breaks, etag, size }, where `text` is null if it is none that can be edited here. */
async function load(path, signal) {
  const source = await Source.open(urlOf(path), { signal });
  const { etag, size } = source;
  const other = { text: null, etag, size };
  // What is compressed on its way is edited as S3 holds it, or not at all.
  if (source.isEncoded || size > largestEdit) return other;
  const bytes = source.isWhole ? source.first : await source.read(0, size, signal);
  const raw = encodingOf(bytes) === "utf-8" ? textOf(bytes) : null;
  if (raw === null) return other;
  const isMarked = raw.startsWith(mark);
  const breaks = breaksOf(raw);
  return { text: decoded(isMarked ? raw.slice(1) : raw, breaks), mark: isMarked ? mark : "", breaks, etag, size };
}

/** The same; null where there is nothing. */
const loadThere = (path) =>
  load(path).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });

export class Editor {
  #path;
  #listener;
  #loaded;
  #code;
  #saving = null;
  #isWantedAgain = false;
  /** Whether a request is on its way that stores the text. */
  isStoring = false;

  /**
   * listener: saved(entry); settled() when the text is of a version that was the newest a moment ago; closed() when its user
   * is done; left() when the text here is given up.
   */
  constructor(path, listener) {
    this.#path = path;
    this.#listener = listener;
    this.state = h("span", { class: "soft state", role: "status" });
    this.breaks = h("span", { class: "soft breaks" });
    this.host = h("div", { class: "code" });
    this.element = h("div", { class: "editor" });
    this.element.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        this.save();
      }
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
      event.stopPropagation();
    });
    this.guard = (event) => this.isChanged && event.preventDefault();
    addEventListener("beforeunload", this.guard);
  }

  get etag() {
    return this.#loaded?.etag;
  }

  /** Resolves with false where the object is no text that can be edited. */
  async open(signal) {
    this.#loaded = await load(this.#path, signal);
    if (this.#loaded.text === null) return false;
    this.#code = await codeEditor(this.host, this.#loaded.text, { name: nameOf(this.#path), label: t("contents") });
    this.#code.on("changes", () => this.#showState());
    const find = findBar(this.#code, this.element);
    this.element.append(
      h(
        "div",
        { class: "bar" },
        button(t("save"), { class: "main save", title: "Ctrl + S", onclick: () => void this.save() }),
        button(t("close"), { class: "end", onclick: () => this.close() }),
        find.opener,
        this.breaks,
        this.state,
      ),
      find.element,
      this.host,
    );
    this.#showState();
    return true;
  }

  focus() {
    this.#code.refresh();
    this.#code.focus();
  }

  get #text() {
    return this.#code.getValue("\n");
  }

  get isChanged() {
    return Boolean(this.#code) && this.#text !== this.#loaded.text;
  }

  #showState(text = this.isChanged ? t("unsaved") : "") {
    if (this.state.textContent !== text) this.state.textContent = text;
    const { breaks } = this.#loaded;
    this.breaks.textContent = breakNames[breaks] ?? t("mixedBreaks");
    this.breaks.title = breaks === "mixed" ? t("mixedBreaksHint") : t("breaksHint");
  }

  /** The text of another version in place of this one; the cursor stays. */
  #take(loaded) {
    const { left, top } = this.#code.getScrollInfo();
    const cursor = this.#code.getCursor();
    this.#loaded = loaded;
    this.#code.setValue(loaded.text);
    this.#code.setCursor(cursor);
    this.#code.scrollTo(left, top);
    this.#showState();
    this.#listener.settled();
  }

  /** Saves the text as it is now: what is asked for while a save goes on is done after it. */
  save() {
    this.#isWantedAgain = true;
    this.#saving ??= this.#saveAll().finally(() => (this.#saving = null));
    return this.#saving;
  }

  async #saveAll() {
    while (this.#isWantedAgain) {
      this.#isWantedAgain = false;
      if (!(await this.#saveOnce())) return;
      if (!this.isChanged) this.#isWantedAgain = false;
    }
    // Newer text that nobody asked to save stays what it says: unsaved.
    if (this.isChanged) return;
    announce(t("saved"));
    toast(t("saved"));
  }

  /** Resolves with whether the text of this moment, or its user's choice in a conflict, is stored. */
  async #saveOnce() {
    for (;;) {
      const text = this.#text;
      try {
        await this.#store(text, this.#loaded.etag);
        return true;
      } catch (error) {
        if (error.status !== 412 && error.status !== 404) return complain(error);
      }
      // Guarded still: a third change in the meantime is asked about again.
      if (!(await this.#overwrites(text))) return false;
    }
  }

  async #store(text, etag) {
    const { mark, breaks } = this.#loaded;
    const body = mark + encoded(text, breaks);
    const send = etag === null ? api.put : api.putKeeping;
    const note = setTimeout(() => this.#showState(t("saving")), slow);
    this.isStoring = true;
    try {
      const answer = await send(this.#path, body, condition(etag));
      this.#loaded = { ...this.#loaded, text, etag: answer.headers.get("ETag") };
    } finally {
      clearTimeout(note);
      this.isStoring = false;
      this.#showState();
    }
    this.#listener.saved({ path: this.#path, size: new Blob([body]).size, etag: this.#loaded.etag, modified: new Date().toISOString() });
    this.#listener.settled();
  }

  /** Another program changed the object, and nothing was edited here: its text is shown, or another view of what it is now. */
  async reload() {
    const theirs = await load(this.#path).catch(() => null);
    if (!theirs || this.isChanged || theirs.etag === this.etag) return;
    if (theirs.text === null) this.#listener.left();
    else this.#take(theirs);
  }

  /** Shows how the object as it is now differs from the text here, and does what its user chooses. */
  async compare() {
    if (await this.#overwrites(this.#text)) await this.save();
  }

  /** Asks which of two texts is to stay. Resolves with whether it is the one here, which then is of the version that is there. */
  async #overwrites(mine) {
    let theirs;
    try {
      theirs = await loadThere(this.#path);
    } catch (error) {
      complain(error);
      return false;
    }
    const choice = await this.#choose(theirs, mine);
    if (choice === "mine") this.#loaded = { ...this.#loaded, etag: theirs?.etag ?? null };
    else if (choice === "theirs" && theirs.text === null) this.#listener.left();
    else if (choice === "theirs") this.#take(theirs);
    return choice === "mine";
  }

  async #choose(theirs, mine) {
    const isText = theirs !== null && theirs.text !== null;
    const why = theirs === null ? t("editGone") : isText ? t("editConflictText") : t("editNoText", { size: size(theirs.size) });
    const difference = theirs === null || isText ? await diffView(theirs?.text ?? "", mine, { oldName: t("theirs"), newName: t("mine") }) : null;
    return dialog(
      t("editConflict"),
      (close) => [
        h("p", {}, why),
        difference,
        h("div", { class: "buttons" },
          button(t("goOnEditing"), { onclick: () => close(null), autofocus: true }),
          theirs ? button(t("takeTheirs"), { onclick: () => close("theirs") }) : null,
          button(theirs ? t("keepMine") : t("storeAgain"), { class: "main danger", onclick: () => close("mine") })),
      ],
      { wide: true },
    );
  }

  /** True where nothing is lost, or its loss was agreed to. */
  async mayClose() {
    return !this.isChanged || Boolean(await confirmAction(t("unsaved"), t("discardText"), t("discard"), { isDanger: true }));
  }

  close() {
    this.#listener.closed();
  }

  release() {
    removeEventListener("beforeunload", this.guard);
  }
}
