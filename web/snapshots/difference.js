// One difference between two states, as a line that opens: the texts line by line, headers, metadata and tags one by one.

import { button, h } from "../core/dom.js";
import { exactSize, number, size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { hunksView } from "../views/diff.js";

const letters = { unexpected: "+", missing: "−", content: "M", properties: "U" };

/** names: what the two states are called. show(path) opens an object that is there now, if the second state is. */
export function differenceRow(difference, names, show) {
  const { change, bucket, key, expected, actual } = difference;
  const path = `/${bucket}/${key}`;
  const sizes = [expected, actual].map((side) => (side ? size(side.size) : ""));
  const body = h("div", { class: "inside" });
  const row = h(
    "details",
    { class: `difference ${change}` },
    h("summary", {}, h("span", { class: "letter", "aria-hidden": "true" }, letters[change]), h("bdi", {}, visible(path)), h("span", { class: "soft" }, t(`change.${change}`), sizes.some(Boolean) ? ` · ${[...new Set(sizes.filter(Boolean))].join(" → ")}` : "")),
    body,
  );
  // What is not looked at is not drawn.
  row.addEventListener("toggle", () => row.open && !body.hasChildNodes() && body.append(...inside(difference, { ...names, label: visible(path) }, actual && show ? () => show(path) : null)));
  return row;
}

function inside({ diff, properties, firstDifference, note, hints, expected, actual }, names, show) {
  const facts = [];
  if (properties?.length) facts.push(propertyTable(properties, names));
  if (diff) facts.push(hunksView(diff, names));
  else if (firstDifference !== undefined && firstDifference !== null) facts.push(h("p", {}, t("firstDifference", { n: number(firstDifference) })));
  if (note) facts.push(h("p", { class: "soft" }, note));
  const sides = [[names.oldName, expected], [names.newName, actual]].filter(([, side]) => side);
  if (!diff && !properties?.length && sides.length) facts.push(h("p", { class: "soft" }, sides.map(([name, side]) => `${name}: ${exactSize(side.size)}`).join(" · ")));
  for (const hint of hints ?? []) facts.push(h("p", { class: "soft" }, hint));
  if (show) facts.push(h("p", {}, button(t("showObject"), { shape: "open", onclick: show })));
  return facts;
}

/** A row for each header, metadatum and tag: what it was and what it is. */
function propertyTable(properties, { oldName, newName }) {
  const cell = (value, kind) => h("td", { class: kind }, value === null ? "–" : visible(value));
  return h(
    "table",
    { class: "changed-properties" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("name")), h("th", { scope: "col" }, oldName), h("th", { scope: "col" }, newName))),
    h("tbody", {}, properties.map(({ name, expected, actual }) => h("tr", {}, h("th", { scope: "row" }, visible(name)), cell(expected, "old"), cell(actual, "new")))),
  );
}
