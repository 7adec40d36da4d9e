// An object's headers, metadata and tags, to be read and changed. Only what was changed is sent: the gateway leaves the
// rest as it is, also what this page does not know.

import * as api from "../core/api.js";
import { confirmAction } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { exactSize, moment, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { complain, toast } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { s3URI } from "../core/paths.js";

/** Offered empty, so that they can be set; others that an object has are shown with them. */
const settable = ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

const rows = (pairs) => pairs.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);

export function section(title, pairs, empty) {
  const list = rows(pairs);
  return [h("h3", {}, title), list.length ? h("dl", {}, list) : h("p", { class: "soft" }, empty)];
}

/** The view of an object's properties. */
export async function propertiesView(path, { saved, signal }) {
  const view = new PropertiesView(path, saved);
  await view.read(signal);
  return view;
}

class PropertiesView {
  #path;
  #saved;
  #meta;
  #form = null;

  constructor(path, saved) {
    this.#path = path;
    this.#saved = saved;
    this.element = h("div", { class: "facts" });
  }

  get etag() {
    return this.#meta?.etag;
  }

  isChanged() {
    return this.#form?.change() !== undefined;
  }

  async mayLeave() {
    return !this.isChanged() || Boolean(await confirmAction(t("unsaved"), t("discardText"), t("discard"), { isDanger: true }));
  }

  async read(signal) {
    this.#meta = await api.meta(this.#path, { signal });
    this.#form = null;
    this.element.replaceChildren(...reading(this.#path, this.#meta, () => this.#edit()).flat(3).filter(Boolean));
  }

  #edit() {
    this.#form = new Form(this.#meta, { save: () => this.#save(), cancel: () => this.read().catch(complain) });
    this.element.replaceChildren(this.#form.element);
    this.#form.element.querySelector("input").focus();
  }

  async #save() {
    const change = this.#form.change();
    try {
      if (change) {
        await api.setMeta(this.#path, change, this.#meta.etag);
        toast(t("saved"));
        this.#saved();
      }
      await this.read();
    } catch (error) {
      if (error.status === 412) await this.#rebase();
      // What is wrong with a name or a value only the gateway says, in its own words.
      else if (error.status === 400) complain(new Error(t("invalidInput", { why: error.detail })));
      else complain(error.isMissing ? new Error(`${t("cannotHere")} ${error.message}`) : error);
    }
  }

  /** Another program changed the object: what was typed stays, over the object as it is now; saving again takes it. */
  async #rebase() {
    try {
      this.#meta = await api.meta(this.#path);
      this.#form.rebase(this.#meta);
      toast(t("changedMeanwhile"), { isError: true });
    } catch (error) {
      complain(error);
    }
  }
}

function reading(path, meta, edit) {
  const entries = (of) => Object.entries(of ?? {}).map(([name, value]) => [visible(name), visible(value)]);
  const facts = [
    [t("path"), visible(path)],
    ["S3 URI", visible(meta.s3 ?? s3URI(path))],
    [t("size"), meta.size === undefined ? "" : exactSize(meta.size)],
    [t("modified"), moment(meta.modified ?? meta.lastModified)],
    ["ETag", meta.etag],
    [t("storageClass"), meta.storageClass],
    [t("version"), meta.versionId],
  ];
  return [
    readOnly ? null : h("p", { class: "acts" }, button(t("edit"), { shape: "edit", onclick: edit, class: "edit-properties" })),
    section(t("object"), facts, ""),
    section(t("headers"), entries(meta.headers), t("none")),
    section(t("metadata"), entries(meta.metadata), t("none")),
    meta.tags ? section(t("tags"), entries(meta.tags), t("none")) : null,
  ];
}

/** The difference of two dictionaries as a change that names it: null for what is removed; undefined where they are equal. */
function changed(before, now) {
  const change = {};
  for (const [name, value] of Object.entries(now)) if (before[name] !== value) change[name] = value;
  for (const name of Object.keys(before)) if (!(name in now)) change[name] = null;
  return Object.keys(change).length ? change : undefined;
}

class Form {
  constructor(meta, { save, cancel }) {
    const names = [...new Set([...settable, ...Object.keys(meta.headers)])];
    this.before = meta;
    this.headers = names.map((name) => h("input", { type: "text", name, value: meta.headers[name] ?? "", spellcheck: "false", autocomplete: "off" }));
    this.metadata = new Pairs(t("metadata"), meta.metadata);
    this.tags = meta.tags ? new Pairs(t("tags"), meta.tags) : null;
    const submit = (event) => {
      event.preventDefault();
      save();
    };
    this.element = h(
      "form",
      { class: "stacked", onsubmit: submit },
      h("div", { class: "buttons" }, button(t("cancel"), { onclick: cancel }), h("button", { class: "main" }, t("save"))),
      h("h3", {}, t("headers")),
      this.headers.map((input) => h("label", {}, input.name, input)),
      this.metadata.elements,
      this.tags?.elements ?? [],
    );
  }

  /** What differs from the object: { headers, metadata, tags }, each only where something differs. */
  change() {
    const headers = Object.fromEntries(this.headers.map((input) => [input.name, input.value.trim()]).filter(([, value]) => value));
    const change = {
      headers: changed(this.before.headers, headers),
      metadata: changed(this.before.metadata, this.metadata.read()),
      tags: this.tags ? changed(this.before.tags, this.tags.read()) : undefined,
    };
    return Object.values(change).some((part) => part !== undefined) ? change : undefined;
  }

  /** The object is another version now: what was not touched here shows what it says, and what both changed shows both. */
  rebase(meta) {
    for (const input of this.headers) {
      const [before, theirs] = [this.before.headers[input.name] ?? "", meta.headers[input.name] ?? ""];
      if (input.value.trim() === before) input.value = theirs;
      showTheirs(input.parentElement, { before, theirs, mine: input.value.trim() });
    }
    this.metadata.rebase(this.before.metadata, meta.metadata);
    this.tags?.rebase(this.before.tags, meta.tags ?? {});
    this.before = meta;
  }
}

/** Says below a field what another program stored there, where both changed it, and differently. */
function showTheirs(host, { before, theirs, mine }) {
  host.querySelector(".theirs")?.remove();
  if (theirs !== before && theirs !== mine) host.append(h("span", { class: "soft theirs", role: "note" }, `${t("theirs")}${t("colon")}${theirs === "" ? t("none") : visible(theirs)}`));
}

/** Rows of a name and a value that can be added and removed. */
class Pairs {
  constructor(title, values) {
    this.title = title;
    this.list = h("div", { class: "pairs" });
    for (const [name, value] of Object.entries(values)) this.#add(name, value);
    this.elements = [h("h3", {}, title), this.list, button(t("addRow"), { shape: "add", onclick: () => this.#add().querySelector("input").focus() })];
  }

  #add(name = "", value = "") {
    const row = h(
      "div",
      { class: "pair" },
      h("input", { type: "text", value: name, "aria-label": `${this.title}: ${t("name")}`, placeholder: t("name"), spellcheck: "false" }),
      h("input", { type: "text", value, "aria-label": `${this.title}: ${t("value")}`, placeholder: t("value"), spellcheck: "false" }),
      button(t("removeRow"), { shape: "close", bare: true, onclick: () => row.remove() }),
    );
    this.list.append(row);
    return row;
  }

  read() {
    const result = {};
    for (const row of this.list.children) {
      const [name, value] = [...row.querySelectorAll("input")].map((input) => input.value);
      if (name.trim()) result[name.trim()] = value;
    }
    return result;
  }

  rebase(before, now) {
    const typed = changed(before, this.read()) ?? {};
    const merged = { ...now, ...typed };
    this.list.replaceChildren();
    for (const [name, value] of Object.entries(merged)) {
      if (value !== null) showTheirs(this.#add(name, value), { before: before[name] ?? "", theirs: now[name] ?? "", mine: value });
    }
    // Removed here, and changed there: it comes back, so that its removal is decided again.
    for (const name of Object.keys(typed)) if (typed[name] === null && name in now && now[name] !== before[name]) this.#add(name, now[name]);
  }
}
