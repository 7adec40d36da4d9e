// What was dropped on the page or chosen in a dialog, as files with their paths; folders are walked.

/** A number of files waits for the browser's own slow reading; an empty folder is kept as a directory. */
async function* walk(entry, directory) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    yield { path: directory + entry.name, file };
    return;
  }
  const reader = entry.createReader();
  let isEmpty = true;
  for (;;) {
    // At most 100 at a time, an empty batch at the end.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) break;
    isEmpty = false;
    for (const child of batch) yield* walk(child, `${directory}${entry.name}/`);
  }
  if (isEmpty) yield { path: `${directory}${entry.name}/` };
}

/** Everything in a drop, below the directory. */
export async function dropped(transfer, directory) {
  // Entries must be taken before the first await: the transfer is emptied afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files];
  if (!entries.length) return files.map((file) => ({ path: directory + file.name, file }));
  const found = [];
  for (const entry of entries) for await (const item of walk(entry, directory)) found.push(item);
  return found;
}

/** The files of an input, whole folders with their paths. */
export const chosen = (input, directory) =>
  [...input.files].map((file) => ({ path: directory + (file.webkitRelativePath || file.name), file }));

/** Calls `take` with what is dropped anywhere on the page, and marks the page while something hovers. */
export function acceptDrops(isWelcome, take) {
  let depth = 0;
  const mark = (on) => document.body.classList.toggle("dropping", on);
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event) || !isWelcome()) return;
    depth += 1;
    mark(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) mark(false);
  });
  // Without this the browser would open the file in place of the page.
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    mark(false);
    if (isWelcome()) take(event.dataTransfer);
  });
}
