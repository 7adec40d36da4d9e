// Requests to the gateway, and what its refusals say.

import { urlOf } from "./paths.js";
import { t } from "./i18n.js";

/** A request that was not done: the status (0 where there was no answer) and the gateway's sentence. */
export class Refused extends Error {
  constructor(status, message, etag) {
    super(message);
    this.status = status;
    this.etag = etag;
  }

  /** Whether this gateway does not know what was asked, or the bucket cannot do it. */
  get isMissing() {
    return [400, 404, 405, 415, 501].includes(this.status);
  }
}

/** `fresh`: neither this browser's nor the gateway's memory will do. */
export async function request(url, { method = "GET", headers = {}, body, signal, fresh = false } = {}) {
  let response;
  try {
    response = await fetch(url, { method, headers: { Accept: "application/json", ...headers }, body, signal, cache: fresh ? "no-store" : "default" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, t("noAnswer"));
  }
  if (response.ok || response.status === 304) return response;
  throw new Refused(response.status, await sentence(response), response.headers.get("ETag"));
}

async function sentence(response) {
  const text = await response.text().catch(() => "");
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.trim().slice(0, 300) || `HTTP ${response.status}`;
  }
}

export const json = async (url, options) => (await request(url, options)).json();

/** A listing; `fresh` asks S3 instead of the gateway's short memory. */
export const list = (path, { fresh = false, signal } = {}) =>
  json(`${urlOf(path)}?json`, { signal, fresh });

/** Entries below a directory whose path holds the words, one after another as they are found. */
export const search = (path, words, signal) => lines(`${urlOf(path)}?q=${encodeURIComponent(words)}`, signal);

/** Everything below a directory. */
export const below = (path, signal) => lines(`${urlOf(path)}?recursive`, signal);

async function* lines(url, signal) {
  const response = await request(url, { headers: { Accept: "application/x-ndjson" }, signal });
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

export const makeDirectory = (path) => request(urlOf(path), { method: "PUT" });

/** Deletes; a directory with everything in it. */
export const remove = (path) =>
  request(`${urlOf(path)}${path.endsWith("/") ? "?recursive" : ""}`, { method: "DELETE" });

/** Moves or copies ("move", "copy"). A directory's destination ends in "/". */
export const relocate = (verb, from, to, replace = false) =>
  request(`${urlOf(from)}?${verb}=${encodeURIComponent(to)}${replace ? "&replace" : ""}`, { method: "POST" });

export const put = (path, body, headers = {}) => request(urlOf(path), { method: "PUT", body, headers });

/** What is known of an object, in one shape whichever version of the gateway answers. */
export async function meta(path) {
  const answer = await json(`${urlOf(path)}?meta`, { fresh: true });
  const named = {
    "content-type": answer.contentType,
    "cache-control": answer.cacheControl,
    "content-disposition": answer.contentDisposition,
    "content-encoding": answer.contentEncoding,
    "content-language": answer.contentLanguage,
    expires: answer.expires,
  };
  const headers = {};
  for (const [name, value] of Object.entries({ ...named, ...answer.headers })) {
    if (typeof value === "string" && value !== "") headers[name.toLowerCase()] = value;
  }
  return { ...answer, headers, metadata: answer.metadata ?? {}, tags: answer.tags ?? null };
}

export const setMeta = (path, change, etag) =>
  request(`${urlOf(path)}?meta`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(etag ? { "If-Match": etag } : {}) },
    body: JSON.stringify(change),
  });

export const versions = async (path) => (await json(`${urlOf(path)}?versions`, { fresh: true })).versions ?? [];
export const restore = (path, id) =>
  request(`${urlOf(path)}?restore=${encodeURIComponent(id)}`, { method: "POST" });

export async function presign(path, { host, expires }) {
  const query = [`presign`, `expires=${expires}`, host ? `host=${encodeURIComponent(host)}` : ""].filter(Boolean);
  return (await json(`${urlOf(path)}?${query.join("&")}`)).url;
}

/** The mount's files that S3 has not taken: [{ path, size, reason }]. */
export const unsaved = async () => (await json(`${urlOf("/")}-/unsaved`, { fresh: true })).unsaved;

let healthAnswer;

/** { endpointURL, region, … } of the gateway. */
export function health() {
  const local = { endpointURL: "http://localhost:4566", region: "us-east-1" };
  healthAnswer ??= json(`${urlOf("/")}-/health`).then(
    (answer) => {
      const named = /https?:\/\/[^\s,)]+/.exec(answer.endpoint ?? "")?.[0];
      return { ...answer, endpointURL: answer.endpointURL ?? named ?? local.endpointURL, region: answer.region ?? local.region };
    },
    () => local,
  );
  return healthAnswer;
}
