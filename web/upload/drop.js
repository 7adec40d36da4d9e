// What was dropped on the page, pasted or chosen in a dialog, as files with their paths; folders are walked.

/** Files wait for the browser's own slow reading; an empty folder is kept as a directory, an unreadable file is named. */
async function* walk(entry, directory) {
  if (entry.isFile) {
    const path = directory + entry.name;
    yield await new Promise((resolve) => entry.file((file) => resolve({ path, file }), (error) => resolve({ path, error })));
    return;
  }
  const reader = entry.createReader();
  let isEmpty = true;
  for (;;) {
    // At most 100 at a time, an empty batch at the end.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch((error) => error);
    if (batch instanceof Error || !Array.isArray(batch)) {
      yield { path: `${directory}${entry.name}`, error: batch };
      return;
    }
    if (!batch.length) break;
    isEmpty = false;
    for (const child of batch) yield* walk(child, `${directory}${entry.name}/`);
  }
  if (isEmpty) yield { path: `${directory}${entry.name}/` };
}

/** Everything in a drop or a paste, below the directory. */
export async function dropped(transfer, directory) {
  // Entries must be taken before the first await: the transfer is emptied afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files];
  if (!entries.length) return files.map((file) => ({ path: directory + (file.name || "pasted"), file }));
  const found = [];
  for (const entry of entries) for await (const item of walk(entry, directory)) found.push(item);
  return found;
}

/** The files of an input, whole folders with their paths. */
export const chosen = (input, directory) =>
  [...input.files].map((file) => ({ path: directory + (file.webkitRelativePath || file.name), file }));
