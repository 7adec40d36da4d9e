// A thin bar above the page while anything is awaited for longer than a moment.

import { onAwaited } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** Milliseconds: what is quicker needs no sign of work. */
const moment = 250;

export function awaitedBar() {
  const bar = h("div", { class: "awaited", role: "progressbar", "aria-label": t("loading"), hidden: true });
  let timer = 0;
  onAwaited((count) => {
    if (count === 0) {
      clearTimeout(timer);
      timer = 0;
      bar.hidden = true;
    } else timer ||= setTimeout(() => (bar.hidden = false), moment);
  });
  return bar;
}
