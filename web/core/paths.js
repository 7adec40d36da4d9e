// Paths are "/" (the buckets), "/bucket/", "/bucket/dir/" and "/bucket/dir/object": true names, unescaped.

import { base } from "./page-data.js";

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The URL of a path. Browsers remove segments "." and ".." also when escaped; in a key that holds such, the slashes
 * are escaped instead (the gateway does the same).
 */
export function urlOf(path) {
  const [bucket, ...segments] = path.slice(1).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) return `${base}/${encode(path.slice(1))}`;
  return `${base}/${[bucket, ...segments].map(encode).join("/")}`;
}

export const isDirectory = (path) => path.endsWith("/");
export const isBucket = (path) => path.indexOf("/", 1) === path.length - 1 && path !== "/";

export function parentOf(path) {
  const cut = path.lastIndexOf("/", isDirectory(path) ? path.length - 2 : path.length);
  return path === "/" ? "/" : path.slice(0, cut + 1) || "/";
}

export function nameOf(path) {
  const trimmed = isDirectory(path) ? path.slice(0, -1) : path;
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** "/", "/bucket/", "/bucket/dir/" for "/bucket/dir/". */
export function chainOf(path) {
  const chain = [path];
  while (chain[0] !== "/") chain.unshift(parentOf(chain[0]));
  return chain;
}

export const bucketOf = (path) => path.slice(1).split("/", 1)[0];
export const keyOf = (path) => path.slice(path.indexOf("/", 1) + 1);
export const s3URI = (path) => `s3://${path.slice(1)}`;

/** An entry as the gateway shortens it, with the path and URL that follow from where it stands. */
export function completed(entry, directory) {
  if (entry.path) return entry;
  const type = entry.type ?? "object";
  const path = directory + entry.name + (type === "object" ? "" : "/");
  return { ...entry, type, path, url: urlOf(path) };
}

/** name.txt → name (2).txt; a folder's dots are part of its name. */
export function numbered(name, number, isFolder = false) {
  const dot = isFolder ? -1 : name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${stem} (${number})${dot > 0 ? name.slice(dot) : ""}`;
}
