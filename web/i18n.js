// The page's language: chosen by its user, else the browser's.

import { messages } from "./messages.js";
import { remember, remembered } from "./settings.js";

export const languages = { en: "English", ja: "日本語" };

const wanted = [remembered("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
export const language = wanted.find((tag) => tag in languages) ?? "en";
document.documentElement.lang = language;

const column = language === "ja" ? 1 : 0;

/** The message of a key with its {places} filled; where {n} is 1, the form "key.one" if there is one. */
export function t(key, places = {}) {
  const row = (String(places.n) === "1" && messages[`${key}.one`]) || messages[key];
  if (!row) return key;
  return row[column].replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);
}

export function setLanguage(tag) {
  remember("language", tag);
  location.reload();
}
