// Which rows are chosen, and which one the keyboard is on. Paths, not positions: the order may change beneath.

export class Selection {
  #listing;
  #chosen = new Set();
  #listeners = new Set();
  #anchor = null;
  #wanted = null;
  /** Where the active row is or was: its place is kept when it goes. */
  #index = 0;
  /** The path of the row that the keyboard is on. */
  active = null;

  constructor(listing) {
    this.#listing = listing;
    listing.subscribe((kind, change) => {
      if (kind === "place") this.#reset();
      else if (kind === "entries") this.#follow(change);
      else if (kind === "view") this.#prune(new Set(listing.rows.map((entry) => entry.path)));
    });
  }

  subscribe(listener) {
    this.#listeners.add(listener);
  }

  get count() {
    return this.#chosen.size;
  }

  get isAll() {
    return this.count > 0 && this.count === this.#listing.rows.length;
  }

  has(path) {
    return this.#chosen.has(path);
  }

  /** The entries that an action is about: the chosen ones in their order, else the active one. */
  get targets() {
    const rows = this.#listing.rows;
    if (!this.count) return rows.filter((entry) => entry.path === this.active);
    return rows.filter((entry) => this.#chosen.has(entry.path));
  }

  get activeIndex() {
    const rows = this.#listing.rows;
    if (rows[this.#index]?.path !== this.active) this.#index = rows.findIndex((entry) => entry.path === this.active);
    return this.#index;
  }

  only(path) {
    this.#chosen = new Set([path]);
    this.#anchor = path;
    this.#moved(path);
  }

  toggle(path) {
    if (!this.#chosen.delete(path)) this.#chosen.add(path);
    this.#anchor = path;
    this.#moved(path);
  }

  /** From the last plain choice to here. */
  extend(path) {
    const rows = this.#listing.rows;
    const from = rows.findIndex((entry) => entry.path === (this.#anchor ?? this.active ?? path));
    const to = rows.findIndex((entry) => entry.path === path);
    const [low, high] = [Math.max(0, Math.min(from, to)), Math.max(from, to)];
    this.#anchor ??= rows[low]?.path ?? path;
    this.#chosen = new Set(rows.slice(low, high + 1).map((entry) => entry.path));
    this.#moved(path);
  }

  all() {
    this.#chosen = new Set(this.#listing.rows.map((entry) => entry.path));
    this.#notify();
  }

  none() {
    this.#chosen.clear();
    this.#anchor = null;
    this.#notify();
  }

  /** The keyboard moves without choosing. */
  move(path) {
    if (!this.#chosen.size) this.#anchor = path;
    this.#moved(path);
  }

  /** The result of an action is chosen once all of it is there. */
  expect(paths) {
    this.#wanted = new Set(paths);
    this.#choose();
  }

  #choose() {
    if (!this.#wanted) return false;
    const there = [...this.#wanted].filter((path) => this.#listing.entry(path));
    if (there.length < this.#wanted.size) return false;
    this.#chosen = this.#wanted;
    this.#wanted = null;
    this.#anchor = there[0];
    this.#moved(there[0]);
    return true;
  }

  #moved(path) {
    this.active = path;
    this.#index = this.#listing.rows.findIndex((entry) => entry.path === path);
    this.#notify();
  }

  #reset() {
    this.#chosen.clear();
    this.#anchor = null;
    this.#wanted = null;
    this.#index = 0;
    this.active = this.#listing.rows[0]?.path ?? null;
    this.#notify();
  }

  #follow({ gone, came }) {
    if (this.#choose()) return;
    const isBack = new Set(came.map((entry) => entry.path));
    for (const path of gone) if (!isBack.has(path)) this.#chosen.delete(path);
    if (this.active === null || (gone.has(this.active) && !isBack.has(this.active))) this.#stay();
    else this.#index = this.#listing.rows.findIndex((entry) => entry.path === this.active);
    this.#notify();
  }

  #prune(shown) {
    for (const path of this.#chosen) if (!shown.has(path)) this.#chosen.delete(path);
    if (!shown.has(this.active)) this.#stay();
    this.#notify();
  }

  /** Where the active row went away the keyboard stays at its place: on the row that is there now. */
  #stay() {
    const rows = this.#listing.rows;
    this.#index = Math.max(0, Math.min(this.#index, rows.length - 1));
    this.active = rows[this.#index]?.path ?? null;
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }
}
