// A menu that pops up: a popover with arrow keys, Enter and Escape; the focus goes back to the element that had it.

import { h, refocus } from "./dom.js";
import { icon } from "./icons.js";

let open = null;

export function closeMenu() {
  open?.close();
}

/** items: { label, shape, keys, act, isDanger, isChecked } or null for a line between. */
export function popUp(x, y, items) {
  closeMenu();
  const before = document.activeElement;
  const list = h("div", { class: "menu", role: "menu", popover: "auto" }, items.map((item) => (item ? entry(item) : h("hr", { role: "separator" }))));
  const buttons = [...list.querySelectorAll("button")];
  const close = () => {
    if (open?.list !== list) return;
    open = null;
    list.remove();
    refocus(before);
  };
  function entry(item) {
    const act = () => (close(), item.act());
    const isChoice = item.isChecked !== undefined;
    return h(
      "button",
      { type: "button", role: isChoice ? "menuitemradio" : "menuitem", "aria-checked": isChoice ? String(item.isChecked) : null, tabindex: "-1", class: item.isDanger ? "danger" : null, onclick: act },
      isChoice ? h("span", { class: "tick", "aria-hidden": "true" }, item.isChecked ? "✓" : "") : icon(item.shape),
      h("span", { class: "label" }, item.label),
      item.keys ? h("kbd", {}, item.keys) : null,
    );
  }
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
    event.stopPropagation();
    if (next !== undefined) buttons[next % buttons.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
  });
  // A click beside it closes a popover.
  list.addEventListener("toggle", (event) => event.newState === "closed" && close());
  open = { list, close };
  (document.querySelector("main") ?? document.body).append(list);
  list.showPopover();
  const { width, height } = list.getBoundingClientRect();
  list.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  list.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
  buttons[0]?.focus();
}
