// Markdown as elements: parsed by markdown-it in a worker, drawn here. Markup inside is text; pictures are named, not
// fetched; links go to http, https and mailto only.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { inWorker } from "./libraries.js";
import { wholeTextView } from "./text.js";

const patience = 3;
/** Elements within elements; deeper ones are drawn beside their parents. */
const deepest = 60;

const isSafe = (address) => /^(https?:\/\/|mailto:)/i.test(address);
const known = new Set("p h1 h2 h3 h4 h5 h6 ul ol li blockquote table thead tbody tr th td em strong s hr pre code br a".split(" "));

function opened(token) {
  const attributes = Object.fromEntries(token.attrs ?? []);
  if (token.tag === "a") {
    const { href = "" } = attributes;
    return isSafe(href) ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }) : h("span", { class: "link", title: href });
  }
  if (!known.has(token.tag)) return h("span");
  const element = h(token.tag, token.tag === "ol" && attributes.start ? { start: attributes.start } : token.tag === "th" ? { scope: "col" } : {});
  const align = /text-align:\s*(left|right|center)/.exec(attributes.style ?? "")?.[1];
  if (align) element.style.textAlign = align;
  return element;
}

function leaf(token) {
  switch (token.type) {
    case "text": return token.content;
    case "code_inline": return h("code", {}, token.content);
    case "code_block":
    case "fence": return h("pre", { tabindex: "0" }, h("code", {}, token.content));
    case "image": return h("span", { class: "soft" }, `[${token.content}]`);
    case "softbreak": return "\n";
    case "hardbreak": return h("br");
    case "hr": return h("hr");
    default: return token.content || null;
  }
}

function draw(tokens, host) {
  const chain = [host];
  for (const token of tokens) {
    const inside = chain[Math.min(chain.length - 1, deepest)];
    if (token.type === "inline") draw(token.children, inside);
    else if (token.nesting === 1) {
      // The paragraphs of a tight list have no element of their own.
      const element = token.hidden ? inside : opened(token);
      if (!token.hidden) inside.append(element);
      chain.push(element);
    } else if (token.nesting === -1) chain.pop();
    else {
      const made = leaf(token);
      if (made !== null) inside.append(made);
    }
  }
  return host;
}

/** "[x] done" at the beginning of an item. */
function tasks(host) {
  for (const item of host.querySelectorAll("li")) {
    const first = item.firstChild?.nodeName === "P" ? item.firstChild.firstChild : item.firstChild;
    const task = first?.nodeType === Node.TEXT_NODE && /^\[([ xX])\] /.exec(first.data);
    if (!task) continue;
    first.data = first.data.slice(4);
    const isDone = task[1] !== " ";
    first.before(h("input", { type: "checkbox", disabled: true, checked: isDone, "aria-label": t(isDone ? "taskDone" : "taskOpen") }), " ");
    item.classList.add("task");
  }
  return host;
}

/** The view of a text; its plain text where it is too much to be formatted. */
export async function markdownView(text) {
  const tokens = await inWorker({ act: "markdown", text }, patience);
  const host = tokens && tasks(draw(tokens, h("article", { class: "prose", tabindex: "0", "aria-label": t("contents") })));
  // Too much for the time, or nested so deep that nothing of it is left.
  if (!host?.textContent.trim()) {
    const view = await wholeTextView(text, "a.txt");
    view.element.prepend(h("p", { class: "notice" }, t("tooOdd")));
    return view;
  }
  return { element: host };
}
