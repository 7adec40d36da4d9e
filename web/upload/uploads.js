// Uploads as a job: each file is one PUT that refuses to replace, with progress, and a question where its name is taken.

import * as api from "../core/api.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { nameOf, numbered, parentOf, urlOf } from "../core/paths.js";
import { askReplace, condition } from "../core/seen.js";

/** One PUT over what was seen there (null: nothing): { status, message, etag }; status 0 where the connection broke. */
function send(path, file, { seen, signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const answer = (message) => resolve({ status: request.status, message, etag: request.getResponseHeader("ETag") });
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => answer(api.inWords(request.status, request.responseText.trim().slice(0, 300) || `HTTP ${request.status}`));
    request.onerror = () => answer(t("connectionLost"));
    request.onabort = () => reject(new DOMException(t("cancelled"), "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.open("PUT", api.absolute(urlOf(path)));
    request.setRequestHeader("Accept", "text/plain");
    if (file) {
      for (const [name, value] of Object.entries(condition(seen?.etag ?? null))) request.setRequestHeader(name, value);
      if (file.type) request.setRequestHeader("Content-Type", file.type);
    }
    request.send(file ?? null);
  });
}

async function store(jobs, unit, { exists, signal, progress }) {
  const wanted = unit.path;
  let number = 1;
  let seen = null;
  let isTaken = Boolean(unit.file && exists(wanted));
  let isAnew = false;
  for (;;) {
    if (isTaken && number === 1) {
      const mine = { type: "object", size: unit.size, modified: new Date(unit.file.lastModified).toISOString() };
      const answer = await askReplace(jobs, unit, wanted, { mine, isAnew, signal });
      seen = answer.seen;
      if (answer.choice !== "replace") number = 2;
    }
    unit.path = number > 1 ? parentOf(wanted) + numbered(nameOf(wanted), number) : wanted;
    const answer = await send(unit.path, unit.file, { seen: number > 1 ? null : seen, signal, progress });
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status !== 412) throw new api.Refused(answer.status, answer.message);
    // Somebody else was quicker; again, if that was asked about already.
    if (number > 1) number += 1;
    isAnew = isTaken;
    isTaken = true;
  }
}

/**
 * The description of a job that stores files: { path, file }, { path } ending in "/" for a directory, or { path, error }
 * for one that the browser could not read. `exists` knows names already; `each(entry)` is called with what was stored.
 */
export function upload(jobs, files, { below, exists, each, ended }) {
  const units = files.map(({ path, file, error }) => ({
    label: visible(path.startsWith(below) ? path.slice(below.length) : path),
    path,
    file,
    size: file?.size ?? 0,
    run: async (unit, { signal, progress }) => {
      if (error) throw new Error(t("unreadable"));
      const { etag } = await store(jobs, unit, { exists, signal, progress });
      each({ path: unit.path, type: unit.path.endsWith("/") ? "directory" : "object", size: unit.size, etag, modified: new Date().toISOString() });
    },
  }));
  return { kind: "upload", units, target: below, ended };
}
