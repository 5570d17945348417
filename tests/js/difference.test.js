// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { difference } from "../../src/maalem/app/desk/static/difference.js";

const words = (text, parts) => parts.map(({ start, end }) => text.slice(start, end));
const apart = (before, after) => {
  const { gone, come } = difference(before, after);
  return [words(before, gone), words(after, come)];
};

test("equal texts do not differ", () => {
  assert.deepEqual(apart("the same نص", "the same نص"), [[], []]);
});

test("one changed word is one change", () => {
  assert.deepEqual(apart("the engine do start", "the engine does start"), [["do"], ["does"]]);
});

test("an Arabic word with its diacritics changes as a whole", () => {
  assert.deepEqual(apart("المُحرك لا يعمل", "المُحرك الكبير لا يعمل"), [[], ["الكبير "]]);
});

test("what differs, taken away on both sides, leaves the same text", () => {
  const pairs = [
    ["a b c d e", "b x d e f"],
    ["", "all new"],
    ["all gone", ""],
    ["one two two three", "two one three two"],
    ["😀 a", "a 😀"],
  ];
  for (const [before, after] of pairs) {
    const { gone, come } = difference(before, after);
    assert.equal(without(before, gone), without(after, come));
  }
});

test("two long texts that share nothing differ as a whole", () => {
  const one = "a ".repeat(3000).trim();
  const other = "b ".repeat(3000).trim();
  assert.deepEqual(difference(one, other).gone, [{ start: 0, end: one.length, tag: "del" }]);
});

function without(text, parts) {
  return parts.toReversed().reduce((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}
