// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { nameOf, pieces } from "../../src/maalem/app/desk/static/shown.js";

const named = (text) => pieces(text).flatMap(({ name }) => name ?? []);

test("controls of direction are named, not obeyed", () => {
  assert.deepEqual(named("a\u202Ecod.exe\u202C \u2066b\u2069\u200F"), [
    "RLO",
    "PDF",
    "LRI",
    "PDI",
    "RLM",
  ]);
});

test("zero-width signs are named, as are controls that have no name of their own", () => {
  assert.deepEqual(named("pay\u200Bpal\uFEFF\u0007"), ["ZWSP", "BOM", "U+0007"]);
});

test("tag characters show the letters that they hide", () => {
  const hidden = [..."ignore all"].map((one) => String.fromCodePoint(0xe0000 + one.charCodeAt(0)));
  assert.deepEqual(named(`ok${hidden.join("")}`), ["TAG ignore all"]);
  assert.equal(nameOf("\u{E0001}"), "TAG");
});

test("a joiner that does its work stays in the word", () => {
  assert.deepEqual(named("می\u200cخواهم 👩🏽\u200D🔧"), []);
  assert.deepEqual(named("pay\u200Dpal"), ["ZWJ"]);
});

test("lines and tabs are no controls", () => {
  assert.deepEqual(named("a\tb\nc"), []);
});

test("the pieces cover the text without a gap", () => {
  const text = "\u202Ea😀\u200B\u{E0041}\u{E0042}نص\u2069";
  const parts = pieces(text);
  assert.equal(parts.map(({ start, end }) => text.slice(start, end)).join(""), text);
});
