// SPDX-License-Identifier: Apache-2.0
/** @file Rating by several criteria. */

import { find, findAll } from "./kind.js";
import { show } from "./shown.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 */

/** @implements {Kind} */
export class Rating {
  /**
   * @param {HTMLElement} root
   * @param {import("./kind.js").Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.incomplete = "rate first";
    this.rated = find(root, "[data-rated]");
    this.draft = find(root, "[data-draft]");
    this.criteria = findAll(root, "[data-criterion]");
    for (const criterion of this.criteria) {
      criterion.addEventListener("change", () => this.#point());
      criterion.addEventListener("focusin", () => this.#point());
    }
  }

  /**
   * @param {import("./kind.js").Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    this.rated.hidden = card.draft === null;
    show(this.draft, card.draft ?? "");
    for (const criterion of this.criteria) {
      const score = begun?.ratings?.[nameOf(criterion)];
      for (const radio of radiosOf(criterion)) radio.checked = radio.value === String(score);
    }
    this.#point();
  }

  /** @returns {Answer | null} */
  given() {
    /** @type {Record<string, number>} */
    const ratings = {};
    for (const criterion of this.criteria) {
      const chosen = radiosOf(criterion).find((radio) => radio.checked);
      if (!chosen) return null;
      ratings[nameOf(criterion)] = Number(chosen.value);
    }
    return { ratings };
  }

  accepted() {
    return this.given();
  }

  /** @param {import("./keys.js").Deed} deed */
  act({ name, digit }) {
    const criterion = this.#current();
    if (name !== "digit" || !criterion) return false;
    const radios = radiosOf(criterion);
    const wanted = radios.find((radio) => Number(radio.value) === digit);
    const ten = digit === 0 ? radios.find((radio) => radio.value === "10") : undefined;
    const radio = wanted ?? ten;
    if (!radio) return false;
    radio.checked = true;
    if (criterion.contains(document.activeElement)) radio.focus();
    this.#point();
    const values = { name: criterion.dataset["shown"] ?? "", score: Number(radio.value) };
    this.page.announce(this.page.words.say("rated", values));
    return true;
  }

  /** The criterion that a digit is for: where the focus is, else the first without. */
  #current() {
    const focused = this.criteria.find((one) => one.contains(document.activeElement));
    const open = this.criteria.find((one) => !radiosOf(one).some((radio) => radio.checked));
    return focused ?? open ?? this.criteria.at(-1);
  }

  #point() {
    const current = this.#current();
    for (const one of this.criteria) one.classList.toggle("current", one === current);
  }
}

/** @param {HTMLElement} criterion */
function nameOf(criterion) {
  return criterion.dataset["criterion"] ?? "";
}

/**
 * @param {HTMLElement} criterion
 * @returns {HTMLInputElement[]}
 */
function radiosOf(criterion) {
  return findAll(criterion, "input").filter((one) => one instanceof HTMLInputElement);
}
