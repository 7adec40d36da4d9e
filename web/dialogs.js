// Questions to the user, in modal dialogs that give an answer when they close.

import { h, button, refocus } from "./dom.js";
import { visible } from "./format.js";
import { t } from "./i18n.js";

/**
 * Shows a dialog: resolves with what `close(value)` was called with, null when it was dismissed.
 * `content(close)` gives the elements inside.
 */
export function dialog(title, content, { wide = false, onDismiss = () => true } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const box = h("dialog", { class: wide ? "wide" : null, "aria-label": title });
    let answer = null;
    const close = (value) => {
      answer = value;
      box.close();
    };
    const dismiss = () => onDismiss() && close(null);
    box.append(
      h("header", {}, h("h2", {}, title), button(t("close"), { shape: "close", bare: true, onclick: dismiss })),
      ...[content(close)].flat(),
    );
    box.addEventListener("cancel", (event) => {
      event.preventDefault();
      dismiss();
    });
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

const buttons = (...children) => h("div", { class: "buttons" }, children);

/** Asks for a text; `check` gives a complaint or null. */
export function ask(title, { label, value = "", act = t("ok"), check = () => null, stem = false }) {
  return dialog(title, (close) => {
    const input = h("input", { type: "text", value, autofocus: true, autocomplete: "off", spellcheck: "false", "aria-label": label });
    const complaint = h("p", { class: "complaint", role: "alert" });
    const submit = (event) => {
      event.preventDefault();
      const problem = check(input.value);
      complaint.textContent = problem ?? "";
      if (!problem) close(input.value);
    };
    requestAnimationFrame(() => input.setSelectionRange(0, stem && value.lastIndexOf(".") > 0 ? value.lastIndexOf(".") : value.length));
    return h(
      "form",
      { onsubmit: submit },
      h("label", {}, label, input),
      complaint,
      buttons(button(t("cancel"), { onclick: () => close(null) }), h("button", { class: "main" }, act)),
    );
  });
}

/** Asks whether to delete, and names what goes; what `contents` finds out meanwhile is added. */
export function confirmDeletion(entries, contents) {
  const named = entries.slice(0, 12);
  const rest = entries.length - named.length;
  const hasFolders = entries.some((entry) => entry.type !== "object");
  const inside = new Map(named.map((entry) => [entry, h("span", { class: "soft" })]));
  const fate = h("p", { class: "soft fate", role: "status" });
  const fates = { final: t("deleteFinal"), kept: t("deleteKept"), many: t("deleteMany"), bucket: t("deleteBucket") };
  contents.tell = () => {
    for (const [entry, element] of inside) element.textContent = contents.texts.get(entry) ?? "";
    fate.textContent = fates[contents.fate] ?? "";
  };
  contents.tell();
  return dialog(t("deleteTitle", { n: entries.length }), (close) => [
    h("ul", { class: "names" }, named.map((entry) => h("li", {}, h("bdi", {}, visible(entry.label) + (entry.type === "object" ? "" : "/")), " ", inside.get(entry)))),
    rest ? h("p", {}, t("andMore", { n: rest })) : null,
    hasFolders ? h("p", { class: "soft" }, t("deleteDeep")) : null,
    fate,
    buttons(
      button(t("cancel"), { onclick: () => close(null), autofocus: true }),
      button(t("delete"), { class: "danger main", onclick: () => close(true) }),
    ),
  ].filter(Boolean));
}

/** What to do about a name that exists: { choice: "replace" | "both" | "skip", forAll }; null stops everything. */
export function askConflict(path, { more = 0 } = {}) {
  return dialog(t("conflictTitle"), (close) => {
    const forAll = h("input", { type: "checkbox" });
    const answer = (choice) => () => close({ choice, forAll: forAll.checked });
    return [
      h("p", {}, t("conflictText"), " ", h("strong", {}, h("bdi", {}, visible(path)))),
      more ? h("label", { class: "check" }, forAll, t("forAll", { n: more })) : null,
      buttons(
        button(t("skip"), { onclick: answer("skip") }),
        button(t("keepBoth"), { onclick: answer("both"), autofocus: true }),
        button(t("replace"), { class: "main danger", onclick: answer("replace") }),
      ),
    ].filter(Boolean);
  });
}

/** Yes or no. */
export function confirmAction(title, text, act) {
  return dialog(title, (close) => [
    h("p", {}, text),
    buttons(button(t("cancel"), { onclick: () => close(null), autofocus: true }), button(act, { class: "main", onclick: () => close(true) })),
  ]);
}
