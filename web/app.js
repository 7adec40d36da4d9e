// The page's beginning: puts its parts together and says which does what. Without this file the page works too,
// as the server rendered it.

import * as api from "./api.js";
import { Actions } from "./actions.js";
import { copyAs } from "./copyas.js";
import { announce, h, toast } from "./dom.js";
import { acceptDrops, chosen, dropped } from "./drop.js";
import { number, size } from "./format.js";
import { bindKeys, help } from "./help.js";
import { t } from "./i18n.js";
import { Listing } from "./listing.js";
import { Live } from "./live.js";
import { emptiness } from "./emptiness.js";
import { closeMenu, popUp } from "./menu.js";
import { nameOf, parentOf, urlOf } from "./paths.js";
import { Panel } from "./panel.js";
import { Selection } from "./selection.js";
import { applyTheme, base, initial, readOnly } from "./settings.js";
import { Table } from "./table.js";
import { Toolbar } from "./toolbar.js";
import { Transfers } from "./transfers.js";
import { Unsaved } from "./unsaved.js";
import { Uploads } from "./uploads.js";

const mostFound = 5000;

function start() {
  const listing = new Listing();
  const selection = new Selection(listing);
  const uploads = new Uploads();
  let searching = null;

  const reload = () => (listing.query === null ? live.refresh({ fresh: true }) : Promise.resolve());
  const actions = new Actions(listing, reload);
  const panel = new Panel({
    saved: (entry) => listing.entry(entry.path) && listing.put(entry, { isNews: false }),
    closed: () => table.focus(),
    download: (entry) => actions.download([entry]),
    changed: reload,
  });

  // Going places

  async function navigate(url, { push = true } = {}) {
    const target = new URL(url, location.href);
    if (!(await panelMayGo())) return;
    searching?.abort();
    const words = target.searchParams.get("q");
    try {
      const path = decodeURIComponent(target.pathname.slice(base.length));
      const origin = listing.path;
      if (words) await search(path, words);
      else listing.open({ path, entries: (await api.list(path)).entries });
      if (push) history.pushState(null, "", target.pathname + target.search);
      // Up again: the folder that one came from is where the keyboard stands.
      const from = listing.rows.find((entry) => entry.type !== "object" && origin.startsWith(entry.path));
      if (from) (selection.move(from.path), table.reveal(from.path));
      table.focus();
      announce(summary());
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, { isError: true });
    }
  }

  const panelMayGo = async () => !panel.isOpen || panel.close();

  async function search(path, words) {
    searching = new AbortController();
    const { signal } = searching;
    listing.open({ path, query: words });
    table.say(t("searching"));
    for await (const found of api.search(path, words, signal)) {
      if (signal.aborted) return;
      listing.add(found.slice(0, mostFound - listing.count));
      if (listing.count >= mostFound) {
        listing.truncated = true;
        searching.abort();
        break;
      }
    }
    searching = null;
    tell();
  }

  function open(entry) {
    if (entry.type === "object") panel.show(entry);
    else navigate(entry.url);
  }

  async function showInFolder(entry) {
    await navigate(urlOf(parentOf(entry.path)));
    if (listing.entry(entry.path)) (selection.only(entry.path), table.reveal(entry.path));
  }

  // Uploads

  const takeUploads = (files) => uploads.add(files, { below: listing.path, exists: (path) => Boolean(listing.entry(path)) });
  const isWelcome = () => !readOnly && listing.path !== "/" && listing.query === null;
  uploads.subscribe((item) => {
    if (item?.state === "done") {
      const { path, size, etag } = item;
      if (parentOf(path) === listing.path && listing.query === null) {
        const type = path.endsWith("/") ? "directory" : "object";
        listing.put({ name: nameOf(path), path, url: urlOf(path), type, size, etag, modified: new Date().toISOString() });
      }
    }
    if (item && !uploads.isBusyBut(item)) reload();
  });

  function pick(isFolder) {
    if (!isWelcome()) return;
    const input = h("input", { type: "file", multiple: true, hidden: true, webkitdirectory: isFolder });
    input.addEventListener("change", () => (takeUploads(chosen(input, listing.path)), input.remove()));
    document.body.append(input);
    input.click();
  }

  // Commands

  const one = (act) => () => selection.targets.length === 1 && act(selection.targets[0]);
  const writing = (act) => () => (readOnly ? undefined : act());
  const commands = {
    navigate,
    upload: () => pick(false),
    uploadFolder: () => pick(true),
    folder: writing(() => listing.query === null && actions.makeFolder()),
    file: writing(async () => {
      if (!isWelcome()) return;
      const made = await actions.makeFile();
      if (made) panel.edit(made);
    }),
    search: (words) => words.trim() && navigate(`${urlOf(listing.path)}?q=${encodeURIComponent(words.trim())}`),
    reload: () => (listing.query === null ? reload() : navigate(location.href, { push: false })),
    help,
    toTable: () => table.focus(),
    download: () => actions.download(selection.targets),
    rename: writing(one((entry) => actions.rename(entry))),
    move: writing(() => actions.move(selection.targets)),
    copy: writing(() => actions.copy(selection.targets)),
    copyAs: one((entry) => copyAs(entry.path)),
    remove: writing(() => actions.remove(selection.targets)),
    edit: writing(one((entry) => entry.type === "object" && panel.edit(entry))),
    properties: one((entry) => panel.show(entry, "properties")),
  };

  function menu(x, y) {
    const [entry] = selection.targets;
    const single = selection.targets.length === 1;
    const items = [
      single && { label: t("open"), shape: entry.type === "object" ? "text" : "folder", keys: "Enter", act: () => open(entry) },
      single && entry.type === "object" && !readOnly && { label: t("edit"), shape: "edit", keys: "E", act: commands.edit },
      single && listing.query !== null && { label: t("showInFolder"), shape: "folder", act: () => showInFolder(entry) },
      single && { label: t("properties"), shape: "info", keys: "I", act: commands.properties },
      { label: t("download"), shape: "download", keys: "D", act: commands.download },
      single && { label: t("copyAs"), shape: "link", keys: "Y", act: commands.copyAs },
      ...(readOnly ? [] : [
        null,
        single && { label: t("rename"), shape: "edit", keys: "F2", act: commands.rename },
        { label: t("moveTo"), shape: "move", keys: "M", act: commands.move },
        { label: t("copyTo"), shape: "copy", keys: "C", act: commands.copy },
        null,
        { label: t("delete"), shape: "remove", keys: "Del", act: commands.remove, isDanger: true },
      ]),
    ];
    popUp(x, y, items.filter((item) => item !== false));
  }

  const table = new Table(listing, selection, { open, menu, follow: (entry) => panel.follow(entry) });
  const toolbar = new Toolbar(listing, selection, commands);
  const transfers = new Transfers(uploads);

  // The line below

  const status = h("span", {});
  const lamp = h("span", { class: "lamp" });
  const live = new Live(listing, (state) => {
    lamp.className = `lamp ${state}`;
    lamp.textContent = t(`live.${state}`);
  });

  function counts() {
    const objects = listing.rows.filter((entry) => entry.type === "object");
    return { all: listing.rows.length, objects: objects.length, size: size(objects.reduce((sum, entry) => sum + (entry.size ?? 0), 0)) };
  }

  function summary() {
    const { all, objects, size } = counts();
    if (listing.query !== null) return t("summaryFound", { n: number(all), size });
    if (listing.path === "/") return t("summaryBuckets", { n: number(all) });
    return [t("folders", { n: number(all - objects) }), t("objects", { n: number(objects) }), size].join(t("comma"));
  }

  function tell() {
    const hidden = listing.count - listing.rows.length;
    const more = hidden ? ` · ${t("filteredOut", { n: number(hidden) })}` : listing.truncated ? ` · ${t("truncated")}` : "";
    status.textContent = summary() + more;
    if (listing.rows.length || searching) table.say("");
    else if (hidden) table.say(t("filterNothing"));
    else table.say(...emptiness(listing));
  }
  listing.subscribe((kind) => kind !== "marks" && tell());

  bindKeys({
    "/": () => toolbar.filter.focus(),
    "?": help,
    // Where the focus is on a button; the table has its own.
    "Ctrl+A": () => (selection.all(), table.focus()),
    Backspace: () => navigate(urlOf(listing.query === null ? parentOf(listing.path) : listing.path)),
    Escape: () => (panel.isOpen ? panel.close() : selection.none()),
    F2: commands.rename,
    Delete: commands.remove,
    E: commands.edit,
    I: commands.properties,
    M: commands.move,
    C: commands.copy,
    Y: commands.copyAs,
    D: commands.download,
    N: commands.folder,
    "Shift+N": commands.file,
    U: commands.upload,
    R: commands.reload,
  });
  acceptDrops(isWelcome, async (transfer) => takeUploads(await dropped(transfer, listing.path)));
  addEventListener("popstate", () => (closeMenu(), navigate(location.href, { push: false })));

  const about = h("span", { class: "soft about" }, initial.footer);
  const hint = h("div", { class: "drop-hint", "aria-hidden": "true" }, t("dropHere"));
  document.body.replaceChildren(
    toolbar.header,
    toolbar.element,
    new Unsaved().element,
    h("main", {}, table.element, panel.element),
    transfers.element,
    h("footer", { class: "status" }, status, h("span", { class: "grow" }), lamp, about),
    hint,
  );
  listing.open({ ...initial, query: initial.query ?? null });
  performance.mark("listed");
  // Keys work at once; a finger needs no frame around the first row.
  if (!matchMedia("(pointer: coarse)").matches) table.focus();
}

applyTheme();
if (initial) start();
else for (const time of document.querySelectorAll("time")) time.textContent = new Date(time.dateTime).toLocaleString();
