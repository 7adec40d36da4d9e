// Uploads as a job: each file is one PUT that refuses to replace, with progress, and a question where its name is taken.

import * as api from "../core/api.js";
import { askConflict } from "../core/dialogs.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { nameOf, numbered, parentOf, urlOf } from "../core/paths.js";

/** One PUT: { status, message, etag }; status 0 where the connection broke. */
function send(path, file, { replaces, signal, progress }) {
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
      if (!replaces) request.setRequestHeader("If-None-Match", "*");
      if (file.type) request.setRequestHeader("Content-Type", file.type);
    }
    request.send(file ?? null);
  });
}

async function store(jobs, unit, { exists, signal, progress }) {
  const wanted = unit.path;
  let number = 1;
  let replaces = false;
  let isAsked = Boolean(unit.file && exists(wanted));
  for (;;) {
    if (isAsked && !replaces && number === 1) {
      const mine = { type: "object", size: unit.size, modified: new Date(unit.file.lastModified).toISOString() };
      const ask = async (options) => askConflict(wanted, { ...options, mine, there: await api.entryOf(wanted).catch(() => null) });
      if ((await jobs.decide(unit, ask)) === "replace") replaces = true;
      else number = 2;
    }
    unit.path = number > 1 ? parentOf(wanted) + numbered(nameOf(wanted), number) : wanted;
    const answer = await send(unit.path, unit.file, { replaces, signal, progress });
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status !== 412 || replaces) throw new api.Refused(answer.status, answer.message);
    // Somebody else was quicker.
    if (number > 1) number += 1;
    isAsked = true;
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
