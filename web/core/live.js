// What other programs write appears by itself, and the lamp says whether that works: server-sent events while they come,
// and a heartbeat that notices within two seconds when the gateway, or S3 behind it, no longer answers.

import * as api from "./api.js";
import { nameOf, urlOf } from "./paths.js";

/** Milliseconds: between heartbeats, how long one may take, and until a listing is read again. */
const beat = 2000;
const patience = 1800;
const soon = 250;
const shortestPause = 3000;

export class Live {
  #store;
  #listeners;
  #source = null;
  #isOpen = false;
  #timers = { beat: 0, poll: 0, soon: 0 };
  #health = "well";
  /** When the present source was made. */
  #since = 0;
  state = "";

  /**
   * listeners: news(kind, entry) of one path that was created, changed or deleted; stale() when something may have been
   * missed; lamp(state), one of "connecting", "events", "polling", "paused", "gateway", "s3".
   */
  constructor(store, listeners) {
    this.#store = store;
    this.#listeners = listeners;
    document.addEventListener("visibilitychange", () => this.#arrange(!document.hidden));
    addEventListener("pagehide", () => this.#stop());
    addEventListener("offline", () => this.#beat());
    store.subscribe((now, before) => {
      if (now.path !== before.path || now.query !== before.query || now.view !== before.view) this.#arrange();
    });
    this.#arrange();
  }

  #show() {
    // To go from folder to folder takes a moment, and is no reason for another word.
    const isBrief = this.state !== "" && performance.now() - this.#since < beat;
    const works = this.#isOpen ? "events" : this.#timers.poll ? "polling" : isBrief ? this.state : "connecting";
    const state = document.hidden ? "paused" : this.#health === "well" ? works : this.#health;
    if (state === this.state) return;
    this.state = state;
    this.#listeners.lamp(state);
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    this.#isOpen = false;
    for (const name of Object.keys(this.#timers)) {
      clearTimeout(this.#timers[name]);
      this.#timers[name] = 0;
    }
  }

  /** A hidden page holds no connection: a browser has six for all tabs together. */
  #arrange(wasHidden = false) {
    this.#stop();
    if (document.hidden) return this.#show();
    if (wasHidden) this.#listeners.stale();
    this.#watch();
    this.#show();
    this.#beat();
  }

  #watch() {
    const { path, query, view } = this.#store.state;
    const isDeep = query !== null || view === "recent";
    const source = new EventSource(api.absolute(`${urlOf(path)}?watch${isDeep ? "&recursive" : ""}`));
    this.#source = source;
    this.#since = performance.now();
    source.onopen = () => {
      this.#isOpen = true;
      this.#health = "well";
      this.#show();
    };
    const mine = (act) => (event) => source === this.#source && act(event);
    // Events come from "ready" on, and not all of them after "overflow": what was missed is read.
    for (const kind of ["ready", "overflow"]) source.addEventListener(kind, mine(() => this.#later()));
    for (const kind of ["created", "changed", "deleted"]) source.addEventListener(kind, mine((event) => this.#take(kind, JSON.parse(event.data))));
    source.onerror = mine(() => {
      this.#isOpen = false;
      if (source.readyState === EventSource.CLOSED) {
        // Refused: this gateway has no events here.
        this.#source = null;
        this.#later();
        this.#poll(shortestPause);
      }
      this.#beat();
    });
  }

  /** Hands on what happened. Something deeper than the directory may mean that a folder came or went. */
  #take(kind, news) {
    const { path, query, view } = this.#store.state;
    const rest = news.path.startsWith(path) ? news.path.slice(path.length) : "";
    const isChild = rest !== "" && !rest.slice(0, -1).includes("/");
    if (view === "snapshots") return undefined;
    if (!isChild && query === null && view === "list") {
      return this.#listeners.news("below", { path: `${path}${rest.split("/", 1)[0]}/`, isGone: kind === "deleted" }) ? undefined : this.#later();
    }
    const type = news.type ?? (rest.endsWith("/") ? (path === "/" ? "bucket" : "directory") : "object");
    const { size, modified, etag } = news;
    return this.#listeners.news(kind, { name: nameOf(news.path), path: news.path, url: urlOf(news.path), type, size, modified, etag });
  }

  #later() {
    clearTimeout(this.#timers.soon);
    this.#timers.soon = setTimeout(() => this.#listeners.stale(), soon);
  }

  /** A large directory costs S3 a request for each thousand: the longer an answer takes, the rarer it is asked. */
  #poll(pause) {
    this.#timers.poll = setTimeout(async () => {
      const began = performance.now();
      await this.#listeners.stale();
      if (!this.#source && !document.hidden) this.#poll(Math.max(shortestPause, 20 * (performance.now() - began)));
    }, pause);
    this.#show();
  }

  async #beat() {
    clearTimeout(this.#timers.beat);
    const before = this.#health;
    const found = await api.health(patience);
    clearTimeout(this.#timers.beat);
    if (document.hidden) return;
    this.#health = found;
    // An event source that lost its gateway tries again by itself; one that hangs in a frozen one does not.
    if (before !== "well" && found === "well") {
      this.#listeners.stale();
      if (!this.#isOpen && this.#source) (this.#source.close(), this.#watch());
    }
    this.#show();
    this.#timers.beat = setTimeout(() => this.#beat(), found === "well" ? beat : beat / 2);
  }
}
