// Elements are built here and nowhere else: text only ever becomes text nodes, never markup.

import { once } from "./clicks.js";
import { icon } from "./icons.js";

/**
 * h("button", { class: "main", onclick: save, "aria-label": name }, "Save")
 * A value of true sets an empty attribute; false, null and undefined leave it out. "on…" takes a function; where it returns
 * a promise, a click or a submission is not taken again until that is settled.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "onclick" || name === "onsubmit") element.addEventListener(name.slice(2), once(value));
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "indeterminate"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button with a drawing; with its text as a name only where it is to be `bare`. */
export function button(label, { shape, bare = false, ...attributes }) {
  return h(
    "button",
    { type: "button", ...(bare ? { "aria-label": label, title: label, class: "bare" } : {}), ...attributes },
    shape ? icon(shape) : null,
    bare ? null : h("span", {}, label),
  );
}

/** Sets a text, or another property, only where it differs: what is written anew is also painted anew. */
export function write(element, value, property = "textContent") {
  if (element[property] !== value) element[property] = value;
}

/** Gives the focus back to the element that had it, or to the table where that is gone. */
export function refocus(element) {
  const isThere = element?.isConnected && element !== document.body && element.checkVisibility?.() !== false;
  (isThere ? element : document.getElementById("entries"))?.focus({ preventScroll: true });
}
