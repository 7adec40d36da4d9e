// Questions to the user, in modal dialogs that give an answer when they close. Only one is open at a time: another waits
// for its turn, so that no question ever covers another.

import { button, h, refocus } from "./dom.js";
import { moment, size, visible } from "./format.js";
import { t } from "./i18n.js";

let turn = Promise.resolve();

/**
 * Shows a dialog: resolves with the argument of `close(value)`, null when it was dismissed.
 * `content(close)` gives the elements inside. A dialog that is no longer needed when its turn comes (`isWanted`) is not
 * shown.
 */
export function dialog(title, content, { wide = false, isWanted = () => true } = {}) {
  const shown = turn.then(() => (isWanted() ? show(title, content, wide) : null));
  turn = shown.catch(() => {});
  return shown;
}

function show(title, content, wide) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const box = h("dialog", { class: wide ? "wide" : null, "aria-label": title });
    let answer = null;
    const close = (value) => {
      answer = value;
      box.close();
    };
    box.append(
      h("div", { class: "title" }, h("h2", {}, title), button(t("close"), { shape: "close", bare: true, onclick: () => close(null) })),
      ...[content(close)].flat().filter(Boolean),
    );
    box.addEventListener("cancel", () => (answer = null));
    box.addEventListener("keydown", (event) => event.stopPropagation());
    box.addEventListener("close", () => {
      box.remove();
      refocus(before);
      resolve(answer);
    });
    document.body.append(box);
    box.showModal();
    box.querySelector("[autofocus]")?.focus();
  });
}

export const buttons = (...children) => h("div", { class: "buttons" }, children);

/**
 * Asks for a text. `check` gives a complaint or null. `act`, if there is one, does what the text is for: the dialog stays
 * open with its text and the reason where that fails. Resolves with the text, or what `act` gave.
 */
export function ask(title, { label, value = "", verb = t("ok"), check = () => null, act = async (text) => text, stem = false, more = () => [] }) {
  return dialog(title, (close) => {
    const input = h("input", { type: "text", value, autofocus: true, autocomplete: "off", spellcheck: "false", "aria-label": label });
    const complaint = h("p", { class: "complaint", role: "alert" });
    const go = h("button", { class: "main" }, verb);
    const submit = async (event) => {
      event.preventDefault();
      const problem = check(input.value);
      complaint.textContent = problem ?? "";
      if (problem) return;
      go.disabled = true;
      try {
        close((await act(input.value)) ?? input.value);
      } catch (error) {
        complaint.textContent = error.message;
        go.disabled = false;
        input.focus();
      }
    };
    const end = stem && value.lastIndexOf(".") > 0 ? value.lastIndexOf(".") : value.length;
    // At once: what is typed quickly must not be selected, and typed over.
    input.addEventListener("focus", () => input.setSelectionRange(0, end), { once: true });
    return h(
      "form",
      { onsubmit: submit },
      h("label", {}, label, input),
      more(input),
      complaint,
      buttons(button(t("cancel"), { onclick: () => close(null) }), go),
    );
  });
}

/** How many objects that cannot be restored are named. */
const mostLost = 5;

function fateOf({ fate, ways, lost }) {
  const fates = { final: "deleteFinal", kept: "deleteKept", many: "deleteMany", bucket: "deleteBucket", unknown: "deleteUnknown" };
  if (fate !== "partly") return fate ? t(fates[fate]) : "";
  const names = lost.slice(0, mostLost).map(visible);
  if (lost.length > mostLost) names.push(t("andMore", { n: lost.length - mostLost }));
  return t("deletePartly", { n: ways.size - lost.length, all: ways.size, names: names.join(t("comma")) });
}

/**
 * Asks whether to delete, and names what goes; what `contents` finds out meanwhile is added. `isAnew`: something else was
 * there than the preview that was confirmed.
 */
export function confirmDeletion(entries, contents, { isAnew = false } = {}) {
  const named = entries.slice(0, 12);
  const rest = entries.length - named.length;
  const hasFolders = entries.some((entry) => entry.type !== "object");
  const inside = new Map(named.map((entry) => [entry, h("span", { class: "soft" })]));
  const fate = h("p", { class: "soft fate", role: "status" });
  contents.report = () => {
    for (const [entry, element] of inside) element.textContent = contents.texts.get(entry) ?? "";
    fate.textContent = fateOf(contents);
  };
  contents.report();
  const shown = (entry) => visible(entry.label) + (entry.type === "object" ? "" : "/");
  const title = entries.length === 1 ? t("deleteOne", { name: shown(entries[0]) }) : t("deleteTitle", { n: entries.length });
  return dialog(title, (close) => [
    isAnew ? h("p", { role: "alert", class: "failed" }, t("deleteAnew")) : null,
    h("ul", { class: "names" }, named.map((entry) => h("li", {}, h("bdi", {}, shown(entry)), " ", inside.get(entry)))),
    rest ? h("p", {}, t("andMore", { n: rest })) : null,
    hasFolders ? h("p", { class: "soft" }, t("deleteDeep")) : null,
    fate,
    buttons(
      button(t("cancel"), { onclick: () => close(null), autofocus: true }),
      button(t("delete"), { class: "danger main", onclick: () => close(true) }),
    ),
  ]);
}

const facts = (label, entry) =>
  entry?.type === "object" ? h("li", {}, h("span", { class: "soft" }, label), ` ${size(entry.size)}`, entry.modified ? `, ${moment(entry.modified)}` : "") : null;

/**
 * Asks about one of several objects: { choice, forAll }; null stops everything. `more`: how many others the answer may be for.
 * `choices`: [choice, text, attributes of its button].
 */
function askAbout(title, parts, choices, { more = 0, isWanted }) {
  return dialog(title, (close) => {
    const forAll = h("input", { type: "checkbox" });
    return [
      ...parts,
      more ? h("label", { class: "check" }, forAll, t("forAll", { n: more })) : null,
      buttons(...choices.map(([choice, text, attributes]) => button(text, { ...attributes, onclick: () => close({ choice, forAll: forAll.checked }) }))),
    ];
  }, { isWanted });
}

/**
 * Asks what to do about a name that exists: "replace", "both" or "skip". `there` and `mine` are the two entries, as far as
 * they are known. `isAnew`: there is another one than was asked about.
 */
export function askConflict(path, { there, mine, isAnew = false, ...options }) {
  const parts = [
    isAnew ? h("p", { role: "alert" }, t(there ? "conflictAnew" : "conflictGone")) : null,
    h("ul", { class: "names" }, facts(t("conflictThere"), there), facts(t("conflictNew"), mine)),
    path.endsWith("/") ? h("p", { class: "soft" }, t("conflictFolder")) : null,
  ];
  const choices = [
    ["skip", t("skip"), {}],
    ["both", t("keepBoth"), { autofocus: true }],
    ["replace", t("replace"), { class: "main danger" }],
  ];
  return askAbout(t("conflictTitle", { name: visible(path) }), parts, choices, options);
}

/** Asks whether an object is to be deleted although it changed after that was decided: "delete" or "skip". */
export function askChanged(path, { now, ...options }) {
  const parts = [h("p", {}, t("changedDelete")), h("ul", { class: "names" }, facts(t("changedNow"), now))];
  const choices = [
    ["skip", t("skip"), { autofocus: true }],
    ["delete", t("delete"), { class: "main danger" }],
  ];
  return askAbout(t("changedTitle", { name: visible(path) }), parts, choices, options);
}

/** Yes or no. */
export function confirmAction(title, text, act, { isDanger = false } = {}) {
  return dialog(title, (close) => [
    h("p", {}, text),
    buttons(button(t("cancel"), { onclick: () => close(null), autofocus: true }), button(act, { class: isDanger ? "main danger" : "main", onclick: () => close(true) })),
  ]);
}
