// The head of the page: the path, what can be made here, and the ways to find something. Its height never depends on what
// is selected.

import { snapshotsWork } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { language, languages, setLanguage, t } from "../core/i18n.js";
import { popUp } from "../core/menu.js";
import { nextTheme, readOnly, theme } from "../core/page-data.js";
import { chainOf, nameOf, urlOf } from "../core/paths.js";
import { sortText } from "../core/store.js";

const sorts = ["name", "-name", "-modified", "modified", "-size", "size"];

export class Toolbar {
  #store;
  #commands;

  /** commands: go(change), goView(view), sort(text), upload, uploadFolder, folder, file, searchFor(words), reload, help, toTable */
  constructor(store, commands) {
    this.#store = store;
    this.#commands = commands;
    this.crumbs = h("ol", { class: "crumbs" });
    this.heading = h("h1", { class: "unseen" });
    this.filter = h("input", {
      type: "search",
      id: "filter",
      autocomplete: "off",
      spellcheck: "false",
      "aria-keyshortcuts": "/ Control+F",
      "aria-controls": "entries",
    });
    this.element = h(
      "header",
      { class: "head-of-page" },
      this.heading,
      h("div", { class: "top" }, h("nav", { "aria-label": t("path") }, this.crumbs), this.#corner()),
      h("div", { class: "bar" }, h("div", { class: "making", role: "toolbar", "aria-label": t("actions") }, this.#making()), this.#finding()),
    );
    this.#listen();
    // They are of whole buckets: a gateway that shows a part of one refuses them all.
    snapshotsWork().then((isOffered) => (this.snapshotsButton.hidden = !isOffered));
    store.subscribe((now, before) => this.#draw(now, before));
    this.#draw(store.state, {});
  }

  #corner() {
    const options = Object.entries(languages).map(([tag, label]) => h("option", { value: tag, lang: tag }, label));
    const choice = h("select", { "aria-label": t("language"), onchange: () => setLanguage(choice.value) }, options);
    choice.value = language;
    const themeButton = button(t("theme"), { shape: "theme", bare: true, onclick: () => name(nextTheme()) });
    const name = (choice) => {
      themeButton.title = `${t("theme")}: ${t(`theme.${choice}`)}`;
      themeButton.setAttribute("aria-label", themeButton.title);
    };
    name(theme());
    const label = t("keyboard");
    const helpButton = h("button", { type: "button", class: "bare question", "aria-label": label, title: label, onclick: () => this.#commands.help() }, "?");
    return h("div", { class: "corner" }, choice, themeButton, helpButton);
  }

  #making() {
    if (readOnly) return h("span", { class: "badge quiet" }, t("readOnly"));
    const { upload, uploadFolder, folder, file } = this.#commands;
    this.inBucket = [
      button(t("upload"), { shape: "upload", class: "main", onclick: upload }),
      button(t("uploadFolder"), { shape: "folderUp", bare: true, onclick: uploadFolder }),
      button(t("newFile"), { shape: "fileAdd", class: "new-file", "aria-label": t("newFile"), title: t("newFile"), onclick: file }),
    ];
    this.folderButton = button(t("newFolder"), { shape: "folderAdd", class: "new-folder", onclick: folder });
    const [uploadButton, folderUpload, fileButton] = this.inBucket;
    return [uploadButton, folderUpload, this.folderButton, fileButton];
  }

  #finding() {
    this.recentButton = button(t("recent"), { shape: "clock", class: "recent", "aria-pressed": "false", title: t("recentHint"), onclick: () => this.#commands.goView("recent") });
    this.snapshotsButton = button(t("snapshots"), { shape: "history", class: "to-snapshots", "aria-pressed": "false", title: t("snapshotsHint"), onclick: () => this.#commands.goView("snapshots") });
    this.sortButton = button(t("sortBy"), { shape: "menu", bare: true, class: "bare sort-menu", "aria-haspopup": "menu", onclick: () => this.#sortMenu() });
    this.searchButton = button(t("searchBelow"), { shape: "search", class: "search-below", title: "Shift + Enter", onclick: () => this.#commands.searchFor(this.filter.value) });
    const reload = button(t("reload"), { shape: "reload", bare: true, onclick: () => this.#commands.reload() });
    return h("div", { class: "find", role: "search" }, this.snapshotsButton, this.recentButton, this.sortButton, this.filter, this.searchButton, reload);
  }

  #sortMenu() {
    const now = sortText(this.#store.state.sort);
    const { left, bottom } = this.sortButton.getBoundingClientRect();
    popUp(left, bottom, sorts.map((text) => ({ label: t(`sort.${text}`), isChecked: text === now, act: () => this.#commands.sort(text) })));
  }

  #listen() {
    this.filter.addEventListener("input", () => this.#store.set({ filter: this.filter.value }));
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.shiftKey || this.#commands.isNothingShown())) this.#commands.searchFor(this.filter.value);
      else if (event.key === "Enter" || event.key === "ArrowDown") this.#commands.toTable();
      else if (event.key === "Escape") this.#clearFilter();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #clearFilter() {
    this.#store.set({ filter: "" });
    this.#commands.toTable();
  }

  #draw(now, before) {
    if (this.filter.value !== now.filter) this.filter.value = now.filter;
    if (now.open !== before.open) this.#title(now);
    if (now.path === before.path && now.query === before.query && now.view === before.view) return;
    const { path, query, view } = now;
    const atRoot = path === "/";
    const chain = chainOf(path);
    const items = chain.map((place, index) => h("li", {}, this.#crumb(place, index === chain.length - 1)));
    if (query !== null) items.push(h("li", { class: "found" }, t("searchFor", { words: query })));
    if (view !== "list") items.push(h("li", { class: "found" }, t(view)));
    this.crumbs.replaceChildren(...items);
    const name = atRoot ? t("buckets") : visible(nameOf(path));
    this.heading.textContent = query !== null ? `${name}: ${t("searchFor", { words: query })}` : view === "list" ? name : `${name}: ${t(view)}`;
    this.#title(now);
    this.filter.placeholder = atRoot ? t("filterBuckets") : t("filter");
    this.filter.setAttribute("aria-label", this.filter.placeholder);
    this.recentButton.setAttribute("aria-pressed", view === "recent");
    this.snapshotsButton.setAttribute("aria-pressed", view === "snapshots");
    this.sortButton.hidden = view !== "list";
    if (readOnly) return;
    const isFolder = query === null && view === "list";
    // What cannot be used here keeps its place, so that nothing moves.
    for (const element of this.inBucket) element.disabled = atRoot || !isFolder;
    this.folderButton.disabled = !isFolder;
    const making = atRoot ? t("newBucket") : t("newFolder");
    this.folderButton.querySelector("span").textContent = making;
    // On a narrow screen the drawing alone is seen.
    for (const name of ["aria-label", "title"]) this.folderButton.setAttribute(name, making);
  }

  /** A bookmark of a preview has the object's name. */
  #title({ open }) {
    const names = [open === null ? "" : visible(nameOf(open)), this.heading.textContent, "localstackmount"];
    document.title = names.filter(Boolean).join(" – ");
  }

  #crumb(place, isLast) {
    const follow = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.#commands.go({ path: place, query: null, view: "list" });
    };
    const name = place === "/" ? t("buckets") : h("bdi", {}, visible(nameOf(place)));
    return h("a", { href: urlOf(place), "aria-current": isLast ? "page" : null, "data-path": place, onclick: follow }, name);
  }
}
