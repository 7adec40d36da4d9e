// A line in the foot of the page while files of the mount are not in S3: what S3 refused, and why.

import * as api from "./api.js";
import { dialog } from "./dialogs.js";
import { button, h } from "./dom.js";
import { size, visible } from "./format.js";
import { t } from "./i18n.js";

/** Asking costs the gateway no request to S3. */
const pause = 10_000;

export class Unsaved {
  #files = [];
  #timer = 0;

  constructor() {
    this.text = h("span", {});
    this.element = h("div", { class: "unsaved", role: "status", hidden: true }, this.text, button(t("show"), { onclick: () => this.#show() }));
    document.addEventListener("visibilitychange", () => this.#ask());
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      this.#files = await api.unsaved();
      this.#draw();
    } catch {
      // The lamp says whether the gateway answers; what was known stays.
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  #draw() {
    const text = this.#files.length ? t("unsavedFiles", { n: this.#files.length }) : "";
    if (this.text.textContent !== text) this.text.textContent = text;
    this.element.hidden = !text;
  }

  #show() {
    const rows = this.#files.map((file) => h("li", {}, h("strong", {}, h("bdi", {}, visible(file.path))), ` ${size(file.size)}`, h("div", { class: "soft" }, file.reason ?? t("tryingAgain"))));
    dialog(t("unsavedTitle"), () => [h("p", {}, t("unsavedWhy")), h("ul", { class: "names" }, rows), h("p", { class: "soft" }, h("code", {}, "localstackmount status"))]);
  }
}
