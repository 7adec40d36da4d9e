// What can be done to entries: make, rename, move, copy, delete, download. Whatever may take long is a job.

import * as api from "../core/api.js";
import { ask, confirmDeletion } from "../core/dialogs.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { announce, toast } from "../core/notes.js";
import { isBucket, nameOf, parentOf, urlOf } from "../core/paths.js";
import { removeSeen, restoreSeen } from "../core/seen.js";
import { comeBack, DeletionPreview } from "./deletion-preview.js";
import { archive, save } from "./download.js";
import { obstacle, relocation } from "./relocate.js";
import { askTarget, folderOf, keepTarget } from "./targets.js";

const nameProblem = (listing, { mayHaveSlash = false, old = null } = {}) => (name) => {
  if (!name) return t("nameMissing");
  if (!mayHaveSlash && name.includes("/")) return t("nameSlash");
  if (name !== old && listing.hasName(name)) return t("nameExists", { name: visible(name) });
  return null;
};

/** Where an entry goes that is moved or copied into a folder. */
const placeIn = (folder, entry) => folder + nameOf(entry.path) + (entry.type === "object" ? "" : "/");

const typeOf = (path) => (path.endsWith("/") ? "directory" : "object");

export class Actions {
  #listing;
  #selection;
  #jobs;
  #reload;

  constructor({ listing, selection, jobs, reload }) {
    Object.assign(this, { clipboard: null });
    this.#listing = listing;
    this.#selection = selection;
    this.#jobs = jobs;
    this.#reload = reload;
  }

  async makeFolder() {
    const atRoot = this.#listing.path === "/";
    const pathOf = (name) => `${this.#listing.path}${name.replace(/\/+$/, "")}/`;
    const name = await ask(atRoot ? t("newBucket") : t("newFolder"), {
      label: t("name"),
      verb: t("create"),
      check: nameProblem(this.#listing, { mayHaveSlash: !atRoot }),
      act: async (name) => (await api.makeDirectory(pathOf(name)), name),
    });
    if (name === null) return;
    announce(t("created", { name }));
    const [first] = name.split("/");
    const path = pathOf(first);
    this.#listing.put({ name: first, path, url: urlOf(path), type: atRoot ? "bucket" : "directory" }, { isNews: false });
    this.#selection.expect([path]);
    await this.#reload();
  }

  /** Resolves with the new object's entry, to be edited; undefined where nothing was made. */
  async makeFile() {
    let etag = null;
    const make = async (name) => {
      try {
        etag = (await api.put(`${this.#listing.path}${name}`, "", { "If-None-Match": "*" })).headers.get("ETag");
      } catch (error) {
        throw error.status === 412 ? new Error(t("nameExists", { name: visible(name) })) : error;
      }
      return name;
    };
    const name = await ask(t("newFile"), { label: t("name"), verb: t("create"), check: nameProblem(this.#listing, { mayHaveSlash: true }), act: make });
    if (name === null) return undefined;
    const path = `${this.#listing.path}${name}`;
    const entry = { name, path, url: urlOf(path), type: "object", size: 0, etag, modified: new Date().toISOString() };
    if (name.includes("/")) this.#reload();
    else (this.#listing.put(entry, { isNews: false }), this.#selection.expect([path]));
    return entry;
  }

  async rename(entry) {
    if (isBucket(entry.path)) return toast(t("bucketStays"), { isError: true });
    const old = nameOf(entry.path);
    const check = nameProblem(this.#listing, { old });
    const name = await ask(t("rename"), { label: t("newName"), value: old, verb: t("rename"), check, stem: entry.type === "object" });
    if (name === null || name === old) return undefined;
    const to = parentOf(entry.path) + name + (entry.type === "object" ? "" : "/");
    return this.#relocate("move", [entry], () => to, to);
  }

  move(entries) {
    return this.#transfer("move", entries, t("moveTo"));
  }

  copy(entries) {
    return this.#transfer("copy", entries, t("copyTo"));
  }

  async #transfer(verb, entries, title) {
    if (!this.#mayRelocate(entries)) return;
    // Where some can go there, the job says which ones cannot.
    const problemOf = (folder) => {
      const problems = entries.map((entry) => obstacle(verb, entry.path, placeIn(folder, entry)));
      return problems.every(Boolean) ? problems[0] : null;
    };
    const target = await askTarget(title, { verb: t(verb), here: folderOf(entries, this.#listing), problemOf });
    if (target !== null) this.relocateInto(verb, entries, target, () => keepTarget(target));
  }

  #mayRelocate(entries) {
    if (entries.some((entry) => isBucket(entry.path))) toast(t("bucketStays"), { isError: true });
    else return entries.length > 0;
    return false;
  }

  /** Moves or copies entries into a folder: by a dialog, by dragging, or by pasting. `used` is called once something is there. */
  relocateInto(verb, entries, folder, used = () => {}) {
    if (!this.#mayRelocate(entries)) return;
    if (folder === "/") return void toast(t("destinationForm"), { isError: true });
    this.#relocate(verb, entries, (entry) => placeIn(folder, entry), folder, used);
  }

  #relocate(verb, entries, destinationOf, target, used = () => {}) {
    const each = ({ from, to, entry }) => {
      if (verb === "move") this.#listing.drop(from);
      const isHere = this.#listing.isFolder && parentOf(to) === this.#listing.path;
      if (isHere) this.#listing.put({ ...entry, name: nameOf(to), path: to, url: urlOf(to), type: typeOf(to) }, { isNews: false });
    };
    const ended = (job) => {
      if (job.done.length) used();
      const results = job.done.map((unit) => unit.to).filter((path) => parentOf(path) === this.#listing.path);
      if (results.length) this.#selection.expect(results);
      this.#reload();
    };
    this.#jobs.start(relocation(this.#jobs, verb, entries, destinationOf, { target, each, ended }));
  }

  // Cut, copy and paste of entries

  cut(entries) {
    this.#take("move", entries, "cutNote");
  }

  copyEntries(entries) {
    this.#take("copy", entries, "copyNote");
  }

  #take(verb, entries, note) {
    if (!this.#mayRelocate(entries)) return;
    this.clipboard = { verb, entries };
    toast(t(note, { n: entries.length }));
  }

  paste() {
    if (!this.clipboard || !this.#listing.isFolder) return;
    const { verb, entries } = this.clipboard;
    if (verb === "move") this.clipboard = null;
    this.relocateInto(verb, entries, this.#listing.path);
  }

  // Deletion

  async remove(entries) {
    if (!entries.length) return;
    const contents = await this.#confirmed(entries);
    if (!contents) return;
    const units = entries.map((entry) => ({
      label: visible(entry.label),
      entry,
      run: async (unit, { signal }) => {
        await removeSeen(this.#jobs, unit, entry, signal, (etag) => contents.renew(entry.path, etag, signal));
        this.#listing.drop(entry.path);
      },
    }));
    const undo = contents.canUndo ? (done) => this.#bringBack(contents.ways, done) : null;
    this.#jobs.start({ kind: "delete", units, undo, ended: () => this.#reload() });
  }

  /**
   * Asks whether to delete entries: the preview that was confirmed, or null. Where folders hold something else than it showed,
   * the new preview is shown, and nothing is deleted.
   */
  async #confirmed(entries) {
    for (let isAnew = false; ; isAnew = true) {
      const contents = new DeletionPreview(entries);
      if (!(await confirmDeletion(entries, contents, { isAnew }))) return contents.stop(), null;
      // What cannot be named in a moment is too much to be brought back.
      if (!contents.fate) await Promise.race([contents.isKnown, new Promise((done) => setTimeout(done, 5000))]);
      try {
        if (!(await contents.isOutdated())) return contents;
      } catch (error) {
        return toast(error.message, { isError: true }), null;
      } finally {
        contents.stop();
      }
    }
  }

  /** The units that bring back what was deleted, each by its way back; what has none fails. Empty where nothing has one. */
  #bringBack(ways, done) {
    const isGone = (path) => done.some(({ entry }) => path === entry.path || (entry.type !== "object" && path.startsWith(entry.path)));
    const gone = [...ways.keys()].filter(isGone);
    if (!gone.some((path) => ways.get(path))) return [];
    return gone.map((path) => ({
      label: visible(path),
      isFinal: !ways.get(path),
      run: (unit, { signal }) => comeBack(path, ways.get(path), signal, (path, id) => restoreSeen(path, id, null, signal)),
    }));
  }

  /** One object as it is; several, or a folder, as a zip. */
  async download(entries) {
    if (!entries.length) return;
    const [first] = entries;
    if (entries.length === 1 && first.type === "object") return save(urlOf(first.path), nameOf(first.path));
    this.#jobs.start(archive(entries, this.#listing));
  }
}
