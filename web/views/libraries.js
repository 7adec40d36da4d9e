// The libraries that the page uses, loaded when they are first needed: CodeMirror shows and edits texts; markdown-it and
// jsdiff run in a worker, which is ended when a text is too much for them. All are files of this gateway.

import { t } from "../core/i18n.js";

const scripts = new Map();
const address = (name) => new URL(`../vendor/${name}`, import.meta.url);

function script(name) {
  if (!scripts.has(name)) {
    const loaded = new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.addEventListener("load", resolve);
      element.addEventListener("error", () => (scripts.delete(name), reject(new Error(t("noAnswer")))));
      element.src = address(name);
      document.head.append(element);
    });
    scripts.set(name, loaded);
  }
  return scripts.get(name);
}

/** What each mode needs before it. */
const needs = { htmlmixed: ["xml", "javascript", "css"], markdown: ["xml"], rust: ["simple"], dockerfile: ["simple"] };

/** The mode of a name's ending: [file, MIME type]. */
const modes = [
  [/\.(json|jsonl|ndjson|har|map)$/i, "javascript", "application/json"],
  [/\.(m|c)?jsx?$/i, "javascript", "text/javascript"],
  [/\.tsx?$/i, "javascript", "text/typescript"],
  [/\.(py|pyi)$/i, "python", "text/x-python"],
  [/\.ya?ml$/i, "yaml", "text/x-yaml"],
  [/\.(xml|svg|xsd|xsl|plist|pom)$/i, "xml", "application/xml"],
  [/\.css$/i, "css", "text/css"],
  [/\.html?$/i, "htmlmixed", "text/html"],
  [/\.(sh|bash|zsh|env)$/i, "shell", "text/x-sh"],
  [/\.sql$/i, "sql", "text/x-sql"],
  [/\.go$/i, "go", "text/x-go"],
  [/\.rs$/i, "rust", "text/x-rustsrc"],
  [/\.swift$/i, "swift", "text/x-swift"],
  [/\.(rb|gemspec)$|^(Gemfile|Rakefile)$/i, "ruby", "text/x-ruby"],
  [/\.(c|h)$/i, "clike", "text/x-csrc"],
  [/\.(cc|cpp|cxx|hpp|hh)$/i, "clike", "text/x-c++src"],
  [/\.java$/i, "clike", "text/x-java"],
  [/\.kts?$/i, "clike", "text/x-kotlin"],
  [/\.cs$/i, "clike", "text/x-csharp"],
  [/\.scala$/i, "clike", "text/x-scala"],
  [/\.(md|markdown)$/i, "markdown", "text/x-markdown"],
  [/\.toml$/i, "toml", "text/x-toml"],
  [/\.(properties|ini|cfg|conf)$/i, "properties", "text/x-properties"],
  [/\.(diff|patch)$/i, "diff", "text/x-diff"],
  [/(^|\.)dockerfile$/i, "dockerfile", "text/x-dockerfile"],
];

/** CodeMirror's constructor, with the mode for a name: { CodeMirror, mode } (null: plain). */
export async function codeMirror(name) {
  await script("codemirror.js");
  await Promise.all([script("searchcursor.js"), script("simple.js")]);
  const found = modes.find(([pattern]) => pattern.test(name));
  if (found) {
    await Promise.all((needs[found[1]] ?? []).filter((mode) => mode !== "simple").map((mode) => script(`mode/${mode}.js`)));
    await script(`mode/${found[1]}.js`);
  }
  return { CodeMirror: globalThis.CodeMirror, mode: found?.[2] ?? null };
}

/** Lets a worker do something; undefined where it did not end within `seconds`. */
export function inWorker(message, seconds) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    const end = (answer) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), seconds * 1000);
    worker.addEventListener("message", (event) => end(event.data));
    worker.addEventListener("error", (event) => (event.preventDefault(), end(undefined)));
    worker.postMessage(message);
  });
}
