// The page's beginning: puts its parts together and says what follows from what. Without this file the page works too, as
// the server rendered it.

import { awaitedBar } from "./core/awaited.js";
import { bindClicks } from "./core/clicks.js";
import { h } from "./core/dom.js";
import { t } from "./core/i18n.js";
import { Jobs } from "./core/jobs.js";
import { bindKeys } from "./core/keyboard.js";
import { Live } from "./core/live.js";
import { closeMenu } from "./core/menu.js";
import { announce, complain, noteElements, toast } from "./core/notes.js";
import { applyTheme, initial, readOnly } from "./core/page-data.js";
import { Store, sortOf } from "./core/store.js";
import { Unsaved } from "./core/unsaved.js";
import { Actions } from "./list/actions.js";
import { Commands } from "./list/commands.js";
import { bindDragging } from "./list/drag.js";
import { emptyState, failedState } from "./list/empty-state.js";
import { Listing } from "./list/listing.js";
import { Places } from "./list/places.js";
import { Selection } from "./list/selection.js";
import { StatusBar } from "./list/status-bar.js";
import { Table } from "./list/table.js";
import { Toolbar } from "./list/toolbar.js";
import { Panel } from "./panel/panel.js";
import { SnapshotsView } from "./snapshots/view.js";
import { dropped } from "./upload/drop.js";
import { Tray } from "./upload/tray.js";

function start() {
  const store = new Store();
  const listing = new Listing();
  const selection = new Selection(listing);
  const jobs = new Jobs();
  const places = new Places(store, listing);
  const reload = (options) => places.refresh(options).catch(complain);

  const actions = new Actions({ listing, selection, jobs, reload });
  const panel = new Panel(store, {
    saved: (entry) => listing.entry(entry.path) && listing.put(entry, { isNews: false }),
    closed: () => table.focus(),
    changed: () => reload(),
    known: (path) => listing.entry(path),
  });
  const snapshots = new SnapshotsView(store);
  const commands = new Commands({ store, listing, selection, actions, panel, jobs, reload, places, snapshots });
  const table = new Table(listing, selection, {
    open: commands.open,
    menu: (x, y) => commands.menu(x, y),
    follow: (entry) => panel.follow(entry),
    sort: (by) => commands.sortBy(by),
  });
  commands.table = table;
  const toolbar = new Toolbar(store, commands);
  commands.toolbar = toolbar;
  const status = new StatusBar(listing, selection, { ...commands.all, activity: () => tray.toggle() });
  const tray = new Tray(jobs, status.activity);

  // What is shown derives from the state

  store.subscribe((now, before) => {
    closeMenu();
    if (now.path !== before.path || now.query !== before.query || now.view !== before.view) arrive(before);
    else if (now.filter !== before.filter || now.sort !== before.sort) showView();
    if (now.open !== before.open) showOpen();
  });

  /** The open object's row is the chosen one, also where Back or a bookmark opened it. */
  function showOpen() {
    const { open } = store.state;
    if (open === null || !listing.entry(open) || selection.has(open)) return;
    selection.only(open);
    table.reveal(open);
  }

  const recentSort = sortOf("-modified");
  const showView = () => listing.setView({ filter: store.state.filter, sort: store.state.view === "recent" ? recentSort : store.state.sort });

  const showTable = () => (table.element.hidden = store.state.view === "snapshots");

  async function arrive(before) {
    showTable();
    Object.assign(listing, { filter: store.state.filter, order: store.state.view === "recent" ? recentSort : store.state.sort });
    if (!(await places.read())) return;
    // Up again: the keyboard is on the folder that one came from.
    const from = listing.rows.find((entry) => entry.type !== "object" && before.path.startsWith(entry.path));
    if (from) (selection.move(from.path), table.reveal(from.path));
    showOpen();
    if (!panel.isOpen) table.focus();
    announce(status.summary);
  }

  function report() {
    const isSlow = places.state === "reading" || places.state === "searching";
    status.show(isSlow ? t(places.state) : "");
    table.grid.setAttribute("aria-busy", isSlow);
    if (places.state === "failed") table.say(...failedState(listing, places.error, commands.all));
    else if (listing.rows.length) table.say();
    else if (isSlow) table.say(h("p", {}, t(places.state)));
    else table.say(...emptyState(listing, commands.all));
  }
  places.report = report;
  listing.subscribe((kind) => kind !== "marks" && report());

  // What other programs do

  new Live(store, {
    lamp: (state) => status.showLamp(state),
    stale: () => Promise.all([places.refresh().catch(() => {}), panel.check()]),
    news: (kind, entry) => {
      panel.heard(kind, entry);
      // It was missing, and is there again.
      if (places.state === "failed") return void places.refresh();
      if (kind === "below") return !entry.isGone && Boolean(listing.entry(entry.path));
      const { query } = store.state;
      if (kind === "deleted") listing.drop(entry.path);
      else if (listing.isFolder || (entry.type === "object" && (query === null || listing.entry(entry.path)))) listing.put(entry);
      return true;
    },
  });

  // Files and rows that are dragged, and files that are pasted

  const drag = bindDragging({
    table,
    selection,
    listing,
    readOnly,
    upload: async (transfer, folder) => commands.takeFiles(await dropped(transfer, folder), folder),
    relocate: (verb, entries, folder) => actions.relocateInto(verb, entries, folder),
    refuse: (text) => toast(text, { isError: true }),
  });
  addEventListener("paste", async (event) => {
    if (!event.clipboardData?.files.length || event.target.closest?.("input, textarea, dialog")) return;
    event.preventDefault();
    const folder = listing.isFolder ? listing.path : null;
    const refusal = drag.refusalOf(folder);
    if (refusal) toast(refusal, { isError: true });
    else commands.takeFiles(await dropped(event.clipboardData, folder), folder);
  });
  bindKeys(commands.keys);
  bindClicks();

  document.body.replaceChildren(
    awaitedBar(),
    toolbar.element,
    h("main", {}, table.element, snapshots.element, panel.element),
    tray.element,
    new Unsaved().element,
    status.element,
    drag.hint,
    ...noteElements,
  );
  document.body.classList.add("page");
  const { path, query, view } = store.state;
  Object.assign(listing, { filter: store.state.filter, order: view === "recent" ? recentSort : store.state.sort });
  const isGiven = initial.path === path && (initial.query ?? null) === query && view === "list";
  if (isGiven) listing.open({ path, query, view }, initial.entries, { isTruncated: initial.truncated });
  else places.read();
  panel.draw();
  showTable();
  performance.mark("listed");
  showOpen();
  snapshots.show();
  // Keys work at once; a finger needs no frame around the first row.
  if (!matchMedia("(pointer: coarse)").matches && view !== "snapshots") table.focus();
}

applyTheme();
if (initial) start();
else for (const time of document.querySelectorAll("time")) time.textContent = new Date(time.dateTime).toLocaleString();
