// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { deedOf, keysOf } from "../../src/maalem/app/desk/static/keys.js";

const STANDARD = {
  ...{ accept: "Enter", first: "a", second: "b", unknown: "i", "bad-question": "f" },
  ...{ undo: "u", skip: "s", note: "n", previous: "k", next: "j", guideline: "g" },
  ...{ document: "o", difference: "d", edit: "e", mark: "m", search: "/", keys: "?" },
};
const CARD = { isText: false, isButton: false, areOn: true, keys: keysOf(STANDARD) };
const own = (changed) => ({ keys: keysOf({ ...STANDARD, ...changed }) });
const on = (press, place = {}) => deedOf({ code: "", ...press }, { ...CARD, ...place });
const digit = (key, code) => on({ key, code })?.digit;

test("a digit is one on every layout", () => {
  assert.equal(digit("3", "Digit3"), 3);
  assert.equal(digit("3", "Numpad3"), 3);
  assert.equal(digit('"', "Digit3"), 3, "French layout without Shift");
  assert.equal(digit("٣", "Digit3"), 3, "Arabic-Indic");
  assert.equal(digit("۳", "Digit3"), 3, "Persian");
  assert.equal(digit("End", "Numpad1"), undefined, "number pad that moves the cursor");
});

test("a letter is found by what it writes, else by where it lies", () => {
  assert.equal(on({ key: "g", code: "KeyG" })?.name, "guideline");
  assert.equal(on({ key: "G", code: "KeyG" })?.name, "guideline");
  assert.equal(on({ key: "ل", code: "KeyG" })?.name, "guideline", "Arabic layout");
  assert.equal(on({ key: "لا", code: "KeyB" })?.name, "second", "two letters on one key");
  assert.equal(on({ key: "a", code: "KeyQ" })?.name, "first", "French layout");
});

test("in a text field only leaving and saving are ours", () => {
  assert.equal(on({ key: "1", code: "Digit1" }, { isText: true }), null);
  assert.equal(on({ key: "Backspace" }, { isText: true }), null);
  assert.equal(on({ key: "Enter" }, { isText: true }), null);
  assert.equal(on({ key: "Escape" }, { isText: true })?.name, "leave");
  assert.equal(on({ key: "Enter", ctrlKey: true }, { isText: true })?.name, "confirm");
});

test("keys of the browser stay the browser's", () => {
  assert.equal(on({ key: "f", code: "KeyF", ctrlKey: true }), null);
  assert.equal(on({ key: "u", code: "KeyU", metaKey: true }), null);
  assert.equal(on({ key: "1", code: "Digit1", altKey: true }), null);
});

test("single keys can be turned off, Enter and Escape stay", () => {
  assert.equal(on({ key: "1", code: "Digit1" }, { areOn: false }), null);
  assert.equal(on({ key: "?", code: "Slash" }, { areOn: false }), null);
  assert.equal(on({ key: "Enter" }, { areOn: false })?.name, "accept");
});

test("a key held down answers one card", () => {
  assert.equal(on({ key: "1", code: "Digit1", repeat: true }), null);
});

test("a key that composes a letter is none of ours", () => {
  assert.equal(on({ key: "u", code: "KeyU", isComposing: true }), null);
});

test("the question mark shows the keys, on an Arabic layout too", () => {
  assert.equal(on({ key: "?", code: "Slash", shiftKey: true })?.name, "keys");
  assert.equal(on({ key: "؟", code: "Slash", shiftKey: true })?.name, "keys");
  assert.equal(on({ key: "ظ", code: "Slash" })?.name, "search");
});

test("Enter on a button presses that button", () => {
  assert.equal(on({ key: "Enter" }, { isButton: true }), null);
});

test("one's own key does it, and the key of before does nothing", () => {
  const mine = own({ skip: "x" });
  assert.equal(on({ key: "x", code: "KeyX" }, mine)?.name, "skip");
  assert.equal(on({ key: "ء", code: "KeyX" }, mine)?.name, "skip", "Arabic layout");
  assert.equal(on({ key: "s", code: "KeyS" }, mine), null);
});

test("a deed without a key is done by none", () => {
  assert.equal(on({ key: "u", code: "KeyU" }, own({ undo: "" })), null);
  assert.equal(on({ key: "Backspace" }, own({ undo: "" })), null);
  assert.equal(on({ key: "/", code: "Digit7" }, own({ search: "" })), null, "no digit either");
});

test("Backspace undoes unless it has another deed", () => {
  assert.equal(on({ key: "Backspace" })?.name, "undo");
  assert.equal(on({ key: "Backspace" }, own({ skip: "Backspace" }))?.name, "skip");
});

test("Enter does nothing once accepting has another key", () => {
  const mine = own({ accept: "x" });
  assert.equal(on({ key: "Enter" }, mine), null);
  assert.equal(on({ key: "x", code: "KeyX" }, mine)?.name, "accept");
});
