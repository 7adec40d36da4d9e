// What other programs write appears by itself: by server-sent events, or by asking now and then.

import * as api from "./api.js";
import { nameOf, urlOf } from "./paths.js";

const soon = 250;
const shortestPause = 3000;

export class Live {
  #listing;
  #listener;
  #source = null;
  #timer = 0;
  #path = null;
  /** "events", "polling", "paused", "lost" or, before the beginning, "". */
  state = "";

  constructor(listing, listener) {
    this.#listing = listing;
    this.#listener = listener;
    document.addEventListener("visibilitychange", () => this.#arrange(!document.hidden));
    addEventListener("pagehide", () => this.#stop());
    listing.subscribe((kind) => kind === "place" && this.#arrange());
  }

  #set(state) {
    if (state === this.state) return;
    this.state = state;
    this.#listener(state);
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
  }

  /** A hidden page holds no connection: a browser has six for all tabs together. */
  #arrange(wasHidden = false) {
    this.#stop();
    this.#path = this.#listing.path;
    if (document.hidden || this.#listing.query !== null) return this.#set("paused");
    if (wasHidden) this.refresh();
    this.#watch();
  }

  #watch() {
    const source = new EventSource(`${urlOf(this.#path)}?watch`);
    this.#source = source;
    source.onopen = () => this.#set("events");
    // Events are told from "ready" on, and not all of them after "overflow": what was missed is read.
    for (const kind of ["ready", "overflow"]) source.addEventListener(kind, () => source === this.#source && this.#later());
    for (const kind of ["created", "changed", "deleted"]) {
      source.addEventListener(kind, (event) => source === this.#source && this.#take(kind, JSON.parse(event.data)));
    }
    source.onerror = () => {
      if (source !== this.#source || source.readyState !== EventSource.CLOSED) return;
      // Not a passing fault: this gateway has no events.
      this.#source = null;
      this.#poll(shortestPause);
    };
  }

  #take(kind, news) {
    const path = this.#path;
    const below = news.path.startsWith(path) ? news.path.slice(path.length) : "";
    const isChild = below !== "" && !below.slice(0, -1).includes("/");
    if (!isChild) {
      // Something deeper: a folder may have come or gone.
      const folder = `${path}${below.split("/", 1)[0]}/`;
      if (kind === "deleted" || !this.#listing.entry(folder)) this.#later();
    } else if (kind === "deleted") {
      this.#listing.drop(news.path);
    } else {
      const type = news.type ?? (below.endsWith("/") ? (path === "/" ? "bucket" : "directory") : "object");
      const { size, modified, etag } = news;
      this.#listing.put({ name: nameOf(news.path), path: news.path, url: urlOf(news.path), type, size, modified, etag });
    }
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), soon);
  }

  /** A large directory costs S3 a request for each thousand: the longer an answer takes, the rarer it is asked. */
  #poll(pause) {
    this.#set("polling");
    this.#timer = setTimeout(async () => {
      const began = performance.now();
      await this.refresh();
      if (!this.#source && !document.hidden) this.#poll(Math.max(shortestPause, 20 * (performance.now() - began)));
    }, pause);
  }

  /** Reads the listing again, without being noticed where nothing changed. */
  async refresh({ fresh = false } = {}) {
    const { path, query } = this.#listing;
    if (query !== null) return;
    try {
      const { entries } = await api.list(path, { fresh });
      if (this.#listing.path === path && this.#listing.query === null) this.#listing.refresh(entries);
      if (this.state === "lost") this.#set("polling");
    } catch (error) {
      if (error.status === 0) this.#set("lost");
    }
  }
}
