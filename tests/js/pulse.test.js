// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { Pulse } from "../../src/maalem/app/desk/static/pulse.js";
import { settled } from "./builders.js";

function aPulse(answers) {
  const told = { waits: [], shown: [], stale: [], deeds: [], asked: 0 };
  const pulse = new Pulse({
    every: 10,
    ask: async () => answers[told.asked++] ?? null,
    show: (text) => told.shown.push(text),
    say: (isStale) => told.stale.push(isStale),
    later: (deed, wait) => {
      told.waits.push(wait);
      told.deeds.push(deed);
    },
  });
  const round = async () => {
    told.deeds.shift()?.();
    await settled();
  };
  return { pulse, told, round };
}

test("what comes is shown, round after round", async () => {
  const { pulse, told, round } = aPulse(["a", "b"]);
  pulse.go();
  await round();
  await round();
  assert.deepEqual(told.shown, ["a", "b"]);
  assert.deepEqual(told.waits, [10, 10, 10]);
});

test("after each failure it waits longer, and says that the numbers are old", async () => {
  const { pulse, told, round } = aPulse([null, null, "c"]);
  pulse.go();
  for (let number = 0; number < 3; number += 1) await round();
  assert.deepEqual(told.waits, [10, 20, 40, 10]);
  assert.deepEqual(told.stale, [true, true, false]);
  assert.deepEqual(told.shown, ["c"]);
});

test("it never waits longer than five minutes", async () => {
  const { pulse, told, round } = aPulse([]);
  pulse.go();
  for (let number = 0; number < 40; number += 1) await round();
  assert.equal(Math.max(...told.waits), 300_000);
});

test("a reader who holds the numbers is not asked for, and goes on where it stopped", async () => {
  const { pulse, told, round } = aPulse(["a", "b"]);
  pulse.go();
  pulse.rest();
  await round();
  assert.equal(told.asked, 0);
  pulse.go();
  pulse.go();
  assert.equal(told.deeds.length, 1);
  await round();
  assert.deepEqual(told.shown, ["a"]);
});
