// SPDX-License-Identifier: Apache-2.0
/** @file Where a sitting stands: its progress, what is saved, and what went wrong. */

import { find } from "./kind.js";
import { show } from "./shown.js";
import { SIZE } from "./sitting.js";

/**
 * @typedef {import("./journal.js").Journal} Journal
 * @typedef {import("./sitting.js").Sitting} Sitting
 * @typedef {import("./words.js").Words} Words
 */

export class Status {
  /**
   * @param {Words} words
   * @param {Sitting} sitting
   * @param {Journal} journal
   */
  constructor(words, sitting, journal) {
    this.words = words;
    this.sitting = sitting;
    this.journal = journal;
    this.saved = find(document, "#saved");
    this.said = find(document, "#said");
    this.hint = find(document, "#hint");
  }

  /**
   * Say something to a screen reader.
   * @param {string} text
   * @param {boolean} isSeen Whether it is shown too.
   */
  announce(text, isSeen = false) {
    this.said.textContent = text;
    this.hint.textContent = isSeen ? text : "";
  }

  /**
   * Tell that the desk has an answer.
   * @param {string | null} effect What it changed.
   */
  acknowledged(effect) {
    const { done } = this.sitting;
    this.announce(this.words.say("saved of", { done, size: SIZE }));
    if (effect) find(document, "#effect").textContent = effect;
  }

  draw() {
    const { done, left } = this.sitting;
    const { state, waiting } = this.journal;
    const progress = find(document, "#progress");
    progress.setAttribute("value", String(Math.min(done, SIZE)));
    find(document, "#done").textContent = this.words.say("done of", { done, size: SIZE });
    find(document, "#left").textContent = this.words.count("left", left);
    find(document, "#minutes").textContent = this.#minutes();
    this.saved.dataset["state"] = waiting ? state : "saved";
    this.saved.textContent = waiting ? this.words.say("saving") : this.words.say("saved");
    this.saved.hidden = !waiting && done === 0;
    this.#place();
    this.#notice("offline", state === "offline" && waiting > 0, () =>
      this.words.count("waiting", waiting),
    );
    this.#notice("ended", state === "ended" || this.sitting.lack === "ended", () =>
      waiting ? this.words.count("kept", waiting) : this.words.say("ended"),
    );
    this.#refused();
  }

  /** Time until the pause; nothing while there is no pace. */
  #minutes() {
    const { minutes } = this.sitting;
    if (minutes === null) return "";
    if (minutes < 1) return this.words.say("less than a minute");
    return this.words.count("minutes", Math.round(minutes));
  }

  /** Say which answer is looked at again, or when a new trial opens. */
  #place() {
    const { place, answered, opens, lack } = this.sitting;
    find(document, "#looking").hidden = place === 0;
    find(document, "#back").hidden = place > 0 || answered.length === 0;
    const values = { number: place, all: answered.length };
    find(document, "#looking p").textContent = this.words.say("looking", values);
    const isLater = lack === "unqualified" && opens !== null;
    const when = isLater ? this.words.say("opens", { when: this.words.moment(opens) }) : "";
    find(document, "#opens").textContent = when;
    find(document, "#closed").hidden = isLater;
  }

  /**
   * @param {string} name
   * @param {boolean} isOn
   * @param {() => string} text
   */
  #notice(name, isOn, text) {
    const notice = find(document, `#notice-${name}`);
    if (notice.hidden === !isOn && !isOn) return;
    const told = find(notice, "p");
    const wanted = text();
    if (told.textContent !== wanted) told.textContent = wanted;
    if (notice.hidden && isOn) this.announce(wanted);
    notice.hidden = !isOn;
  }

  #refused() {
    const { refusedOnes } = this.journal;
    const notice = find(document, "#notice-refused");
    notice.hidden = refusedOnes.length === 0;
    find(notice, "p").textContent = this.words.count("refused", refusedOnes.length);
    const rows = refusedOnes.map(({ entry, message }) => {
      const row = document.createElement("li");
      const { labels, text, outcome } = /** @type {import("./server.js").Answer} */ (entry.body);
      show(row, `${message}: ${text ?? labels?.join(", ") ?? outcome ?? ""}`);
      return row;
    });
    find(notice, "ul").replaceChildren(...rows);
  }
}
