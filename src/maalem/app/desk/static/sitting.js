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
 * A card at hand, with what was begun on it and the milliseconds that it was looked at.
 * @typedef {{card: Card, stale: number, begun?: Answer | null, spent?: number}} Held
 */

/**
 * Something that can be undone; a skipped card has no key.
 * @typedef {{held: Held, key: string | null}} Done
 */

/**
 * An answer as the desk tells it.
 * @typedef {{key: string | null, item: string, card: Card | null, written: string | null}
 *   & Required<Omit<Answer, "text">>} Answered
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
const PACED = 5; // answers from which there is a pace

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
    /** @type {Map<string, Answer | null>} What was begun on the items put off. */
    this.begun = new Map();
    /** @type {Done[]} */
    this.history = [];
    /** @type {Done[]} Answers from before this tab was opened, to look at. */
    this.earlier = [];
    /** @type {Done | null} The answer that is looked at again. */
    this.seen = null;
    /** @type {number[]} Seconds of the last answers. */
    this.paces = [];
    this.done = 0;
    this.left = 0;
    /** @type {number | null} When a new trial opens, in seconds since 1970. */
    this.opens = null;
    /** @type {Lack} */
    this.lack = "waiting";
    this.fault = "";
    this.isFilling = false;
    this.isAskedAgain = false;
    /** Called when a card came or the numbers changed. */
    this.changed = () => {};
    this.#recall();
  }

  /** @returns {Held | null} The card to show. */
  get current() {
    return this.seen?.held ?? this.open;
  }

  /** @returns {Held | null} The card that is to be answered. */
  get open() {
    return this.queue[0] ?? null;
  }

  /** Whether it is time for a pause. */
  get isPause() {
    return this.seen === null && this.done >= SIZE;
  }

  /** @returns {number | null} Minutes until the pause; none while there is no pace. */
  get minutes() {
    const sorted = [...this.paces].sort((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const cards = Math.min(SIZE - this.done, this.left);
    return sorted.length < PACED || cards <= 0 ? null : (cards * median) / 60;
  }

  /** The answers that can be looked at again, the oldest first. */
  get answered() {
    const given = this.history.filter(({ key }) => key !== null);
    return [...this.earlier, ...given].slice(-DEEP);
  }

  /** Which of them is looked at, from 1; 0 while none is. */
  get place() {
    return this.seen === null ? 0 : this.answered.indexOf(this.seen) + 1;
  }

  /** Begin another sitting. */
  goOn() {
    this.done = 0;
    this.#remember();
  }

  /**
   * Look at the answer before or after; after the last comes the open card again.
   * @param {1 | -1} step
   * @param {Answer | null} begun What was begun on the card that makes way.
   * @returns {boolean} Whether there was one.
   */
  look(step, begun) {
    const all = this.answered;
    const at = this.seen === null ? all.length : all.indexOf(this.seen);
    const next = at + step;
    if (next < 0 || next > all.length) return false;
    if (this.seen === null) this.#keep(begun);
    this.seen = all[next] ?? null;
    return true;
  }

  /** Go back to the open card. */
  leave() {
    this.seen = null;
  }

  /**
   * Say something about the current card, and go on to the next.
   * @param {Answer} answer
   * @param {number} seconds
   * @returns {boolean} Whether the browser kept the answer.
   */
  answer(answer, seconds) {
    if (this.seen) return this.#answerAgain(this.seen, answer, seconds);
    const held = this.queue.shift();
    if (!held) return true;
    this.done += 1;
    this.left = Math.max(0, this.left - 1);
    this.paces = [...this.paces, seconds].slice(-SIZE);
    return this.#give(held, answer, seconds);
  }

  /**
   * Put the current card behind all others, those of other people too.
   * @param {Answer | null} begun What was begun on it.
   */
  skip(begun) {
    const held = this.seen ? undefined : this.queue.shift();
    if (!held) return false;
    const { item } = held.card;
    this.begun.set(item, begun);
    this.journal.add({ path: `${this.task}/skips`, body: { key: this.newKey(), item } });
    this.#did({ held: { ...held, begun }, key: null });
    return true;
  }

  /**
   * Take the last deed back, or the answer that is looked at.
   * @param {Answer | null} begun What was begun on the card that makes way.
   * @returns {boolean} Whether there was one.
   */
  undo(begun) {
    const last = this.seen ?? this.history.at(-1);
    if (!last) return false;
    if (this.seen === null) this.#keep(begun);
    this.seen = null;
    this.#forget(last);
    const { item } = last.held.card;
    this.queue = this.queue.filter(({ card }) => card.item !== item);
    if (last.key !== null) {
      const body = { key: this.newKey(), of: last.key };
      this.journal.add({ path: `${this.task}/withdraw`, body });
      this.done = Math.max(0, this.done - 1);
      this.left += 1;
    }
    this.queue.unshift(last.held);
    this.#remember();
    return true;
  }

  /**
   * Take in what was answered before this tab was opened.
   * @param {Answered[]} answers The newest first.
   */
  recall(answers) {
    const known = new Set(this.history.map(({ held }) => held.card.item));
    for (const { card } of this.queue) known.add(card.item);
    this.earlier = answers.flatMap((one) => {
      if (!one.card || !one.key || known.has(one.item)) return [];
      return { key: one.key, held: { card: one.card, stale: 0, begun: begunOf(one) } };
    });
    this.earlier.reverse();
  }

  /** Have five cards at hand. */
  async fill() {
    this.#sort();
    this.isAskedAgain = this.isFilling;
    if (this.isFilling || this.queue.length > FEW) return;
    this.isFilling = true;
    do {
      this.isAskedAgain = false;
      const here = this.queue.map(({ card }) => card.item);
      const held = [...here, ...this.journal.itemsOf(this.task)];
      const most = AHEAD - this.queue.length;
      this.#take(await this.post(`${this.task}/cards`, { most, held }));
    } while (this.isAskedAgain && this.queue.length === 0);
    this.isFilling = false;
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
    const left = body.left - new Set(this.journal.itemsOf(this.task, "answers")).size;
    for (const { card } of this.queue) known.add(card.item);
    const life = (/** @type {Card} */ card) => card.expires - (at || this.now() / 1000) - MARGIN;
    for (const card of body.cards) {
      if (known.has(card.item)) continue;
      const begun = this.begun.get(card.item) ?? null;
      this.queue.push({ card, stale: this.now() + life(card) * 1000, begun });
    }
    this.left = Math.max(0, left);
    this.opens = body.opens ?? null;
    this.lack = body.state === "cards" ? "waiting" : body.state;
  }

  /** Let go of leases that ended unseen. */
  #sort() {
    const now = this.now();
    this.queue = this.queue.filter(({ stale }, index) => index === 0 || stale > now);
  }

  /**
   * @param {Held} held
   * @param {Answer} answer
   * @param {number} seconds
   */
  #give(held, answer, seconds) {
    const key = this.newKey();
    const body = { key, item: held.card.item, seconds, ...answer };
    const isKept = this.journal.add({ path: `${this.task}/answers`, body });
    this.#did({ held: { ...held, begun: answer, spent: 0 }, key });
    return isKept;
  }

  /**
   * Answer otherwise what was answered; the answer before is taken back, and both stay.
   * @param {Done} seen
   * @param {Answer} answer
   * @param {number} seconds
   */
  #answerAgain(seen, answer, seconds) {
    this.seen = null;
    if (said(answer) === said(seen.held.begun ?? {})) return true;
    this.#forget(seen);
    const body = { key: this.newKey(), of: seen.key ?? "" };
    this.journal.add({ path: `${this.task}/withdraw`, body });
    return this.#give(seen.held, answer, seconds);
  }

  /** @param {Answer | null} begun */
  #keep(begun) {
    if (this.open) this.open.begun = begun;
  }

  /** @param {Done} deed */
  #forget(deed) {
    this.history = this.history.filter((one) => one !== deed);
    this.earlier = this.earlier.filter((one) => one !== deed);
  }

  /** @param {Done} deed */
  #did(deed) {
    this.history = [...this.history, deed].slice(-DEEP);
    this.#remember();
  }

  #remember() {
    const kept = { done: this.done, history: this.history, paces: this.paces };
    try {
      this.storage.setItem(this.memory, JSON.stringify(kept));
    } catch {
      // without it a reload forgets what can be undone, and nothing else
    }
  }

  #recall() {
    const kept = this.storage.getItem(this.memory);
    if (!kept) return;
    ({ done: this.done, history: this.history, paces: this.paces = [] } = JSON.parse(kept));
  }
}

/**
 * Give what an answer says, so that two can be compared.
 * @param {Answer} answer
 */
function said(answer) {
  const given = Object.entries(answer).filter(([, value]) => value !== null);
  return JSON.stringify(given.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Give an answer as it stood on its card.
 * @param {Answered} answered
 * @returns {Answer}
 */
function begunOf({ labels, written, spans, ratings, ranking, outcome, reason, note }) {
  return {
    ...(labels.length && { labels }),
    ...(written !== null && { text: written }),
    ...(spans.length && { spans }),
    ...(Object.keys(ratings).length && { ratings }),
    ...(ranking.length && { ranking }),
    ...{ outcome, reason, note },
  };
}
