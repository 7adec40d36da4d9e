// The panel beside the table: an object's contents, properties and versions, and the editor. What it shows is the state's
// `open` and `tab`; it follows the object when another program changes or deletes it.

import * as api from "../core/api.js";
import { button, h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { isDirectory, nameOf, urlOf } from "../core/paths.js";
import { preview } from "../views/preview.js";
import { Editor } from "./editor.js";
import { folderView } from "./folder.js";
import { panelFrame } from "./frame.js";
import { propertiesView } from "./properties.js";
import { versionsView } from "./versions.js";

/** Milliseconds: the keyboard has come to rest; a load that is worth a word. */
const rest = 120;
const slow = 200;
/** Milliseconds until a deleted object is looked for again. */
const goneCheck = 3000;

export class Panel {
  #store;
  #callbacks;
  #loading = null;
  /** Makes what is shown, or is on its way: what a load that starts again calls. */
  #make = null;
  #view = null;
  #editor = null;
  #timer = 0;
  #path = null;
  /** How often something was heard of what is open. */
  #heard = 0;
  #lookAgain = 0;
  /** Whether in place of what is wanted there is a reason why it could not be read: it is read again when S3 is back. */
  #hasFailed = false;

  /** callbacks: saved(entry), closed(), changed(), known(path) */
  constructor(store, callbacks) {
    this.#store = store;
    this.#callbacks = callbacks;
    Object.assign(this, panelFrame({
      tab: (name) => this.show(this.#path, name, { push: false }),
      edit: () => this.edit(),
      close: () => this.close(),
      path: () => this.#path,
    }));
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && (event.stopPropagation(), this.close()));
    store.mayLeave = () => this.#mayLeave();
    store.subscribe((now, before) => (now.open !== before.open || now.tab !== before.tab) && this.draw());
  }

  get isOpen() {
    return this.#store.state.open !== null;
  }

  get isEditing() {
    return this.#editor !== null;
  }

  // Going to an object, and away

  /** Opens a path; a step of the history for every object that was chosen on purpose. */
  show(path, tab = "contents", { push = path !== this.#store.state.open } = {}) {
    clearTimeout(this.#timer);
    if (this.isEditing && path === this.#path && tab === this.#store.state.tab) return this.#endEditing();
    return this.#store.go({ open: path, tab: isDirectory(path) ? "properties" : tab }, { push });
  }

  close() {
    clearTimeout(this.#timer);
    return this.isOpen ? this.#store.go({ open: null, tab: "contents" }) : Promise.resolve(true);
  }

  /** Follows the keyboard, a moment after it has come to rest. */
  follow(entry) {
    clearTimeout(this.#timer);
    if (!this.isOpen || this.isEditing || this.#view?.isChanged?.() || entry.path === this.#path) return;
    const { tab } = this.#store.state;
    this.#timer = setTimeout(() => this.show(entry.path, isDirectory(this.#path) ? "contents" : tab, { push: false }), rest);
  }

  async #mayLeave() {
    if (this.#editor) {
      if (!(await this.#editor.mayClose())) return false;
      this.#stopEditing();
      // Leaving by another way than the editor's own button: what is drawn next is no longer the text.
      this.#path = null;
    }
    return (await this.#view?.mayLeave?.()) ?? true;
  }

  #stopEditing() {
    this.#editor?.release();
    this.#editor = null;
  }

  async #endEditing() {
    if (this.#editor && !(await this.#editor.mayClose())) return;
    this.#stopEditing();
    this.draw();
  }

  // Drawing

  /** Shows what the state names. */
  draw() {
    const { open, tab } = this.#store.state;
    this.#stopEditing();
    if (open === null) return this.#hide();
    return this.#load((signal) => this.#content(open, tab, signal));
  }

  #hide() {
    this.#loading?.abort();
    this.#release();
    const wasShown = !this.element.hidden;
    this.#path = null;
    this.element.hidden = true;
    document.body.classList.remove("with-panel");
    this.body.replaceChildren();
    if (wasShown) this.#callbacks.closed();
  }

  /** Shows what `make(signal)` gives: { element, release, … }; a word while it takes long, and the reason where it fails. */
  async #load(make, { memory = null } = {}) {
    this.#make = make;
    this.#hasFailed = false;
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    const isSame = this.#frame();
    if (!isSame) this.#clear();
    const note = setTimeout(() => isSame || loading.signal.aborted || this.body.replaceChildren(h("p", { class: "notice" }, t("loading"))), slow);
    try {
      const view = await make(loading.signal);
      if (loading.signal.aborted) return view.release?.();
      this.#release();
      this.#view = view;
      this.body.replaceChildren(view.element);
      this.views.replaceChildren(...[view.switcher].filter(Boolean));
      this.editButton.hidden = readOnly || !view.isText;
      view.shown?.();
      if (memory) view.restore?.(memory);
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    } finally {
      clearTimeout(note);
    }
  }

  #fail(error) {
    this.#clear();
    const isGone = error.status === 404;
    this.#hasFailed = !isGone;
    const text = isGone ? t("objectGone") : error.message || String(error);
    const again = button(t("tryAgain"), { shape: "reload", onclick: () => this.#load(this.#make) });
    this.body.replaceChildren(h("div", { class: isGone ? "notice" : "notice failed", role: "alert" }, h("p", {}, text), again));
  }

  #clear() {
    this.#release();
    this.body.replaceChildren();
    this.views.replaceChildren();
    this.editButton.hidden = true;
  }

  #release() {
    this.#view?.release?.();
    this.#view = null;
  }

  /** The frame around what is shown. Returns whether it was there already, for the same object and tab. */
  #frame() {
    const { open, tab } = this.#store.state;
    const isSame = this.#path === open && this.body.dataset.tab === tab && this.#view !== null;
    this.#path = open;
    this.body.dataset.tab = tab;
    this.element.hidden = false;
    this.banner.hidden = true;
    document.body.classList.add("with-panel");
    this.title.textContent = visible(nameOf(open)) || t("buckets");
    this.title.title = visible(open);
    const isFolder = isDirectory(open);
    for (const button of this.tabs.children) {
      const isThis = button.dataset.tab === tab;
      button.setAttribute("aria-selected", isThis);
      button.tabIndex = isThis ? 0 : -1;
      button.hidden = isFolder && button.dataset.tab !== "properties";
    }
    this.rawLink.href = urlOf(open);
    for (const part of [this.rawLink, this.element.querySelector(".get")]) part.hidden = isFolder;
    this.body.setAttribute("aria-labelledby", `tab-${tab}`);
    return isSame;
  }

  #content(path, tab, signal) {
    const changed = () => this.#callbacks.changed();
    if (isDirectory(path)) return folderView(path, signal, { changed, versions: (deleted) => this.show(deleted, "versions") });
    if (tab === "properties") return propertiesView(path, { saved: changed, signal });
    if (tab === "versions") {
      const restored = () => (changed(), this.draw());
      return versionsView(path, { look: (version) => this.#look(path, version), restored, signal });
    }
    return preview(urlOf(path), nameOf(path), { size: this.#callbacks.known(path)?.size, signal });
  }

  /** One version of the object, with the way back to all of them. */
  #look(path, { versionId, size }) {
    const url = `${urlOf(path)}?version=${encodeURIComponent(versionId)}`;
    return this.#load(async (signal) => {
      const view = await preview(url, nameOf(path), { size, signal });
      const back = button(t("backToVersions"), { onclick: () => (this.#clear(), this.draw()) });
      return { ...view, isText: false, element: h("div", { class: "stack" }, h("p", { class: "pager" }, back), view.element) };
    });
  }

  // Editing

  async edit(entry = { path: this.#path }) {
    if (readOnly || !entry.path || (this.isEditing && entry.path === this.#path)) return;
    if (!(await this.#store.go({ open: entry.path, tab: "contents" }, { push: entry.path !== this.#store.state.open }))) return;
    await this.#load(async (signal) => {
      const editor = new Editor(entry.path, {
        saved: (changed) => this.#callbacks.saved(changed),
        settled: () => {
          this.banner.hidden = true;
          // What came while a question was open, or a request on its way, was not shown.
          this.check();
        },
        closed: () => this.#endEditing(),
        left: () => (this.#stopEditing(), this.draw()),
      });
      const isOpened = await editor.open(signal);
      if (!isOpened || signal.aborted) {
        editor.release();
        if (!signal.aborted) toast(t("cannotEdit"), { isError: true });
        return this.#content(entry.path, "contents", signal);
      }
      this.#editor = editor;
      return { element: editor.element, shown: () => editor.focus() };
    });
  }

  // Following the object

  /** Another program, or this page, did something to a path. */
  heard(kind, entry) {
    if (entry.path !== this.#path || isDirectory(entry.path)) return;
    this.#heard += 1;
    if (kind === "deleted") this.#deleted();
    else this.#follow(entry);
  }

  get #etag() {
    return this.#editor?.etag ?? this.#view?.etag;
  }

  /** Reads the open object's state, where events may have been missed. */
  async check() {
    const path = this.#path;
    if (path === null || isDirectory(path)) return undefined;
    if (this.#hasFailed) return this.#load(this.#make);
    const before = `${this.#heard} ${this.#etag}`;
    const entry = await api.entryOf(path, { quiet: true }).catch(() => undefined);
    if (entry === undefined || path !== this.#path) return undefined;
    // Something was heard, saved or read while the answer was on its way: it may be older than that.
    if (`${this.#heard} ${this.#etag}` !== before) return this.check();
    if (entry === null) this.#deleted();
    else if (this.#etag) this.#follow(entry);
    else if (!this.banner.hidden) this.#changedElsewhere(entry);
    return undefined;
  }

  /** Follows to the version that is there now; to the one that is shown already there is nothing to do, and nothing to say. */
  #follow(entry) {
    if (this.#etag && this.#etag === entry.etag) this.banner.hidden = true;
    else this.#changedElsewhere(entry);
  }

  /** It may come back without an event: the same bytes, put again before the gateway compared. So it is looked for. */
  #deleted() {
    if (this.#view === null && !this.isEditing) return;
    clearTimeout(this.#lookAgain);
    this.#lookAgain = setTimeout(() => this.#isGone && !document.hidden && this.check(), goneCheck);
    if (this.#isGone) return;
    // A bucket with versions still has it.
    const versions = button(t("versions"), { onclick: () => this.show(this.#path, "versions", { push: false }) });
    this.#say(t("deletedElsewhere"), this.isEditing || this.#store.state.tab === "versions" ? "" : versions);
    this.banner.dataset.says = "gone";
  }

  get #isGone() {
    return !this.banner.hidden && this.banner.dataset.says === "gone";
  }

  #changedElsewhere(entry) {
    if (this.#editor?.isChanged) {
      if (this.#editor.isStoring) return;
      this.#say(t("changedElsewhere"), button(t("showDifferences"), { onclick: () => this.#editor?.compare() }));
    } else if (this.#editor) this.#editor.reload();
    else if (this.#view?.isChanged?.()) this.#say(t("changedElsewhere"));
    // What is on its way stays what it is, of the newest version: also an editor that was asked for just before.
    else this.#load(this.#make, { memory: this.#view?.remember?.() });
  }

  #say(text, ...more) {
    delete this.banner.dataset.says;
    this.banner.replaceChildren(h("span", {}, text), ...more);
    this.banner.hidden = false;
  }
}
