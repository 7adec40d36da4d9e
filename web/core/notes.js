// Short notes at the bottom of the page, one above another, and announcements for screen readers.

import { button, h } from "./dom.js";
import { t } from "./i18n.js";

/** Milliseconds that a note stays: a plain one, and one that says what went wrong or offers something. */
const stays = { plain: 5000, long: 15000 };

const region = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
const host = h("section", { class: "toasts", "aria-label": t("notes") });

/** The page's places for both. */
export const noteElements = [host, region];

/** Says something to screen readers. */
export function announce(text) {
  region.textContent = text;
}

/** A short note, with at most one thing to do about it: { label, act }. */
export function toast(text, { offer, isError = false } = {}) {
  const note = h("div", { class: isError ? "toast failed" : "toast", role: isError ? "alert" : "status" }, h("span", {}, text));
  const leave = () => note.remove();
  if (offer) note.append(button(offer.label, { onclick: () => (leave(), offer.act()) }));
  note.append(button(t("close"), { shape: "close", bare: true, onclick: leave }));
  for (const older of [...host.children].slice(0, -3)) older.remove();
  host.append(note);
  let timer = 0;
  const wait = () => (timer = setTimeout(leave, offer || isError ? stays.long : stays.plain));
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", wait);
  wait();
}

export const complain = (error) => toast(error.message, { isError: true });
