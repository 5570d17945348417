// SPDX-License-Identifier: Apache-2.0
/** @file Which words differ between two texts. */

/**
 * @typedef {import("./shown.js").Wrap} Wrap
 */

const MOST = 4_000_000; // cells of the table; beyond it the middle counts as all changed

/**
 * Cut a text into words, signs and spaces.
 * @param {string} text
 * @returns {string[]}
 */
function tokens(text) {
  return text.match(/[\p{L}\p{M}\p{N}\u200c\u200d]+|\s+|[^\p{L}\p{M}\p{N}\s]/gu) ?? [];
}

/**
 * Tell which parts of each text the other does not have, in UTF-16 units.
 * The longest common subsequence of words, by dynamic programming.
 * @param {string} before
 * @param {string} after
 * @returns {{gone: Wrap[], come: Wrap[]}}
 */
export function difference(before, after) {
  const one = tokens(before);
  const other = tokens(after);
  let head = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  let tail = 0;
  const most = Math.min(one.length, other.length) - head;
  while (tail < most && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  const kept = common(one.slice(head, one.length - tail), other.slice(head, other.length - tail));
  return {
    gone: wraps(one, "del", (index) => stays(index, head, one.length - tail, kept.first)),
    come: wraps(other, "ins", (index) => stays(index, head, other.length - tail, kept.second)),
  };
}

/**
 * @param {number} index
 * @param {number} head
 * @param {number} end
 * @param {Set<number>} kept
 */
function stays(index, head, end, kept) {
  return index < head || index >= end || kept.has(index - head);
}

/**
 * @param {string[]} one
 * @param {string[]} other
 * @returns {{first: Set<number>, second: Set<number>}} Places of the common words.
 */
function common(one, other) {
  const first = new Set();
  const second = new Set();
  const width = other.length + 1;
  if (one.length * other.length > MOST) return { first, second };
  const lengths = new Uint16Array((one.length + 1) * width);
  const at = (/** @type {number} */ row, /** @type {number} */ column) =>
    lengths[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        one[row] === other[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  let row = 0;
  let column = 0;
  while (row < one.length && column < other.length) {
    if (one[row] === other[column]) {
      first.add(row++);
      second.add(column++);
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return { first, second };
}

/**
 * @param {string[]} words
 * @param {"ins" | "del"} tag
 * @param {(index: number) => boolean} stays
 * @returns {Wrap[]} Neighbours are one.
 */
function wraps(words, tag, stays) {
  /** @type {Wrap[]} */
  const found = [];
  let at = 0;
  words.forEach((word, index) => {
    const end = at + word.length;
    const last = found.at(-1);
    if (!stays(index)) {
      if (last?.end === at) last.end = end;
      else found.push({ start: at, end, tag });
    }
    at = end;
  });
  return found;
}
