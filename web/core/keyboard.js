// The keyboard's dialog, and the keys that work everywhere on the page. Single letters can be turned off, for those who
// speak to their computer or touch keys by accident (WCAG 2.1.4).

import { dialog } from "./dialogs.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { remember, remembered } from "./page-data.js";

const rows = [
  ["↑ ↓ PgUp PgDn Home End", "keyMove"],
  ["Shift + ↑ ↓", "keyExtend"],
  ["Space", "keyToggle"],
  ["Ctrl + A", "keyAll"],
  ["Enter", "keyOpen"],
  ["Backspace", "keyUp"],
  ["/", "keyFilter"],
  ["Ctrl + F", "keyFind"],
  ["Shift + Enter", "keySearch"],
  ["Ctrl + X", "keyCut"],
  ["Ctrl + C", "keyCopyEntries"],
  ["Ctrl + V", "keyPaste"],
  ["E", "keyEdit"],
  ["I", "keyProperties"],
  ["F2", "keyRename"],
  ["M", "keyMoveTo"],
  ["C", "keyCopyTo"],
  ["Y", "keyCopyAs"],
  ["Shift + Y", "keyCopyURI"],
  ["=", "keyCompare"],
  ["D", "keyDownload"],
  ["Delete", "keyDelete"],
  ["N", "keyFolder"],
  ["Shift + N", "keyFile"],
  ["U", "keyUpload"],
  ["T", "keyRecent"],
  ["S", "keySnapshots"],
  ["R", "keyReload"],
  ["Ctrl + S", "keySave"],
  ["Shift + F10", "keyMenu"],
  ["Esc", "keyEscape"],
  ["?", "keyHelp"],
];

const lettersWork = () => remembered("letters") !== "off";

export const help = () =>
  dialog(t("keyboard"), () => {
    const choice = h("input", { type: "checkbox", checked: lettersWork(), onchange: () => remember("letters", choice.checked ? null : "off") });
    return [
      h("label", { class: "check" }, choice, t("singleLetters")),
      h("dl", { class: "keys" }, rows.map(([keys, text]) => [h("dt", {}, keys.split(" ").map((key) => (key === "+" ? " + " : h("kbd", {}, key)))), h("dd", {}, t(text))])),
    ];
  });

const isField = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, dialog, .menu");

/** Whether keys belong to what is read in the panel: its text is selected, copied and scrolled there. */
const isReading = (element) => element.closest?.(".panel-body");

/** Calls the command of a key that was pressed outside of fields and dialogs; `commands` go by names as "Shift+N". */
export function bindKeys(commands) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || isField(event.target)) return;
    const isControl = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const isLetter = /^[A-Z]$/.test(key);
    if (isReading(event.target) && key !== "Escape") return;
    if (event.key.length === 1 && !isControl && !lettersWork()) return;
    // Marked text is copied by the browser.
    if (isControl && key === "C" && !getSelection().isCollapsed) return;
    const command = commands[isControl ? `Ctrl+${key}` : isLetter && event.shiftKey ? `Shift+${key}` : key];
    if (!command || command(event) === false) return;
    event.preventDefault();
  });
}
