// The panel's frame: its head with what can be done, the tabs, and places for the view and for notes about it.

import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icons.js";
import { remember, remembered } from "../core/page-data.js";
import { nameOf, urlOf } from "../core/paths.js";
import { save } from "../list/download.js";
import { copyAs } from "./copy-as.js";

/** Arrow keys go from tab to tab. */
function arrow(event, list) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...list.querySelectorAll("[role=tab]:not([hidden])")];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
}

/** The elements: { element, title, tabs, views, editButton, rawLink, body, banner }. acts: tab(name), edit(), close(), path() */
export function panelFrame(acts) {
  const title = h("h2", { dir: "auto" });
  const tab = (name) =>
    h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel-body", "data-tab": name, onclick: () => acts.tab(name) }, t(name));
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("view") }, ["contents", "properties", "versions"].map(tab));
  tabs.addEventListener("keydown", (event) => arrow(event, tabs));
  const views = h("span", { class: "views" });
  const editButton = button(t("edit"), { shape: "edit", class: "edit", onclick: acts.edit });
  const rawLink = h("a", { class: "button bare raw", target: "_blank", rel: "noopener", title: t("openRaw"), "aria-label": t("openRaw") }, icon("open"));
  const banner = h("div", { class: "banner", role: "status", hidden: true });
  const body = h("div", { class: "panel-body", id: "panel-body", role: "tabpanel", tabindex: "-1" });
  const widen = () => remember("wide", element.classList.toggle("wide") ? "yes" : "no");
  const element = h(
    "aside",
    { class: "panel", "aria-label": t("preview"), hidden: true },
    h(
      "header",
      {},
      title,
      editButton,
      rawLink,
      button(t("copyAs"), { shape: "link", bare: true, onclick: () => copyAs([acts.path()]) }),
      button(t("download"), { shape: "download", bare: true, class: "bare get", onclick: () => save(urlOf(acts.path()), nameOf(acts.path())) }),
      button(t("widen"), { shape: "wide", bare: true, class: "bare widen", onclick: widen }),
      button(t("closePanel"), { shape: "close", bare: true, class: "bare close", onclick: acts.close }),
    ),
    h("div", { class: "tabs-row" }, tabs, views),
    body,
    // Below, so that it moves nothing when it appears.
    banner,
  );
  element.classList.toggle("wide", remembered("wide") === "yes");
  return { element, title, tabs, views, editButton, rawLink, body, banner };
}
