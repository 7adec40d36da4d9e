// Bytes as hexadecimal numbers, a window of them at a time, whatever the object's size.

import { h, button } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { complain } from "../core/notes.js";

const windowBytes = 8192;
const rowBytes = 16;
const hexOf = (byte) => byte.toString(16).padStart(2, "0");

/** `read(offset, count)` gives bytes; `total` may be unknown (null) where only the beginning can be read. */
export function hexView(read, total) {
  const host = h("pre", { class: "hex", tabindex: "0", role: "region", "aria-label": t("contents") });
  const place = h("input", { type: "text", size: "12", "aria-label": t("offset"), placeholder: t("offset"), spellcheck: "false" });
  const note = h("span", {});
  const back = button(t("previous"), { onclick: () => show(offset - windowBytes).catch(complain) });
  const forth = button(t("next"), { onclick: () => show(offset + windowBytes).catch(complain) });
  const jump = (event) => {
    event.preventDefault();
    const wanted = Number(place.value.trim());
    if (Number.isFinite(wanted)) show(Math.floor(wanted / rowBytes) * rowBytes).catch(complain);
  };
  let offset = 0;
  async function show(wanted) {
    const last = Math.max(0, Math.floor((total - 1) / rowBytes) * rowBytes);
    offset = Math.max(0, Math.min(wanted, last));
    const bytes = await read(offset, windowBytes);
    const rows = [];
    for (let at = 0; at < bytes.length; at += rowBytes) {
      const row = [...bytes.subarray(at, at + rowBytes)];
      const left = row.slice(0, 8).map(hexOf).join(" ");
      const right = row.slice(8).map(hexOf).join(" ");
      const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
      rows.push(h("span", { class: "soft" }, (offset + at).toString(16).padStart(8, "0")), `  ${left.padEnd(23)}  ${right.padEnd(23)}  `, h("span", { class: "string" }, text), "\n");
    }
    host.replaceChildren(...rows);
    host.scrollTop = 0;
    note.textContent = t("shownBytes", { from: number(offset), to: number(offset + bytes.length), total: number(total) });
    back.disabled = offset === 0;
    forth.disabled = offset + bytes.length >= total;
  }
  show(0).catch(complain);
  const bar = h("form", { class: "pager", onsubmit: jump }, note, back, forth, place);
  bar.hidden = total <= windowBytes;
  return h("div", { class: "stack" }, host, bar);
}
