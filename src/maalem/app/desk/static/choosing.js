// SPDX-License-Identifier: Apache-2.0
/** @file Choosing one label or several, from a list or a tree, with a search field. */

import { find, findAll, findField } from "./kind.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./kind.js").Page} Page
 */

/**
 * Fold a text for search: no case, no marks, one form for letters that look alike.
 * @param {string} text
 */
export function folded(text) {
  return text
    .normalize("NFKD")
    .replaceAll(/[\p{M}\u0640]/gu, "")
    .replaceAll(/[أإآٱ]/g, "ا")
    .replaceAll("ى", "ي")
    .replaceAll("ة", "ه")
    .toLocaleLowerCase();
}

/** @implements {Kind} */
export class Choosing {
  /**
   * @param {HTMLElement} root
   * @param {Page} page
   * @param {boolean} isSeveral
   */
  constructor(root, page, isSeveral) {
    this.page = page;
    this.isSeveral = isSeveral;
    this.incomplete = "choose first";
    this.buttons = findAll(root, "[data-label]");
    this.groups = findAll(root, "details").filter((one) => one instanceof HTMLDetailsElement);
    this.search = root.querySelector("[data-search]") ? findField(root, "[data-search]") : null;
    this.none = root.querySelector("[data-none]") ? find(root, "[data-none]") : null;
    /** @type {string[]} */
    this.suggested = [];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.#press(button));
    }
    for (const group of this.groups) group.addEventListener("toggle", () => this.#number());
    this.search?.addEventListener("input", () => this.#filter());
    this.search?.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent) this.#leaveSearch(event);
    });
  }

  /**
   * @param {import("./kind.js").Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    const suggestion = card.suggestion;
    this.suggested = suggestion?.labels ?? [];
    for (const button of this.buttons) {
      const label = labelOf(button);
      const isChosen = begun?.labels?.includes(label) === true;
      if (isChosen || this.isSeveral) mark(button, isChosen);
      else button.removeAttribute("aria-pressed"); // it is no switch: it answers
      const likely = find(button, ".likely");
      likely.hidden = !this.suggested.includes(label);
      if (suggestion && !likely.hidden) {
        const share = this.page.words.percent(suggestion.probability);
        likely.textContent = this.page.words.say("likely", { share });
        const group = button.closest("details");
        if (group) group.open = true;
      }
    }
    if (this.search?.value) {
      this.search.value = "";
      this.#filter();
    }
    this.#number();
  }

  /** @returns {Answer | null} */
  given() {
    const chosen = this.buttons.filter((one) => one.getAttribute("aria-pressed") === "true");
    return chosen.length ? { labels: chosen.map(labelOf) } : null;
  }

  /** @returns {Answer | null} */
  accepted() {
    return this.given() ?? (this.suggested.length ? { labels: this.suggested } : null);
  }

  /** @param {import("./keys.js").Deed} deed */
  act({ name, digit }) {
    if (name === "digit" && digit) {
      const button = this.#visible()[digit - 1];
      if (button) this.#press(button);
      return true;
    }
    if (name === "search" && this.search) {
      this.search.focus();
      return true;
    }
    return false;
  }

  /** @param {HTMLElement} button */
  #press(button) {
    const label = labelOf(button);
    if (!this.isSeveral) return this.page.submit({ labels: [label] });
    const isChosen = button.getAttribute("aria-pressed") !== "true";
    mark(button, isChosen);
    const name = find(button, ".name").textContent ?? "";
    this.page.announce(this.page.words.say(isChosen ? "chosen" : "not chosen", { name }));
  }

  #visible() {
    return this.buttons.filter((one) => one.checkVisibility());
  }

  /** Print on the first nine buttons in sight the digits that press them. */
  #number() {
    for (const button of this.buttons) find(button, "kbd").textContent = "";
    this.#visible()
      .slice(0, 9)
      .forEach((button, index) => {
        find(button, "kbd").textContent = String(index + 1);
      });
  }

  #filter() {
    const wanted = folded(this.search?.value ?? "").trim();
    for (const button of this.buttons) {
      const told = folded(`${button.dataset["path"]} ${labelOf(button)}`);
      const item = button.closest("li");
      if (item) item.hidden = !told.includes(wanted);
    }
    for (const group of this.groups) {
      const hits = findAll(group, "li:not([hidden]) > [data-label]");
      const item = group.closest("li");
      if (item) item.hidden = hits.length === 0;
      if (wanted) group.open = hits.length > 0;
    }
    this.#number();
    const number = this.#visible().length;
    if (this.none) this.none.hidden = number > 0;
    this.page.announce(this.page.words.count("found", number));
  }

  /** @param {KeyboardEvent} event */
  #leaveSearch(event) {
    const first = this.#visible()[0];
    if (event.isComposing || !first) return;
    if (event.key === "Enter" && !event.ctrlKey) {
      event.preventDefault();
      event.stopPropagation();
      this.#press(first);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      first.focus();
    }
  }
}

/** @param {HTMLElement} button */
function labelOf(button) {
  return button.dataset["label"] ?? "";
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isChosen
 */
function mark(button, isChosen) {
  button.setAttribute("aria-pressed", String(isChosen));
}
