// What can be done to entries: make, rename, move, copy, delete, download.

import * as api from "./api.js";
import { Contents } from "./contents.js";
import { ask, askConflict, confirmDeletion } from "./dialogs.js";
import { announce, h, toast } from "./dom.js";
import { t } from "./i18n.js";
import { isBucket, nameOf, numbered, parentOf, urlOf } from "./paths.js";

const complain = (error) => toast(error.message, { isError: true });

/** A few at a time: each is a request, and the browser has six connections. */
async function each(entries, act) {
  const queue = [...entries];
  const failures = [];
  const worker = async () => {
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      await act(entry).catch((error) => failures.push(error));
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  if (failures.length) toast(failures.length > 1 ? t("failures", { n: failures.length, first: failures[0].message }) : failures[0].message, { isError: true });
  return failures.length === 0;
}

const nameProblem = (listing, { mayHaveSlash = false, old = null } = {}) => (name) => {
  if (!name) return t("nameMissing");
  if (!mayHaveSlash && name.includes("/")) return t("nameSlash");
  if (name !== old && listing.hasName(name)) return t("nameExists");
  return null;
};

export class Actions {
  #listing;
  #reload;

  constructor(listing, reload) {
    this.#listing = listing;
    this.#reload = reload;
  }

  async makeFolder() {
    const atRoot = this.#listing.path === "/";
    const title = atRoot ? t("newBucket") : t("newFolder");
    const name = await ask(title, { label: t("name"), act: t("create"), check: nameProblem(this.#listing, { mayHaveSlash: !atRoot }) });
    if (name === null) return;
    const path = `${this.#listing.path}${name.replace(/\/+$/, "")}/`;
    try {
      await api.makeDirectory(path);
    } catch (error) {
      return complain(error);
    }
    if (!name.includes("/")) this.#listing.put({ name, path, url: urlOf(path), type: atRoot ? "bucket" : "directory" });
    announce(t("created", { name }));
    await this.#reload();
  }

  /** Resolves with the new object's entry, to be edited; undefined where nothing was made. */
  async makeFile() {
    const name = await ask(t("newFile"), { label: t("name"), act: t("create"), check: nameProblem(this.#listing, { mayHaveSlash: true }) });
    if (name === null) return undefined;
    const path = `${this.#listing.path}${name}`;
    try {
      const answer = await api.put(path, "", { "If-None-Match": "*" });
      const entry = { name, path, url: urlOf(path), type: "object", size: 0, etag: answer.headers.get("ETag"), modified: new Date().toISOString() };
      if (!name.includes("/")) this.#listing.put(entry);
      else this.#reload();
      return entry;
    } catch (error) {
      complain(error.status === 412 ? { message: t("nameExists") } : error);
      return undefined;
    }
  }

  async rename(entry) {
    if (isBucket(entry.path)) return toast(t("bucketStays"), { isError: true });
    const old = nameOf(entry.path);
    const name = await ask(t("rename"), { label: t("newName"), value: old, act: t("rename"), check: nameProblem(this.#listing, { old }), stem: entry.type === "object" });
    if (name === null || name === old) return undefined;
    return this.#relocate("move", [entry], () => parentOf(entry.path) + name + (entry.type === "object" ? "" : "/"));
  }

  async move(entries) {
    return this.#transfer("move", entries, t("moveTo"));
  }

  async copy(entries) {
    return this.#transfer("copy", entries, t("copyTo"));
  }

  async #transfer(verb, entries, title) {
    if (!entries.length) return;
    if (entries.some((entry) => isBucket(entry.path))) return toast(t("bucketStays"), { isError: true });
    const check = (text) => (/^\/[^/]+\//.test(text) ? null : t("destinationForm"));
    const value = this.#listing.query === null ? this.#listing.path : parentOf(entries[0].path);
    const target = await ask(title, { label: t("destination"), value, act: t(verb), check });
    if (target === null) return;
    const directory = target.endsWith("/") ? target : `${target}/`;
    const destination = (entry) => directory + nameOf(entry.path) + (entry.type === "object" ? "" : "/");
    await this.#relocate(verb, entries, destination);
  }

  /** Server-side; asks where the destination exists. */
  async #relocate(verb, entries, destinationOf) {
    let policy = null;
    const done = await each(entries, async (entry) => {
      let destination = destinationOf(entry);
      const original = destination;
      for (let number = 2, replaces = false; ; number += 1) {
        if (destination === entry.path && verb === "copy") policy ??= { choice: "both", forAll: false };
        try {
          if (destination === entry.path) throw new api.Refused(409, t("sameName"));
          await api.relocate(verb, entry.path, destination, replaces);
          break;
        } catch (error) {
          if (error.status !== 409 || destination.startsWith(entry.path) && entry.path.endsWith("/")) throw error;
          const answer = policy ?? (await askConflict(destination, { more: entries.length - 1 }));
          if (!answer || answer.choice === "skip") return;
          policy = answer.forAll || answer.choice === "both" ? answer : null;
          if (replaces) throw error;
          if (answer.choice === "replace") replaces = true;
          else destination = parentOf(original) + numbered(nameOf(original), number) + (original.endsWith("/") ? "/" : "");
        }
      }
      if (verb === "move") this.#listing.drop(entry.path);
    });
    if (done) announce(t(verb === "move" ? "moved" : "copied", { n: entries.length }));
    await this.#reload();
  }

  async remove(entries) {
    if (!entries.length) return;
    const contents = new Contents(entries);
    if (!(await confirmDeletion(entries, contents))) return contents.stop();
    // What cannot be named in a moment is too much to be brought back.
    if (!contents.fate) await Promise.race([contents.isKnown, new Promise((done) => setTimeout(done, 2000))]);
    contents.stop();
    const gone = [];
    await each(entries, async (entry) => {
      await api.remove(entry.path);
      gone.push(entry);
      this.#listing.drop(entry.path);
    });
    if (gone.length) {
      const text = t("deleted", { n: gone.length });
      announce(text);
      const isKept = contents.fate === "kept";
      const paths = contents.paths.filter((path) => gone.some((entry) => path === entry.path || (entry.type !== "object" && path.startsWith(entry.path))));
      toast(text, isKept ? { offer: { label: t("undo"), act: () => this.#undo(paths) } } : {});
    }
    await this.#reload();
  }

  /** A bucket with versions keeps what was deleted: the last version of each comes back, and folders are made again. */
  async #undo(paths) {
    if (paths.length > 20) toast(t("undoing", { n: paths.length }));
    const done = await each(paths, async (path) => {
      if (path.endsWith("/")) return api.makeDirectory(path);
      const version = await lastVersion(path);
      return version && api.restore(path, version.versionId);
    });
    if (done) announce(t("undone", { n: paths.length }));
    await this.#reload();
  }

  /** One object as it is; several, or a folder, as a zip. */
  async download(entries) {
    if (!entries.length) return;
    const [first] = entries;
    if (entries.length === 1 && first.type === "object") return save(`${urlOf(first.path)}`, nameOf(first.path));
    if (entries.length === 1 && (await canZip(first.path))) return save(`${urlOf(first.path)}?zip`, `${nameOf(first.path)}.zip`);
    if (entries.length > 1 && this.#listing.query === null && (await canZip(this.#listing.path))) return this.#zip(entries);
    const objects = entries.filter((entry) => entry.type === "object");
    if (!objects.length) return toast(t("noZip"), { isError: true });
    for (const entry of objects) save(urlOf(entry.path), nameOf(entry.path));
  }

  #zip(entries) {
    const form = h(
      "form",
      { method: "post", action: `${urlOf(this.#listing.path)}?zip`, hidden: true },
      entries.map((entry) => h("input", { type: "hidden", name: "name", value: entry.name + (entry.type === "object" ? "" : "/") })),
    );
    document.body.append(form);
    form.submit();
    form.remove();
  }
}

function save(url, name) {
  const link = h("a", { href: url, download: name || "download" });
  document.body.append(link);
  link.click();
  link.remove();
}

const canZip = (path) => api.request(`${urlOf(path)}?zip`, { method: "HEAD" }).then(() => true, () => false);

async function lastVersion(path) {
  try {
    const versions = await api.versions(path);
    return versions[0]?.deleteMarker ? versions.find((version) => !version.deleteMarker) : null;
  } catch {
    return null; // This gateway or bucket has no versions.
  }
}
