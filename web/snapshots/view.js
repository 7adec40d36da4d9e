// The view of snapshots, in place of the table: save buckets under a name, compare, restore, remove. Which snapshot is
// compared, and with what, is part of the page's state, and so of its URL.

import * as api from "../core/api.js";
import { confirmAction } from "../core/dialogs.js";
import { button, h } from "../core/dom.js";
import { moment, number, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { announce, complain, toast } from "../core/notes.js";
import { readOnly } from "../core/page-data.js";
import { bucketOf, parentOf } from "../core/paths.js";
import { differenceRow } from "./difference.js";
import { restoreSnapshot } from "./restore.js";

const form = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;
const shownAtMost = 500;

export class SnapshotsView {
  #store;
  #snapshots = [];
  #loading = null;
  #comparing = null;

  constructor(store) {
    this.#store = store;
    this.title = h("h2", { tabindex: "-1" }, t("snapshots"));
    this.complaint = h("p", { class: "complaint", role: "alert" });
    this.list = h("ul", { class: "snapshot-list" });
    this.comparison = h("section", { class: "comparison", hidden: true });
    this.element = h(
      "section",
      { class: "snapshots", "aria-label": t("snapshots"), hidden: true },
      h("div", { class: "column" }, this.title, h("p", { class: "soft" }, t("snapshotsIntro")), readOnly ? null : this.#form(), this.complaint, this.list),
      this.comparison,
    );
    store.subscribe((now, before) => {
      if (now.view !== before.view) this.show();
      else if (this.#isShown && (now.snapshot !== before.snapshot || now.against !== before.against)) this.#compare();
    });
  }

  get #isShown() {
    return this.#store.state.view === "snapshots";
  }

  /** Shows what the state names, if it is this view. */
  show() {
    this.element.hidden = !this.#isShown;
    this.#loading?.abort();
    this.#comparing?.abort();
    if (!this.#isShown) return;
    this.#chooseBuckets();
    this.title.focus({ preventScroll: true });
    this.read();
    this.#compare();
  }

  /** Reads the list of snapshots again. */
  async read() {
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    try {
      this.#snapshots = await api.snapshots(loading.signal);
      this.complaint.textContent = "";
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#snapshots = [];
      this.complaint.textContent = error.message;
    }
    this.#drawList();
  }

  reload() {
    this.read();
    this.#compare();
  }

  // Saving

  #form() {
    this.name = h("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-label": t("snapshotName"), placeholder: t("snapshotName") });
    this.buckets = h("select", { "aria-label": t("snapshotBuckets") });
    this.saveButton = h("button", { class: "main" }, t("snapshotSave"));
    return h("form", { class: "save-snapshot", onsubmit: (event) => (event.preventDefault(), this.#save()) }, this.name, this.buckets, this.saveButton);
  }

  /** The bucket that one comes from is proposed. */
  #chooseBuckets() {
    if (readOnly) return;
    const bucket = bucketOf(this.#store.state.path);
    const one = bucket ? [h("option", { value: bucket }, t("snapshotOneBucket", { name: bucket }))] : [];
    this.buckets.replaceChildren(...one, h("option", { value: "" }, t("allBuckets")));
  }

  async #save() {
    const name = this.name.value.trim();
    this.complaint.textContent = form.test(name) && name !== "now" ? "" : t("snapshotNameForm");
    if (this.complaint.textContent) return this.name.focus();
    if (this.#snapshots.some((snapshot) => snapshot.name === name) && !(await confirmAction(t("snapshotExists", { name }), t("snapshotReplace"), t("replace"), { isDanger: true }))) return undefined;
    this.saveButton.disabled = true;
    try {
      const { objects } = await api.saveSnapshot(name, this.buckets.value ? [this.buckets.value] : []);
      toast(t("snapshotSaved", { name, n: objects }));
      this.name.value = "";
      if (this.#store.state.snapshot === name) this.#compare();
      await this.read();
    } catch (error) {
      this.complaint.textContent = error.message;
    } finally {
      this.saveButton.disabled = false;
    }
    return undefined;
  }

  // The list

  #drawList() {
    const rows = this.#snapshots.map((snapshot) => this.#row(snapshot));
    this.list.replaceChildren(...(rows.length || this.complaint.textContent ? rows : [h("li", { class: "soft" }, t("noSnapshots"))]));
    this.#drawChoice();
  }

  #row({ name, created, buckets, objects, bytes }) {
    const facts = [moment(created), t("summaryBuckets", { n: buckets }), t("objects", { n: objects }), size(bytes)].join(" · ");
    const isCompared = this.#store.state.snapshot === name;
    return h(
      "li",
      { "data-name": name, "aria-current": isCompared ? "true" : null },
      h("div", { class: "what" }, h("strong", {}, name), h("div", { class: "soft" }, facts)),
      button(t("compare"), { "aria-label": `${t("compare")}: ${name}`, "aria-pressed": String(isCompared), onclick: () => this.#store.go({ snapshot: isCompared ? null : name, against: null }) }),
      readOnly ? null : button(t("restoreSnapshot"), { "aria-label": `${t("restoreSnapshot")} ${name}`, onclick: () => this.#restore(name) }),
      readOnly ? null : button(`${t("delete")}: ${name}`, { shape: "remove", bare: true, onclick: () => this.#remove(name) }),
    );
  }

  async #restore(name) {
    try {
      if ((await restoreSnapshot(name)) && this.#store.state.snapshot !== null) this.#compare();
    } catch (error) {
      complain(error);
    }
  }

  async #remove(name) {
    if (!(await confirmAction(t("snapshotDelete", { name }), t("snapshotDeleteText"), t("delete"), { isDanger: true }))) return;
    await api.removeSnapshot(name).catch(complain);
    this.title.focus({ preventScroll: true });
    const { snapshot, against } = this.#store.state;
    if (snapshot === name || against === name) this.#store.set({ snapshot: null, against: null });
    this.read();
  }

  // Comparing

  #drawChoice() {
    if (!this.against) return;
    const { snapshot, against } = this.#store.state;
    const others = this.#snapshots.map(({ name }) => name).filter((name) => name !== snapshot);
    this.against.replaceChildren(h("option", { value: "" }, t("compareNow")), ...others.map((name) => h("option", { value: name }, name)));
    this.against.value = against ?? "";
  }

  async #compare() {
    this.#comparing?.abort();
    const comparing = (this.#comparing = new AbortController());
    const { snapshot, against } = this.#store.state;
    for (const row of this.list.children) {
      const isThis = row.dataset.name === snapshot;
      row.toggleAttribute("aria-current", isThis);
      if (isThis) row.setAttribute("aria-current", "true");
      row.querySelector("button")?.setAttribute("aria-pressed", String(isThis));
    }
    this.comparison.hidden = snapshot === null;
    if (snapshot === null) return this.comparison.replaceChildren();
    this.against = h("select", { onchange: () => this.#store.go({ against: this.against.value || null }) });
    this.#drawChoice();
    const head = h(
      "div",
      { class: "bar" },
      h("h3", {}, t("snapshotDifferences", { name: snapshot })),
      h("label", {}, t("compareWith"), this.against),
      button(t("compareAgain"), { shape: "reload", bare: true, onclick: () => this.#compare() }),
    );
    const body = h("div", { class: "found" }, h("p", { class: "soft" }, t("comparing")));
    this.comparison.replaceChildren(head, body);
    try {
      const report = await api.compareSnapshot(snapshot, against, comparing.signal);
      if (comparing.signal.aborted) return undefined;
      body.replaceChildren(...this.#drawn(report, { oldName: snapshot, newName: against ?? t("sideNow") }));
      announce(body.firstChild.textContent);
    } catch (error) {
      if (!comparing.signal.aborted) body.replaceChildren(h("p", { class: "failed", role: "alert" }, error.message));
    }
    return undefined;
  }

  #drawn({ differences, summary }, names) {
    if (!differences.length) return [h("p", {}, t("allEqual", { n: summary.equal }))];
    const isNow = this.#store.state.against === null;
    const show = isNow ? (path) => this.#store.go({ path: parentOf(path), view: "list", query: null, open: path }) : null;
    const rows = differences.slice(0, shownAtMost).map((difference) => differenceRow(difference, names, show));
    const rest = differences.length - rows.length;
    // A single difference is what one wants to see.
    if (rows.length === 1) rows[0].open = true;
    return [h("p", {}, t("differencesFound", { n: differences.length, equal: number(summary.equal) })), ...rows, rest ? h("p", { class: "soft" }, t("andMore", { n: rest })) : ""].filter(Boolean);
  }
}
