// Reads JSON into a tree that keeps what JSON.parse loses: the order of members, repeated members, and every digit of a
// number. Without recursion: a text may nest as deep as it likes.

/** A value is { kind: "object" | "array", items: [[key, value]] } or { kind: "string" | "number" | "boolean" | "null", text }. */

const token = /[ \t\r\n]*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false)|(null))/y;

function fail(at) {
  throw new SyntaxError(`not JSON at ${at}`);
}

/** Parses a whole text; throws SyntaxError for what is no JSON. */
export function parse(text) {
  token.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const root = { kind: "array", items: [] };
  const chain = [root];
  let key = null;
  // What may come next: a "value", a "key", a "colon", or what follows a value ("comma").
  let expected = "value";
  let mayEnd = false;
  for (;;) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (!found) {
      if (chain.length === 1 && expected === "comma" && /^[ \t\r\n]*$/.test(text.slice(from))) return root.items[0][1];
      fail(from);
    }
    const [, sign, string, number, boolean, nothing] = found;
    const inside = chain.at(-1);
    const add = (value) => {
      inside.items.push([inside.kind === "array" ? String(inside.items.length) : key, value]);
      [expected, mayEnd] = ["comma", true];
    };
    if (sign === "}" || sign === "]") {
      if (chain.length === 1 || !mayEnd || (sign === "}") !== (inside.kind === "object") || (expected !== "comma" && inside.items.length)) fail(from);
      chain.pop();
      [expected, mayEnd] = ["comma", true];
    } else if (expected === "comma") {
      if (sign !== "," || chain.length === 1) fail(from);
      [expected, mayEnd] = [inside.kind === "object" ? "key" : "value", false];
    } else if (expected === "colon") {
      if (sign !== ":") fail(from);
      expected = "value";
    } else if (expected === "key") {
      if (string === undefined) fail(from);
      key = string;
      [expected, mayEnd] = ["colon", false];
    } else if (sign === "{" || sign === "[") {
      const value = { kind: sign === "{" ? "object" : "array", items: [] };
      add(value);
      chain.push(value);
      [expected, mayEnd] = [sign === "{" ? "key" : "value", true];
    } else if (string !== undefined) add({ kind: "string", text: string });
    else if (number !== undefined) add({ kind: "number", text: number });
    else if (boolean !== undefined) add({ kind: "boolean", text: boolean });
    else if (nothing !== undefined) add({ kind: "null", text: "null" });
    else fail(from);
  }
}

export const isBranch = (value) => value.kind === "object" || value.kind === "array";

/** A value on one line, cut after so many signs. */
export function summary(value, most) {
  const parts = [];
  let length = 0;
  const put = (text) => {
    parts.push(text);
    length += text.length;
  };
  const walk = (item, depth) => {
    if (length > most) return;
    if (!isBranch(item)) return put(item.text);
    const [open, close] = item.kind === "object" ? "{}" : "[]";
    if (depth > 8) return put(`${open}…${close}`);
    put(open);
    item.items.slice(0, 20).forEach(([key, inner], index) => {
      if (length > most) return;
      if (index) put(", ");
      if (item.kind === "object") put(`${key}: `);
      walk(inner, depth + 1);
    });
    return put(close);
  };
  walk(value, 0);
  const text = parts.join("");
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
