// SPDX-License-Identifier: Apache-2.0
/** @file What every kind of answer offers to the card page, and what the page to it. */

/**
 * @typedef {import("./server.js").Card} Card
 * @typedef {import("./server.js").Answer} Answer
 */

/**
 * One way to answer a card.
 * @typedef {object} Kind
 * @property {(card: Card, begun: Answer | null) => void} show Show a card, and what was
 *   begun on it.
 * @property {() => Answer | null} given What stands there now; none while incomplete.
 * @property {() => Answer | null} accepted What Enter takes: the answer, or the suggestion.
 * @property {(deed: import("./keys.js").Deed) => boolean} act Do what a key asks for, and
 *   tell whether it was for this kind.
 * @property {() => boolean} [back] Let go of a choice that waits for more, and tell
 *   whether there was one.
 * @property {string} incomplete Name of the text that says what is missing.
 */

/**
 * What a kind may ask of the page.
 * @typedef {object} Page
 * @property {(answer: Answer) => void} submit
 * @property {(text: string) => void} announce
 * @property {import("./words.js").Words} words
 */

/**
 * Find an element that the template promises.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  throw new Error(`the page has no ${selector}`);
}

/**
 * Find all elements of a kind.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function findAll(root, selector) {
  return [...root.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}

/**
 * Find a text field.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLTextAreaElement | HTMLInputElement}
 */
export function findField(root, selector) {
  const found = find(root, selector);
  if (found instanceof HTMLTextAreaElement || found instanceof HTMLInputElement) return found;
  throw new Error(`${selector} is no field`);
}
