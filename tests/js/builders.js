// SPDX-License-Identifier: Apache-2.0
/** @file Small real things for the tests: a storage, a desk that answers, cards. */

import { Journal } from "../../src/maalem/app/desk/static/journal.js";
import { Sitting } from "../../src/maalem/app/desk/static/sitting.js";

export class Memory {
  constructor(room = Infinity) {
    this.items = new Map();
    this.room = room;
  }
  get length() {
    return this.items.size;
  }
  key(index) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(name) {
    return this.items.get(name) ?? null;
  }
  setItem(name, text) {
    if (this.items.size >= this.room) throw new Error("QuotaExceededError");
    this.items.set(name, text);
  }
  removeItem(name) {
    this.items.delete(name);
  }
}

/** A desk of its own: it takes each key once, and can be cut off. */
export class Desk {
  constructor(cards = 40) {
    this.taken = new Map();
    this.withdrawn = [];
    this.skipped = [];
    this.asked = [];
    this.held = [];
    this.status = 200;
    this.code = "";
    this.cards = Array.from({ length: cards }, (_, index) => aCard(`item ${index}`));
    this.post = async (path, body) => {
      await null;
      if (this.status !== 200) return aReply(this.status, { error: { code: this.code, message: "no" } });
      return aReply(200, this.answer(path, body));
    };
  }
  answer(path, body) {
    if (path.endsWith("/withdraw")) {
      this.withdrawn.push(body.of);
      return {};
    }
    if (path.endsWith("/skips")) {
      this.skipped.push(body.item);
      const [card] = this.cards.splice(this.cards.findIndex(({ item }) => item === body.item), 1);
      this.cards.push(card);
      return { item: body.item };
    }
    if (path.endsWith("/cards")) return this.deal(body);
    this.taken.set(body.key, body);
    return { effect: null };
  }
  deal({ most, held }) {
    this.asked.push(most);
    this.held = held;
    const given = [...this.taken].filter(([key]) => !this.withdrawn.includes(key));
    const done = given.map(([, { item }]) => item);
    const open = this.cards.filter(({ item }) => !held.includes(item) && !done.includes(item));
    const cards = open.slice(0, most);
    return { cards, left: this.cards.length - done.length, state: cards.length ? "cards" : "empty" };
  }
}

export const aReply = (status, body = null) => ({ status, body, at: 1_000, wait: 0 });

export const aCard = (item, expires = 1_000 + 1_800) => ({ item, text: item, expires });

export function aJournal(desk, storage = new Memory()) {
  const later = [];
  const journal = new Journal({
    storage,
    name: "fleet:expert:1",
    post: desk.post,
    later: (deed, wait) => later.push({ deed, wait }),
    now: () => 1_000_000,
  });
  return { journal, later, storage };
}

export function aSitting(desk, { storage = new Memory(), kept = new Memory(), clock = { now: 1_000_000 } } = {}) {
  const { journal, later } = aJournal(desk, kept);
  let number = 0;
  const sitting = new Sitting({
    task: "/api/v1/tasks/system",
    name: "fleet:expert:1",
    journal,
    post: desk.post,
    storage,
    now: () => clock.now,
    newKey: () => `key ${(number += 1)}`,
  });
  return { sitting, journal, later, storage, kept, clock };
}

/** Let everything happen that waits for nothing but its turn. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
