// All work that may take long: uploads, moves, copies, deletions, archives and their undoing. A job has units; some units
// run at once, whatever job they are of. Each job asks one question at a time, and its end says what became of each unit.

import { t } from "./i18n.js";

/** Browsers allow six connections to a host; the page itself needs some. */
const atOnce = 3;

export const isOpen = (unit) => unit.state === "waiting" || unit.state === "running";

/** Ends a unit that was not done because its user decided so. */
export class Skipped extends Error {}

export class Job {
  #question = Promise.resolve();
  policy = null;
  undoing = false;

  /**
   * kind: "upload", "move", "copy", "delete", "download" or "undo". units: [{ label, size, isFinal, run(unit, context) }];
   * `isFinal`: a retry cannot succeed.
   * undo(done units), if the job can be undone, gives the units of the job that undoes it.
   */
  constructor({ kind, units, target = "", undo = null, ended = () => {} }) {
    Object.assign(this, { kind, target, undo, ended, startedAt: performance.now(), isCancelled: false });
    this.units = units.map((unit) => ({ size: 0, loaded: 0, state: "waiting", note: "", ...unit, job: this, abort: null }));
  }

  count(state) {
    return this.units.reduce((sum, unit) => sum + (unit.state === state ? 1 : 0), 0);
  }

  get isOpen() {
    return this.units.some(isOpen);
  }

  get done() {
    return this.units.filter((unit) => unit.state === "done");
  }

  /**
   * One question of the job after another; an answer "for all" serves the rest, but for what is asked `isAnew`. null: the
   * job was cancelled.
   */
  decide(ask, { isAnew = false } = {}) {
    const asked = this.#question.then(async () => {
      if (this.isCancelled) return null;
      const answer = (isAnew ? null : this.policy) ?? (await ask({ more: this.units.filter(isOpen).length - 1, isWanted: () => !this.isCancelled }));
      if (answer?.forAll) this.policy = answer;
      return answer;
    });
    this.#question = asked.catch(() => {});
    return asked;
  }
}

export class Jobs {
  #listeners = new Set();
  #waiting = [];
  #running = 0;

  /** Every job of this session that was not dismissed, the newest first. */
  list = [];

  subscribe(listener) {
    this.#listeners.add(listener);
  }

  get isBusy() {
    return this.#running > 0 || this.#waiting.length > 0;
  }

  start(description) {
    const job = new Job(description);
    this.list.unshift(job);
    for (const unit of job.units) this.#waiting.push(unit);
    this.#changed(job);
    this.#next();
    return job;
  }

  cancel(job) {
    job.isCancelled = true;
    for (const unit of job.units) if (isOpen(unit)) this.cancelUnit(unit);
  }

  cancelUnit(unit) {
    if (unit.state === "running") unit.abort.abort();
    else {
      this.#waiting = this.#waiting.filter((other) => other !== unit);
      this.#end(unit, "cancelled");
    }
  }

  retry(unit) {
    if (isOpen(unit)) return;
    Object.assign(unit, { state: "waiting", loaded: 0, note: "" });
    unit.job.isCancelled = false;
    this.#waiting.push(unit);
    this.#changed(unit.job);
    this.#next();
  }

  /** Undoes what a job did, once (its button may be clicked twice); the undoing is a job itself. */
  undo(job) {
    if (!job.undo) return undefined;
    const units = job.undo(job.done);
    job.undo = null;
    return this.start({ kind: "undo", units, ended: job.ended });
  }

  dismiss(job) {
    this.list = this.list.filter((other) => other !== job);
    this.#changed(job);
  }

  /** Called by the shell of a unit with how many bytes it has moved. */
  progress(unit, loaded) {
    unit.loaded = loaded;
    this.#changed(unit.job);
  }

  #changed(job) {
    for (const listener of this.#listeners) listener(job);
  }

  #next() {
    while (this.#running < atOnce && this.#waiting.length) {
      const unit = this.#waiting.shift();
      this.#running += 1;
      this.#run(unit).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #run(unit) {
    unit.abort = new AbortController();
    unit.state = "running";
    this.#changed(unit.job);
    const { signal } = unit.abort;
    try {
      await unit.run(unit, { signal, progress: (loaded) => this.progress(unit, loaded) });
      this.#end(unit, "done");
    } catch (error) {
      if (error instanceof Skipped) this.#end(unit, "skipped");
      else if (signal.aborted || error.name === "AbortError") this.#end(unit, "cancelled");
      else this.#end(unit, "failed", error.message);
    }
  }

  #end(unit, state, note = "") {
    Object.assign(unit, { state, note, abort: null });
    if (!unit.job.isOpen) unit.job.ended(unit.job);
    this.#changed(unit.job);
  }

  /** Asks what to do, for a unit: "replace", "both", "delete"; ends the unit, or the whole job, otherwise. */
  async decide(unit, ask, options) {
    const answer = await unit.job.decide(ask, options);
    if (!answer) {
      if (!unit.job.isCancelled) this.cancel(unit.job);
      throw new DOMException(t("cancel"), "AbortError");
    }
    if (answer.choice === "skip") throw new Skipped();
    return answer.choice;
  }
}
