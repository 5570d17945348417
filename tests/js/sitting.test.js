// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { SIZE } from "../../src/maalem/app/desk/static/sitting.js";
import { Stopwatch } from "../../src/maalem/app/desk/static/stopwatch.js";
import { Desk, aCard, aSitting, settled } from "./builders.js";

const ENGINE = { labels: ["Engine"] };
const shown = (sitting) => sitting.current?.card.item;

async function begun(desk = new Desk(), options = {}) {
  const all = aSitting(desk, options);
  await all.sitting.fill();
  return { desk, ...all };
}

test("five cards are at hand, and more are asked for before they run out", async () => {
  const { sitting, desk } = await begun();
  assert.equal(sitting.queue.length, 5);
  for (let index = 0; index < 3; index += 1) {
    sitting.answer(ENGINE, 1);
    await sitting.fill();
  }
  assert.deepEqual(desk.asked, [5, 3]);
  assert.equal(sitting.queue.length, 5);
});

test("an answer shows the next card at once, whatever the network does", async () => {
  const { sitting, desk } = await begun();
  desk.status = 0;
  sitting.answer(ENGINE, 1);
  assert.equal(shown(sitting), "item 1");
  assert.equal(sitting.done, 1);
});

test("a card whose answer waits is not asked again", async () => {
  const { sitting, desk, kept } = await begun(new Desk(6));
  const post = desk.post;
  desk.post = async (path, body) => (path.endsWith("/answers") ? { status: 0 } : post(path, body));
  sitting.journal.post = desk.post;
  sitting.answer(ENGINE, 1);
  const again = await begun(desk, { kept });
  assert.deepEqual(desk.held, ["item 0"]);
  assert.ok(!again.sitting.queue.some(({ card }) => card.item === "item 0"));
});

test("ten answers can be undone, last first, each with what was said", async () => {
  const { sitting, desk } = await begun();
  for (let index = 0; index < 12; index += 1) {
    sitting.answer({ labels: [`label ${index}`] }, 1);
    await sitting.fill();
    await settled();
  }
  for (let index = 11; index >= 2; index -= 1) {
    assert.ok(sitting.undo(null));
    assert.equal(shown(sitting), `item ${index}`);
    assert.deepEqual(sitting.current.begun, { labels: [`label ${index}`] });
  }
  assert.equal(sitting.undo(null), false);
  await settled();
  assert.equal(desk.withdrawn.length, 10);
});

test("undo takes an answer back after it was sent, never before", async () => {
  const { sitting, desk, journal } = await begun();
  desk.status = 0;
  sitting.answer(ENGINE, 1);
  sitting.undo(null);
  sitting.answer({ labels: ["Electrical"] }, 1);
  await settled();
  desk.status = 200;
  journal.wake();
  await settled();
  assert.deepEqual([...desk.taken.keys()], ["key 1", "key 3"]);
  assert.deepEqual(desk.withdrawn, ["key 1"]);
});

test("a reload remembers the sitting and what can be undone", async () => {
  const { sitting, desk, storage } = await begun();
  sitting.answer(ENGINE, 1);
  await settled();
  const after = await begun(desk, { storage });
  assert.equal(after.sitting.done, 1);
  assert.ok(after.sitting.undo(null));
  assert.equal(shown(after.sitting), "item 0");
});

test("a skipped card comes back after all others, with what was begun", async () => {
  const { sitting } = await begun(new Desk(3));
  sitting.skip({ text: "half a sentence" });
  sitting.answer(ENGINE, 1);
  sitting.answer(ENGINE, 1);
  await settled();
  await sitting.fill();
  assert.equal(shown(sitting), "item 0");
  assert.deepEqual(sitting.current.begun, { text: "half a sentence" });
});

test("skipping can be undone", async () => {
  const { sitting, desk } = await begun();
  sitting.skip(null);
  sitting.undo(null);
  assert.equal(shown(sitting), "item 0");
  assert.deepEqual(desk.withdrawn, []);
});

test("a lease that ended unseen is let go, the card in sight is kept", async () => {
  const { sitting, clock, desk } = await begun();
  desk.cards = desk.cards.map(({ item }) => aCard(item, 9_000));
  clock.now += 1_800_000;
  await sitting.fill();
  assert.equal(shown(sitting), "item 0");
  assert.ok(sitting.queue.slice(1).every(({ stale }) => stale > clock.now));
});

test("after twenty-five answers it is time for a pause", async () => {
  const { sitting } = await begun();
  for (let index = 0; index < SIZE; index += 1) {
    assert.equal(sitting.isPause, false);
    sitting.answer(ENGINE, 1);
    await settled();
    await sitting.fill();
  }
  assert.equal(sitting.isPause, true);
  sitting.goOn();
  assert.equal(sitting.isPause, false);
});

test("an empty task says so", async () => {
  const { sitting } = await begun(new Desk(0));
  assert.equal(sitting.current, null);
  assert.equal(sitting.lack, "empty");
});

test("time in which nobody looks is no time on the card", () => {
  let now = 0;
  const watch = new Stopwatch(() => now);
  watch.start();
  now = 2_000;
  watch.pause();
  now = 60_000;
  watch.resume();
  now = 61_500;
  assert.equal(watch.seconds, 3.5);
});
