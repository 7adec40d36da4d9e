// The one state of the page: where it is, what is open and how it is shown. Its URL is the same state written down, so
// that Back, reload, a bookmark and a second tab all work. Everything that is drawn derives from it.
//
//   /bucket/dir/?q=words#view=recent&filter=x&sort=-size&open=a.txt&tab=properties
//   /bucket/#view=snapshots&snapshot=before&against=after

import { base, remember, remembered } from "./page-data.js";
import { urlOf } from "./paths.js";

const columns = ["name", "size", "modified"];
export const tabs = ["contents", "properties", "versions"];
const views = ["list", "recent", "snapshots"];

/** "-size" ↔ { by: "size", descending: true }. */
export const sortText = ({ by, descending }) => (descending ? `-${by}` : by);
export function sortOf(text) {
  const by = (text ?? "").replace(/^-/, "");
  return columns.includes(by) ? { by, descending: text.startsWith("-") } : { by: "name", descending: false };
}

/** The state that a URL names. `open` is the true path of the object in the panel, or null. */
export function stateOf(url) {
  const path = pathOf(url.pathname);
  const words = url.searchParams.get("q");
  const named = new URLSearchParams(url.hash.slice(1));
  const open = named.get("open");
  const view = !words && views.includes(named.get("view")) ? named.get("view") : "list";
  const snapshot = view === "snapshots" ? named.get("snapshot") : null;
  return {
    path,
    query: words || null,
    view,
    filter: named.get("filter") ?? "",
    sort: sortOf(named.get("sort") ?? remembered("sort")),
    open: open === null ? null : path + open,
    tab: tabs.includes(named.get("tab")) ? named.get("tab") : "contents",
    // The snapshot that is compared; `against` another one, or null: with what is there now.
    snapshot,
    against: snapshot === null ? null : named.get("against"),
  };
}

function pathOf(pathname) {
  try {
    return decodeURIComponent(pathname.slice(base.length)) || "/";
  } catch {
    return "/";
  }
}

export function urlOfState({ path, query, view, filter, sort, open, tab, snapshot, against }) {
  const named = new URLSearchParams();
  if (view !== "list") named.set("view", view);
  if (filter) named.set("filter", filter);
  if (sortText(sort) !== "name") named.set("sort", sortText(sort));
  if (open !== null) {
    named.set("open", open.slice(path.length));
    if (tab !== "contents") named.set("tab", tab);
  }
  if (snapshot !== null) {
    named.set("snapshot", snapshot);
    if (against !== null) named.set("against", against);
  }
  const hash = named.toString();
  return urlOf(path) + (query === null ? "" : `?q=${encodeURIComponent(query)}`) + (hash && `#${hash}`);
}

const isPlace = (name) => ["path", "query", "view"].includes(name);

export class Store {
  #listeners = new Set();
  #index = 0;
  #writing = 0;
  /** Traversals that put back a URL which its user decided to stay at; they change nothing. */
  #ignored = 0;
  #kept = null;

  /** Asks whether what is open may be left: unsaved text. */
  mayLeave = async () => true;

  constructor() {
    this.state = stateOf(new URL(location.href));
    this.#index = history.state?.index ?? 0;
    history.replaceState({ ...history.state, index: this.#index }, "");
    addEventListener("popstate", () => this.#traverse());
  }

  /** Calls `listener(now, before)` after every change. */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Changes how things are shown; replaces the present URL. */
  set(change) {
    this.#apply(change);
    clearTimeout(this.#writing);
    // Browsers limit how often a URL may change: a filter changes it with each key.
    this.#writing = setTimeout(() => this.#write(false), 200);
  }

  /**
   * Goes to another place or opens another object, as a step of the history unless `push` is false. Resolves with false
   * if unsaved text keeps its user here. Another place has its own filter, and nothing open.
   */
  async go(change, { push = true } = {}) {
    const isElsewhere = Object.keys(change).some((name) => isPlace(name) && change[name] !== this.state[name]);
    const next = { ...(isElsewhere ? { filter: "", open: null, tab: "contents", query: null, view: "list", snapshot: null, against: null } : {}), ...change };
    const leaves = ["open", "tab"].some((name) => name in next && next[name] !== this.state[name]) || isElsewhere;
    if (leaves && !(await this.mayLeave())) return false;
    this.#write(false);
    if (!isElsewhere && next.open === null && history.state?.opened) {
      // How the list is shown stays as it is now, not as it was when the object was opened.
      const { filter, sort } = this.state;
      this.#kept = { filter, sort };
      history.back();
      return true;
    }
    const opened = !isElsewhere && this.state.open === null;
    this.#apply(next);
    this.#write(push, opened);
    return true;
  }

  #apply(change) {
    const before = this.state;
    this.state = { ...before, ...change };
    if ("sort" in change) remember("sort", sortText(change.sort));
    for (const listener of this.#listeners) listener(this.state, before);
  }

  /** `opened`: this step of the history only opened an object; to close it is to go back. */
  #write(push, opened = false) {
    clearTimeout(this.#writing);
    const url = urlOfState(this.state);
    if (push) {
      this.#index += 1;
      history.pushState({ index: this.#index, opened }, "", url);
    } else if (url !== location.pathname + location.search + location.hash) history.replaceState({ ...history.state, index: this.#index }, "", url);
  }

  /** Back, forward, or an address typed by hand. A refusal puts the URL back, so that it never names another place. */
  async #traverse() {
    if (this.#ignored > 0) return void (this.#ignored -= 1);
    clearTimeout(this.#writing);
    const wanted = history.state?.index ?? this.#index + 1;
    const steps = wanted - this.#index;
    if (history.state === null) history.replaceState({ index: wanted }, "");
    const next = { ...stateOf(new URL(location.href)), ...this.#kept };
    const isClosing = this.#kept !== null;
    this.#kept = null;
    const same = ["path", "query", "view", "open", "tab"].every((name) => next[name] === this.state[name]);
    if (!same && steps !== 0 && (await this.#stays(steps))) return;
    this.#index = wanted;
    this.#apply(next);
    if (isClosing) this.#write(false);
  }

  async #stays(steps) {
    let answer = null;
    const asked = this.mayLeave().then((may) => (answer = may));
    // What needs no question is answered at once, and the URL never flickers.
    await Promise.race([asked, new Promise((done) => setTimeout(done))]);
    if (answer === true) return false;
    this.#ignored += 1;
    history.go(-steps);
    if (!(await asked)) return true;
    this.#ignored += 1;
    history.go(steps);
    return false;
  }
}
