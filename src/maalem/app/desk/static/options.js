// SPDX-License-Identifier: Apache-2.0
/** @file Comparing two texts, and ranking several. */

import { difference } from "./difference.js";
import { find, findAll } from "./kind.js";
import { show } from "./shown.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./kind.js").Card} Card
 * @typedef {import("./kind.js").Page} Page
 * @typedef {import("./keys.js").Deed} Deed
 */

const SIDES = ["first", "second", "both", "neither"];
const ALIKE = SIDES.slice(2); // neither is better, so that there is no reason to ask for

/** @implements {Kind} */
export class Comparing {
  /**
   * @param {HTMLElement} root
   * @param {Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.incomplete = "choose first";
    this.columns = findAll(root, "[data-option]");
    this.toggle = find(root, "[data-difference]");
    this.sides = findAll(root, "[data-side]");
    this.why = find(root, "[data-why]");
    this.reasons = findAll(this.why, "[data-reason]");
    this.isApart = false;
    this.isAsking = false;
    this.chosen = "";
    this.reason = "";
    /** @type {string[]} */
    this.options = [];
    for (const button of this.sides) {
      button.addEventListener("click", () => this.#take(button.dataset["side"] ?? ""));
    }
    for (const button of this.reasons) {
      button.addEventListener("click", () => this.#say(button.dataset["reason"] ?? ""));
    }
    this.toggle.addEventListener("click", () => this.#showApart(!this.isApart));
  }

  /**
   * @param {Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    this.options = card.options;
    this.chosen = begun?.labels?.[0] ?? "";
    this.reason = begun?.reason ?? "";
    this.isAsking = false;
    this.#draw();
    this.#showApart(this.isApart);
  }

  /** @returns {Answer | null} */
  given() {
    if (!this.chosen) return null;
    return { labels: [this.chosen], ...(this.reason && { reason: this.reason }) };
  }

  accepted() {
    return this.given();
  }

  back() {
    const wasAsking = this.isAsking;
    if (wasAsking) {
      this.chosen = "";
      this.isAsking = false;
      this.#draw();
    }
    return wasAsking;
  }

  /** @param {Deed} deed */
  act({ name, digit }) {
    if (name === "difference") this.#showApart(!this.isApart);
    else if (name === "first" || name === "second") this.#take(name);
    else if (name !== "digit" || digit === undefined) return false;
    else return this.isAsking ? this.#pick(digit) : this.#choose(digit);
    return true;
  }

  /** @param {number} digit */
  #choose(digit) {
    const side = SIDES[digit - 1];
    if (side) this.#take(side);
    return side !== undefined;
  }

  /**
   * @param {number} digit Number of a reason; 0 for none.
   */
  #pick(digit) {
    if (digit === 0) this.#say("");
    else this.reasons[digit - 1]?.click();
    return true;
  }

  /** @param {string} side */
  #take(side) {
    this.chosen = side;
    this.reason = "";
    this.isAsking = !ALIKE.includes(side);
    if (!this.isAsking) return this.#say("");
    this.#draw();
    this.page.announce(this.page.words.say("why"));
    find(this.why, "[type=submit]").focus({ preventScroll: true }); // Enter passes
    this.why.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} reason */
  #say(reason) {
    this.reason = reason;
    const answer = this.given();
    if (answer) this.page.submit(answer);
  }

  #draw() {
    this.why.hidden = !this.isAsking;
    this.why.parentElement?.classList.toggle("asking", this.isAsking);
    for (const side of this.sides) press(side, side.dataset["side"] === this.chosen);
    for (const one of this.reasons) press(one, one.dataset["reason"] === this.reason);
  }

  /** @param {boolean} isApart */
  #showApart(isApart) {
    this.isApart = isApart;
    this.toggle.setAttribute("aria-pressed", String(isApart));
    const [first = "", second = ""] = this.options;
    const { gone, come } = isApart ? difference(first, second) : { gone: [], come: [] };
    const wraps = [gone, come].map((side) => side.map((one) => ({ ...one, tag: MARK })));
    this.columns.forEach((column, index) => {
      show(column, this.options[index] ?? "", wraps[index]);
    });
  }
}

/** @type {"mark"} Neither side is the old one, so nothing is deleted or inserted. */
const MARK = "mark";

/** @implements {Kind} */
export class Ranking {
  /**
   * @param {HTMLElement} root
   * @param {Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.incomplete = "rank first";
    this.list = find(root, "[data-ranking]");
    this.rows = findAll(this.list, "li");
    /** @type {number[]} Places as shown, in the order of preference. */
    this.order = [];
    this.picked = 0;
    this.rows.forEach((row, place) => {
      find(row, "[data-up]").addEventListener("click", () => this.#move(place, -1));
      find(row, "[data-down]").addEventListener("click", () => this.#move(place, 1));
    });
  }

  /**
   * @param {Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    this.picked = 0;
    this.order = begun?.ranking ?? card.options.map((_, place) => place);
    this.rows.forEach((row, place) => {
      show(find(row, "[data-text]"), card.options[place] ?? "");
    });
    this.#sort();
  }

  /** @returns {Answer | null} */
  given() {
    return { ranking: [...this.order] };
  }

  accepted() {
    return this.given();
  }

  /** @param {Deed} deed */
  act({ name, digit }) {
    const place = (digit ?? 0) - 1;
    if (name !== "digit" || place < 0 || place >= this.order.length) return false;
    if (this.picked >= this.order.length) this.picked = 0;
    const from = this.order.indexOf(place);
    if (from < this.picked) return true; // it has its rank already
    this.order.splice(from, 1);
    this.order.splice(this.picked, 0, place);
    this.picked += 1;
    this.#sort();
    this.#tell(place);
    return true;
  }

  /**
   * @param {number} place
   * @param {number} step
   */
  #move(place, step) {
    const from = this.order.indexOf(place);
    const to = from + step;
    if (to < 0 || to >= this.order.length) return;
    this.order.splice(from, 1);
    this.order.splice(to, 0, place);
    this.#sort();
    const row = this.rows[place];
    const wanted = row && find(row, step < 0 ? "[data-up]" : "[data-down]");
    const other = row && find(row, step < 0 ? "[data-down]" : "[data-up]");
    (wanted?.hasAttribute("disabled") ? other : wanted)?.focus();
    this.#tell(place);
  }

  #sort() {
    this.order.forEach((place, rank) => {
      const row = this.rows[place];
      if (!row) return;
      this.list.append(row);
      find(row, "[data-up]").toggleAttribute("disabled", rank === 0);
      find(row, "[data-down]").toggleAttribute("disabled", rank === this.order.length - 1);
    });
  }

  /** @param {number} place */
  #tell(place) {
    const values = { name: place + 1, rank: this.order.indexOf(place) + 1 };
    this.page.announce(this.page.words.say("ranked", { ...values, all: this.order.length }));
  }
}

/**
 * Show that a button stands for what was chosen; it is no switch otherwise.
 * @param {HTMLElement} button
 * @param {boolean} isChosen
 */
function press(button, isChosen) {
  if (isChosen) button.setAttribute("aria-pressed", "true");
  else button.removeAttribute("aria-pressed");
}
