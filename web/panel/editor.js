// Edits a text in place, in CodeMirror. It is saved only over the version that was read, and everything but the bytes
// stays; another program's change is shown first. Line ends stay as they are, also where a text mixes them.

import * as api from "../core/api.js";
import { confirmAction, dialog } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { announce, complain, toast } from "../core/notes.js";
import { nameOf, urlOf } from "../core/paths.js";
import { codeEditor } from "../views/code.js";
import { diffView } from "../views/diff.js";
import { findBar } from "../views/find.js";
import { Source, textOf } from "../views/object-reader.js";

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

/** The object as a text: { text, etag, breaks }; null where it is none. */
async function load(path, signal) {
  const source = await Source.open(urlOf(path), { signal });
  // What is compressed on its way is edited as S3 holds it, or not at all.
  if (source.isEncoded || source.size > largestEdit) return null;
  const bytes = source.isWhole ? source.first : await source.read(0, source.size, signal);
  const raw = textOf(bytes);
  if (raw === null || bytes[0] >= 0xfe) return null;
  const breaks = breaksOf(raw);
  return { text: decoded(raw, breaks), etag: source.etag, breaks };
}

export class Editor {
  #path;
  #listener;
  #loaded;
  #code;
  #wasChanged = false;
  isSaving = false;

  /** listener: saved(entry); settled() when the text is of the newest version again; closed() */
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
    if (!this.#loaded) return false;
    this.#code = await codeEditor(this.host, this.#loaded.text, { name: nameOf(this.#path), label: t("contents") });
    this.#code.on("changes", () => this.#showState());
    const find = findBar(this.#code, this.element);
    this.element.append(
      h(
        "div",
        { class: "bar" },
        button(t("save"), { class: "main save", title: "Ctrl + S", onclick: () => this.save() }),
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

  #showState() {
    const isChanged = this.isChanged;
    if (isChanged !== this.#wasChanged || this.state.textContent === "") this.state.textContent = isChanged ? t("unsaved") : "";
    this.#wasChanged = isChanged;
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

  async save() {
    if (this.isSaving) return;
    const text = this.#text;
    try {
      await this.#store(text, this.#loaded.etag);
    } catch (error) {
      if (error.status === 412 || error.status === 404) await this.compare(text);
      else complain(error);
    }
  }

  async #store(text, etag) {
    const body = encoded(text, this.#loaded.breaks);
    this.isSaving = true;
    try {
      const answer = etag
        ? await api.putKeeping(this.#path, body, { "If-Match": etag })
        : await api.put(this.#path, body, { "If-None-Match": "*" });
      this.#loaded = { ...this.#loaded, text, etag: answer.headers.get("ETag") };
    } finally {
      this.isSaving = false;
    }
    this.#showState();
    this.#listener.settled();
    announce(t("saved"));
    toast(t("saved"));
    this.#listener.saved({ path: this.#path, size: new Blob([body]).size, etag: this.#loaded.etag, modified: new Date().toISOString() });
  }

  /** Another program changed the object, and nothing was edited here: its text is shown. */
  async reload() {
    const theirs = await load(this.#path).catch(() => null);
    if (theirs && !this.isChanged && theirs.etag !== this.etag) this.#take(theirs);
  }

  /** Shows how the object as it is now differs from the text here, and asks which is to stay. */
  async compare(mine = this.#text) {
    const theirs = await load(this.#path).catch(() => null);
    const difference = await diffView(theirs?.text ?? "", mine, { oldName: t("theirs"), newName: t("mine") });
    const choice = await dialog(
      t("editConflict"),
      (close) => [
        h("p", {}, theirs ? t("editConflictText") : t("editGone")),
        difference,
        h("div", { class: "buttons" },
          button(t("goOnEditing"), { onclick: () => close(null), autofocus: true }),
          theirs ? button(t("takeTheirs"), { onclick: () => close("theirs") }) : null,
          button(theirs ? t("keepMine") : t("storeAgain"), { class: "main danger", onclick: () => close("mine") })),
      ],
      { wide: true },
    );
    if (choice === "theirs") this.#take(theirs);
    else if (choice === "mine") {
      // Guarded still: a third change in the meantime is asked about again.
      this.#loaded = { ...this.#loaded, etag: theirs?.etag ?? null };
      await this.save();
    }
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
