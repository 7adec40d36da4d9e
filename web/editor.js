// Edits a text in place. It is saved only over the version that was read; another's change is shown first.

import * as api from "./api.js";
import { Source, textOf } from "./bytes.js";
import { confirmAction, dialog } from "./dialogs.js";
import { diffView } from "./diff.js";
import { announce, button, h, toast } from "./dom.js";
import { t } from "./i18n.js";
import { urlOf } from "./paths.js";

/** Larger texts are for another tool. */
export const largestEdit = 4 * 1024 * 1024;

/** Sent again with every save. Content-Encoding is not: what is saved is the text itself, no longer compressed. */
const keptHeaders = ["content-type", "cache-control", "content-disposition", "content-language", "expires"];

/** The object as a text: { text, etag, breaks }; null where it is none. */
async function load(path) {
  const source = await Source.open(urlOf(path), {});
  if (source.size > largestEdit) return null;
  const bytes = source.isWhole ? source.first : source.isEncoded ? await source.begin(largestEdit) : await source.read(0, source.size);
  const raw = textOf(bytes);
  if (raw === null || bytes[0] >= 0xfe) return null;
  const breaks = raw.includes("\r\n") && !/[^\r]\n/.test(raw) ? "\r\n" : "\n";
  return { text: breaks === "\n" ? raw : raw.replaceAll("\r\n", "\n"), etag: source.etag, breaks };
}

export class Editor {
  #path;
  #listener;
  #loaded;

  /** listener: { saved(entry), closed() } */
  constructor(path, listener) {
    this.#path = path;
    this.#listener = listener;
    this.area = h("textarea", { spellcheck: "false", autocapitalize: "off", wrap: "off", "aria-label": t("contents") });
    this.state = h("span", { class: "soft" });
    this.element = h(
      "div",
      { class: "editor" },
      h("div", { class: "bar" }, button(t("save"), { class: "main save", onclick: () => this.save() }), button(t("endEditing"), { onclick: () => this.close() }), this.state),
      this.area,
    );
    this.area.addEventListener("input", () => this.#tell());
    this.element.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        this.save();
      }
      if (event.key === "Escape") this.close();
      event.stopPropagation();
    });
    this.guard = (event) => this.isChanged && event.preventDefault();
    addEventListener("beforeunload", this.guard);
  }

  /** False where the object is no text that can be edited. */
  async open() {
    this.#loaded = await load(this.#path);
    if (!this.#loaded) return false;
    this.area.value = this.#loaded.text;
    this.area.setSelectionRange(0, 0);
    this.#tell();
    requestAnimationFrame(() => this.area.focus());
    return true;
  }

  get isChanged() {
    return Boolean(this.#loaded) && this.area.value !== this.#loaded.text;
  }

  #tell() {
    this.state.textContent = this.isChanged ? t("unsaved") : "";
  }

  async save() {
    const text = this.area.value;
    try {
      await this.#store(text, this.#loaded.etag);
    } catch (error) {
      if (error.status === 412 || error.status === 404) await this.#conflict(text);
      else toast(error.message, { isError: true });
    }
  }

  async #store(text, etag) {
    const body = this.#loaded.breaks === "\n" ? text : text.replaceAll("\n", "\r\n");
    const kept = await api.meta(this.#path).catch(() => ({ headers: {}, metadata: {}, tags: null }));
    const headers = etag ? { "If-Match": etag } : { "If-None-Match": "*" };
    for (const name of keptHeaders) if (kept.headers[name]) headers[name] = kept.headers[name];
    for (const [name, value] of Object.entries(kept.metadata)) {
      if (/^[\x20-\x7e]*$/.test(value)) headers[`x-amz-meta-${name}`] = value;
    }
    const answer = await api.put(this.#path, body, headers);
    if (kept.tags && Object.keys(kept.tags).length) await api.setMeta(this.#path, { tags: kept.tags }).catch(() => {});
    this.#loaded = { ...this.#loaded, text, etag: answer.headers.get("ETag") };
    this.#tell();
    announce(t("saved"));
    toast(t("saved"));
    this.#listener.saved({ path: this.#path, size: new Blob([body]).size, etag: this.#loaded.etag, modified: new Date().toISOString() });
  }

  async #conflict(mine) {
    const theirs = await load(this.#path).catch(() => null);
    const text = theirs?.text ?? "";
    const choice = await dialog(
      t("editConflict"),
      (close) => [
        h("p", {}, theirs ? t("editConflictText") : t("editGone")),
        diffView(text, mine, { oldName: t("theirs"), newName: t("mine") }),
        h("div", { class: "buttons" },
          button(t("goOnEditing"), { onclick: () => close(null), autofocus: true }),
          theirs ? button(t("takeTheirs"), { onclick: () => close("theirs") }) : null,
          button(t("keepMine"), { class: "main", onclick: () => close("mine") })),
      ],
      { wide: true },
    );
    if (choice === "theirs") {
      this.#loaded = theirs;
      this.area.value = theirs.text;
      this.#tell();
    } else if (choice === "mine") {
      // Guarded still: a third change in the meantime is asked about again.
      this.#loaded = { ...this.#loaded, etag: theirs?.etag ?? null };
      await this.save();
    }
  }

  /** True where nothing is lost, or its loss was agreed to. */
  async mayClose() {
    return !this.isChanged || Boolean(await confirmAction(t("unsaved"), t("discardText"), t("discard")));
  }

  async close() {
    if (!(await this.mayClose())) return;
    this.release();
    this.#listener.closed();
  }

  release() {
    removeEventListener("beforeunload", this.guard);
  }
}
