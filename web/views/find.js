// Finds in a text, and goes to a line of it.

import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** More hits are not counted. */
const mostCounted = 10_000;

/**
 * A bar for a CodeMirror, opened by Ctrl+F or its `opener`. ":12" goes to line 12. `firstLine()` is the number of the
 * first line.
 */
export function findBar(code, owner, { firstLine = () => 1 } = {}) {
  const field = h("input", { type: "search", "aria-label": t("findInText"), placeholder: t("findHint"), spellcheck: "false", autocomplete: "off" });
  const note = h("span", { class: "soft", role: "status" });
  let marks = [];

  const clear = () => {
    for (const mark of marks) mark.clear();
    marks = [];
  };
  const cursorFor = (words, from) => code.getSearchCursor(words, from, { caseFold: words === words.toLowerCase() });

  function count() {
    clear();
    const words = field.value;
    const line = /^:(\d+)$/.exec(words);
    if (line) return goTo(Number(line[1]));
    if (!words) return void (note.textContent = "");
    const cursor = cursorFor(words, { line: 0, ch: 0 });
    let found = 0;
    code.operation(() => {
      while (found < mostCounted && cursor.findNext()) {
        found += 1;
        if (found <= 1000) marks.push(code.markText(cursor.from(), cursor.to(), { className: "cm-found" }));
      }
    });
    note.textContent = found ? t("hits", { n: found }) : t("noHits");
    if (found) go(false, code.getCursor("from"));
    return undefined;
  }

  function goTo(number) {
    const line = Math.max(0, Math.min(code.lineCount() - 1, number - firstLine()));
    code.setSelection({ line, ch: 0 }, { line, ch: code.getLine(line).length }, { scroll: false });
    code.scrollIntoView({ line, ch: 0 }, 100);
    note.textContent = "";
  }

  function go(isBack, from) {
    const words = field.value;
    if (!words || words.startsWith(":")) return;
    const start = from ?? code.getCursor(isBack ? "from" : "to");
    const last = { line: code.lastLine() };
    let cursor = cursorFor(words, start);
    if (!cursor.find(isBack)) {
      cursor = cursorFor(words, isBack ? last : { line: 0, ch: 0 });
      if (!cursor.find(isBack)) return;
    }
    code.setSelection(cursor.from(), cursor.to(), { scroll: false });
    code.scrollIntoView({ from: cursor.from(), to: cursor.to() }, 60);
  }

  const close = () => {
    element.hidden = true;
    clear();
    code.focus();
  };
  const open = () => {
    const chosen = code.getSelection();
    if (chosen && !chosen.includes("\n")) field.value = chosen;
    element.hidden = false;
    field.focus();
    field.select();
    count();
  };
  field.addEventListener("input", count);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go(event.shiftKey);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  owner.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !["f", "g"].includes(event.key.toLowerCase())) return;
    // A second time it is the browser's own.
    if (document.activeElement === field && event.key.toLowerCase() === "f") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key.toLowerCase() === "g" && !element.hidden) go(event.shiftKey);
    else open();
  });
  const element = h(
    "div",
    { class: "find-bar", hidden: true },
    field,
    note,
    button(t("previous"), { shape: "up", bare: true, onclick: () => go(true) }),
    button(t("next"), { shape: "down", bare: true, onclick: () => go(false) }),
    button(t("close"), { shape: "close", bare: true, onclick: close }),
  );
  const opener = button(t("findInText"), { shape: "search", bare: true, class: "bare find-opener", onclick: open });
  return { element, opener };
}
