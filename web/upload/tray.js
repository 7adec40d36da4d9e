// The tray: every job with what became of it, its speed and the time left, and what can be done about it. It folds away
// by itself once all went well; the button in the foot of the page brings it back.

import { button, h, write } from "../core/dom.js";
import { duration, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { isOpen } from "../core/jobs.js";
import { announce } from "../core/notes.js";

/** More units are counted, not drawn. */
const shownAtMost = 40;
/** A job that ends sooner than this many milliseconds is not announced by the tray's opening. */
const brief = 300;
const foldsAfter = 12_000;

export class Tray {
  #jobs;
  #elements = new Map();
  #ended = new Set();
  /** Jobs that run, for which the tray opens unless they are brief. */
  #begun = new Set();
  #pending = 0;
  #fold = 0;

  /** `button` in the foot of the page opens and closes it. */
  constructor(jobs, opener) {
    this.#jobs = jobs;
    this.opener = opener;
    this.title = h("h2", {}, t("activity"));
    this.list = h("div", { class: "jobs" });
    this.element = h(
      "section",
      { class: "tray", "aria-label": t("activity"), hidden: true },
      h(
        "header",
        {},
        this.title,
        button(t("clearEnded"), { class: "clear", onclick: () => this.#clear() }),
        button(t("close"), { shape: "down", bare: true, class: "bare dismiss", onclick: () => this.show(false) }),
      ),
      this.list,
    );
    this.element.addEventListener("pointerenter", () => clearTimeout(this.#fold));
    this.element.addEventListener("focusin", () => clearTimeout(this.#fold));
    jobs.subscribe((job) => this.#heard(job));
    addEventListener("beforeunload", (event) => jobs.isBusy && event.preventDefault());
  }

  show(isShown) {
    this.element.hidden = !isShown;
    this.opener.setAttribute("aria-expanded", isShown);
    if (isShown) this.draw();
  }

  toggle() {
    this.show(this.element.hidden);
  }

  #clear() {
    for (const job of this.#jobs.list) if (!job.isOpen) this.#jobs.dismiss(job);
    if (!this.#jobs.list.length) this.show(false);
  }

  #heard(job) {
    if (!job.isOpen && !this.#ended.has(job)) {
      this.#ended.add(job);
      this.#begun.delete(job);
      announce(outcome(job));
      this.show(true);
    } else if (job.isOpen && !this.#begun.has(job)) {
      this.#ended.delete(job);
      this.#begun.add(job);
      setTimeout(() => job.isOpen && this.show(true), brief);
    }
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0;
      this.draw();
    });
  }

  draw() {
    const jobs = this.#jobs.list;
    const open = jobs.filter((job) => job.isOpen);
    this.opener.hidden = !jobs.length;
    this.opener.classList.toggle("busy", open.length > 0);
    write(this.opener.lastChild, open.length ? t("activityBusy", { n: open.reduce((sum, job) => sum + job.units.filter(isOpen).length, 0) }) : t("activity"));
    for (const [job, view] of this.#elements) if (!jobs.includes(job)) (view.element.remove(), this.#elements.delete(job));
    jobs.forEach((job, index) => {
      if (!this.#elements.has(job)) this.#elements.set(job, new JobView(job, this.#jobs));
      const view = this.#elements.get(job);
      view.draw();
      if (this.list.children[index] !== view.element) this.list.insertBefore(view.element, this.list.children[index] ?? null);
    });
    if (!jobs.length) this.show(false);
    clearTimeout(this.#fold);
    const isFine = !open.length && jobs.every((job) => !job.count("failed"));
    if (isFine && !this.element.hidden && !this.element.matches(":hover, :focus-within")) this.#fold = setTimeout(() => this.show(false), foldsAfter);
  }
}

/** "3 moved, 1 skipped"; a state without units is left out, but for what was done. */
function outcome(job) {
  const states = ["done", "failed", "cancelled", "skipped"].filter((state) => job.count(state) || (state === "done" && !job.units.every((unit) => unit.state === "cancelled")));
  const words = { done: job.kind, failed: job.kind === "undo" ? "unrestored" : "failed" };
  return states.map((state) => t(`outcome.${words[state] ?? state}`, { n: job.count(state) })).join(t("comma"));
}

class JobView {
  #rows = new Map();

  constructor(job, jobs) {
    this.job = job;
    this.jobs = jobs;
    this.samples = [];
    this.title = h("h3", {});
    this.target = h("span", { class: "soft target" });
    this.bar = h("progress", { max: 1, "aria-label": "" });
    this.rate = h("span", { class: "soft rate" });
    this.cancel = button(t(job.units.length > 1 ? "cancelAll" : "cancel"), { class: "cancel-all", onclick: () => jobs.cancel(job) });
    this.undo = button(t("undo"), { class: "undo", onclick: () => jobs.undo(job) });
    this.dismiss = button(t("dismiss"), { shape: "close", bare: true, onclick: () => jobs.dismiss(job) });
    this.list = h("ul", {});
    this.more = h("p", { class: "soft", hidden: true });
    this.element = h("article", { class: "job" }, h("header", {}, this.title, this.undo, this.cancel, this.dismiss), this.target, this.bar, this.rate, this.list, this.more);
  }

  draw() {
    const { job } = this;
    const { isOpen: isRunning, units } = job;
    write(this.title, isRunning ? t(`doing.${job.kind}`, { n: units.filter(isOpen).length }) : outcome(job));
    write(this.target, job.target ? t("toTarget", { path: visible(job.target) }) : "");
    write(this.target, this.target.textContent, "title");
    this.target.hidden = !job.target;
    this.cancel.hidden = !isRunning;
    this.dismiss.hidden = isRunning;
    this.undo.hidden = isRunning || !job.undo || !job.undo(job.done).length;
    write(this.bar, this.title.textContent, "ariaLabel");
    this.bar.hidden = !isRunning;
    const total = units.reduce((sum, unit) => sum + Math.max(unit.size, 1), 0);
    const loaded = units.reduce((sum, unit) => sum + (isOpen(unit) ? Math.min(unit.loaded, unit.size || Infinity) : Math.max(unit.size, 1)), 0);
    write(this.bar, total > 0 ? Math.min(1, loaded / total) : 0, "value");
    this.#drawRate(isRunning, units, loaded, total);
    // What moves or failed comes first; a list of what went well is of use for uploads only.
    const rank = { running: 0, failed: 1, waiting: 2, cancelled: 3, skipped: 4, done: 5 };
    const worth = isRunning || job.kind === "upload" || job.kind === "download" ? units : units.filter((unit) => unit.state !== "done");
    const shown = [...worth].sort((a, b) => rank[a.state] - rank[b.state]).slice(0, shownAtMost);
    for (const [unit, row] of this.#rows) if (!shown.includes(unit)) (row.element.remove(), this.#rows.delete(unit));
    shown.forEach((unit, index) => this.#place(unit, index));
    this.more.hidden = worth.length <= shownAtMost;
    write(this.more, t("andMore", { n: worth.length - shownAtMost }));
  }

  /** Bytes a second over the last seconds, and what that means for the rest. */
  #drawRate(isRunning, units, loaded, total) {
    const hasBytes = units.some((unit) => unit.size > 0 || unit.loaded > 0);
    this.rate.hidden = !isRunning || !hasBytes;
    if (this.rate.hidden) return;
    const now = performance.now();
    // The first one always: a page that is quick uploads within its first 250 ms.
    if (now - (this.samples.at(-1)?.now ?? -Infinity) > 250) this.samples.push({ now, loaded });
    while (this.samples.length > 2 && now - this.samples[0].now > 5000) this.samples.shift();
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    const speed = last.now > first.now ? ((last.loaded - first.loaded) * 1000) / (last.now - first.now) : 0;
    const known = units.every((unit) => unit.size > 0 || !isOpen(unit));
    const parts = [known ? t("shownOf", { shown: size(loaded), total: size(total) }) : size(loaded)];
    if (speed > 0) parts.push(`${size(Math.round(speed))}/s`);
    if (speed > 0 && known) parts.push(t("timeLeft", { time: duration((total - loaded) / speed) }));
    write(this.rate, parts.join(" · "));
  }

  #place(unit, index) {
    let row = this.#rows.get(unit);
    if (!row) {
      const name = h("span", { class: "what", dir: "auto" }, unit.label);
      name.title = unit.label;
      const bar = h("progress", { max: 1, "aria-label": unit.label });
      const note = h("span", { class: "note" });
      const cancel = button(t("cancel"), { shape: "close", bare: true, onclick: () => this.jobs.cancelUnit(unit) });
      const retry = button(t("retry"), { onclick: () => this.jobs.retry(unit) });
      row = { element: h("li", {}, name, bar, note, retry, cancel), bar, note, cancel, retry };
      this.#rows.set(unit, row);
    }
    const notes = {
      done: unit.size ? size(unit.size) : "",
      waiting: t("waiting"),
      skipped: t("skipped"),
      cancelled: t(this.job.kind === "upload" ? "cancelled" : "cancelledHere"),
      running: "",
      failed: unit.note,
    };
    write(row.element, unit.state, "className");
    write(row.bar, unit.size ? unit.loaded / unit.size : 0, "value");
    row.bar.hidden = unit.state !== "running" || !unit.size;
    write(row.note, notes[unit.state]);
    write(row.note, notes[unit.state], "title");
    row.cancel.hidden = !isOpen(unit);
    row.retry.hidden = unit.isFinal || (unit.state !== "failed" && unit.state !== "cancelled");
    if (this.list.children[index] !== row.element) this.list.insertBefore(row.element, this.list.children[index] ?? null);
  }
}
