// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { newKey } from "../../src/maalem/app/desk/static/journal.js";
import { Desk, Memory, aJournal, aReply, settled } from "./builders.js";

const anAnswer = (key, item = `item ${key}`) => ({
  path: "/api/v1/tasks/system/answers",
  body: { key, item, labels: ["Engine"] },
});
const aWithdrawal = (key, of) => ({ path: "/api/v1/tasks/system/withdraw", body: { key, of } });

test("an answer is in the storage before anybody is asked", () => {
  const { journal, storage } = aJournal(new Desk());
  journal.add(anAnswer("a"));
  assert.equal(storage.length, 1);
});

test("answers are sent in order and leave the journal when acknowledged", async () => {
  const desk = new Desk();
  const { journal, storage } = aJournal(desk);
  for (const key of ["b", "a", "c"]) journal.add(anAnswer(key));
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["b", "a", "c"]);
  assert.equal(storage.length, 0);
  assert.equal(journal.state, "saved");
});

test("without a network answers wait, for longer each time, and are sent once", async () => {
  const desk = new Desk();
  desk.status = 0;
  const { journal, later } = aJournal(desk);
  journal.add(anAnswer("a"));
  journal.add(anAnswer("b"));
  for (let round = 0; round < 7; round += 1) {
    await settled();
    later.at(-1).deed();
  }
  await settled();
  assert.deepEqual(later.slice(0, 7).map(({ wait }) => wait / 1000), [1, 2, 4, 8, 16, 30, 30]);
  assert.equal(journal.state, "offline");
  assert.equal(journal.waiting, 2);
  desk.status = 200;
  later.at(-1).deed();
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["a", "b"]);
});

test("a reload goes on with what the page before it left", async () => {
  const desk = new Desk();
  desk.status = 0;
  const before = aJournal(desk);
  before.journal.add(anAnswer("a"));
  await settled();
  desk.status = 200;
  const after = aJournal(desk, before.storage);
  after.journal.wake();
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["a"]);
});

test("an ended session keeps every answer and stops asking", async () => {
  const desk = new Desk();
  desk.status = 401;
  const { journal, later } = aJournal(desk);
  journal.add(anAnswer("a"));
  await settled();
  assert.equal(journal.state, "ended");
  assert.equal(journal.waiting, 1);
  assert.equal(later.length, 0);
});

test("a forged token is an ended session, another refusal is not", async () => {
  const desk = new Desk();
  desk.status = 403;
  desk.code = "desk.csrf";
  const { journal } = aJournal(desk);
  journal.add(anAnswer("a"));
  await settled();
  assert.equal(journal.waiting, 1);
  desk.code = "desk.not-leased";
  journal.wake();
  await settled();
  assert.equal(journal.waiting, 0);
  assert.deepEqual(journal.refusedOnes.map(({ entry }) => entry.body.key), ["a"]);
});

test("an answer that is not taken holds no other up, and is kept until it is read", async () => {
  const desk = new Desk();
  const answer = desk.post;
  desk.post = async (path, body) =>
    body.key === "a" ? aReply(422, { error: { message: "no such label" } }) : answer(path, body);
  const { journal, storage } = aJournal(desk);
  journal.add(anAnswer("a"));
  journal.add(aWithdrawal("w", "a"));
  journal.add(anAnswer("b"));
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["b"]);
  assert.deepEqual(desk.withdrawn, [], "what was not taken need not be taken back");
  assert.equal(journal.refusedOnes[0].message, "no such label");
  journal.dismiss();
  assert.equal(storage.length, 0);
});

test("nobody sends the answers of another person", async () => {
  const desk = new Desk();
  const storage = new Memory();
  storage.setItem("maalem:fleet:expert:2:answer:000000000000001:x", JSON.stringify(anAnswer("x")));
  const { journal } = aJournal(desk, storage);
  journal.wake();
  await settled();
  assert.equal(desk.taken.size, 0);
});

test("a full storage is told, and the answer is sent all the same", async () => {
  const desk = new Desk();
  const { journal } = aJournal(desk, new Memory(0));
  assert.equal(journal.add(anAnswer("a")), false);
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["a"]);
  assert.equal(journal.unkept.size, 0);
});

test("a key is a UUID of version 4, by https or not", () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(newKey(), form);
  const whole = crypto.randomUUID;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true, writable: true });
  assert.match(newKey(), form);
  crypto.randomUUID = whole;
});
