// Images, sound, films and PDF: shown by the browser itself.

import { h } from "../core/dom.js";
import { size, visible } from "../core/format.js";
import { t } from "../core/i18n.js";

const types = {
  png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", avif: "image/avif",
  svg: "image/svg+xml", bmp: "image/bmp", ico: "image/x-icon",
  mp3: "audio/mpeg", ogg: "audio/ogg", oga: "audio/ogg", opus: "audio/ogg", wav: "audio/wav", flac: "audio/flac",
  m4a: "audio/mp4", aac: "audio/aac",
  mp4: "video/mp4", m4v: "video/mp4", webm: "video/webm", mov: "video/mp4", ogv: "video/ogg",
  pdf: "application/pdf",
};

/** The type that the object says, else the one of its name's ending. */
export function mediaType(name, type) {
  if (/^(image|audio|video)\//.test(type) || type === "application/pdf") return type;
  const isVague = !type || /octet-stream$/.test(type);
  return isVague ? types[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? null : null;
}

/** Larger ones are streamed or downloaded. */
const largestBlob = 64 * 1024 * 1024;

const failure = () => h("p", { class: "notice" }, t("cannotShow"));

/** Resolves with an element; `release` frees what it holds. */
export async function mediaView(source, name, type, signal) {
  const isVague = source.type !== type;
  const mustCopy = type === "application/pdf" || type === "image/svg+xml" || isVague;
  if (mustCopy && source.size > largestBlob) return { element: h("p", { class: "notice" }, t("tooLarge", { size: size(source.size) })) };
  const address = mustCopy ? URL.createObjectURL(await source.blob(type, signal)) : source.url;
  const release = () => mustCopy && URL.revokeObjectURL(address);
  const label = visible(name);
  if (type === "application/pdf") {
    return { element: h("iframe", { class: "pdf", src: address, title: label }), release };
  }
  if (type.startsWith("image/")) {
    const facts = h("figcaption", { class: "soft" });
    const image = h("img", { alt: label });
    const element = h("figure", { class: "image" }, image, facts);
    image.onload = () => (facts.textContent = `${image.naturalWidth} × ${image.naturalHeight} · ${size(source.size)}`);
    image.onerror = () => element.replaceChildren(failure());
    image.src = address;
    return { element, release };
  }
  const kind = type.startsWith("audio/") ? "audio" : "video";
  const player = h(kind, { controls: true, preload: "metadata", "aria-label": label });
  const element = h("figure", { class: kind }, player);
  player.onerror = () => element.replaceChildren(failure());
  player.src = address;
  return {
    element,
    release: () => {
      player.removeAttribute("src");
      player.load();
      release();
    },
  };
}
