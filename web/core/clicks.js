// Clicks that must not count twice: on a button whose work is still on its way, and the second half of a double click
// whose first half put something else under the pointer.

/** Returns a listener that ignores events as long as the promise that the last one returned is pending. */
export function once(act) {
  let isBusy = false;
  return (event) => {
    if (isBusy) return event.preventDefault();
    const element = event.currentTarget;
    const work = act(event);
    if (typeof work?.finally !== "function") return work;
    isBusy = true;
    element.setAttribute("aria-busy", "true");
    return work.finally(() => {
      isBusy = false;
      element.removeAttribute("aria-busy");
    });
  };
}

/** What a click is on: a label and its field are one thing, and so are a row's cells. */
const thing = (target) => target.closest?.("label") ?? target.closest?.("button, a, input, select, textarea, summary, .row") ?? null;

/** Ends the second click of a double click that is not on the same thing as the first: a dialog or a menu closed in between. */
export function bindClicks() {
  let first = null;
  const check = (event) => {
    if (event.detail < 1) return; // By a key, or by a script.
    if (event.detail === 1) first = thing(event.target);
    else if (thing(event.target) !== first) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  for (const kind of ["click", "dblclick"]) addEventListener(kind, check, { capture: true });
}
