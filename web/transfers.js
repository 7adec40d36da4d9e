// The tray that shows the uploads.

import { h, button } from "./dom.js";
import { number, size, visible } from "./format.js";
import { t } from "./i18n.js";

/** More are counted, not drawn. */
const shownAtMost = 60;

export class Transfers {
  #uploads;
  #rows = new Map();
  #pending = 0;

  constructor(uploads) {
    this.#uploads = uploads;
    this.title = h("h2", {});
    this.bar = h("progress", { max: 1, "aria-label": t("uploads") });
    this.list = h("ul", {});
    this.more = h("p", { class: "soft", hidden: true });
    this.element = h(
      "section",
      { class: "tray", "aria-label": t("uploads"), hidden: true },
      h(
        "header",
        {},
        this.title,
        button(t("cancelAll"), { class: "cancel-all", onclick: () => uploads.cancelAll() }),
        button(t("close"), { shape: "close", bare: true, class: "bare dismiss", onclick: () => uploads.clear() }),
      ),
      this.bar,
      this.list,
      this.more,
    );
    uploads.subscribe(() => {
      this.#pending ||= requestAnimationFrame(() => {
        this.#pending = 0;
        this.draw();
      });
    });
    addEventListener("beforeunload", (event) => uploads.isBusy && event.preventDefault());
  }

  draw() {
    const items = this.#uploads.items;
    const count = (state) => items.filter((item) => item.state === state).length;
    const open = count("waiting") + count("running");
    const total = items.reduce((sum, item) => sum + Math.max(item.size, 1), 0);
    const loaded = items.reduce((sum, item) => sum + (isOpen(item) ? item.loaded : Math.max(item.size, 1)), 0);
    this.element.hidden = items.length === 0;
    this.title.textContent = open ? t("uploading", { n: number(open) }) : this.#outcome(count);
    this.bar.value = total ? loaded / total : 0;
    this.bar.hidden = !open;
    this.element.querySelector(".cancel-all").hidden = !open;
    // What moves or failed comes first; what is done is of least interest.
    const rank = { running: 0, failed: 1, waiting: 2, cancelled: 3, skipped: 4, done: 5 };
    const shown = [...items].sort((a, b) => rank[a.state] - rank[b.state]).slice(0, shownAtMost);
    for (const [item, row] of this.#rows) if (!shown.includes(item)) (row.element.remove(), this.#rows.delete(item));
    shown.forEach((item, index) => this.#place(item, index));
    this.more.hidden = items.length <= shownAtMost;
    this.more.textContent = t("andMore", { n: items.length - shownAtMost });
  }

  /** "3 uploaded, 1 failed": what there is none of is not told, but for what was uploaded. */
  #outcome(count) {
    const parts = ["done", "failed", "cancelled", "skipped"].filter((state) => state === "done" || count(state));
    return parts.map((state) => t(`outcome.${state}`, { n: number(count(state)) })).join(t("comma"));
  }

  #place(item, index) {
    let row = this.#rows.get(item);
    if (!row) {
      const name = h("span", { class: "what", dir: "auto" });
      const bar = h("progress", { max: 1 });
      const note = h("span", { class: "note" });
      const cancel = button(t("cancel"), { shape: "close", bare: true, onclick: () => this.#uploads.cancel(item) });
      const retry = button(t("retry"), { onclick: () => this.#uploads.retry(item) });
      row = { element: h("li", {}, name, bar, note, retry, cancel), name, bar, note, cancel, retry };
      this.#rows.set(item, row);
    }
    const shown = visible(item.path.startsWith(item.below) ? item.path.slice(item.below.length) : item.path);
    row.element.className = item.state;
    row.name.textContent = shown;
    row.name.title = visible(item.path);
    row.bar.value = item.size ? item.loaded / item.size : 0;
    row.bar.setAttribute("aria-label", shown);
    row.bar.hidden = item.state !== "running";
    row.note.textContent = item.state === "done" ? size(item.size) : item.note || (item.state === "waiting" ? t("waiting") : "");
    row.cancel.hidden = !isOpen(item);
    row.retry.hidden = item.state !== "failed" && item.state !== "cancelled";
    if (this.list.children[index] !== row.element) this.list.insertBefore(row.element, this.list.children[index] ?? null);
  }
}

const isOpen = (item) => item.state === "waiting" || item.state === "running";
