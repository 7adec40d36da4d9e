// Moves and copies, done by S3 itself: one unit of a job for each entry, with a question where the name is taken, and the
// way back for moves.

import * as api from "../core/api.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { nameOf, numbered, parentOf } from "../core/paths.js";
import { askReplace } from "../core/seen.js";

const isFolder = (path) => path.endsWith("/");
const renamed = (path, number) => parentOf(path) + numbered(nameOf(path), number, isFolder(path)) + (isFolder(path) ? "/" : "");

/** The first free name in the manner of "a (2).txt". */
async function keepBoth(verb, unit, from, signal) {
  const wanted = unit.to;
  for (let number = 2; ; number += 1) {
    unit.to = renamed(wanted, number);
    try {
      return await api.relocate(verb, from, unit.to, { signal });
    } catch (error) {
      if (error.status !== 409 || number > 999) throw error;
    }
  }
}

/** Why an entry cannot be moved or copied to a path, whatever is there; null where it can. */
export function obstacle(verb, from, to) {
  if (to === from) return verb === "move" ? t("sameName") : null;
  return isFolder(from) && to.startsWith(from) ? t("intoItself") : null;
}

/** Moves or copies an entry: resolves with what recognizes the result. */
async function relocate(jobs, verb, entry, unit, signal) {
  const from = entry.path;
  const problem = obstacle(verb, from, unit.to);
  if (problem) throw new Error(problem);
  // A copy beside the original can only be another name.
  if (unit.to === from) return keepBoth(verb, unit, from, signal);
  try {
    return await api.relocate(verb, from, unit.to, { signal });
  } catch (error) {
    if (error.status !== 409) throw error;
  }
  // The server's copy takes no condition on its destination: what is there is looked at right before.
  const { choice, seen } = await askReplace(jobs, unit, unit.to, { mine: entry, signal });
  if (choice !== "replace") return keepBoth(verb, unit, from, signal);
  unit.replaced = isFolder(unit.to) || seen !== null;
  return api.relocate(verb, from, unit.to, { replace: unit.replaced, signal });
}

/** The units that undo moves: each moves back what it moved, unless that is another now, or its old place was taken. */
const wayBack = (units) =>
  units.filter((unit) => unit.made && !unit.replaced).map((unit) => ({
    label: unit.label,
    from: unit.to,
    to: unit.from,
    run: async ({ from, to }, { signal }) => {
      try {
        await api.relocate("move", from, to, { seen: unit.made, signal });
      } catch (error) {
        if (error.status === 409) throw new Error(t("undoMoveTaken", { name: visible(to) }));
        throw error.status === 412 ? new Error(t("undoChanged", { name: visible(from) })) : error;
      }
    },
  }));

/**
 * The description of a job that moves or copies entries; `destinationOf(entry)` is the full path of each result, and
 * `each(unit)` is called after each.
 */
export function relocation(jobs, verb, entries, destinationOf, { target, each, ended }) {
  const units = entries.map((entry) => ({
    label: visible(entry.label ?? nameOf(entry.path)),
    entry,
    from: entry.path,
    to: destinationOf(entry),
    run: async (unit, { signal }) => {
      unit.made = await relocate(jobs, verb, entry, unit, signal);
      each(unit);
    },
  }));
  return { kind: verb, units, target, undo: verb === "move" ? wayBack : null, ended };
}
