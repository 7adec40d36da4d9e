// The table: a grid of which only the rows in sight exist. Rows stay the same elements while their entries do, so that
// nothing moves or flickers under a pointer.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icons.js";
import { fillRow, makeRow, tellTime } from "./row.js";

const spare = 12;
/** Milliseconds: a pointer that moved so lately is about to click; and how long rows wait for it at most. */
const aiming = 1000;
const longestHold = 5000;

export class Table {
  #listing;
  #selection;
  #actions;
  #rows = new Map();
  #height = 0;
  #pending = 0;
  #isPressed = false;
  /** The entries that are drawn, in order. */
  #drawn = [];
  /** Whether the order, or what is listed at all, is another one: no row has a place to keep. */
  #isRearranged = true;
  #pointer = { x: 0, y: 0, movedAt: -Infinity };
  #heldSince = 0;
  #hold = 0;

  /** actions: open(entry), menu(x, y), follow(entry), sort(by) */
  constructor(listing, selection, actions) {
    this.#listing = listing;
    this.#selection = selection;
    this.#actions = actions;
    this.body = h("div", { class: "rows", role: "rowgroup" });
    this.head = this.#makeHead();
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
      h("div", { role: "rowgroup" }, this.head),
      this.body,
    );
    // Beside the grid, which may hold rows and nothing else.
    this.notice = h("div", { class: "notice", hidden: true });
    this.element = h("section", { class: "list", "aria-label": t("entries") }, this.grid, this.notice);
    this.#listen();
  }

  #listen() {
    this.grid.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("click", (event) => this.#click(event));
    this.body.addEventListener("dblclick", (event) => {
      const entry = this.entryAt(event);
      if (entry && !event.target.closest("input, button, a")) this.#actions.open(entry);
    });
    this.grid.addEventListener("click", (event) => event.target === this.grid && this.#selection.none());
    this.body.addEventListener("contextmenu", (event) => this.#menu(event));
    this.body.addEventListener("pointermove", ({ pointerType, clientX: x, clientY: y }) => {
      if (pointerType !== "touch" && (x !== this.#pointer.x || y !== this.#pointer.y)) this.#pointer = { x, y, movedAt: performance.now() };
    });
    this.body.addEventListener("pointerleave", () => this.#heldSince && this.#release());
    this.body.addEventListener("pointerdown", () => (this.#isPressed = true));
    for (const kind of ["pointerup", "pointercancel", "blur"]) addEventListener(kind, () => this.#released());
    new ResizeObserver(() => this.#resized()).observe(this.grid);
    this.#listing.subscribe((kind) => {
      if (kind === "place") {
        this.grid.scrollTop = 0;
        this.#isPressed = false;
      }
      this.#isRearranged ||= kind === "place" || kind === "view";
      this.draw();
    });
    this.#selection.subscribe(() => this.schedule());
    setInterval(() => document.hidden || this.#rows.forEach(tellTime), 10_000);
  }

  focus() {
    this.grid.focus({ preventScroll: true });
  }

  /** Shows texts and elements in place of rows. */
  say(...content) {
    this.notice.replaceChildren(...content.filter(Boolean));
    this.notice.hidden = !this.notice.childNodes.length;
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
        h("button", { type: "button", class: "sort", onclick: () => this.#actions.sort(by) }, label, icon("down")),
      );
    return h(
      "div",
      { class: "head", role: "row", "aria-rowindex": "1" },
      h("div", { role: "columnheader", class: "cell check" }, this.all),
      column("name", t("name")),
      column("size", t("size")),
      column("modified", t("modified")),
      h("div", { role: "columnheader", class: "cell more" }, h("span", { class: "unseen" }, t("actions"))),
    );
  }

  #resized() {
    this.#height = 0;
    this.draw();
  }

  /** The click comes before the next frame. */
  #released() {
    if (!this.#isPressed) return;
    this.#isPressed = false;
    this.schedule();
  }

  /** The row under the pointer, or else the first in sight, keeps its place: returns by how many rows it moves among all. */
  #shiftTo(rows, height) {
    const pointed = this.body.querySelector(".row:hover");
    const from = pointed ? pointed.index : Math.floor(this.grid.scrollTop / height);
    for (const [offset, entry] of this.#drawn.slice(from, from + spare).entries()) {
      const index = rows.findIndex((row) => row.path === entry.path);
      if (index >= 0) return index - from - offset;
    }
    return 0;
  }

  /** Whether rows that would move beneath a pointer wait until it rests. */
  #isHeld() {
    const now = performance.now();
    const left = Math.min(this.#pointer.movedAt + aiming, (this.#heldSince || now) + longestHold) - now;
    clearTimeout(this.#hold);
    if (left <= 0 || !this.body.querySelector(".row:hover")) return false;
    this.#heldSince ||= now;
    this.#hold = setTimeout(() => this.draw(), left + 10);
    return true;
  }

  #release() {
    this.#pointer.movedAt = -Infinity;
    this.schedule();
  }

  /**
   * Takes the listing's rows as those to be drawn. While a button is pressed on one, none comes, goes or moves. What another
   * program adds above moves no row that is seen: the table scrolls by as much, or waits where there is nothing to scroll.
   */
  #take(height) {
    const rows = this.#listing.rows;
    if (this.#isPressed || rows === this.#drawn) return;
    const shift = this.#isRearranged ? 0 : this.#shiftTo(rows, height);
    const { scrollTop } = this.grid;
    if (shift && scrollTop === 0 && this.#isHeld()) return;
    Object.assign(this.body.style, { height: `${rows.length * height}px` });
    if (shift && scrollTop > 0) this.grid.scrollTop = scrollTop + shift * height;
    this.#drawn = rows;
    this.#isRearranged = false;
    this.#heldSince = 0;
  }

  /** The rows in sight exist, and nothing else. */
  draw() {
    const height = (this.#height ||= parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) || 28);
    this.#take(height);
    const rows = this.#drawn;
    const first = Math.max(0, Math.floor(this.grid.scrollTop / height) - spare);
    const last = Math.min(rows.length, Math.ceil((this.grid.scrollTop + this.grid.clientHeight) / height) + spare);
    this.body.style.height = `${rows.length * height}px`;
    this.grid.setAttribute("aria-rowcount", rows.length + 1);
    const wanted = new Set();
    for (let index = first; index < last; index += 1) wanted.add(rows[index].path);
    for (const [path, row] of this.#rows) if (!wanted.has(path)) (row.remove(), this.#rows.delete(path));
    for (let index = first; index < last; index += 1) {
      const row = this.#show(rows[index], index, height);
      // In the document in the order in which they are seen, which is how a screen reader reads them.
      const there = this.body.children[index - first];
      if (there !== row) this.body.insertBefore(row, there ?? null);
    }
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
    const mark = this.#listing.mark(entry.path);
    if (!row) this.#rows.set(entry.path, (row = makeRow(entry, mark)));
    else if (row.entry !== entry || row.mark !== mark) fillRow(row, entry, mark);
    if (row.index !== index || row.height !== height) {
      Object.assign(row, { index, height });
      row.id = `row-${index}`;
      row.setAttribute("aria-rowindex", index + 2);
      row.style.transform = `translateY(${index * height}px)`;
    }
    const isChosen = this.#selection.has(entry.path);
    if (row.getAttribute("aria-selected") !== String(isChosen)) row.setAttribute("aria-selected", isChosen);
    // A chosen row can be dragged; the name of another can be marked with the mouse.
    row.draggable = isChosen;
    row.classList.toggle("active", entry.path === this.#selection.active);
    row.querySelector("input").checked = isChosen;
    return row;
  }

  // Mouse

  entryAt(event) {
    const row = event.target.closest?.(".row");
    return row ? this.#listing.entry(row.dataset.path) : undefined;
  }

  #click(event) {
    const entry = this.entryAt(event);
    if (!entry) return undefined;
    const link = event.target.closest("a");
    if (event.target.closest(".check")) {
      if (event.target.tagName === "INPUT") event.shiftKey ? this.#selection.extend(entry.path) : this.#selection.toggle(entry.path);
    } else if (event.target.closest(".more button")) {
      return this.#menu(event);
    } else if (link && (event.ctrlKey || event.metaKey)) {
      return undefined; // The browser opens a tab.
    } else if (event.ctrlKey || event.metaKey) {
      this.#selection.toggle(entry.path);
    } else if (event.shiftKey) {
      event.preventDefault();
      this.#selection.extend(entry.path);
    } else {
      if (link) event.preventDefault();
      // The end of marking a name's text is no click on it.
      if (!getSelection().isCollapsed && getSelection().containsNode(event.target, true)) return undefined;
      this.#selection.only(entry.path);
      if (link) this.#actions.open(entry);
      else this.#actions.follow(entry);
    }
    return this.focus();
  }

  #menu(event) {
    const entry = this.entryAt(event);
    // Marked text has the browser's own menu.
    if (!entry || (event.type === "contextmenu" && !getSelection().isCollapsed)) return;
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
    this.#release();
    this.#listing.flush();
    const index = this.#listing.rows.findIndex((entry) => entry.path === path);
    if (index < 0) return;
    const top = index * this.#height;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + this.#height > this.grid.scrollTop + room) this.grid.scrollTop = top + this.#height - room;
    this.draw();
  }
}
