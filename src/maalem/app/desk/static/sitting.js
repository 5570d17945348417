// SPDX-License-Identifier: Apache-2.0
/**
 * @file A sitting: the cards at hand, what was done with the last ten, how many are left.
 * It knows nothing of the page.
 */

/**
 * @typedef {import("./server.js").Card} Card
 * @typedef {import("./server.js").Answer} Answer
 * @typedef {import("./server.js").Reply} Reply
 * @typedef {import("./journal.js").Journal} Journal
 */

/**
 * A card at hand, with what was begun on it.
 * @typedef {{card: Card, stale: number, begun?: Answer | null}} Held
 */

/**
 * Something that can be undone; a skipped card has no key.
 * @typedef {{held: Held, key: string | null}} Done
 */

/**
 * Why no card is there: `waiting` for the desk, the desk's own word, or a fault.
 * @typedef {"waiting" | "empty" | "unqualified" | "paused" | "offline" | "ended" | "fault"} Lack
 */

export const SIZE = 25;
const AHEAD = 5;
const FEW = 2; // at so many the next are asked for, several in one request
const DEEP = 10;
const MARGIN = 20; // seconds before its end from which a lease is not worth showing

/**
 * @typedef {object} Means
 * @property {string} task Path of the task in the API.
 * @property {string} name Of the project and the person.
 * @property {Journal} journal
 * @property {(path: string, body: object) => Promise<Reply>} post
 * @property {Pick<Storage, "getItem" | "setItem">} storage Of this tab alone.
 * @property {() => number} now Milliseconds since 1970.
 * @property {() => string} newKey
 */

export class Sitting {
  /** @param {Means} means */
  constructor({ task, name, journal, post, storage, now, newKey }) {
    this.task = task;
    this.memory = `sitting:${name}:${task}`;
    this.journal = journal;
    this.post = post;
    this.storage = storage;
    this.now = now;
    this.newKey = newKey;
    /** @type {Held[]} */
    this.queue = [];
    /** @type {Held[]} Skipped ones, asked again after all others. */
    this.skipped = [];
    /** @type {Done[]} */
    this.history = [];
    this.done = 0;
    this.left = 0;
    /** @type {Lack} */
    this.lack = "waiting";
    this.fault = "";
    this.isFilling = false;
    /** Called when a card came or the numbers changed. */
    this.changed = () => {};
    this.#recall();
  }

  /** @returns {Held | null} The card to show. */
  get current() {
    return this.queue[0] ?? null;
  }

  /** Whether it is time for a pause. */
  get isPause() {
    return this.done > 0 && this.done >= SIZE;
  }

  /** Begin another sitting. */
  goOn() {
    this.done = 0;
    this.#remember();
  }

  /**
   * Say something about the current card, and go on to the next.
   * @param {Answer} answer
   * @param {number} seconds
   * @returns {boolean} Whether the browser kept the answer.
   */
  answer(answer, seconds) {
    const held = this.queue.shift();
    if (!held) return true;
    const key = this.newKey();
    const body = { key, item: held.card.item, seconds, ...answer };
    const isKept = this.journal.add({ path: `${this.task}/answers`, body });
    this.done += 1;
    this.left = Math.max(0, this.left - 1);
    this.#did({ held: { ...held, begun: answer }, key });
    return isKept;
  }

  /**
   * Put the current card behind all others.
   * @param {Answer | null} begun What was begun on it.
   */
  skip(begun) {
    const held = this.queue.shift();
    if (!held) return;
    const later = { ...held, begun };
    this.skipped.push(later);
    this.#did({ held: later, key: null });
  }

  /**
   * Take the last deed back.
   * @param {Answer | null} begun What was begun on the card that makes way.
   * @returns {boolean} Whether there was one.
   */
  undo(begun) {
    const last = this.history.pop();
    if (!last) return false;
    const current = this.queue[0];
    if (current) current.begun = begun;
    if (last.key === null) {
      const { item } = last.held.card;
      this.skipped = this.skipped.filter(({ card }) => card.item !== item);
      this.queue = this.queue.filter(({ card }) => card.item !== item);
    } else {
      const body = { key: this.newKey(), of: last.key };
      this.journal.add({ path: `${this.task}/withdraw`, body });
      this.done = Math.max(0, this.done - 1);
      this.left += 1;
    }
    this.queue.unshift(last.held);
    this.#remember();
    return true;
  }

  /** Have five cards at hand. */
  async fill() {
    this.#sort();
    if (this.isFilling || this.queue.length > FEW) return;
    this.isFilling = true;
    const here = [...this.queue, ...this.skipped].map(({ card }) => card.item);
    const held = [...here, ...this.journal.itemsOf(this.task)];
    const most = AHEAD - this.queue.length;
    const reply = await this.post(`${this.task}/cards`, { most, held });
    this.isFilling = false;
    this.#take(reply);
    this.#sort();
    this.changed();
  }

  /** @param {Reply} reply */
  #take(reply) {
    const { status, body, at } = reply;
    if (status !== 200) {
      this.lack = status === 0 || status >= 500 || status === 429 ? "offline" : "fault";
      if (status === 401 || body?.error?.code === "desk.csrf") this.lack = "ended";
      this.fault = String(body?.error?.message ?? "");
      return;
    }
    const known = new Set(this.journal.itemsOf(this.task));
    const left = body.left - known.size;
    for (const { card } of [...this.queue, ...this.skipped]) known.add(card.item);
    const life = (/** @type {Card} */ card) => card.expires - (at || this.now() / 1000) - MARGIN;
    for (const card of body.cards) {
      if (known.has(card.item)) continue;
      this.queue.push({ card, stale: this.now() + life(card) * 1000 });
    }
    this.left = Math.max(0, left);
    this.lack = body.state === "cards" ? "waiting" : body.state;
  }

  /** Let go of leases that ended unseen, and bring skipped cards back when none is left. */
  #sort() {
    const now = this.now();
    this.queue = this.queue.filter(({ stale }, index) => index === 0 || stale > now);
    this.skipped = this.skipped.filter(({ stale }) => stale > now);
    const isDry = this.queue.length === 0 && this.lack !== "waiting";
    if (isDry) this.queue.push(...this.skipped.splice(0));
  }

  /** @param {Done} deed */
  #did(deed) {
    this.history = [...this.history, deed].slice(-DEEP);
    this.#remember();
  }

  #remember() {
    const kept = { done: this.done, history: this.history };
    try {
      this.storage.setItem(this.memory, JSON.stringify(kept));
    } catch {
      // without it a reload forgets what can be undone, and nothing else
    }
  }

  #recall() {
    const kept = this.storage.getItem(this.memory);
    if (kept) ({ done: this.done, history: this.history } = JSON.parse(kept));
  }
}
