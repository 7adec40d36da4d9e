// What a place holds and what of it is shown: filtered, sorted, with news marked. Changes are collected for one frame and
// merged into the sorted rows, so that a thousand of them in a folder of twenty thousand cost little more than one.

import { completed, nameOf, urlOf } from "../core/paths.js";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const byName = (a, b) => collator.compare(a.label, b.label) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);
const orders = {
  name: byName,
  size: (a, b) => (a.size ?? -1) - (b.size ?? -1) || byName(a, b),
  modified: (a, b) => (a.modified ?? "").localeCompare(b.modified ?? "") || byName(a, b),
};

/** How long a row that another program wrote stays marked, in milliseconds. */
const freshFor = 8000;

/** More changes than this part of the rows are sorted anew rather than merged. */
const mergedPart = 0.25;

export class Listing {
  #entries = new Map();
  #listeners = new Set();
  #fresh = new Map();
  #queue = new Map();
  #frame = 0;
  #sweep = 0;

  /** The place that is listed; it lags behind the page's state while another is read. */
  place = { path: "/", query: null, view: "list" };
  isTruncated = false;
  filter = "";
  order = { by: "name", descending: false };
  /** The entries to be shown, in order. */
  rows = [];

  get path() {
    return this.place.path;
  }

  get isFolder() {
    return this.place.query === null && this.place.view === "list";
  }

  get count() {
    return this.#entries.size;
  }

  entry(path) {
    return this.#queue.has(path) ? this.#queue.get(path) ?? undefined : this.#entries.get(path);
  }

  hasName(name) {
    return Boolean(this.entry(`${this.path}${name}`) ?? this.entry(`${this.path}${name}/`));
  }

  /** Calls `listener(kind, change)` after every change: "place", "entries" (with { gone, came }), "view" or "marks". */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Lists another place. */
  open(place, entries = [], { isTruncated = false } = {}) {
    Object.assign(this, { place, isTruncated });
    this.#fresh.clear();
    this.#queue.clear();
    this.#entries = new Map(entries.map((entry) => completed(entry, place.path)).map((entry) => [entry.path, this.#labelled(entry)]));
    this.#arrange();
    this.#changed("place");
  }

  /** The same place, read again; what differs is marked. Returns whether anything did. */
  refresh(entries, { isNews = true } = {}) {
    this.flush();
    const now = new Set(entries.map((entry) => entry.path));
    for (const path of this.#entries.keys()) if (!now.has(path)) this.drop(path);
    for (const entry of entries) this.put(entry, { isNews });
    return this.flush();
  }

  /** One entry is there or has changed. `isNews`: it is marked, as somebody else's. */
  put(entry, { isNews = true } = {}) {
    const older = this.entry(entry.path);
    const isSameVersion = isSame(older, entry);
    if (isSameVersion && (!entry.modified || older.modified === entry.modified)) return;
    const known = { name: nameOf(entry.path), url: urlOf(entry.path), ...older, ...entry };
    this.#queue.set(entry.path, this.#labelled(known));
    if (isNews && !isSameVersion) this.#fresh.set(entry.path, { kind: older ? "changed" : "new", until: Date.now() + freshFor });
    this.#schedule();
  }

  drop(paths) {
    for (const path of [paths].flat()) if (this.entry(path)) this.#queue.set(path, null);
    this.#schedule();
  }

  setView({ filter, sort }) {
    this.flush();
    Object.assign(this, { filter, order: sort });
    this.#arrange();
    this.#changed("view");
  }

  /** "new" or "changed" while a row is marked. */
  mark(path) {
    const mark = this.#fresh.get(path);
    return mark && mark.until > Date.now() ? mark.kind : null;
  }

  #schedule() {
    if (!this.#queue.size || this.#frame) return;
    // A hidden page has no frames.
    const later = document.hidden ? (act) => setTimeout(act, 200) : requestAnimationFrame;
    this.#frame = later(() => this.flush());
  }

  /** Takes what was collected into the rows now. Returns whether there was anything. */
  flush() {
    this.#frame = 0;
    if (!this.#queue.size) return false;
    const queue = this.#queue;
    this.#queue = new Map();
    const gone = new Set();
    const came = [];
    for (const [path, entry] of queue) {
      if (this.#entries.has(path)) gone.add(path);
      if (entry) (this.#entries.set(path, entry), came.push(entry));
      else this.#entries.delete(path);
    }
    if (came.length > this.rows.length * mergedPart) this.#arrange();
    else this.#merge(gone, came.filter(this.#filterOf()));
    if (!this.#sweep && this.#fresh.size) this.#sweep = setTimeout(() => this.#sweepMarks(), freshFor + 50);
    this.#changed("entries", { gone, came });
    return true;
  }

  #merge(gone, came) {
    const kept = gone.size ? this.rows.filter((row) => !gone.has(row.path)) : this.rows;
    const compare = this.#compare();
    came.sort(compare);
    const merged = [];
    let from = 0;
    for (const entry of came) {
      let [low, high] = [from, kept.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(kept[middle], entry) < 0) low = middle + 1;
        else high = middle;
      }
      for (; from < low; from += 1) merged.push(kept[from]);
      merged.push(entry);
    }
    for (; from < kept.length; from += 1) merged.push(kept[from]);
    this.rows = merged;
  }

  #sweepMarks() {
    this.#sweep = 0;
    const now = Date.now();
    for (const [path, mark] of this.#fresh) if (mark.until <= now) this.#fresh.delete(path);
    if (this.#fresh.size) this.#sweep = setTimeout(() => this.#sweepMarks(), freshFor / 4);
    this.#changed("marks");
  }

  /** A row of a search or of what is recent is named by its whole way from the place. */
  #labelled(entry) {
    const label = this.isFolder ? entry.name : entry.path.slice(this.path.length).replace(/\/$/, "");
    return { ...entry, label, lower: label.toLowerCase() };
  }

  #changed(kind, change) {
    for (const listener of this.#listeners) listener(kind, change);
  }

  #filterOf() {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    return (entry) => words.every((word) => entry.lower.includes(word));
  }

  #compare() {
    const sign = this.order.descending ? -1 : 1;
    const by = orders[this.order.by];
    const isObject = (entry) => (entry.type === "object" ? 1 : 0);
    return (a, b) => isObject(a) - isObject(b) || sign * by(a, b);
  }

  #arrange() {
    this.rows = [...this.#entries.values()].filter(this.#filterOf()).sort(this.#compare());
  }
}

/** Whether it is the same version. Our own clock's time of a save is no difference to S3's. */
const isSame = (a, b) => a !== undefined && a.type === b.type && a.etag === b.etag && a.size === b.size;
