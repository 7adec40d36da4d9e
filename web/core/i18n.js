// The page's language: chosen by its user, else the browser's.

import { messages as shared } from "./messages.js";
import { messages as panel } from "../panel/messages.js";
import { messages as snapshots } from "../snapshots/messages.js";
import { remember, remembered } from "./page-data.js";

const messages = { ...shared, ...panel, ...snapshots };

export const languages = { en: "English", ja: "日本語" };

const wanted = [remembered("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
export const language = wanted.find((tag) => tag in languages) ?? "en";
document.documentElement.lang = language;

const column = language === "ja" ? 1 : 0;
const plural = new Intl.PluralRules(language);

/**
 * The message of a key with its {places} filled. Where {n} is a number, the form "key.one" and so on of the language's
 * plural rules, if there is one. A key without a message is returned itself.
 */
export function t(key, places = {}) {
  const count = typeof places.n === "number" ? places.n : Number.NaN;
  const row = (!Number.isNaN(count) && messages[`${key}.${plural.select(count)}`]) || messages[key];
  if (!row) return key;
  return row[column].replace(/\{(\w+)\}/g, (whole, name) => {
    if (!(name in places)) console.error(`The message ${key} is used without its {${name}}.`);
    return typeof places[name] === "number" ? grouped.format(places[name]) : places[name] ?? "";
  });
}

const grouped = new Intl.NumberFormat(language);

export function setLanguage(tag) {
  remember("language", tag);
  location.reload();
}
