// SPDX-License-Identifier: Apache-2.0
/** @file Marking parts of the text by mouse, touch and keyboard. */

import { find } from "./kind.js";
import { offsetAt, show } from "./shown.js";
import { joined, snap, toPart, toSpan, wordsOf } from "./spans.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./spans.js").Part} Part
 */

/** @implements {Kind} */
export class Marking {
  /**
   * @param {HTMLElement} root
   * @param {import("./kind.js").Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.incomplete = "mark first";
    this.host = find(root, "[data-marking]");
    this.list = find(root, "[data-marks]");
    this.row = find(root, "[data-mark-row]");
    this.text = "";
    /** @type {Part[]} */
    this.parts = [];
    /** @type {Part[]} */
    this.words = [];
    /** @type {Part | null} A word from which a part goes on. */
    this.anchor = null;
    /** @type {number | null} Number of the word that the keyboard is at. */
    this.cursor = null;
    /** @type {ReturnType<typeof show>} */
    this.places = new Map();
    this.isPressed = false;
    this.host.addEventListener("pointerdown", () => {
      this.isPressed = true;
    });
    document.addEventListener("pointerup", (event) => {
      if (this.isPressed) this.#point(event);
      this.isPressed = false;
    });
    this.host.addEventListener("keydown", (event) => this.#press(event));
    this.host.addEventListener("focus", () => this.#enter());
    this.host.addEventListener("blur", () => this.#leave());
    this.host.addEventListener("copy", (event) => this.#copy(event));
  }

  /**
   * @param {import("./kind.js").Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    this.text = card.text;
    this.words = wordsOf(card.text);
    this.parts = (begun?.spans ?? []).map((span) => toPart(card.text, span));
    this.anchor = null;
    this.cursor = null;
    this.#draw();
  }

  /** @returns {Answer | null} */
  given() {
    const spans = this.parts.map((part) => toSpan(this.text, part));
    return spans.length ? { spans } : null;
  }

  accepted() {
    return this.given();
  }

  /** @param {import("./keys.js").Deed} deed */
  act({ name }) {
    if (name !== "mark") return false;
    if (!this.#takeSelection()) this.host.focus();
    return true;
  }

  /** @param {PointerEvent} event */
  #point(event) {
    if (event.button !== 0 || this.#takeSelection()) return;
    const caret = caretAt(event.clientX, event.clientY);
    if (!caret || !this.host.contains(caret.node)) return;
    const at = offsetAt(this.places, this.host, caret.node, caret.offset);
    const word = this.words.find((one) => one.start <= at && at <= one.end);
    if (!word) return;
    if (this.anchor) {
      const start = Math.min(this.anchor.start, word.start);
      this.#add({ start, end: Math.max(this.anchor.end, word.end) });
    } else {
      this.anchor = word;
      this.#draw();
      this.page.announce(this.page.words.say("begun", { quote: this.#quote(word) }));
    }
  }

  /** Mark what is selected in the text, if something is. */
  #takeSelection() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return false;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.host)) return false;
    const part = snap(this.text, this.#partOf(range));
    selection.removeAllRanges();
    if (part) this.#add(part);
    return part !== null;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.cursor === null) return;
    const step = this.#stepOf(event.key);
    if (step !== null) this.#go(step, event.shiftKey);
    else if (event.key === " ") this.#toggle();
    else if (event.key === "Delete") this.#removeAt(this.words[this.cursor]);
    else if (event.key === "Escape" && this.anchor) {
      this.anchor = null;
      this.#draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * How many words an arrow goes on; arrows follow the eye, so they turn with the text.
   * @param {string} key
   * @returns {number | null}
   */
  #stepOf(key) {
    const ahead = getComputedStyle(this.host).direction === "rtl" ? -1 : 1;
    /** @type {Record<string, number>} */
    const steps = {
      ArrowRight: ahead,
      ArrowLeft: -ahead,
      ArrowDown: 8,
      ArrowUp: -8,
      Home: -this.words.length,
      End: this.words.length,
    };
    return steps[key] ?? null;
  }

  /**
   * @param {number} step
   * @param {boolean} extends_
   */
  #go(step, extends_) {
    const before = this.cursor ?? 0;
    if (extends_) this.anchor ??= this.words[before] ?? null;
    this.cursor = Math.min(Math.max(before + step, 0), this.words.length - 1);
    this.#draw();
    this.#read();
  }

  #toggle() {
    const word = this.words[this.cursor ?? 0];
    if (!word) return;
    if (!this.anchor && this.#removeAt(word)) return;
    const from = this.anchor ?? word;
    this.#add({ start: Math.min(from.start, word.start), end: Math.max(from.end, word.end) });
  }

  /** @param {Part} part */
  #add(part) {
    this.anchor = null;
    this.parts = joined(this.parts, part);
    this.#draw();
    this.page.announce(this.page.words.say("marked", { quote: this.#quote(part) }));
  }

  /** @param {Part | undefined} word */
  #removeAt(word) {
    const found = this.parts.find((one) => word && one.start < word.end && word.start < one.end);
    if (found) this.#remove(found);
    return found !== undefined;
  }

  /** @param {Part} part */
  #remove(part) {
    this.parts = this.parts.filter((one) => one !== part);
    this.#draw();
    this.page.announce(this.page.words.say("unmarked", { quote: this.#quote(part) }));
  }

  #enter() {
    this.cursor ??= 0;
    this.#draw();
    this.#read();
  }

  #leave() {
    this.cursor = null;
    this.#draw();
  }

  /** Copying gives the text itself, not the names of what cannot be seen. */
  #copy(/** @type {ClipboardEvent} */ event) {
    const range = getSelection()?.getRangeAt(0);
    if (!range) return;
    event.clipboardData?.setData("text/plain", this.#quote(this.#partOf(range)));
    event.preventDefault();
  }

  /**
   * Give the part of the text that a range covers; what lies outside of it does not count.
   * @param {Range} range
   * @returns {Part}
   */
  #partOf({ startContainer, startOffset, endContainer, endOffset }) {
    const start = this.host.contains(startContainer)
      ? offsetAt(this.places, this.host, startContainer, startOffset)
      : 0;
    const end = this.host.contains(endContainer)
      ? offsetAt(this.places, this.host, endContainer, endOffset)
      : this.text.length;
    return { start, end };
  }

  /** Say the word at the cursor, and whether it is marked. */
  #read() {
    const word = this.words[this.cursor ?? 0];
    if (!word) return;
    const isMarked = this.parts.some((one) => one.start <= word.start && word.end <= one.end);
    const quote = this.#quote(word);
    this.page.announce(isMarked ? this.page.words.say("is marked", { quote }) : quote);
  }

  /** @param {Part} part */
  #quote({ start, end }) {
    return this.text.slice(start, end);
  }

  #draw() {
    this.places = show(this.host, this.text, this.#wraps());
    this.list.replaceChildren(...this.parts.map((part) => this.#rowOf(part)));
    this.host.querySelector(".cursor")?.scrollIntoView({ block: "nearest" });
  }

  /** Parts with one look each, cut where marks, the anchor and the cursor meet. */
  #wraps() {
    const word = this.cursor === null ? undefined : this.words[this.cursor];
    const begun = this.anchor && word
      ? { start: Math.min(this.anchor.start, word.start), end: Math.max(this.anchor.end, word.end) }
      : this.anchor;
    const looks = [
      ...this.parts.map((part) => ({ part, look: "marked" })),
      ...(begun ? [{ part: begun, look: "begun" }] : []),
      ...(word ? [{ part: word, look: "cursor" }] : []),
    ];
    const edges = new Set(looks.flatMap(({ part }) => [part.start, part.end]));
    const sorted = [...edges].sort((one, other) => one - other);
    return sorted.slice(1).flatMap((end, index) => {
      const start = sorted[index] ?? 0;
      const here = looks.filter(({ part }) => part.start <= start && end <= part.end);
      const look = here.map((one) => one.look).join(" ");
      return look ? [{ start, end, look, tag: /** @type {const} */ ("mark") }] : [];
    });
  }

  /** @param {Part} part */
  #rowOf(part) {
    const row = this.row instanceof HTMLTemplateElement
      ? this.row.content.cloneNode(true)
      : document.createDocumentFragment();
    if (!(row instanceof DocumentFragment)) return document.createDocumentFragment();
    show(find(row, "q"), this.#quote(part));
    find(row, "button").addEventListener("click", () => {
      this.#remove(part);
      this.host.focus();
    });
    return row;
  }
}

/**
 * Find the place in the text under a point; browsers call it by two names.
 * @param {number} x
 * @param {number} y
 * @returns {{node: Node, offset: number} | null}
 */
function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const place = document.caretPositionFromPoint(x, y);
    return place && { node: place.offsetNode, offset: place.offset };
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}
