// Which rows are chosen, and which one the keyboard stands on. Paths, not positions: the order may change beneath.

export class Selection {
  #listing;
  #chosen = new Set();
  #listeners = new Set();
  #anchor = null;
  /** The path of the row that the keyboard stands on. */
  active = null;

  constructor(listing) {
    this.#listing = listing;
    listing.subscribe((kind) => {
      if (kind === "place") this.#reset();
      else if (kind !== "marks") this.#prune();
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

  /** What an action is about: the chosen entries in their order, else the active one. */
  get targets() {
    const rows = this.#listing.rows;
    return this.count ? rows.filter((entry) => this.#chosen.has(entry.path)) : rows.filter((entry) => entry.path === this.active);
  }

  get activeIndex() {
    return this.#listing.rows.findIndex((entry) => entry.path === this.active);
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
    this.#tell();
  }

  none() {
    this.#chosen.clear();
    this.#anchor = null;
    this.#tell();
  }

  /** The keyboard moves without choosing. */
  move(path) {
    if (!this.#chosen.size) this.#anchor = path;
    this.#moved(path);
  }

  #moved(path) {
    this.active = path;
    this.#tell();
  }

  #reset() {
    this.#chosen.clear();
    this.#anchor = null;
    this.active = this.#listing.rows[0]?.path ?? null;
    this.#tell();
  }

  #prune() {
    const rows = this.#listing.rows;
    const shown = new Set(rows.map((entry) => entry.path));
    for (const path of this.#chosen) if (!shown.has(path)) this.#chosen.delete(path);
    if (!shown.has(this.active)) this.active = rows[0]?.path ?? null;
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
