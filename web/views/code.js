// Text in CodeMirror: numbered, highlighted, drawn only where it is in sight.

import { codeMirror } from "./libraries.js";

/** Longer lines are cut where a text is only shown; nothing draws them fast. */
export const longestLine = 20_000;

/** More bytes than this are shown without colours. */
const highlightedLimit = 2 << 20;

// Signs that have no picture of their own, a carriage return among them, are shown as a dot with a title.
// eslint-disable-next-line no-control-regex
const invisible = /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]/g;

const pictures = { "\r": "␍" };
function picture(sign) {
  const element = document.createElement("span");
  element.className = "cm-invisible";
  element.textContent = pictures[sign] ?? "•";
  element.title = `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return element;
}

async function make(host, text, { name, label, ...options }) {
  const { CodeMirror, mode } = await codeMirror(name);
  return new CodeMirror(host, {
    value: "",
    mode: text.length <= highlightedLimit ? mode : null,
    lineNumbers: true,
    lineSeparator: "\n",
    // Tabs stay tabs.
    indentWithTabs: true,
    indentUnit: 2,
    tabSize: 4,
    inputStyle: "textarea",
    screenReaderLabel: label,
    specialChars: invisible,
    specialCharPlaceholder: picture,
    maxHighlightLength: 5000,
    ...options,
  });
}

function filled(code, text) {
  code.setValue(text);
  code.clearHistory();
  code.setCursor(0, 0);
  return code;
}

/** An editor; lines end in "\n". */
export async function codeEditor(host, text, { name, label }) {
  const indents = /^( {2,})\S/m.exec(text);
  const code = await make(host, text, { name, label, indentWithTabs: !indents, indentUnit: indents ? Math.min(8, indents[1].length) : 4 });
  const tab = (cm) => (cm.somethingSelected() ? cm.indentSelection("add") : cm.execCommand(indents ? "insertSoftTab" : "insertTab"));
  code.setOption("extraKeys", { Esc: false, "Ctrl-F": false, Tab: tab, "Shift-Tab": "indentLess" });
  return filled(code, text);
}

/** A text to be read. */
export async function codeReader(host, text, { name, label }) {
  return filled(await make(host, text, { name, label, readOnly: true, cursorBlinkRate: -1, extraKeys: { Tab: false, "Shift-Tab": false, "Ctrl-F": false, Esc: false } }), text);
}

/** Texts to be shown, with lines that end as everywhere and are not longer than can be drawn. */
export function shownLines(text) {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)).join("\n");
}
