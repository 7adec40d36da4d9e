// Counts and names what a deletion would remove while the question is on the screen, so that it can be brought back where
// the bucket keeps versions.

import * as api from "../core/api.js";
import { size } from "../core/format.js";
import { t } from "../core/i18n.js";
import { isBucket } from "../core/paths.js";

/** More are not counted. */
const mostCounted = 10_000;
/** More are not brought back one by one. */
const mostUndone = 1000;

export class DeletionPreview {
  #abort = new AbortController();
  #entries;

  /** Everything that goes, folders' markers (which end in "/") too, as far as it was counted. */
  paths = [];
  /** By entry: what is in it, as a text. */
  texts = new Map();
  /** "final", "kept", "many", "bucket" or, before it is known, "". */
  fate = "";

  /** Calls `report` whenever more is known. */
  constructor(entries, report = () => {}) {
    this.#entries = entries;
    this.report = report;
    this.isKnown = this.#read();
  }

  stop() {
    this.#abort.abort();
  }

  async #read() {
    try {
      for (const entry of this.#entries) await this.#count(entry);
      this.fate = await this.#judge();
    } catch {
      this.fate = "final"; // Stopped, or not to be known: nothing is promised.
    }
    this.report();
  }

  async #count(entry) {
    if (entry.type === "object") return void this.paths.push(entry.path);
    let objects = 0;
    let bytes = 0;
    this.texts.set(entry, t("counting"));
    this.report();
    for await (const found of api.below(entry.path, this.#abort.signal, true)) {
      objects += found.filter((item) => item.type === "object").length;
      bytes += found.reduce((sum, item) => sum + (item.size ?? 0), 0);
      this.paths.push(...found.map((item) => item.path));
      if (this.paths.length > mostCounted) break;
    }
    if (objects === 0) this.paths.push(entry.path);
    const isCut = this.paths.length > mostCounted;
    const parts = isCut ? [t("atLeast", { n: objects })] : [t("objects", { n: objects }), size(bytes)];
    const own = await api.ownSize(entry.path, { signal: this.#abort.signal, quiet: true });
    if (own) parts.push(t("andOwnBytes", { size: size(own) }));
    this.texts.set(entry, parts.join(t("comma")));
    this.report();
  }

  async #judge() {
    if (this.#entries.some((entry) => isBucket(entry.path))) return "bucket";
    const first = this.paths.find((path) => !path.endsWith("/"));
    const versions = first ? await api.versions(first).catch(() => []) : [];
    if (!versions.length) return "final";
    return this.paths.length > mostUndone ? "many" : "kept";
  }
}
