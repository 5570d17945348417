// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { HERE, leave, whoIsMeant } from "../../src/maalem/app/desk/static/presence.js";
import { Unsent } from "../../src/maalem/app/desk/static/unsent.js";
import { Words } from "../../src/maalem/app/desk/static/words.js";
import { Desk, Memory, aJournal, settled } from "./builders.js";

const forms = (text) => ({ one: `${text} {number}`, other: `${text} {number}` });
const WORDS = {
  waiting: forms("waiting"),
  kept: forms("kept"),
  refused: forms("refused"),
  "all sent": "all sent",
};
const anAnswer = (key, task = "system") => ({
  path: `/api/v1/tasks/${task}/answers`,
  body: { key, item: `item ${key}`, labels: ["Engine"] },
});

/** What is said of a journal, in order. */
function toldOf(journal, isSignedIn = true) {
  const told = [];
  const unsent = new Unsent({
    journal,
    words: new Words("en", WORDS),
    isSignedIn,
    show: (one) => told.push(one),
  });
  return { unsent, told };
}

/** A desk out of reach, and a journal with answers. */
function aWaitingJournal(...keys) {
  const desk = new Desk();
  desk.status = 0;
  const { journal, storage } = aJournal(desk);
  for (const key of keys) journal.add(anAnswer(key));
  return { desk, journal, storage };
}

test("where nothing waits nothing is said", async () => {
  const { journal } = aJournal(new Desk());
  const { unsent, told } = toldOf(journal);
  unsent.draw();
  unsent.late();
  await settled();
  assert.deepEqual(new Set(told.map(({ text }) => text)), new Set([""]));
});

test("answers that go out within a moment are no news", async () => {
  const desk = new Desk();
  const { journal } = aJournal(desk);
  const { told } = toldOf(journal);
  for (const key of ["a", "b"]) journal.add(anAnswer(key));
  await settled();
  assert.equal(desk.taken.size, 2);
  assert.ok(told.length > 0);
  assert.ok(told.every(({ text }) => text === ""));
});

test("answers that cannot go out are told of, and that they went", async () => {
  const { desk, journal } = aWaitingJournal("a", "b");
  const { unsent, told } = toldOf(journal);
  await settled();
  unsent.draw();
  assert.equal(told.at(-1).text, "waiting 2");
  desk.status = 200;
  journal.wake();
  await settled();
  assert.equal(told.at(-1).text, "all sent");
});

test("of many answers that go out not each one is told", async () => {
  const { desk, journal } = aWaitingJournal("a", "b", "c", "d");
  const { unsent, told } = toldOf(journal);
  await settled();
  unsent.draw();
  desk.status = 200;
  journal.wake();
  await settled();
  const texts = told.map(({ text }) => text);
  assert.deepEqual([...new Set(texts)], ["waiting 4", "all sent"]);
});

test("answers that take long are told of though they are on their way", () => {
  const { journal } = aWaitingJournal("a");
  journal.state = "sending";
  const { unsent, told } = toldOf(journal);
  unsent.draw();
  assert.equal(told.at(-1).text, "");
  unsent.late();
  assert.equal(told.at(-1).text, "waiting 1");
});

test("who is not signed in is told that the answers are kept", () => {
  const { journal } = aWaitingJournal("a");
  const { unsent, told } = toldOf(journal, false);
  unsent.draw();
  assert.deepEqual(told.at(-1), { text: "kept 1", link: "", href: "" });
});

test("answers that were not taken lead to the cards that say why", async () => {
  const desk = new Desk();
  const { journal } = aJournal(desk);
  const { told } = toldOf(journal);
  desk.status = 409;
  journal.add(anAnswer("a", "two%20words"));
  await settled();
  assert.deepEqual(told.at(-1), { text: "", link: "refused 1", href: "/task/two%20words" });
});

test("a page without a person means who was here last, until they sign out", () => {
  const [storage, tab] = [new Memory(), new Map([["sitting", "cards"]])];
  assert.equal(whoIsMeant("", storage), "");
  assert.equal(whoIsMeant("fleet:expert:1", storage), "fleet:expert:1");
  assert.equal(whoIsMeant("", storage), "fleet:expert:1");
  assert.equal(whoIsMeant("fleet:expert:2", storage), "fleet:expert:2");
  leave(storage, tab);
  assert.equal(storage.getItem(HERE), null);
  assert.equal(tab.size, 0);
});

test("a browser that keeps nothing still knows who is signed in", () => {
  assert.equal(whoIsMeant("fleet:expert:1", new Memory(0)), "fleet:expert:1");
});
