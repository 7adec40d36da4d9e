// Sizes, moments and names for people.

import { language } from "./i18n.js";

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function size(bytes) {
  if (bytes === undefined || bytes === null) return "";
  let value = bytes;
  let unit = 0;
  while (value >= (unit ? 1023.95 : 1024) && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
}

/** "1.5 KiB (1,536 B)"; below that the bytes alone. */
export const exactSize = (bytes) => (bytes < 1024 ? size(bytes) : `${size(bytes)} (${number(bytes)} B)`);

const grouped = new Intl.NumberFormat(language);
export const number = (value) => grouped.format(value);

const two = (value) => String(value).padStart(2, "0");

/** Local time, in a form that sorts and is alike in every language. */
export function moment(text) {
  if (!text) return "";
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });

/** "3 min ago" for the last hour, else the local time. */
export function ago(text, now = Date.now()) {
  const seconds = Math.round((new Date(text).getTime() - now) / 1000);
  if (!text || Number.isNaN(seconds) || seconds < -3600 || seconds > 5) return moment(text);
  return seconds > -60 ? relative.format(Math.min(0, seconds), "second") : relative.format(Math.round(seconds / 60), "minute");
}

/** A duration in seconds as "2 min" or "40 s". */
export function duration(seconds) {
  const [value, unit] = seconds < 90 ? [Math.max(1, Math.round(seconds)), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

const direction = /[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/;

/** A name with nothing invisible in it: a newline as an arrow, other control and directional signs by number. */
export function visible(name) {
  if (name === "") return "⟨⟩";
  // What joins the parts of one emoji is no hidden sign.
  if (/^[\x20-\x7E]*$/.test(name)) return name.replace(/^ | $/g, "␣");
  let shown = "";
  for (const sign of name.split(/(\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]*(?:\u200D\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]*)+)|/u)) {
    if (!sign) continue;
    if (sign.length > 2) {
      shown += sign;
      continue;
    }
    const code = sign.codePointAt(0);
    if (sign === "\n") shown += "↵";
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || direction.test(sign)) shown += `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
    else shown += sign;
  }
  return shown.replace(/^ | $/g, "␣");
}

const kinds = [
  ["image", /\.(png|jpe?g|gif|webp|avif|svg|bmp|ico)$/i],
  ["media", /\.(mp3|ogg|oga|opus|wav|flac|m4a|aac|mp4|m4v|webm|mov|ogv)$/i],
  ["table", /\.(csv|tsv|parquet|xlsx?)$/i],
  ["code", /\.(json|jsonl|ndjson|js|mjs|ts|tsx|jsx|py|rb|go|rs|swift|c|h|cc|cpp|java|kt|sh|sql|html?|css|xml|ya?ml|toml|tf)$/i],
  ["archive", /\.(zip|gz|tgz|tar|bz2|xz|zst|7z|jar)$/i],
  ["text", /\.(txt|md|markdown|log|ini|conf|cfg|env|properties)$/i],
];

/** The drawing for an entry. */
export function shapeOf(entry) {
  if (entry.type === "bucket") return "bucket";
  if (entry.type === "directory") return "folder";
  return kinds.find(([, pattern]) => pattern.test(entry.name))?.[0] ?? "file";
}
