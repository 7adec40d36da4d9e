// Runs before anything is painted, so that a chosen theme never flashes in another colour. Chosen in core/page-data.js.
try {
  const theme = localStorage.getItem("localstackmount.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's colours then.
}
