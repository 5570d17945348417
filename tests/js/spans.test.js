// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  directionRuns,
  joined,
  snap,
  toPart,
  toPoints,
  toSpan,
  toUnits,
  wordsOf,
} from "../../src/maalem/app/desk/static/spans.js";

const MIXED = "😀 قال: «الفِلتر Donaldson P550» 4.5 بار 👩🏽‍🔧 fin";

test("every code point survives the way to UTF-16 and back", () => {
  const points = [...MIXED].length;
  for (let point = 0; point <= points; point += 1) {
    assert.equal(toPoints(MIXED, toUnits(MIXED, point)), point);
  }
});

test("a span says its quote in code points, as Python cuts it", () => {
  const start = MIXED.indexOf("Donaldson");
  const span = toSpan(MIXED, { start, end: start + "Donaldson".length });
  assert.equal([...MIXED].slice(span.start, span.end).join(""), "Donaldson");
  assert.equal(span.quote, "Donaldson");
  assert.deepEqual(toPart(MIXED, span), { start, end: start + 9 });
});

test("a selection widens to whole words, diacritics included", () => {
  const at = MIXED.indexOf("لت");
  const part = snap(MIXED, { start: at, end: at + 1 });
  assert.equal(MIXED.slice(part.start, part.end), "الفِلتر");
});

test("quotation marks that were selected at the edge stay selected", () => {
  const part = snap("a «نص» b", { start: 2, end: 6 });
  assert.equal("a «نص» b".slice(part.start, part.end), "«نص»");
});

test("the last character alone can be selected", () => {
  assert.deepEqual(snap("نص.", { start: 2, end: 3 }), { start: 2, end: 3 });
});

test("a selection of nothing but space is none", () => {
  assert.equal(snap("a   b", { start: 1, end: 3 }), null);
});

test("a selection never cuts a surrogate pair or a joined picture", () => {
  const at = MIXED.indexOf("👩");
  const part = snap(MIXED, { start: at + 1, end: at + 2 });
  assert.equal(MIXED.slice(part.start, part.end), "👩🏽‍🔧");
});

test("a word with a zero-width non-joiner is one word", () => {
  const text = "می\u200cخواهم";
  assert.deepEqual(
    wordsOf(text).map(({ start, end }) => text.slice(start, end)),
    [text],
  );
});

test("parts that overlap become one, others stay in the order of the text", () => {
  const parts = [
    { start: 0, end: 4 },
    { start: 10, end: 14 },
  ];
  assert.deepEqual(joined(parts, { start: 2, end: 8 }), [
    { start: 0, end: 8 },
    { start: 10, end: 14 },
  ]);
  assert.deepEqual(joined(parts, { start: 4, end: 10 }).length, 3);
});

test("a part is cut where the direction changes, and nothing of it is lost", () => {
  const text = "فلتر P550 بار 4";
  const runs = directionRuns(text, { start: 0, end: text.length });
  assert.deepEqual(
    runs.map(({ start, end }) => text.slice(start, end)),
    ["فلتر ", "P550 ", "بار 4"],
  );
});
