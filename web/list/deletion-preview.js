// Counts and names what a deletion would remove while the question is on the screen, and finds what can be restored
// afterwards. One rule, `wayBack`, decides for each object: the dialog's sentence, the deletion and its Undo all use it.

import * as api from "../core/api.js";
import { size } from "../core/format.js";
import { t } from "../core/i18n.js";
import { bucketOf, isBucket, isDirectory } from "../core/paths.js";

/** More are not counted. */
const mostCounted = 10_000;
/** More are not brought back one by one. */
const mostUndone = 1000;
/** Requests in flight at once. */
const atOnce = 3;

const keepsVersions = (versioning) => versioning === "Enabled" || versioning === "Suspended";

/**
 * Returns what brings a path back after its deletion: { versionId, etag } of its version now; versionId is null for a folder
 * that is only to be made again. Returns null where nothing does. With versioning on, a deletion destroys nothing. With
 * versioning suspended, the delete marker replaces the version "null" and destroys nothing else. Throws where it is not known.
 */
export async function wayBack(path, versioning, { signal, quiet } = {}) {
  if (!keepsVersions(versioning)) return null;
  let versions;
  try {
    versions = await api.versions(path, signal, quiet);
  } catch (error) {
    if (error.status !== 404) throw error;
    return isDirectory(path) ? { versionId: null, etag: null } : null;
  }
  // Where "null" is the only version, the answer is empty.
  const newest = versions.find((version) => version.isLatest) ?? versions[0] ?? { versionId: "null", etag: null };
  if (newest.deleteMarker) return isDirectory(path) ? { versionId: null, etag: null } : null;
  if (versioning === "Enabled" || newest.versionId !== "null") return { versionId: newest.versionId, etag: newest.etag };
  // A folder whose own object has no bytes is made again.
  return isDirectory(path) && !(await api.meta(path, { signal, quiet })).marker?.size ? { versionId: null, etag: null } : null;
}

/** The versioning of a path's bucket: "Enabled", "Suspended", "Off", or null where the server does not report it. */
export const versioningOf = async (path, options) => (await api.meta(`/${bucketOf(path)}/`, options)).versioning ?? null;

/** Brings back a deleted path by its way back. Throws where another version is there, or that one is not. */
export async function comeBack(path, way, signal, restore) {
  if (!way) throw new Error(t("undoNoVersion"));
  if (way.versionId === null) return void (await api.makeDirectory(path, signal));
  let versions;
  try {
    versions = await api.versions(path, signal);
  } catch (error) {
    throw error.status === 404 ? new Error(t("undoVersionGone")) : error;
  }
  const newest = versions.find((version) => version.isLatest) ?? versions[0];
  // Where "null" is the only version, the answer is empty.
  if (!newest && way.versionId === "null") throw new Error(t("undoTaken"));
  if (newest && !newest.deleteMarker) {
    if (newest.etag === way.etag) return;
    throw new Error(t("undoTaken"));
  }
  if (!versions.some((version) => version.versionId === way.versionId && !version.deleteMarker)) throw new Error(t("undoVersionGone"));
  await restore(path, way.versionId);
}

export class DeletionPreview {
  #abort = new AbortController();
  #entries;
  /** By bucket: a promise of its versioning. */
  #versioning = new Map();
  #isCut = false;

  /** Everything that goes, folders' own objects (whose paths end in "/") too, as far as it was counted: path to ETag. */
  found = new Map();
  /** By path: its way back, or null. Complete once `fate` is known, except for "final" of a bucket, "many" and "unknown". */
  ways = new Map();
  /** By entry: what is in it, as a text. */
  texts = new Map();
  /** "final", "kept", "partly", "many", "bucket", "unknown" or, before it is known, "". */
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

  /** What cannot be restored. */
  get lost() {
    return [...this.ways.keys()].filter((path) => !this.ways.get(path));
  }

  /** Whether Undo can bring back something. */
  get canUndo() {
    return this.fate === "kept" || this.fate === "partly";
  }

  /** Looks for the way back of a path that has another version than the preview found. */
  async renew(path, etag, signal) {
    if (!this.canUndo || (this.ways.get(path)?.etag ?? this.found.get(path)) === etag) return;
    this.ways.set(path, await wayBack(path, await this.#versioningOf(path), { signal }));
    this.found.set(path, etag);
  }

  /** Whether the folders hold something else now than this preview counted. What was not counted to its end is not compared. */
  async isOutdated() {
    const folders = this.#entries.filter((entry) => entry.type !== "object");
    if (!folders.length || this.#isCut || !this.fate || this.fate === "unknown") return false;
    const now = new Map();
    for (const entry of folders) await this.#collect(entry, now, () => {});
    const isBelow = (path) => folders.some((entry) => path.startsWith(entry.path));
    const before = [...this.found].filter(([path]) => isBelow(path));
    return before.length !== now.size || before.some(([path, etag]) => !now.has(path) || now.get(path) !== etag);
  }

  async #read() {
    try {
      for (const entry of this.#entries) await this.#count(entry);
      this.fate = await this.#judge();
    } catch {
      this.fate = "unknown"; // Stopped, or a request failed: nothing is promised.
    }
    this.report();
  }

  async #count(entry) {
    if (entry.type === "object") return void this.found.set(entry.path, entry.etag ?? null);
    this.texts.set(entry, t("counting"));
    this.report();
    let objects = 0;
    let bytes = 0;
    const own = await this.#collect(entry, this.found, (items) => {
      objects += items.filter((item) => item.type === "object").length;
      bytes += items.reduce((sum, item) => sum + (item.size ?? 0), 0);
      this.#isCut ||= this.found.size > mostCounted;
      return !this.#isCut;
    });
    const parts = this.#isCut ? [t("atLeast", { n: objects })] : [t("objects", { n: objects }), size(bytes)];
    if (own?.size) parts.push(t("andOwnBytes", { size: size(own.size) }));
    this.texts.set(entry, parts.join(t("comma")));
    this.report();
  }

  /** Adds everything that goes with a folder, until `count` returns false. Returns the folder's own object, if it has one. */
  async #collect(entry, found, count) {
    const { signal } = this.#abort;
    let isEmpty = true;
    for await (const items of api.below(entry.path, signal, true)) {
      for (const item of items) found.set(item.path, item.etag ?? null);
      isEmpty &&= !items.length;
      if (count(items) === false) break;
    }
    if (isBucket(entry.path)) return null;
    const { marker } = await api.meta(entry.path, { signal, quiet: true }).catch((error) => {
      if (error.status === 404) return {};
      throw error;
    });
    if (marker || isEmpty) found.set(entry.path, marker?.etag ?? null);
    return marker;
  }

  #versioningOf(path) {
    const bucket = bucketOf(path);
    if (!this.#versioning.has(bucket)) this.#versioning.set(bucket, versioningOf(path, { signal: this.#abort.signal, quiet: true }));
    return this.#versioning.get(bucket);
  }

  async #judge() {
    if (this.#entries.every((entry) => isBucket(entry.path))) return "bucket";
    const paths = [...this.found.keys()];
    // A bucket is deleted with all versions.
    const doomed = new Set(this.#entries.filter((entry) => isBucket(entry.path)).map((entry) => bucketOf(entry.path)));
    const versioning = new Map();
    for (const path of paths) {
      const bucket = bucketOf(path);
      if (!versioning.has(bucket)) versioning.set(bucket, doomed.has(bucket) ? "Off" : await this.#versioningOf(path));
    }
    if (paths.length > mostUndone) return [...versioning.values()].some(keepsVersions) ? "many" : "final";
    const left = [...paths];
    const worker = async () => {
      for (let path = left.shift(); path !== undefined; path = left.shift()) {
        this.ways.set(path, await wayBack(path, versioning.get(bucketOf(path)), { signal: this.#abort.signal, quiet: true }));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const lost = this.lost.length;
    return lost === 0 ? "kept" : lost === paths.length ? "final" : "partly";
  }
}
