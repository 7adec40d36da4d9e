// Two objects beside each other: where their texts differ.

import { dialog } from "../core/dialogs.js";
import { h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { complain } from "../core/notes.js";
import { urlOf } from "../core/paths.js";
import { diffView } from "../views/diff.js";
import { Source, textOf } from "../views/object-reader.js";
import { largestEdit } from "./editor.js";

async function textFrom(entry) {
  const source = await Source.open(urlOf(entry.path), { size: entry.size });
  if (source.size > largestEdit) throw new Error(t("tooLargeToCompare", { name: visible(entry.label) }));
  const bytes = source.isWhole ? source.first : source.isEncoded ? await source.begin(largestEdit) : await source.read(0, source.size);
  const text = textOf(bytes);
  if (text === null) throw new Error(t("noText", { name: visible(entry.label) }));
  return text;
}

/** Shows how the second object differs from the first, in a dialog. */
export async function compare([first, second]) {
  try {
    const [older, newer] = await Promise.all([textFrom(first), textFrom(second)]);
    const names = { oldName: visible(first.label), newName: visible(second.label) };
    const isSame = older === newer;
    const difference = isSame ? h("p", {}, t("sameContents")) : await diffView(older, newer, names);
    await dialog(t("compare"), () => [difference], { wide: true });
  } catch (error) {
    complain(error);
  }
}
