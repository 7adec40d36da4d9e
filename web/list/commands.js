// What keys, buttons and menus do: each command once, under its name.

import * as api from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { help } from "../core/keyboard.js";
import { popUp } from "../core/menu.js";
import { complain } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { parentOf, s3URI, urlOf } from "../core/paths.js";
import { sortOf, sortText } from "../core/store.js";
import { compare } from "../panel/compare.js";
import { copyAs, copyText } from "../panel/copy-as.js";
import { chosen } from "../upload/drop.js";
import { upload } from "../upload/uploads.js";
import { tag } from "./tags.js";

export class Commands {
  #parts;

  constructor(parts) {
    this.#parts = parts;
    this.open = (entry) => this.#open(entry);
    const { store, listing, selection, actions, panel, reload } = parts;
    const writing = (act) => () => (readOnly ? undefined : act());
    const one = (act) => () => (selection.targets.length === 1 ? act(selection.targets[0]) : undefined);
    const many = (act) => () => (selection.targets.length ? act(selection.targets) : undefined);
    this.all = {
      upload: () => this.#pick(false),
      uploadFolder: () => this.#pick(true),
      folder: writing(() => listing.isFolder && actions.makeFolder()),
      file: writing(() => this.#makeFile()),
      search: () => this.searchFor(store.state.filter),
      reload: () => (store.state.view === "snapshots" ? parts.snapshots.reload() : listing.isFolder ? reload({ fresh: true }) : parts.places.read()),
      go: (change) => store.go(change),
      makeBucket: (path) => this.#makeBucket(path),
      download: many((entries) => actions.download(entries)),
      rename: writing(one((entry) => actions.rename(entry))),
      move: writing(many((entries) => actions.move(entries))),
      copy: writing(many((entries) => actions.copy(entries))),
      cut: writing(many((entries) => actions.cut(entries))),
      copyEntries: writing(many((entries) => actions.copyEntries(entries))),
      paste: writing(() => actions.paste()),
      remove: writing(many((entries) => actions.remove(entries))),
      compare: () => this.#areComparable && compare(selection.targets),
      tags: writing(many((entries) => tag(entries, parts.jobs))),
      copyAs: many((entries) => copyAs(entries.map((entry) => entry.path))),
      copyURI: many((entries) => copyText(entries.map((entry) => s3URI(entry.path)).join("\n"))),
      edit: writing(one((entry) => entry.type === "object" && panel.edit(entry))),
      properties: one((entry) => panel.show(entry.path, "properties")),
    };
    Object.assign(this, this.all, { help });
  }

  get #areComparable() {
    const { targets } = this.#parts.selection;
    return targets.length === 2 && targets.every((entry) => entry.type === "object");
  }

  toTable = () => this.table.focus();
  /** To another view of the place, or back from it. */
  goView = (view) => this.go({ view: this.#parts.store.state.view === view ? "list" : view, query: null });
  go = (change) => this.#parts.store.go(change);
  isNothingShown = () => !this.#parts.listing.rows.length;
  searchFor = (words) => words.trim() && this.go({ query: words.trim(), filter: "", open: null });
  sort = (text) => this.#parts.store.set({ sort: sortOf(text) });

  /** A click on a column's head: the other way round, or the way that one wants to see first. */
  sortBy(by) {
    const { store } = this.#parts;
    if (store.state.view === "recent") return;
    const now = store.state.sort;
    this.sort(sortText({ by, descending: now.by === by ? !now.descending : by !== "name" }));
  }

  #open(entry) {
    if (entry.type === "object") this.#parts.panel.show(entry.path);
    else this.go({ path: entry.path, query: null, view: "list" });
  }

  async #showInFolder(entry) {
    const { listing, selection } = this.#parts;
    await this.go({ path: parentOf(entry.path), query: null, view: "list" });
    selection.expect([entry.path]);
    if (listing.entry(entry.path)) this.table.reveal(entry.path);
  }

  async #makeFile() {
    const { listing, actions, panel } = this.#parts;
    if (!listing.isFolder || listing.path === "/") return;
    const made = await actions.makeFile();
    if (made) panel.edit(made);
  }

  async #makeBucket(path) {
    await api.makeDirectory(path).catch(complain);
    this.#parts.places.read();
  }

  // Uploads

  takeFiles(files, folder) {
    const { jobs, listing, selection, reload } = this.#parts;
    const isHere = (path) => listing.isFolder && parentOf(path) === listing.path;
    const ended = (job) => {
      const results = job.done.map((unit) => unit.path).filter(isHere);
      if (results.length && results.length <= 100) selection.expect(results);
      if (job.done.some((unit) => !isHere(unit.path))) reload();
    };
    const each = (entry) => isHere(entry.path) && listing.put(entry, { isNews: true });
    jobs.start(upload(jobs, files, { below: folder, exists: (path) => Boolean(listing.entry(path)), each, ended }));
  }

  #pick(isFolder) {
    const { listing } = this.#parts;
    if (readOnly || !listing.isFolder || listing.path === "/") return;
    const folder = listing.path;
    const input = h("input", { type: "file", multiple: true, hidden: true, webkitdirectory: isFolder });
    input.addEventListener("change", () => (this.takeFiles(chosen(input, folder), folder), input.remove()));
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  // The menu of a row, and keys

  menu(x, y) {
    const { listing, selection } = this.#parts;
    const [entry] = selection.targets;
    if (!entry) return;
    const { all } = this;
    const single = selection.targets.length === 1;
    const isObject = entry.type === "object";
    const items = [
      single && { label: t("open"), shape: isObject ? "text" : "folder", keys: "Enter", act: () => this.#open(entry) },
      single && { label: t("openTab"), shape: "open", act: () => open(api.absolute(isObject ? urlOf(entry.path) : entry.url), "_blank", "noopener") },
      single && isObject && !readOnly && { label: t("edit"), shape: "edit", keys: "E", act: all.edit },
      single && !listing.isFolder && { label: t("showInFolder"), shape: "folder", act: () => this.#showInFolder(entry) },
      single && { label: t("properties"), shape: "info", keys: "I", act: all.properties },
      { label: t("download"), shape: "download", keys: "D", act: all.download },
      { label: t("copyAs"), shape: "link", keys: "Y", act: all.copyAs },
      this.#areComparable && { label: t("compare"), shape: "code", keys: "=", act: all.compare },
      ...(readOnly ? [] : [
        null,
        single && { label: t("rename"), shape: "edit", keys: "F2", act: all.rename },
        { label: t("cut"), shape: "cut", keys: "Ctrl X", act: all.cut },
        { label: t("moveTo"), shape: "move", keys: "M", act: all.move },
        { label: t("copyTo"), shape: "copy", keys: "C", act: all.copy },
        { label: t("tagsFor"), shape: "tag", act: all.tags },
        null,
        { label: t("delete"), shape: "remove", keys: "Del", act: all.remove, isDanger: true },
      ]),
    ];
    popUp(x, y, items.filter((item) => item !== false));
  }

  get keys() {
    const { store, selection, panel } = this.#parts;
    const { all } = this;
    const up = () => {
      const { path, query, view } = store.state;
      if (query !== null || view !== "list") this.go({ path, query: null, view: "list" });
      else if (path !== "/") this.go({ path: parentOf(path) });
    };
    const find = () => {
      // A second time, or in the panel, it is the browser's own.
      if (document.activeElement === this.toolbar.filter) return false;
      this.toolbar.filter.focus();
      this.toolbar.filter.select();
      return true;
    };
    return {
      "/": () => this.toolbar.filter.focus(),
      "?": () => help(),
      "Ctrl+F": find,
      // Where the focus is on a button; the table has its own.
      "Ctrl+A": () => (selection.all(), this.table.focus()),
      "Ctrl+X": all.cut,
      "Ctrl+C": all.copyEntries,
      "Ctrl+V": () => (this.#parts.actions.clipboard ? all.paste() : false),
      Backspace: up,
      Escape: () => (panel.isOpen ? panel.close() : selection.none()),
      F2: all.rename,
      Delete: all.remove,
      E: all.edit,
      I: all.properties,
      M: all.move,
      C: all.copy,
      Y: all.copyAs,
      "Shift+Y": all.copyURI,
      "=": all.compare,
      D: all.download,
      N: all.folder,
      "Shift+N": all.file,
      U: all.upload,
      T: () => this.goView("recent"),
      S: async () => (await api.snapshotsWork()) && this.goView("snapshots"),
      R: all.reload,
    };
  }
}
