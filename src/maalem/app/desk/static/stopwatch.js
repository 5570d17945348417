// SPDX-License-Identifier: Apache-2.0
/** @file How long somebody looked at a card: time while the page is hidden is none. */

export class Stopwatch {
  /** @param {() => number} now Milliseconds that never step back. */
  constructor(now) {
    this.now = now;
    this.passed = 0;
    /** @type {number | null} */
    this.since = null;
  }

  /**
   * Begin again.
   * @param {number} passed Milliseconds that count already.
   */
  start(passed = 0) {
    this.passed = passed;
    this.since = this.now();
  }

  /** Stop while nobody looks. */
  pause() {
    this.passed = this.milliseconds;
    this.since = null;
  }

  /** Go on. */
  resume() {
    this.since ??= this.now();
  }

  get milliseconds() {
    return this.passed + (this.since === null ? 0 : this.now() - this.since);
  }

  get seconds() {
    return Math.round(this.milliseconds) / 1000;
  }
}
