// What takes an object away, or takes its place, does so only to the version that its user saw: every deletion, replacement
// and restoration of the page goes through here. Where the object is another one meanwhile, its user is asked again.

import * as api from "./api.js";
import { askChanged, askConflict, confirmAction } from "./dialogs.js";
import { visible } from "./format.js";
import { t } from "./i18n.js";
import { Skipped } from "./jobs.js";

/** The condition that a path still holds what was seen there: an ETag, or null for nothing. */
export const condition = (etag) => (etag === null ? { "If-None-Match": "*" } : { "If-Match": etag });

/**
 * Calls `act(etag)`, which sends a change with that condition. Where it is refused, `ask(now)` is asked about the entry that
 * is there now (null for none), and the change is sent for that one if its answer is true; else this throws `Skipped`.
 */
export async function overSeen(path, seen, act, ask, signal) {
  let etag = seen === null ? null : (seen.etag ?? (await api.entryOf(path, { signal }))?.etag ?? null);
  for (;;) {
    try {
      return await act(etag);
    } catch (error) {
      if (error.status !== 412) throw error;
    }
    const now = await api.entryOf(path, { signal });
    if (!(await ask(now))) throw new Skipped();
    etag = now?.etag ?? null;
  }
}

/**
 * Deletes an entry as a unit of a job, after `before(etag)` for the version that goes. A folder goes with everything that is
 * in it; it has no version.
 */
export function removeSeen(jobs, unit, entry, signal, before = async () => {}) {
  const { path } = entry;
  if (entry.type !== "object") return api.remove(path, { signal });
  const ask = async (now) => now === null || (await jobs.decide(unit, (options) => askChanged(path, { ...options, now }))) === "delete";
  // Gone meanwhile: that is what was wanted.
  return overSeen(path, entry, async (etag) => etag !== null && (await before(etag), api.remove(path, { etag, signal })), ask, signal);
}

/**
 * Asks about a name that is taken: { choice, seen }, where `seen` is what is there at the time of the answer, null for
 * nothing and for folders. `isAnew`: it is another object than the one that was asked about before, and an answer for all is
 * none for it.
 */
export async function askReplace(jobs, unit, path, { mine, isAnew = false, signal }) {
  const look = () => (path.endsWith("/") ? null : api.entryOf(path, { signal }));
  for (let seen = await look(); ; isAnew = true) {
    if (seen === null && !path.endsWith("/") && !isAnew) return { choice: "replace", seen };
    const there = seen;
    const isNews = isAnew;
    const choice = await jobs.decide(unit, (options) => askConflict(path, { ...options, there, mine, isAnew: isNews }), { isAnew });
    const now = choice === "replace" ? await look() : seen;
    if (now?.etag === seen?.etag) return { choice, seen };
    seen = now;
  }
}

/** Makes a version the newest one again; `seen` is what is there as far as its user knows, null for nothing. */
export function restoreSeen(path, id, seen, signal) {
  const ask = (now) => now === null || confirmAction(t("changedTitle", { name: visible(path) }), t("changedRestore"), t("restore"), { isDanger: true });
  return overSeen(path, seen, (etag) => api.restore(path, id, { etag, signal }), ask, signal);
}
