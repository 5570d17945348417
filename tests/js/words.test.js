// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { folded } from "../../src/maalem/app/desk/static/choosing.js";
import { Words } from "../../src/maalem/app/desk/static/words.js";

const FORMS = ["zero", "one", "two", "few", "many", "other"];

test("each of the six Arabic forms is chosen by its number", () => {
  const words = new Words("ar", { left: Object.fromEntries(FORMS.map((form) => [form, `${form} {number}`])) });
  const said = [0, 1, 2, 5, 11, 100].map((number) => words.count("left", number));
  assert.deepEqual(said, ["zero 0", "one 1", "two 2", "few 5", "many 11", "other 100"]);
});

test("French says none and one alike", () => {
  const words = new Words("fr", { left: { one: "{number} fiche", other: "{number} fiches" } });
  assert.deepEqual([0, 1, 2].map((number) => words.count("left", number)), [
    "0 fiche",
    "1 fiche",
    "2 fiches",
  ]);
});

test("a value that looks like a place for one stays as it is", () => {
  const words = new Words("en", { marked: "Marked: {quote}" });
  assert.equal(words.say("marked", { quote: "{quote} $& {x}" }), "Marked: {quote} $& {x}");
});

test("the search finds letters however they are written", () => {
  assert.equal(folded("الإِصلاحـــات"), folded("الاصلاحات"));
  assert.equal(folded("Électricité"), "electricite");
  assert.equal(folded("مدرسة على"), folded("مدرسه علي"));
});
