// SPDX-License-Identifier: Apache-2.0
/**
 * @file Foreign text on the page: always as text, with what cannot be seen made visible.
 */

import { directionRuns } from "./spans.js";

/**
 * A part of the text that stands in an element of its own, in UTF-16 units.
 * @typedef {{start: number, end: number, tag: "mark" | "ins" | "del", look?: string}} Wrap
 */

/**
 * A piece of a text: what stands there, or the name of what cannot be seen.
 * @typedef {{start: number, end: number, name: string | null}} Piece
 */

const UNSEEN =
  /[\u{E0000}-\u{E007F}]+|[\u{E0100}-\u{E01EF}]+|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]|\p{Surrogate}/gu;

/** @type {Record<number, string>} */
const NAMES = {
  0xad: "SHY",
  0x34f: "CGJ",
  0x61c: "ALM",
  0x200b: "ZWSP",
  0x200c: "ZWNJ",
  0x200d: "ZWJ",
  0x200e: "LRM",
  0x200f: "RLM",
  0x202a: "LRE",
  0x202b: "RLE",
  0x202c: "PDF",
  0x202d: "LRO",
  0x202e: "RLO",
  0x2060: "WJ",
  0x2066: "LRI",
  0x2067: "RLI",
  0x2068: "FSI",
  0x2069: "PDI",
  0xfeff: "BOM",
};

// Between two letters of a joining script, or two pictures, a joiner does its work and is
// seen by what it does.
const BEFORE_JOINER = /[\p{Script=Arabic}\p{Script=Syriac}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}]$/u;
const AFTER_JOINER = /^[\p{Script=Arabic}\p{Script=Syriac}\p{Extended_Pictographic}\p{M}]/u;

/**
 * Cut a text into what is seen and what is not.
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  /** @type {Piece[]} */
  const found = [];
  let at = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const end = match.index + match[0].length;
    if (joins(text, match.index, end)) continue;
    if (match.index > at) found.push({ start: at, end: match.index, name: null });
    found.push({ start: match.index, end, name: nameOf(match[0]) });
    at = end;
  }
  if (at < text.length) found.push({ start: at, end: text.length, name: null });
  return found;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function joins(text, start, end) {
  const isJoiner = text[start] === "\u200c" || text[start] === "\u200d";
  return (
    isJoiner &&
    BEFORE_JOINER.test(text.slice(Math.max(0, start - 2), start)) &&
    AFTER_JOINER.test(text.slice(end, end + 2))
  );
}

/**
 * Name what cannot be seen; tag characters by the letters that they hide.
 * @param {string} unseen
 */
export function nameOf(unseen) {
  const code = unseen.codePointAt(0) ?? 0;
  if (code >= 0xe0000 && code <= 0xe007f) {
    const hidden = [...unseen].map((one) => (one.codePointAt(0) ?? 0) - 0xe0000);
    const letters = hidden.filter((one) => one >= 0x20 && one < 0x7f);
    return `TAG ${String.fromCodePoint(...letters.slice(0, 200))}`.trim();
  }
  const written = code.toString(16).toUpperCase().padStart(4, "0");
  return NAMES[code] ?? `U+${written}`;
}

/**
 * Show a text in an element, as text.
 * @param {Element} host What stood in it goes.
 * @param {string} text
 * @param {Wrap[]} wraps Parts in elements of their own; they do not overlap.
 * @returns {Map<Node, Piece>} Where in the text each node comes from.
 */
export function show(host, text, wraps = []) {
  /** @type {Map<Node, Piece>} */
  const places = new Map();
  host.replaceChildren();
  for (const piece of pieces(text)) {
    for (const part of split(text, piece, wraps)) {
      const node = part.name === null ? seen(text, part) : unseenBox(part.name);
      places.set(node, part);
      host.append(part.wrap ? inside(part.wrap, node) : node);
    }
  }
  return places;
}

/**
 * Cut a piece at the edges of what is wrapped, and a wrapped one at its runs.
 * @param {string} text
 * @param {Piece} piece
 * @param {Wrap[]} wraps
 * @returns {(Piece & {wrap?: Wrap | undefined})[]}
 */
function split(text, piece, wraps) {
  const edges = new Set([piece.start, piece.end]);
  for (const { start, end } of wraps) {
    for (const edge of [start, end]) {
      if (edge > piece.start && edge < piece.end) edges.add(edge);
    }
  }
  const sorted = [...edges].sort((one, other) => one - other);
  return sorted.slice(1).flatMap((end, index) => {
    const start = sorted[index] ?? 0;
    const wrap = wraps.find((one) => one.start <= start && end <= one.end);
    const runs = wrap ? directionRuns(text, { start, end }) : [{ start, end }];
    return runs.map((run) => ({ ...run, name: piece.name, wrap }));
  });
}

/**
 * @param {string} text
 * @param {Piece} part
 */
function seen(text, part) {
  return document.createTextNode(text.slice(part.start, part.end));
}

/** @param {string} name */
function unseenBox(name) {
  const box = document.createElement("span");
  box.className = "control";
  box.textContent = name;
  return box;
}

/**
 * @param {Wrap} wrap
 * @param {Node} node
 */
function inside(wrap, node) {
  const element = document.createElement(wrap.tag);
  if (wrap.look) element.className = wrap.look;
  element.append(node);
  return element;
}

/**
 * Tell which offset of the text a place in the page is, in UTF-16 units.
 * @param {Map<Node, Piece>} places What `show` gave.
 * @param {Element} host
 * @param {Node} node
 * @param {number} offset
 */
export function offsetAt(places, host, node, offset) {
  const piece = places.get(node);
  if (piece) return piece.name === null ? piece.start + offset : piece.start;
  const after = document.createRange();
  after.setStart(node, offset);
  after.setEnd(host, host.childNodes.length);
  let best = null;
  for (const [one, { start, end, name }] of places) {
    if (name !== null && one.contains(node)) return offset > 0 ? end : start;
    const isAfter = after.comparePoint(one, 0) >= 0;
    if (isAfter) best = best === null ? start : Math.min(best, start);
  }
  const last = [...places.values()].at(-1);
  return best ?? last?.end ?? 0;
}

/**
 * Make visible what cannot be seen in text that the page brought with it.
 * @param {Element} root
 */
export function reveal(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const found = [];
  while (walker.nextNode()) {
    if (walker.currentNode instanceof Text) found.push(walker.currentNode);
  }
  for (const node of found) {
    if (!node.data.match(UNSEEN)) continue;
    const host = document.createElement("span");
    show(host, node.data);
    node.replaceWith(...host.childNodes);
  }
}
