// Reads the place that the page's state names into the listing: a folder, a search, or what is recent below. Only the
// newest wish counts: a slow answer to an earlier one is dropped.

import * as api from "../core/api.js";
import { isBucket } from "../core/paths.js";

const mostFound = 5000;
/** Milliseconds until an empty folder is read again, and one in which something was found that no event had reported. */
const emptyPause = 3000;
const newsPause = 1500;
/** As many of the newest objects are shown. */
const mostRecent = 500;

export class Places {
  #store;
  #listing;
  #abort = null;
  #wanted = null;
  #timer = 0;
  #again = 0;
  /** "", "reading", "searching" or "failed". */
  state = "";
  error = null;

  constructor(store, listing) {
    this.#store = store;
    this.#listing = listing;
    this.report = () => {};
    listing.subscribe((kind) => kind !== "marks" && this.#watchEmpty(kind === "entries" ? 0 : emptyPause));
  }

  #set(state, error = null) {
    Object.assign(this, { state, error });
    this.#watchEmpty(emptyPause);
    this.report();
  }

  /** What is empty may be gone, which no event says: with the last object in it a folder ends, and a bucket is deleted after it. */
  #watchEmpty(pause) {
    clearTimeout(this.#timer);
    if (this.state !== "" || !this.#listing.isFolder || this.#listing.count || this.#listing.path === "/") return;
    this.#timer = setTimeout(async () => {
      if (!document.hidden) await this.refresh().catch(() => {});
      this.#watchEmpty(emptyPause);
    }, pause);
  }

  /** Lists the state's place. Resolves with true once it, or the beginning of it, is shown. */
  async read({ fresh = false } = {}) {
    this.#abort?.abort();
    if (this.#store.state.view === "snapshots") return this.#nothing();
    const abort = (this.#abort = new AbortController());
    const { path, query, view } = this.#store.state;
    const place = { path, query, view };
    this.#wanted = place;
    this.#set(query === null && view === "list" ? "reading" : "searching");
    try {
      if (query !== null) await this.#search(place, abort);
      else if (view === "recent") await this.#recent(place, abort);
      else await this.#folder(place, fresh, abort);
      if (this.#wanted !== place) return false;
      this.#set("");
      return true;
    } catch (error) {
      if (this.#wanted !== place || abort.signal.aborted) return false;
      this.#listing.open(place);
      this.#set("failed", error);
      return false;
    }
  }

  /** Another view is in place of the table: no command has an entry to act on. */
  #nothing() {
    const { path, query, view } = this.#store.state;
    this.#wanted = { path, query, view };
    this.#listing.open(this.#wanted);
    this.#set("");
    return false;
  }

  async #folder(place, fresh, abort) {
    const { path, entries } = await api.list(place.path, { fresh, signal: abort.signal });
    if (this.#wanted !== place) return;
    // Of a bucket a part is shown (--bucket NAME/PREFIX): the gateway has answered with that folder.
    if (isBucket(place.path) && path !== place.path) await this.#store.go({ path }, { push: false });
    else this.#listing.open(place, entries);
  }

  async #search(place, abort) {
    this.#listing.open(place);
    for await (const found of api.search(place.path, place.query, abort.signal)) {
      if (this.#wanted !== place) return;
      for (const entry of found.slice(0, mostFound - this.#listing.count)) this.#listing.put(entry, { isNews: false });
      this.#listing.flush();
      if (this.#listing.count < mostFound) continue;
      this.#listing.isTruncated = true;
      return abort.abort();
    }
  }

  /** `isQuiet`: what is shown stays until all was read, and only then is brought up to date. */
  async #recent(place, abort, isQuiet = false) {
    if (!isQuiet) this.#listing.open(place);
    let newest = [];
    const cut = () => (newest = newest.sort((a, b) => (a.modified < b.modified ? 1 : -1)).slice(0, mostRecent));
    let shownAt = performance.now();
    for await (const found of api.below(place.path, abort.signal, isQuiet)) {
      if (this.#wanted !== place) return;
      newest.push(...found.filter((entry) => entry.type === "object"));
      if (newest.length > 4 * mostRecent) cut();
      if (!isQuiet && performance.now() - shownAt > 500) (this.#listing.refresh(cut(), { isNews: false }), (shownAt = performance.now()));
    }
    if (this.#wanted !== place) return;
    if (isQuiet) this.#listing.refresh(cut());
    else this.#listing.open(place, cut());
  }

  /** Reads a folder again without being noticed where nothing changed. */
  async refresh({ fresh = false } = {}) {
    const { path, query, view } = this.#store.state;
    if (this.state === "failed") return this.read({ fresh });
    if (query !== null || view === "snapshots") return undefined;
    if (view === "recent") return this.state === "" ? this.#recent(this.#wanted, this.#abort, true) : undefined;
    try {
      const { entries } = await api.list(path, { fresh, quiet: !fresh });
      const place = this.#listing.place;
      if (place.path !== path || !this.#listing.isFolder || this.#store.state.path !== path) return;
      // What is shown before the watch has seen it, and goes before that, the watch never reports.
      clearTimeout(this.#again);
      if (this.#listing.refresh(entries)) this.#again = setTimeout(() => this.refresh().catch(() => {}), newsPause);
    } catch (error) {
      // The lamp says whether the gateway answers; a folder that went away is said here.
      if (error.status === 404 && this.#store.state.path === path) (this.#listing.open({ path, query: null, view: "list" }), this.#set("failed", error));
      else if (fresh) throw error;
    }
  }

  /** Ends a search that goes on; what was found stays. */
  stop() {
    this.#abort?.abort();
  }
}
