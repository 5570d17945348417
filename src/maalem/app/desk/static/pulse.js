// SPDX-License-Identifier: Apache-2.0
/** @file When a page that shows what happens now asks the desk again. */

const LONGEST = 300_000; // milliseconds between two tries, however often they failed

/**
 * @typedef {object} Given
 * @property {number} every Milliseconds between two rounds.
 * @property {() => Promise<string | null>} ask Gives what is new; null where none came.
 * @property {(text: string) => void} show
 * @property {(isStale: boolean) => void} say Whether the last round brought nothing.
 * @property {(deed: () => void, milliseconds: number) => unknown} later
 */

/** Asks again and again, later after each failure, and rests when it is told to. */
export class Pulse {
  /** @param {Given} given */
  constructor(given) {
    this.given = given;
    this.failures = 0;
    this.isResting = false;
    this.isWaiting = false;
  }

  /** Begin, or go on after a rest. */
  go() {
    this.isResting = false;
    this.#wait();
  }

  rest() {
    this.isResting = true;
  }

  #wait() {
    if (this.isWaiting) return; // one round at a time
    this.isWaiting = true;
    const wait = Math.min(LONGEST, this.given.every * 2 ** this.failures);
    this.given.later(() => void this.#round(), wait);
  }

  async #round() {
    if (!this.isResting) {
      const text = await this.given.ask();
      this.failures = text === null ? this.failures + 1 : 0;
      this.given.say(text === null);
      if (text !== null && !this.isResting) this.given.show(text);
    }
    this.isWaiting = false;
    if (!this.isResting) this.#wait();
  }
}
