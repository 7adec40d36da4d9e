// A menu that pops up: arrow keys, Enter and Escape, and focus goes back where it was.

import { h, icon, refocus } from "./dom.js";

let open = null;

export function closeMenu() {
  open?.close();
}

/** items: { label, shape, keys, act, isDanger } or null for a line between. */
export function popUp(x, y, items) {
  closeMenu();
  const before = document.activeElement;
  const list = h(
    "div",
    { class: "menu", role: "menu" },
    items.map((item) => (item ? entry(item) : h("hr", { role: "separator" }))),
  );
  const buttons = [...list.querySelectorAll("button")];
  const close = () => {
    list.remove();
    removeEventListener("pointerdown", outside, true);
    open = null;
    refocus(before);
  };
  const outside = (event) => list.contains(event.target) || close();
  function entry(item) {
    const act = () => (close(), item.act());
    return h(
      "button",
      { type: "button", role: "menuitem", tabindex: "-1", class: item.isDanger ? "danger" : null, onclick: act },
      icon(item.shape),
      h("span", {}, item.label),
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
  open = { close };
  document.body.append(list);
  addEventListener("pointerdown", outside, true);
  const { width, height } = list.getBoundingClientRect();
  list.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  list.style.top = `${Math.max(4, y + height > innerHeight - 4 ? Math.max(4, innerHeight - height - 4) : y)}px`;
  buttons[0]?.focus();
}
