// The keyboard's dialog, and the keys that work everywhere on the page.

import { dialog } from "./dialogs.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

const rows = [
  ["↑ ↓ PgUp PgDn Home End", "keyMove"],
  ["Shift + ↑ ↓", "keyExtend"],
  ["Space", "keyToggle"],
  ["Ctrl + A", "keyAll"],
  ["Enter", "keyOpen"],
  ["Backspace", "keyUp"],
  ["/", "keyFilter"],
  ["Shift + Enter", "keySearch"],
  ["E", "keyEdit"],
  ["I", "keyProperties"],
  ["F2", "keyRename"],
  ["M", "keyMoveTo"],
  ["C", "keyCopyTo"],
  ["Y", "keyCopyAs"],
  ["D", "keyDownload"],
  ["Delete", "keyDelete"],
  ["N", "keyFolder"],
  ["Shift + N", "keyFile"],
  ["U", "keyUpload"],
  ["R", "keyReload"],
  ["Ctrl + S", "keySave"],
  ["Shift + F10", "keyMenu"],
  ["Esc", "keyEscape"],
  ["?", "keyHelp"],
];

export const help = () =>
  dialog(t("keyboard"), () => h("dl", { class: "keys" }, rows.map(([keys, text]) => [h("dt", {}, keys.split(" ").map((key) => (key === "+" ? " + " : h("kbd", {}, key)))), h("dd", {}, t(text))])));

/** Calls the command of a key that was pressed outside of fields and dialogs; `commands` go by names as "Shift+N". */
export function bindKeys(commands) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    const isControl = event.ctrlKey || event.metaKey;
    if (event.target.closest?.("input, textarea, select, dialog, .menu") && event.target.type !== "checkbox") return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const isLetter = /^[A-Z]$/.test(key);
    const command = commands[isControl ? `Ctrl+${key}` : isLetter && event.shiftKey ? `Shift+${key}` : key];
    if (!command) return;
    event.preventDefault();
    command();
  });
}
