// Reads objects: a part by a range, or the beginning of a stream that is then cut.

import { Refused, request } from "../core/api.js";
import { t } from "../core/i18n.js";

/** How much of an object a preview reads at first. */
export const firstPart = 256 * 1024;

/**
 * Where an object's bytes are: url, size, etag, type. `read` gives bytes from an offset; less where the object ends.
 * `isEncoded`: the browser undoes a Content-Encoding, so that ranges mean nothing and only streaming from the start works.
 */
export class Source {
  constructor(url, size, type, { etag = null, isEncoded = false } = {}) {
    Object.assign(this, { url, size, type, etag, isEncoded });
  }

  /** Reads the first part, and learns what the answer says of the object. */
  static async open(url, { size, signal } = {}) {
    const { response, isEncoded } = await begun(url, size, signal);
    const whole = /\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1];
    const length = Number(whole ?? response.headers.get("Content-Length") ?? size ?? 0);
    const type = (response.headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
    const source = new Source(url, length, type, { etag: response.headers.get("ETag"), isEncoded });
    try {
      source.first = await take(response.body, firstPart);
    } catch (error) {
      if (!isEncoded || error.name === "AbortError") throw error;
      throw new Refused(0, t("badEncoding", { name: response.headers.get("Content-Encoding") }));
    }
    return source;
  }

  get isWhole() {
    return !this.isEncoded ? this.first.length >= this.size : this.first.length < firstPart;
  }

  async read(offset, count, signal) {
    if (offset === 0 && count <= this.first?.length) return this.first.subarray(0, count);
    if (this.isEncoded) return (await this.begin(offset + count, signal)).subarray(offset);
    const last = Math.min(offset + count, this.size) - 1;
    if (last < offset) return new Uint8Array();
    const headers = { Accept: "*/*", Range: `bytes=${offset}-${last}`, ...(this.etag ? { "If-Range": this.etag } : {}) };
    const response = await request(this.url, { headers, signal, fresh: true });
    const bytes = await take(response.body, response.status === 206 ? count : offset + count);
    return response.status === 206 ? bytes : bytes.subarray(offset);
  }

  /** The beginning, by reading a stream. */
  async begin(limit, signal) {
    const response = await request(this.url, { headers: { Accept: "*/*" }, signal, fresh: true });
    return take(response.body, limit);
  }

  /** The beginning of what gzip holds. */
  async inflated(limit, signal) {
    const response = await request(this.url, { headers: { Accept: "*/*" }, signal, fresh: true });
    return take(response.body.pipeThrough(new DecompressionStream("gzip")), limit);
  }

  async blob(type = this.type, signal) {
    const response = await request(this.url, { headers: { Accept: "*/*" }, signal, fresh: true });
    return new Blob([await response.arrayBuffer()], { type });
  }
}

/**
 * The answer to a request for the beginning. A browser undoes a Content-Encoding only of a whole answer, not of a range: it
 * fails there before any header can be read. So where a range fails, a HEAD says why, and the whole is streamed.
 */
async function begun(url, size, signal) {
  const options = { headers: { Accept: "*/*" }, signal, fresh: true };
  const range = { ...options, headers: { Accept: "*/*", Range: `bytes=0-${firstPart - 1}` } };
  const encodingOf = (response) => Boolean(response.headers.get("Content-Encoding"));
  if (size !== 0) {
    try {
      const response = await request(url, range);
      if (!encodingOf(response)) return { response, isEncoded: false };
      await response.body?.cancel();
    } catch (error) {
      // 416: it is empty. 0: the browser could make nothing of the bytes, or there was no answer.
      if (error.status !== 416 && error.status !== 0) throw error;
      if (error.status === 0) {
        const head = await request(url, { ...options, method: "HEAD" });
        if (!encodingOf(head)) throw error;
        const response = await request(url, options).catch((failure) => {
          throw failure.status === 0 ? new Refused(0, t("badEncoding", { name: head.headers.get("Content-Encoding") })) : failure;
        });
        return { response, isEncoded: true };
      }
    }
  }
  const response = await request(url, options);
  return { response, isEncoded: encodingOf(response) };
}

/** Bytes of a stream up to a limit; the rest is not asked for. */
export async function take(stream, limit) {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  const parts = [];
  let count = 0;
  while (count < limit) {
    const { value, done } = await reader.read().catch((error) => {
      // A truncated gzip still shows what could be read.
      if (count) return { done: true };
      throw error;
    });
    if (done) break;
    parts.push(value);
    count += value.length;
  }
  reader.cancel().catch(() => {});
  const bytes = new Uint8Array(Math.min(count, limit));
  let at = 0;
  for (const part of parts) {
    const piece = part.subarray(0, bytes.length - at);
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export const isGzip = (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b;
export const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5) && bytes[3] === bytes[2] + 1;

/** UTF-16 by its mark, else UTF-8. */
export function encodingOf(bytes) {
  const mark = (bytes[0] << 8) | bytes[1];
  return mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
}

/** The text of bytes that are UTF-8, or UTF-16 with its mark; null for what is no text. A cut last sign is left out. */
export function textOf(bytes, { isCut = false } = {}) {
  const encoding = encodingOf(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut });
    return encoding === "utf-8" && /[\0-\x08\x0E-\x1A]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

const legacy = ["Shift_JIS", "EUC-JP"];

/** The text of bytes in an older Japanese encoding: { text, encoding }; null for what is none, or none surely. */
export function legacyTextOf(bytes, { isCut = false } = {}) {
  for (const encoding of legacy) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: isCut });
      // Bytes that happen to decode are mostly half-width kana and rare signs: kana or common kanji must be there.
      if (/^[\t\r\n\x20-\x7E\u3000-\u30FF\u4E00-\u9FFF\uFF01-\uFF5E]*$/.test(text) && /[\u3040-\u30FF\u4E00-\u9FFF]/.test(text)) return { text, encoding };
    } catch {
      // The next one, perhaps.
    }
  }
  return null;
}
