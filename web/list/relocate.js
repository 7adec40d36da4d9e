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

async function relocate(jobs, verb, entry, unit, signal) {
  const from = entry.path;
  // A copy beside the original can only be another name.
  if (unit.to === from && verb === "copy") return keepBoth(verb, unit, from, signal);
  if (unit.to === from) throw new Error(t("sameName"));
  if (isFolder(from) && unit.to.startsWith(from)) throw new Error(t("intoItself"));
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

/** The units that undo moves: each moves back, unless its old place was taken meanwhile. */
const wayBack = (units) =>
  units.filter((unit) => !unit.replaced).map((unit) => ({
    label: unit.label,
    from: unit.to,
    to: unit.from,
    run: async (back, { signal }) => api.relocate("move", back.from, back.to, { signal }),
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
      await relocate(jobs, verb, entry, unit, signal);
      each(unit);
    },
  }));
  return { kind: verb, units, target, undo: verb === "move" ? wayBack : null, ended };
}
