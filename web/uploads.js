// The queue of uploads: some at once, each with progress, cancel and retry, and a question where a name exists.

import { askConflict } from "./dialogs.js";
import { t } from "./i18n.js";
import { nameOf, numbered, parentOf, urlOf } from "./paths.js";

/** Browsers allow six connections to a host; the page itself needs some. */
const atOnce = 3;

export class Uploads {
  #listeners = new Set();
  #waiting = [];
  #running = new Set();
  #policy = null;
  #question = Promise.resolve();

  /** Every transfer of this session: { path, size, loaded, state, note }; state is waiting, running, done, skipped, cancelled or failed. */
  items = [];

  subscribe(listener) {
    this.#listeners.add(listener);
  }

  get isBusy() {
    return this.#running.size > 0 || this.#waiting.length > 0;
  }

  /** Whether anything but this item is still to be done. */
  isBusyBut(item) {
    return this.#waiting.length > 0 || [...this.#running].some((other) => other !== item);
  }

  /**
   * files: { path, file } to be stored, or { path } ending in "/" for a directory. `exists` knows names already; what
   * is shown of a path is what is `below`.
   */
  add(files, { below = "", exists = () => false } = {}) {
    if (!this.isBusy) this.#policy = null;
    const items = files.map(({ path, file }) => ({ path, file, below, size: file?.size ?? 0, loaded: 0, state: "waiting", note: "", mayExist: file && exists(path) }));
    this.items.push(...items);
    this.#waiting.push(...items);
    this.#tell();
    this.#next();
  }

  cancel(item) {
    this.#waiting = this.#waiting.filter((other) => other !== item);
    if (item.request) item.request.abort();
    else this.#end(item, "cancelled", t("cancelled"));
  }

  cancelAll() {
    for (const item of this.items) if (item.state === "waiting" || item.state === "running") this.cancel(item);
  }

  retry(item) {
    Object.assign(item, { state: "waiting", loaded: 0, note: "" });
    this.#waiting.push(item);
    this.#tell();
    this.#next();
  }

  /** Forgets what is over. */
  clear() {
    this.items = this.items.filter((item) => item.state === "waiting" || item.state === "running");
    this.#tell();
  }

  #tell(finished) {
    for (const listener of this.#listeners) listener(finished);
  }

  #next() {
    while (this.#running.size < atOnce && this.#waiting.length) {
      const item = this.#waiting.shift();
      this.#running.add(item);
      item.state = "running";
      this.#store(item).finally(() => {
        this.#running.delete(item);
        this.#next();
      });
    }
  }

  #end(item, state, note = "") {
    Object.assign(item, { state, note, request: null });
    this.#tell(item);
  }

  async #store(item) {
    this.#tell();
    if (item.mayExist) {
      const isGoing = await this.#decide(item);
      if (!isGoing) return;
    }
    for (;;) {
      const answer = await this.#send(item);
      if (answer.status === 412 && !item.replaces) {
        if (item.stem) {
          item.path = parentOf(item.path) + numbered(item.stem, (item.number += 1));
        } else if (!(await this.#decide(item))) return;
        continue;
      }
      if (answer.status >= 200 && answer.status < 300) {
        item.etag = answer.etag;
        return this.#end(item, "done");
      }
      return this.#end(item, answer.isCancelled ? "cancelled" : "failed", answer.message);
    }
  }

  /** One question at a time; an answer for all is kept while the queue runs. False: the item is over. */
  #decide(item) {
    const asked = this.#question.then(async () => {
      if (item.state !== "running") return false;
      const more = this.#waiting.length + this.#running.size - 1;
      const answer = this.#policy ?? (await askConflict(item.path, { more }));
      if (answer?.forAll) this.#policy = answer;
      if (!answer) {
        this.cancelAll();
        if (item.state === "running") this.#end(item, "skipped", t("skipped"));
        return false;
      }
      if (answer.choice === "skip") this.#end(item, "skipped", t("skipped"));
      if (answer.choice === "replace") item.replaces = true;
      if (answer.choice === "both") {
        Object.assign(item, { stem: nameOf(item.path), number: 2 });
        item.path = parentOf(item.path) + numbered(item.stem, 2);
      }
      return answer.choice !== "skip";
    });
    this.#question = asked.catch(() => false);
    return asked;
  }

  /** { status, message, etag, isCancelled } of one PUT; status 0 where the connection broke. */
  #send(item) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      item.request = request;
      const answer = (message) => resolve({ status: request.status, message, etag: request.getResponseHeader?.("ETag") });
      request.upload.onprogress = (event) => {
        item.loaded = event.loaded;
        this.#tell();
      };
      request.onload = () => answer(request.responseText.trim().slice(0, 300) || `HTTP ${request.status}`);
      request.onerror = () => answer(t("connectionLost"));
      request.onabort = () => resolve({ status: 0, message: t("cancelled"), isCancelled: true });
      request.open("PUT", urlOf(item.path));
      request.setRequestHeader("Accept", "text/plain");
      if (item.file) {
        if (!item.replaces) request.setRequestHeader("If-None-Match", "*");
        if (item.file.type) request.setRequestHeader("Content-Type", item.file.type);
      }
      request.send(item.file ?? null);
    });
  }
}
