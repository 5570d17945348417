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

test("a skipped card goes back to the desk, and comes after all others as it was", async () => {
  const { sitting, desk } = await begun(new Desk(3));
  sitting.skip({ text: "half a sentence" });
  sitting.answer(ENGINE, 1);
  sitting.answer(ENGINE, 1);
  await settled();
  await sitting.fill();
  assert.deepEqual(desk.skipped, ["item 0"]);
  assert.equal(shown(sitting), "item 0");
  assert.deepEqual(sitting.current.begun, { text: "half a sentence" });
});

test("the only card comes back when it is skipped", async () => {
  const { sitting } = await begun(new Desk(1));
  sitting.skip(null);
  void sitting.fill();
  await settled();
  await sitting.fill();
  assert.equal(shown(sitting), "item 0");
});

test("skipping can be undone", async () => {
  const { sitting, desk } = await begun();
  sitting.skip(null);
  sitting.undo(null);
  assert.equal(shown(sitting), "item 0");
  assert.deepEqual(desk.withdrawn, []);
});

test("one's answers can be looked at again, back and forth, to the open card", async () => {
  const { sitting } = await begun();
  for (const label of ["Engine", "Hydraulics"]) sitting.answer({ labels: [label] }, 1);
  assert.equal(sitting.look(1, null), false);
  assert.ok(sitting.look(-1, { text: "half" }));
  assert.deepEqual([shown(sitting), sitting.place], ["item 1", 2]);
  assert.deepEqual(sitting.current.begun, { labels: ["Hydraulics"] });
  sitting.look(-1, null);
  assert.deepEqual([shown(sitting), sitting.place], ["item 0", 1]);
  assert.equal(sitting.look(-1, null), false);
  sitting.look(1, null);
  sitting.look(1, null);
  assert.deepEqual([shown(sitting), sitting.place], ["item 2", 0]);
  assert.deepEqual(sitting.current.begun, { text: "half" });
});

test("answering again takes the answer before back, and goes to the open card", async () => {
  const { sitting, desk } = await begun();
  sitting.answer(ENGINE, 1);
  sitting.answer(ENGINE, 1);
  sitting.look(-1, null);
  sitting.look(-1, null);
  sitting.answer({ labels: ["Electrical"] }, 2);
  await settled();
  assert.equal(shown(sitting), "item 2");
  assert.equal(sitting.done, 2);
  assert.deepEqual(desk.withdrawn, ["key 1"]);
  const [again] = [...desk.taken.values()].slice(-1);
  assert.deepEqual([again.item, again.labels], ["item 0", ["Electrical"]]);
  assert.ok(sitting.undo(null));
  assert.equal(shown(sitting), "item 0", "the last deed was to answer it again");
});

test("the same answer again changes nothing", async () => {
  const { sitting, desk } = await begun();
  sitting.answer({ labels: ["Engine"], note: null }, 1);
  sitting.look(-1, null);
  sitting.answer({ labels: ["Engine"] }, 1);
  await settled();
  assert.equal(shown(sitting), "item 1");
  assert.deepEqual([desk.taken.size, desk.withdrawn.length], [1, 0]);
});

test("undo takes back the answer that is looked at, not the last one", async () => {
  const { sitting, desk } = await begun();
  sitting.answer(ENGINE, 1);
  sitting.answer(ENGINE, 1);
  sitting.look(-1, null);
  sitting.look(-1, null);
  sitting.undo(null);
  await settled();
  assert.deepEqual([shown(sitting), sitting.place], ["item 0", 0]);
  assert.deepEqual(desk.withdrawn, ["key 1"]);
});

test("what was answered on another day can be looked at too, and no more than ten", async () => {
  const { sitting } = await begun();
  const said = { spans: [], ratings: {}, ranking: [], outcome: null, reason: null, note: null };
  const answers = Array.from({ length: 10 }, (_, index) => ({
    ...{ key: `old ${index}`, item: `old ${index}`, card: aCard(`old ${index}`) },
    ...{ ...said, labels: ["Engine"], written: null },
  }));
  sitting.recall([...answers.slice(0, 9), { ...answers[9], card: null }]);
  assert.equal(sitting.answered.length, 9);
  sitting.look(-1, null);
  assert.equal(shown(sitting), "old 0", "the newest comes first");
  assert.deepEqual(sitting.current.begun.labels, ["Engine"]);
  sitting.leave();
  sitting.answer(ENGINE, 1);
  sitting.answer(ENGINE, 1);
  assert.equal(sitting.answered.length, 10);
});

test("the time left is told from one's own pace, once there is one", async () => {
  const { sitting, desk } = await begun();
  for (let index = 0; index < 5; index += 1) {
    assert.equal(sitting.minutes, null);
    sitting.answer(ENGINE, index === 2 ? 600 : 6); // somebody called
    await settled();
    await sitting.fill();
  }
  assert.equal(sitting.minutes, 2, "twenty cards at six seconds");
  sitting.left = 2;
  assert.equal(sitting.minutes, 0.2, "fewer cards than the sitting has room for");
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
