// What stands above the table: the path, the buttons, the filter, and what the selection offers.

import { button, h } from "./dom.js";
import { number, size, visible } from "./format.js";
import { language, languages, setLanguage, t } from "./i18n.js";
import { chainOf, nameOf, urlOf } from "./paths.js";
import { nextTheme, readOnly, theme } from "./settings.js";

export class Toolbar {
  #listing;
  #selection;

  /** commands: navigate(url), upload, uploadFolder, folder, file, search(words), reload, help, download, rename, move, copy, copyAs, remove */
  constructor(listing, selection, commands) {
    this.#listing = listing;
    this.#selection = selection;
    this.commands = commands;
    this.crumbs = h("ol", { class: "crumbs" });
    this.filter = h("input", {
      type: "search",
      id: "filter",
      placeholder: t("filter"),
      "aria-label": t("filter"),
      autocomplete: "off",
      spellcheck: "false",
      "aria-keyshortcuts": "/",
      "aria-controls": "entries",
    });
    this.header = h("header", { class: "top" }, h("nav", { "aria-label": t("path") }, this.crumbs), this.#corner());
    this.making = h("div", { class: "making", role: "toolbar", "aria-label": t("actions") }, this.#making());
    this.chosen = this.#choosing();
    this.element = h("div", { class: "bar" }, this.making, this.chosen, this.#finding());
    this.#listen();
  }

  #corner() {
    const choice = h("select", { "aria-label": t("language"), onchange: () => setLanguage(choice.value) }, Object.entries(languages).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)));
    choice.value = language;
    const themeButton = button(t("theme"), { shape: "theme", bare: true, onclick: () => tell(nextTheme()) });
    const tell = (name) => {
      themeButton.title = `${t("theme")}: ${t(`theme.${name}`)}`;
      themeButton.setAttribute("aria-label", themeButton.title);
    };
    tell(theme());
    const helpButton = h("button", { type: "button", class: "bare question", "aria-label": t("keyboard"), title: t("keyboard"), onclick: () => this.commands.help() }, "?");
    return h("div", { class: "corner" }, choice, themeButton, helpButton);
  }

  #making() {
    if (readOnly) return h("span", { class: "badge quiet" }, t("readOnly"));
    this.uploadButtons = [
      button(t("upload"), { shape: "upload", class: "main", onclick: () => this.commands.upload() }),
      button(t("uploadFolder"), { shape: "folderUp", bare: true, onclick: () => this.commands.uploadFolder() }),
    ];
    this.folderButton = button(t("newFolder"), { shape: "add", class: "new-folder", onclick: () => this.commands.folder() });
    this.fileButton = button(t("newFile"), { shape: "add", class: "new-file", onclick: () => this.commands.file() });
    return [...this.uploadButtons, this.folderButton, this.fileButton];
  }

  #finding() {
    this.searchButton = button(t("searchBelow"), { onclick: () => this.commands.search(this.filter.value), title: "Shift + Enter" });
    return h("div", { class: "find" }, this.filter, this.searchButton, button(t("reload"), { shape: "reload", bare: true, onclick: () => this.commands.reload() }));
  }

  #choosing() {
    const { commands } = this;
    this.count = h("strong", {});
    this.oneOnly = [button(t("rename"), { shape: "edit", onclick: commands.rename }), button(t("copyAs"), { shape: "link", onclick: commands.copyAs })];
    const changing = [button(t("move"), { shape: "move", onclick: commands.move }), button(t("copy"), { shape: "copy", onclick: commands.copy }), button(t("delete"), { shape: "remove", class: "danger", onclick: commands.remove })];
    if (readOnly) this.oneOnly[0] = h("span");
    return h(
      "div",
      { class: "chosen", role: "toolbar", "aria-label": t("selection"), hidden: true },
      this.count,
      button(t("download"), { shape: "download", onclick: commands.download }),
      this.oneOnly,
      readOnly ? [] : changing,
      button(t("clearSelection"), { shape: "close", bare: true, onclick: () => this.#selection.none() }),
    );
  }

  #listen() {
    this.filter.addEventListener("input", () => this.#listing.setFilter(this.filter.value));
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.shiftKey || !this.#listing.rows.length)) this.commands.search(this.filter.value);
      else if (event.key === "Enter" || event.key === "ArrowDown") this.commands.toTable();
      else if (event.key === "Escape") this.#clearFilter();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#listing.subscribe((kind) => {
      if (kind === "place") this.#drawPlace();
    });
    this.#selection.subscribe(() => this.#drawSelection());
  }

  #clearFilter() {
    this.filter.value = "";
    this.#listing.setFilter("");
    this.commands.toTable();
  }

  #drawPlace() {
    const { path, query } = this.#listing;
    const chain = chainOf(path);
    const link = (place, isLast) =>
      h("a", { href: urlOf(place), "aria-current": isLast ? "page" : null, "data-path": place, onclick: (event) => this.#follow(event, place) }, place === "/" ? t("buckets") : h("bdi", {}, visible(nameOf(place))));
    const items = chain.map((place, index) => h("li", {}, link(place, index === chain.length - 1)));
    if (query !== null) items.push(h("li", { class: "found" }, t("searchFor", { words: query })));
    this.crumbs.replaceChildren(...items);
    this.filter.value = "";
    const atRoot = path === "/";
    document.title = `${atRoot ? t("buckets") : visible(nameOf(path))} – localstackmount`;
    if (readOnly) return;
    for (const element of [...this.uploadButtons, this.fileButton]) element.hidden = atRoot || query !== null;
    this.folderButton.hidden = query !== null;
    this.folderButton.querySelector("span").textContent = atRoot ? t("newBucket") : t("newFolder");
  }

  #follow(event, place) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.commands.navigate(urlOf(place));
  }

  #drawSelection() {
    const { count } = this.#selection;
    const isAny = count > 0;
    if (isAny) {
      const objects = this.#selection.targets.filter((entry) => entry.type === "object");
      const bytes = objects.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
      this.count.textContent = t(objects.length ? "selected" : "selectedFolders", { n: number(count), size: size(bytes) });
    }
    this.chosen.hidden = !isAny;
    this.making.hidden = isAny;
    for (const element of this.oneOnly) element.hidden = count !== 1;
  }
}
