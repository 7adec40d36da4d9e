// The foot of the page, always of the same height: what is listed, or what can be done with the selection; the lamp; and
// the way to the tray.

import { button, h } from "../core/dom.js";
import { size } from "../core/format.js";
import { t } from "../core/i18n.js";
import { initial, readOnly } from "../core/page-data.js";

export class StatusBar {
  #listing;
  #selection;

  /** commands: download, rename, copyAs, move, copy, remove; activity() opens the tray. */
  constructor(listing, selection, commands) {
    this.#listing = listing;
    this.#selection = selection;
    this.text = h("span", { class: "summary", role: "status" });
    this.lamp = h("span", { class: "lamp" });
    this.activity = button(t("activity"), { class: "activity", hidden: true, onclick: commands.activity });
    this.chosen = this.#choosing(commands);
    this.element = h("footer", { class: "status" }, this.text, this.chosen, h("span", { class: "grow" }), this.activity, this.lamp, h("span", { class: "about" }, initial.footer));
    selection.subscribe(() => this.#drawSelection());
    this.#drawSelection();
  }

  #choosing({ download, rename, copyAs, move, copy, remove, properties }) {
    this.count = h("strong", {});
    const action = (label, shape, onclick, attributes = {}) => button(label, { shape, onclick, title: label, "aria-label": label, ...attributes });
    const single = [action(t("rename"), "edit", rename), action(t("copyAs"), "link", copyAs), action(t("properties"), "info", properties, { class: "about-one" })];
    this.oneOnly = readOnly ? single.slice(1) : single;
    const changing = [action(t("moveTo"), "move", move), action(t("copyTo"), "copy", copy), action(t("delete"), "remove", remove, { class: "danger" })];
    return h(
      "div",
      { class: "chosen", role: "toolbar", "aria-label": t("selection"), hidden: true },
      button(t("clearSelection"), { shape: "close", bare: true, onclick: () => this.#selection.none() }),
      this.count,
      action(t("download"), "download", download),
      readOnly ? [] : changing,
      this.oneOnly,
    );
  }

  #drawSelection() {
    const { count } = this.#selection;
    if (count > 0) {
      const objects = this.#selection.targets.filter((entry) => entry.type === "object");
      const bytes = objects.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
      this.count.textContent = t(objects.length ? "selected" : "selectedFolders", { n: count, size: size(bytes) });
    }
    this.chosen.hidden = count === 0;
    this.text.classList.toggle("unseen", count > 0);
    for (const element of this.oneOnly) element.disabled = count !== 1;
  }

  showLamp(state) {
    this.lamp.className = `lamp ${state}`;
    this.lamp.textContent = t(`live.${state}`);
    this.lamp.title = t(`lampHint.${state}`);
  }

  /** "3 folders, 12 objects, 4.0 KiB", without the parts that there are none of. */
  get summary() {
    const { rows } = this.#listing;
    let [objects, sum] = [0, 0];
    // One pass: it is done for each frame in which something changed.
    for (const entry of rows) if (entry.type === "object") (objects += 1), (sum += entry.size ?? 0);
    const bytes = size(sum);
    if (this.#listing.place.view === "snapshots") return t("snapshots");
    if (!this.#listing.isFolder) return t(this.#listing.place.view === "recent" ? "summaryRecent" : "summaryFound", { n: rows.length, size: bytes });
    if (this.#listing.path === "/") return t("summaryBuckets", { n: rows.length });
    const folders = rows.length - objects;
    const parts = [folders ? t("folders", { n: folders }) : "", objects || !folders ? t("objects", { n: objects }) : "", objects ? bytes : ""];
    return parts.filter(Boolean).join(t("comma"));
  }

  show(activity) {
    const hidden = this.#listing.count - this.#listing.rows.length;
    const more = hidden ? t("filteredOut", { n: hidden }) : this.#listing.isTruncated ? t("truncated") : "";
    const text = activity ? [activity, this.#listing.rows.length ? this.summary : ""].filter(Boolean).join(" ") : [this.summary, more].filter(Boolean).join(" · ");
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}
