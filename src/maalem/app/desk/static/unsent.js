// SPDX-License-Identifier: Apache-2.0
/**
 * @file How it is said that answers wait in this browser: politely, and only where they
 * wait longer than a moment.
 */

/**
 * @typedef {import("./journal.js").Journal} Journal
 * @typedef {import("./words.js").Words} Words
 */

/**
 * @typedef {object} Told
 * @property {string} text Empty where nothing is to be said.
 * @property {string} link What leads to the answers that were not taken; empty if none.
 * @property {string} href Where to.
 */

export const PATIENCE = 1_000; // milliseconds in which answers are sent without a word

export class Unsent {
  /**
   * @param {object} means
   * @param {Journal} means.journal
   * @param {Words} means.words
   * @param {boolean} means.isSignedIn
   * @param {(told: Told) => void} means.show
   */
  constructor({ journal, words, isSignedIn, show }) {
    this.journal = journal;
    this.words = words;
    this.isSignedIn = isSignedIn;
    this.show = show;
    this.isLate = false;
    this.text = "";
    this.hasSpoken = false;
    journal.changed = () => this.draw();
  }

  /** The moment is over in which answers are sent without a word. */
  late() {
    this.isLate = true;
    this.draw();
  }

  draw() {
    this.text = this.#text();
    this.hasSpoken ||= this.text !== "";
    this.show({ text: this.text, ...this.#refused() });
  }

  #text() {
    const { state, waiting } = this.journal;
    if (waiting === 0) return this.hasSpoken ? this.words.say("all sent") : "";
    if (!this.isSignedIn || state === "ended") return this.words.count("kept", waiting);
    const isUnderWay = state === "sending" && (this.hasSpoken || !this.isLate);
    if (isUnderWay) return this.text; // nobody wants each answer that goes read aloud
    return this.words.count("waiting", waiting);
  }

  #refused() {
    const { refusedOnes } = this.journal;
    const path = refusedOnes[0]?.entry.path ?? "";
    const task = /^\/api\/v1\/tasks\/([^/]+)\//.exec(path)?.[1];
    if (!this.isSignedIn || task === undefined) return { link: "", href: "" };
    return {
      link: this.words.count("refused", refusedOnes.length),
      href: `/task/${task}`, // its page shows them with the reasons
    };
  }
}
