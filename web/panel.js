// The panel beside the table: an object's contents, properties and versions, and the editor.

import { copyAs } from "./copyas.js";
import { Editor } from "./editor.js";
import { button, h, toast } from "./dom.js";
import { visible } from "./format.js";
import { t } from "./i18n.js";
import { nameOf, urlOf } from "./paths.js";
import { preview } from "./preview.js";
import { propertiesView } from "./properties.js";
import { readOnly, remember, remembered } from "./settings.js";
import { versionsView } from "./versions.js";

export class Panel {
  #callbacks;
  #loading = null;
  #release = null;
  #editor = null;
  #tab = "contents";
  #timer = 0;
  /** The entry that is shown; null while the panel is closed. */
  entry = null;

  /** callbacks: { saved(entry), closed(), download(entry), changed() } */
  constructor(callbacks) {
    this.#callbacks = callbacks;
    this.title = h("h2", { dir: "auto" });
    const tab = (name, label) =>
      h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel-body", "data-tab": name, onclick: () => this.show(this.entry, name) }, label);
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("view") }, tab("contents", t("contents")), tab("properties", t("properties")), tab("versions", t("versions")));
    this.tabs.addEventListener("keydown", (event) => this.#arrow(event));
    this.editButton = button(t("edit"), { shape: "edit", class: "edit", onclick: () => this.edit() });
    this.body = h("div", { class: "panel-body", id: "panel-body", role: "tabpanel" });
    this.element = h(
      "aside",
      { class: "panel", "aria-label": t("preview"), hidden: true },
      h(
        "header",
        {},
        this.title,
        this.editButton,
        button(t("copyAs"), { shape: "link", bare: true, onclick: () => copyAs(this.entry.path) }),
        button(t("download"), { shape: "download", bare: true, onclick: () => callbacks.download(this.entry) }),
        button(t("widen"), { shape: "wide", bare: true, class: "bare widen", onclick: () => this.#widen() }),
        button(t("closePanel"), { shape: "close", bare: true, class: "bare close", onclick: () => this.close() }),
      ),
      this.tabs,
      this.body,
    );
    this.element.classList.toggle("wide", remembered("wide") === "yes");
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), this.close()));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get isEditing() {
    return this.#editor !== null;
  }

  #widen() {
    remember("wide", this.element.classList.toggle("wide") ? "yes" : "no");
  }

  #arrow(event) {
    const tabs = [...this.tabs.querySelectorAll("[role=tab]:not([hidden])")];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  /** Follows the keyboard, a moment after it has come to rest. */
  follow(entry) {
    clearTimeout(this.#timer);
    if (!this.isOpen || this.isEditing || entry.path === this.entry?.path) return;
    this.#timer = setTimeout(() => this.show(entry, entry.type === "object" ? this.#tab : "properties"), 120);
  }

  async show(entry, tab = "contents") {
    if (!(await this.#leave())) return;
    const signal = this.#begin(entry, tab);
    this.editButton.hidden = true;
    const note = h("p", { class: "notice" });
    const slow = setTimeout(() => this.body.append(note), 150);
    note.textContent = t("loading");
    try {
      const element = await this.#content(entry, tab, signal);
      if (!signal.aborted) this.body.replaceChildren(element);
    } catch (error) {
      if (!signal.aborted) this.body.replaceChildren(h("p", { class: "notice failed", role: "alert" }, error.message));
    } finally {
      clearTimeout(slow);
    }
  }

  #begin(entry, tab) {
    this.#loading?.abort();
    this.#loading = new AbortController();
    this.#free();
    this.entry = entry;
    this.#tab = tab;
    this.element.hidden = false;
    document.body.classList.add("with-panel");
    const shown = visible(nameOf(entry.path));
    this.title.textContent = shown;
    this.title.title = visible(entry.path);
    for (const button of this.tabs.children) {
      const isThis = button.dataset.tab === tab;
      button.setAttribute("aria-selected", isThis);
      button.tabIndex = isThis ? 0 : -1;
      button.hidden = entry.type !== "object" && button.dataset.tab !== "properties";
    }
    this.body.setAttribute("aria-labelledby", `tab-${tab}`);
    this.body.replaceChildren();
    return this.#loading.signal;
  }

  async #content(entry, tab, signal) {
    if (tab === "properties") return propertiesView(entry.path, { saved: () => this.#callbacks.changed() });
    if (tab === "versions") {
      return versionsView(entry.path, { look: (url, size) => this.#look(url, size), restored: () => (this.#callbacks.changed(), this.show(entry, "versions")) });
    }
    const shown = await preview(urlOf(entry.path), nameOf(entry.path), { size: entry.size, signal });
    return this.#take(shown, signal);
  }

  #take(shown, signal) {
    if (signal.aborted) shown.release?.();
    else {
      this.#release = shown.release;
      this.editButton.hidden = readOnly || !shown.isText;
    }
    return shown.element;
  }

  /** One version of the object. */
  async #look(url, size) {
    const signal = this.#begin(this.entry, "versions");
    try {
      const shown = await preview(url, nameOf(this.entry.path), { size, signal });
      const back = button(t("backToVersions"), { onclick: () => this.show(this.entry, "versions") });
      const element = this.#take(shown, signal);
      this.editButton.hidden = true;
      this.body.replaceChildren(h("div", { class: "stack" }, h("p", { class: "pager" }, back), element));
    } catch (error) {
      if (!signal.aborted) toast(error.message, { isError: true });
    }
  }

  async edit(entry = this.entry) {
    if (this.isEditing || !entry || readOnly) return;
    const signal = this.#begin(entry, "contents");
    const editor = new Editor(entry.path, {
      saved: (changed) => this.#callbacks.saved(changed),
      closed: () => {
        this.#editor = null;
        this.show(this.entry);
      },
    });
    try {
      if (!(await editor.open())) {
        editor.release();
        toast(t("cannotEdit"), { isError: true });
        return this.show(entry);
      }
    } catch (error) {
      editor.release();
      return toast(error.message, { isError: true });
    }
    if (signal.aborted) return editor.release();
    this.#editor = editor;
    this.editButton.hidden = true;
    this.body.replaceChildren(editor.element);
    editor.area.focus();
  }

  /** False where unsaved text stays. */
  async #leave() {
    if (!this.#editor) return true;
    if (!(await this.#editor.mayClose())) return false;
    this.#editor?.release();
    this.#editor = null;
    return true;
  }

  #free() {
    this.#release?.();
    this.#release = null;
  }

  async close() {
    if (!(await this.#leave())) return false;
    clearTimeout(this.#timer);
    this.#loading?.abort();
    this.#free();
    this.entry = null;
    this.element.hidden = true;
    document.body.classList.remove("with-panel");
    this.body.replaceChildren();
    this.#callbacks.closed();
    return true;
  }
}
