// What a directory holds and what of it is shown: filtered, sorted, with what is new marked.

import { completed } from "./paths.js";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const byName = (a, b) => collator.compare(a.label, b.label) || (a.label < b.label ? -1 : 1);
const orders = {
  name: byName,
  size: (a, b) => (a.size ?? -1) - (b.size ?? -1) || byName(a, b),
  modified: (a, b) => (a.modified ?? "").localeCompare(b.modified ?? "") || byName(a, b),
};

/** How long a row that another program wrote stays marked, in milliseconds. */
const freshFor = 8000;

export class Listing {
  #entries = new Map();
  #listeners = new Set();
  #fresh = new Map();

  path = "/";
  /** The words of a recursive search whose result this is; null for a directory. */
  query = null;
  truncated = false;
  filter = "";
  order = { by: "name", descending: false };
  /** The entries to be shown, in order. */
  rows = [];

  get entries() {
    return [...this.#entries.values()];
  }

  get count() {
    return this.#entries.size;
  }

  entry(path) {
    return this.#entries.get(path);
  }

  hasName(name) {
    return this.#entries.has(`${this.path}${name}`) || this.#entries.has(`${this.path}${name}/`);
  }

  /** Called after every change with what kind it was: "place", "entries" or "view". */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Another directory or search. */
  open({ path, entries = [], query = null, truncated = false }) {
    Object.assign(this, { path, query, truncated, filter: "" });
    this.#fresh.clear();
    this.#entries = new Map(entries.map((entry) => completed(entry, path)).map((entry) => [entry.path, this.#labelled(entry)]));
    this.#changed("place");
  }

  /** The same place, read again; what differs is marked as new. */
  refresh(entries) {
    const older = this.#entries;
    this.#entries = new Map(entries.map((entry) => [entry.path, this.#labelled(entry)]));
    let differs = older.size !== this.#entries.size;
    for (const [path, entry] of this.#entries) {
      const before = older.get(path);
      if (isSame(before, entry) && before.modified === entry.modified) continue;
      differs = true;
      if (!isSame(before, entry)) this.#mark(path);
    }
    if (differs) this.#changed("entries");
  }

  add(entries) {
    for (const entry of entries) this.#entries.set(entry.path, this.#labelled(entry));
    this.#changed("entries");
  }

  /** One entry is there or has changed. */
  put(entry, { isNews = true } = {}) {
    const older = this.#entries.get(entry.path);
    if (isSame(older, entry)) return;
    this.#entries.set(entry.path, this.#labelled({ ...older, ...entry }));
    if (isNews) this.#mark(entry.path);
    this.#changed("entries");
  }

  drop(paths) {
    const gone = [paths].flat().filter((path) => this.#entries.delete(path));
    if (gone.length) this.#changed("entries");
  }

  setFilter(text) {
    this.filter = text;
    this.#changed("view");
  }

  setOrder(by) {
    this.order = { by, descending: this.order.by === by ? !this.order.descending : by !== "name" };
    this.#changed("view");
  }

  isFresh(path) {
    return (this.#fresh.get(path) ?? 0) > Date.now();
  }

  #mark(path) {
    this.#fresh.set(path, Date.now() + freshFor);
    setTimeout(() => this.#changed("marks"), freshFor + 50);
  }

  #labelled(entry) {
    const label = this.query === null ? entry.name : entry.path.slice(this.path.length).replace(/\/$/, "");
    return { ...entry, label, lower: label.toLowerCase() };
  }

  #changed(kind) {
    if (kind !== "marks") this.#arrange();
    for (const listener of this.#listeners) listener(kind);
  }

  #arrange() {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.entries.filter((entry) => words.every((word) => entry.lower.includes(word)));
    const compare = orders[this.order.by];
    const sign = this.order.descending ? -1 : 1;
    const isObject = (entry) => (entry.type === "object" ? 1 : 0);
    this.rows = shown.sort((a, b) => isObject(a) - isObject(b) || sign * compare(a, b));
  }
}

/** Whether it is the same version. Our own clock's time of a save is no difference to S3's. */
const isSame = (a, b) => a !== undefined && a.type === b.type && a.etag === b.etag && a.size === b.size;
