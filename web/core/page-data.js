// The data that the server sent with the page, and what this browser remembers of its user.

const element = document.getElementById("listing");

/** The listing and its surroundings: { path, root, readOnly, footer, auth, entries, query?, truncated? }. */
export const initial = element ? JSON.parse(element.textContent) : null;
element?.remove();

export const readOnly = initial?.readOnly ?? false;
/** The gateway's own path before every path of a bucket: "" or "/prefix". */
export const base = (initial?.root ?? "/").replace(/\/$/, "");

export function remembered(name) {
  try {
    return localStorage.getItem(`localstackmount.${name}`);
  } catch {
    return null; // Storage may be forbidden; the page works without.
  }
}

export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`localstackmount.${name}`);
    else localStorage.setItem(`localstackmount.${name}`, value);
  } catch {
    // As above.
  }
}

const themes = ["system", "light", "dark"];

export function theme() {
  const chosen = remembered("theme");
  return themes.includes(chosen) ? chosen : "system";
}

export function applyTheme(name = theme()) {
  remember("theme", name === "system" ? null : name);
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

export function nextTheme() {
  const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
  applyTheme(next);
  return next;
}
