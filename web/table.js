// The table: a grid of which only the rows in sight exist.

import { h, icon, button } from "./dom.js";
import { moment, shapeOf, size, visible } from "./format.js";
import { t } from "./i18n.js";

const spare = 12;

export class Table {
  #listing;
  #selection;
  #actions;
  #rows = new Map();
  #height = 0;
  #pending = 0;

  constructor(listing, selection, actions) {
    this.#listing = listing;
    this.#selection = selection;
    this.#actions = actions;
    this.body = h("div", { class: "rows", role: "rowgroup" });
    this.head = this.#makeHead();
    this.notice = h("div", { class: "notice", hidden: true });
    this.grid = h(
      "div",
      {
        class: "grid",
        role: "grid",
        id: "entries",
        tabindex: "0",
        "aria-label": t("entries"),
        "aria-multiselectable": "true",
        "aria-keyshortcuts": "?",
      },
      this.head,
      this.body,
      this.notice,
    );
    this.element = h("section", { class: "list" }, this.grid);
    this.#listen();
  }

  #listen() {
    this.grid.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("click", (event) => this.#click(event));
    this.body.addEventListener("dblclick", (event) => {
      const entry = this.#entryAt(event);
      if (entry && !event.target.closest("input, button, a")) this.#actions.open(entry);
    });
    this.grid.addEventListener("click", (event) => event.target === this.grid && this.#selection.none());
    this.body.addEventListener("contextmenu", (event) => this.#menu(event));
    new ResizeObserver(() => this.#resized()).observe(this.grid);
    this.#listing.subscribe((kind) => {
      if (kind === "place") this.grid.scrollTop = 0;
      this.#rows.forEach((row) => row.remove());
      this.#rows.clear();
      this.draw();
    });
    this.#selection.subscribe(() => this.schedule());
  }

  focus() {
    this.grid.focus({ preventScroll: true });
  }

  /** In place of rows: texts and elements. */
  say(...content) {
    this.notice.replaceChildren(...content);
    this.notice.hidden = !content.some(Boolean);
  }

  schedule() {
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0;
      this.draw();
    });
  }

  // Drawing

  #makeHead() {
    this.all = h("input", { type: "checkbox", tabindex: "-1", "aria-label": t("selectAll") });
    this.all.addEventListener("change", () => (this.all.checked ? this.#selection.all() : this.#selection.none()));
    const column = (by, label) =>
      h(
        "div",
        { role: "columnheader", class: `cell ${by}`, "data-by": by },
        h("button", { type: "button", class: "sort", onclick: () => this.#listing.setOrder(by) }, label, icon("down")),
      );
    return h(
      "div",
      { class: "head", role: "row", "aria-rowindex": "1" },
      h("div", { role: "columnheader", class: "cell check" }, this.all),
      column("name", t("name")),
      column("size", t("size")),
      column("modified", t("modified")),
      h("div", { role: "columnheader", class: "cell more", "aria-label": t("actions") }),
    );
  }

  #resized() {
    const probe = getComputedStyle(this.grid).getPropertyValue("--row");
    const height = parseFloat(probe) || 28;
    if (height !== this.#height) {
      this.#height = height;
      this.#rows.forEach((row) => row.remove());
      this.#rows.clear();
    }
    this.draw();
  }

  /** Makes what is in sight exist, and nothing else. */
  draw() {
    const height = (this.#height ||= parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) || 28);
    const rows = this.#listing.rows;
    const first = Math.max(0, Math.floor(this.grid.scrollTop / height) - spare);
    const last = Math.min(rows.length, Math.ceil((this.grid.scrollTop + this.grid.clientHeight) / height) + spare);
    this.body.style.height = `${rows.length * height}px`;
    this.grid.setAttribute("aria-rowcount", rows.length + 1);
    for (const [path, row] of this.#rows) {
      if (row.index < first || row.index >= last || rows[row.index]?.path !== path) {
        row.remove();
        this.#rows.delete(path);
      }
    }
    for (let index = first; index < last; index += 1) this.#show(rows[index], index, height);
    this.#drawHead();
    const active = this.#rows.get(this.#selection.active);
    if (active) this.grid.setAttribute("aria-activedescendant", active.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #drawHead() {
    const { by, descending } = this.#listing.order;
    for (const cell of this.head.querySelectorAll("[data-by]")) {
      const isThis = cell.dataset.by === by;
      cell.setAttribute("aria-sort", isThis ? (descending ? "descending" : "ascending") : "none");
    }
    this.all.checked = this.#selection.isAll;
    this.all.indeterminate = this.#selection.count > 0 && !this.#selection.isAll;
  }

  #show(entry, index, height) {
    let row = this.#rows.get(entry.path);
    if (!row) {
      row = this.#makeRow(entry);
      this.#rows.set(entry.path, row);
      this.body.append(row);
    }
    row.index = index;
    row.id = `row-${index}`;
    row.setAttribute("aria-rowindex", index + 2);
    row.style.transform = `translateY(${index * height}px)`;
    const isChosen = this.#selection.has(entry.path);
    row.setAttribute("aria-selected", isChosen);
    row.classList.toggle("active", entry.path === this.#selection.active);
    row.querySelector("input").checked = isChosen;
  }

  /** A copy of the pattern, which is much quicker than to build a row of its own. */
  #makeRow(entry) {
    const row = this.#pattern.cloneNode(true);
    const shown = visible(entry.label);
    const [check, name, bytes, modified, more] = row.children;
    row.className = `row ${entry.type}`;
    row.dataset.path = entry.path;
    check.firstChild.setAttribute("aria-label", t("select", { name: shown }));
    name.prepend(icon(shapeOf(entry)));
    const link = name.querySelector("a");
    link.href = entry.url;
    link.title = shown;
    link.textContent = entry.type === "object" ? shown : `${shown}/`;
    if (this.#listing.isFresh(entry.path)) {
      row.classList.add("fresh");
      name.append(h("span", { class: "badge" }, t("new")));
    }
    bytes.textContent = entry.type === "object" ? size(entry.size) : "–";
    if (entry.type === "object") bytes.title = `${entry.size} B`;
    modified.textContent = moment(entry.modified) || "–";
    more.firstChild.setAttribute("aria-label", t("actionsFor", { name: shown }));
    return row;
  }

  #pattern = h(
    "div",
    { class: "row", role: "row" },
    h("div", { role: "gridcell", class: "cell check" }, h("input", { type: "checkbox", tabindex: "-1" })),
    h("div", { role: "rowheader", class: "cell name" }, h("a", { tabindex: "-1", dir: "auto" })),
    h("div", { role: "gridcell", class: "cell size" }),
    h("div", { role: "gridcell", class: "cell modified" }),
    h("div", { role: "gridcell", class: "cell more" }, button(t("actions"), { shape: "more", bare: true, tabindex: "-1" })),
  );

  // Mouse

  #entryAt(event) {
    const row = event.target.closest(".row");
    return row && this.#listing.entry(row.dataset.path);
  }

  #click(event) {
    const entry = this.#entryAt(event);
    if (!entry) return undefined;
    if (event.target.closest(".check")) {
      if (event.target.tagName === "INPUT") event.shiftKey ? this.#selection.extend(entry.path) : this.#selection.toggle(entry.path);
    } else if (event.target.closest(".more button")) {
      return this.#menu(event);
    } else if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#selection.toggle(entry.path);
    } else if (event.shiftKey) {
      event.preventDefault();
      this.#selection.extend(entry.path);
    } else {
      this.#selection.only(entry.path);
      if (event.target.closest("a")) {
        event.preventDefault();
        this.#actions.open(entry);
      } else {
        this.#actions.follow(entry);
      }
    }
    return this.focus();
  }

  #menu(event) {
    const entry = this.#entryAt(event);
    if (!entry) return;
    event.preventDefault();
    if (!this.#selection.has(entry.path)) this.#selection.only(entry.path);
    this.#actions.menu(event.clientX, event.clientY);
  }

  // Keyboard

  #key(event) {
    if (event.target !== this.grid || event.altKey) return;
    const rows = this.#listing.rows;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.#height) - 2);
    const now = this.#selection.activeIndex;
    const steps = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + page, PageUp: now - page, Home: 0, End: rows.length - 1 };
    const entry = rows[now];
    if (event.key in steps && rows.length) this.#goTo(steps[event.key], event);
    else if (event.key === " " && entry) this.#selection.toggle(entry.path);
    else if (event.key === "Enter" && entry) this.#actions.open(entry);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#selection.all();
    else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && entry) {
      const place = this.#rows.get(entry.path)?.getBoundingClientRect();
      this.#actions.menu((place?.left ?? 0) + 60, place?.bottom ?? 100);
    } else return;
    event.preventDefault();
  }

  #goTo(wanted, event) {
    const rows = this.#listing.rows;
    const entry = rows[Math.max(0, Math.min(rows.length - 1, wanted))];
    if (event.shiftKey) this.#selection.extend(entry.path);
    else if (event.ctrlKey || event.metaKey || this.#selection.count > 1) this.#selection.move(entry.path);
    else this.#selection.only(entry.path);
    this.reveal(entry.path);
    this.#actions.follow(entry);
  }

  /** Scrolls so that a row is in sight, below the head that stays. */
  reveal(path) {
    const index = this.#listing.rows.findIndex((entry) => entry.path === path);
    if (index < 0) return;
    const top = index * this.#height;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + this.#height > this.grid.scrollTop + room) this.grid.scrollTop = top + this.#height - room;
    this.draw();
  }
}
