// What is in a zip or a tar, as a table: read from its directory, not unpacked.

import { button, h } from "../core/dom.js";
import { moment, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";

const shownAtOnce = 1000;
/** A zip's directory stands at its end; as much is looked through for it. */
const zipTail = 256 * 1024;
const largestDirectory = 16 * 1024 * 1024;

const utf8 = new TextDecoder();

/** The entries of a zip: [{ name, size, modified }]. Its end holds where its directory begins (APPNOTE 4.3.16). */
async function zipEntries(source, signal) {
  const from = Math.max(0, source.size - zipTail);
  const tail = await source.read(from, source.size - from, signal);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let at = tail.length - 22;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at -= 1;
  if (at < 0) throw new Error(t("badArchive"));
  const [length, offset] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
  if (offset === 0xffffffff || length > largestDirectory) throw new Error(t("badArchive"));
  const bytes = offset >= from ? tail.subarray(offset - from, offset - from + length) : await source.read(offset, length, signal);
  return directoryOf(bytes);
}

function directoryOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = [];
  for (let at = 0; at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50; ) {
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const [time, date] = [view.getUint16(at + 12, true), view.getUint16(at + 14, true)];
    const name = utf8.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const modified = new Date(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2);
    entries.push({ name, size: view.getUint32(at + 24, true), modified });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/** The entries of a tar as far as it was read (POSIX ustar and GNU long names, PAX paths). */
function tarEntries(bytes) {
  const entries = [];
  const text = (from, length) => utf8.decode(bytes.subarray(from, from + length)).replace(/\0.*$/s, "");
  let long = null;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const count = parseInt(text(at + 124, 12).trim() || "0", 8);
    const kind = String.fromCharCode(bytes[at + 156] || 48);
    const body = at + 512;
    if (Number.isNaN(count) || text(at + 257, 5) !== "ustar") throw new Error(t("badArchive"));
    if (kind === "L") long = text(body, count);
    else if (kind === "x") long = /\d+ path=([^\n]*)\n/.exec(utf8.decode(bytes.subarray(body, body + count)))?.[1] ?? long;
    else if (kind !== "g") {
      const prefix = text(at + 345, 155);
      entries.push({ name: long ?? (prefix ? `${prefix}/` : "") + text(at, 100), size: count, modified: new Date(parseInt(text(at + 136, 12).trim() || "0", 8) * 1000) });
      long = null;
    }
    at = body + Math.ceil(count / 512) * 512;
  }
  return entries;
}

/** kind: "zip" with { source }, or "tar" with { bytes, isCut }. */
export async function archiveView(kind, { source, bytes, isCut = false, signal }) {
  const entries = kind === "zip" ? await zipEntries(source, signal) : tarEntries(bytes);
  const body = h("tbody");
  const host = h("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": t("contents") },
    h("table", {}, h("thead", {}, h("tr", {}, [t("name"), t("size"), t("modified")].map((label) => h("th", { scope: "col" }, label)))), body));
  let drawn = 0;
  const draw = () => {
    host.querySelector(":scope > button")?.remove();
    for (const entry of entries.slice(drawn, drawn + shownAtOnce)) {
      const when = Number.isNaN(entry.modified.getTime()) ? "" : moment(entry.modified);
      body.append(h("tr", {}, h("td", {}, h("bdi", {}, visible(entry.name))), h("td", { class: "numeric" }, entry.name.endsWith("/") ? "" : size(entry.size)), h("td", {}, when)));
    }
    drawn = Math.min(entries.length, drawn + shownAtOnce);
    if (drawn < entries.length) host.append(button(t("andMore", { n: entries.length - drawn }), { onclick: draw }));
  };
  draw();
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  const summary = t("archiveHolds", { n: entries.length, size: size(total) }) + (isCut ? ` ${t("archiveCut")}` : "");
  return { element: h("div", { class: "stack" }, h("p", { class: "tools soft" }, summary), host) };
}
