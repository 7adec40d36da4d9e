// Requests to the gateway, and what its refusals say, in the page's language.

import { language, t } from "./i18n.js";
import { isBucket, urlOf } from "./paths.js";

/** A request that was not done: the status (0 where there was no answer), and a sentence. `detail` is the gateway's own. */
export class Refused extends Error {
  constructor(status, message, { etag = null, detail = message } = {}) {
    super(message);
    Object.assign(this, { status, etag, detail });
  }

  /** Whether this gateway does not know the request, or the bucket cannot do it. */
  get isMissing() {
    return [404, 405, 415, 501].includes(this.status);
  }
}

/** Absolute: a document's own URL may hold a password, and with such a base no request can be made. */
export const absolute = (url) => location.origin + url;

// What is awaited

let awaited = 0;
const watchers = new Set();

/** Calls `listener(count)` whenever the number of requests that a person waits for changes. */
export const onAwaited = (listener) => watchers.add(listener);

function count(step) {
  awaited += step;
  for (const listener of watchers) listener(awaited);
}

/** Counts as awaited until a promise settles. */
export async function awaiting(promise) {
  count(1);
  try {
    return await promise;
  } finally {
    count(-1);
  }
}

/** `fresh`: neither this browser's nor the gateway's memory will do. `quiet`: nobody waits for it. */
export function request(url, options = {}) {
  return options.quiet ? send(url, options) : awaiting(send(url, options));
}

async function send(url, { method = "GET", headers = {}, body, signal, fresh = false }) {
  let response;
  try {
    response = await fetch(absolute(url), { method, headers: { Accept: "application/json", ...headers }, body, signal, cache: fresh ? "no-store" : "default" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (error.name === "TimeoutError") throw new Refused(0, t("refused.504"));
    throw new Refused(0, t("noAnswer"), { detail: error.message });
  }
  if (response.ok || response.status === 304) return response;
  const said = await sentence(response);
  throw new Refused(response.status, inWords(response.status, said), { etag: response.headers.get("ETag"), detail: said });
}

async function sentence(response) {
  const text = await response.text().catch(() => "");
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.trim().slice(0, 300) || `HTTP ${response.status}`;
  }
}

const tooTechnical = [500, 502, 503, 504];

/** The gateway's sentences are English and exact; a fault of S3 or another language gets a sentence of the page's own. */
export function inWords(status, said) {
  if (language === "en" && !tooTechnical.includes(status)) return said;
  const own = t(`refused.${status}`);
  return own === `refused.${status}` ? said : own;
}

export const json = async (url, options) => (await request(url, options)).json();

/** A listing; `fresh` asks S3 instead of the gateway's short memory. */
export const list = (path, { fresh = false, signal, quiet = false } = {}) => json(`${urlOf(path)}?json`, { signal, fresh, quiet });

/** Entries below a directory whose path holds the words, one after another as they are found. */
export const search = (path, words, signal) => lines(`${urlOf(path)}?q=${encodeURIComponent(words)}`, signal);

/** Everything below a directory. */
export const below = (path, signal, quiet = false) => lines(`${urlOf(path)}?recursive`, signal, quiet);

async function* lines(url, signal, quiet = false) {
  const response = await request(url, { headers: { Accept: "application/x-ndjson" }, signal, quiet });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const whole = (rest + (value ?? "")).split("\n");
    rest = done ? "" : whole.pop();
    const found = whole.filter((line) => line).map((line) => JSON.parse(line));
    if (found.length) yield found.filter((item) => item.path);
    if (done) return;
  }
}

export const makeDirectory = (path, signal) => request(urlOf(path), { method: "PUT", signal });

/** Deletes an object, if it has that ETag; a directory with everything in it. Called by seen.js only. */
export const remove = (path, { etag, signal }) =>
  request(`${urlOf(path)}${path.endsWith("/") ? "?recursive" : ""}`, { method: "DELETE", headers: etag ? { "If-Match": etag } : {}, signal });

/**
 * Moves or copies ("move", "copy"). A directory's destination ends in "/". Resolves with what is there then: { etag } of an
 * object, { state } of a directory, null for what is not in S3 yet. `seen`: such an answer of before, for what is moved only
 * as long as it is that.
 */
export async function relocate(verb, from, to, { replace = false, seen = null, signal } = {}) {
  const query = [`${verb}=${encodeURIComponent(to)}`, replace ? "replace" : "", seen?.state ? `state=${seen.state}` : ""].filter(Boolean);
  const { headers } = await request(`${urlOf(from)}?${query.join("&")}`, { method: "POST", headers: seen?.etag ? { "If-Match": seen.etag } : {}, signal });
  const made = { etag: headers.get("ETag"), state: headers.get("X-State") };
  return made.etag || made.state ? made : null;
}

export const put = (path, body, headers = {}) => request(urlOf(path), { method: "PUT", body, headers });

/** Another body for an object that keeps everything else: headers, metadata, tags, storage class, redirect. */
export const putKeeping = (path, body, headers = {}) => request(`${urlOf(path)}?keep`, { method: "PUT", body, headers });

/** What is known of a path: { size, modified, etag, type, headers, metadata, tags, … }. */
export async function meta(path, options = {}) {
  const answer = await json(`${urlOf(path)}?meta`, { fresh: true, ...options });
  return { ...answer, headers: answer.headers ?? {}, metadata: answer.metadata ?? {}, tags: answer.tags ?? null };
}

/** The bytes of the object that is a folder's own (its marker, whose key ends in "/"); 0 where it has none. */
export async function ownSize(path, options) {
  if (isBucket(path)) return 0;
  const { marker } = await meta(path, options).catch(() => ({}));
  return marker?.size ?? 0;
}

/** Sets what is named, removes what is null, leaves the rest. */
export const setMeta = (path, change, etag) =>
  request(`${urlOf(path)}?meta`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(etag ? { "If-Match": etag } : {}) },
    body: JSON.stringify(change),
  });

/** The present state of one object as an entry of a listing; null where it does not exist. */
export async function entryOf(path, options = {}) {
  try {
    const response = await request(urlOf(path), { method: "HEAD", headers: { Accept: "*/*" }, fresh: true, ...options });
    // Where only the folder exists, its page answers.
    if (response.redirected) return null;
    const modified = response.headers.get("Last-Modified");
    return {
      path,
      type: "object",
      size: Number(response.headers.get("Content-Length") ?? 0),
      etag: response.headers.get("ETag"),
      modified: modified && new Date(modified).toISOString(),
    };
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Has a bucket keep versions, or no new ones. */
export const setVersioning = (path, isOn) =>
  request(`${urlOf(path)}?meta`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ versioning: isOn ? "Enabled" : "Suspended" }) });

/** What was deleted below a folder: { deleted: [{ path, size, deleted, versionId }], truncated }. */
export const deleted = (path, signal) => json(`${urlOf(path)}?deleted`, { fresh: true, signal });

/** The versions of an object, or of a folder's own object. */
export const versions = async (path, signal, quiet = false) => (await json(`${urlOf(path)}?versions`, { fresh: true, signal, quiet })).versions ?? [];
/** Restores a version over the object with that ETag; null: where there is none. Called by seen.js only. */
export const restore = (path, id, { etag, signal }) =>
  request(`${urlOf(path)}?restore=${encodeURIComponent(id)}`, { method: "POST", headers: etag === null ? { "If-None-Match": "*" } : { "If-Match": etag }, signal });

// Snapshots: the gateway keeps states of buckets under names

const snapshotURL = (name) => `${urlOf("/")}-/snapshots${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;

export const snapshots = async (signal) => (await json(snapshotURL(), { fresh: true, signal })).snapshots;

let offered;

/** Whether this gateway has snapshots, or may have. Reads its disk, and sends S3 no request. */
export const snapshotsWork = () => (offered ??= json(snapshotURL(), { quiet: true }).then(() => true, (error) => error.status !== 403));

/** Saves these buckets, or all: { buckets, objects, fetched }. */
export const saveSnapshot = (name, buckets) => json(`${snapshotURL(name)}?${buckets.map((bucket) => `bucket=${encodeURIComponent(bucket)}`).join("&")}`, { method: "POST" });

/** What is different now, or in another snapshot: { differences, summary }. */
export const compareSnapshot = (name, other, signal) => json(`${snapshotURL(name)}?json&diff=${encodeURIComponent(other ?? "")}`, { fresh: true, signal });

/** What restoring a snapshot would change: { changes: [{ action, uri }], summary, state }. */
export const previewSnapshot = (name) => json(`${snapshotURL(name)}?restore&preview`, { method: "POST" });

/** Does what a preview showed: 412, and nothing, where the buckets have changed since. */
export const restoreSnapshot = (name, state) => json(`${snapshotURL(name)}?restore&state=${encodeURIComponent(state)}`, { method: "POST" });

export const removeSnapshot = (name) => request(snapshotURL(name), { method: "DELETE" });

export async function presign(path, { host, expires }) {
  const query = [`presign`, `expires=${expires}`, host ? `host=${encodeURIComponent(host)}` : ""].filter(Boolean);
  return (await json(`${urlOf(path)}?${query.join("&")}`)).url;
}

/** The mount's files that S3 has not taken: [{ path, size, reason }]. */
export const unsaved = async () => (await json(`${urlOf("/")}-/unsaved`, { fresh: true, quiet: true })).unsaved;

let known;

/** { endpointURL, region, … } of the gateway. */
export async function endpoint() {
  known ??= json(`${urlOf("/")}-/health`, { quiet: true });
  try {
    return await known;
  } catch {
    known = undefined;
    return { endpointURL: "http://localhost:4566", region: "us-east-1" };
  }
}

/** How well the gateway and S3 are: "well", "s3" where S3 does not answer, "gateway" where nothing does. */
export async function health(patience) {
  try {
    const response = await fetch(absolute(`${urlOf("/")}-/health`), { cache: "no-store", signal: AbortSignal.timeout(patience) });
    return response.ok ? "well" : response.status === 503 ? "s3" : "gateway";
  } catch {
    return "gateway";
  }
}
