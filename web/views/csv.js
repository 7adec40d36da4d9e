// CSV and TSV (RFC 4180) as a table.

import { h, button } from "../core/dom.js";
import { t } from "../core/i18n.js";

const atOnce = 500;
const mostColumns = 200;

/** The separator that divides the first line best. */
function separatorOf(text) {
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [",", ";", "\t", "|"].map((sign) => [line.split(sign).length, sign]);
  return counts.sort((a, b) => b[0] - a[0])[0][1];
}

export function parse(text, separator = separatorOf(text)) {
  const rows = [];
  let row = [];
  let field = "";
  let isQuoted = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isQuoted) {
      if (sign !== '"') field += sign;
      else if (text[at + 1] === '"') (field += '"'), (at += 1);
      else isQuoted = false;
    } else if (sign === '"' && field === "") isQuoted = true;
    else if (sign === separator) row.push(field), (field = "");
    else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      rows.push([...row, field]);
      row = [];
      field = "";
    } else field += sign;
  }
  if (field !== "" || row.length) rows.push([...row, field]);
  return rows;
}

export function csvView(text, { isCut }) {
  const rows = parse(text);
  // The last row of a part may be cut.
  if (isCut) rows.pop();
  const [names = [], ...records] = rows;
  const width = Math.min(mostColumns, Math.max(names.length, ...records.slice(0, 1000).map((row) => row.length)));
  const isNumeric = Array.from({ length: width }, (_, column) =>
    records.length > 0 && records.slice(0, 50).every((row) => !row[column] || /^[-+]?[\d,.]+(e[-+]?\d+)?%?$/i.test(row[column])));
  const head = h("tr", {}, h("th", { class: "count", scope: "col" }, "#"), Array.from({ length: width }, (_, column) => h("th", { scope: "col" }, names[column] ?? "")));
  const body = h("tbody");
  const host = h("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": t("contents") }, h("table", {}, h("thead", {}, head), body));
  let drawn = 0;
  const draw = () => {
    host.querySelector(":scope > button")?.remove();
    for (const row of records.slice(drawn, drawn + atOnce)) {
      drawn += 1;
      const title = (text) => (text?.length > 40 ? text.slice(0, 2000) : null);
      const cells = Array.from({ length: width }, (_, column) => h("td", { class: isNumeric[column] ? "numeric" : null, title: title(row[column]) }, row[column] ?? ""));
      body.append(h("tr", {}, h("th", { class: "count", scope: "row" }, String(drawn)), cells));
    }
    if (drawn < records.length) host.append(button(t("andMore", { n: records.length - drawn }), { onclick: draw }));
  };
  draw();
  return host;
}
