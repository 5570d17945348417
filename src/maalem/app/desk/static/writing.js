// SPDX-License-Identifier: Apache-2.0
/** @file Writing an answer, or correcting a draft with the difference in sight. */

import { difference } from "./difference.js";
import { find, findField } from "./kind.js";
import { show } from "./shown.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 */

/** @implements {Kind} */
export class Writing {
  /**
   * @param {HTMLElement} root
   * @param {import("./kind.js").Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.incomplete = "write first";
    this.field = findField(root, "[data-written]");
    this.changes = root.querySelector("[data-changes]") ? find(root, "[data-changes]") : null;
    this.draft = "";
    this.isHidden = false;
    this.field.addEventListener("input", () => this.#compare());
  }

  /**
   * @param {import("./kind.js").Card} card
   * @param {Answer | null} begun
   */
  show(card, begun) {
    this.draft = card.draft ?? "";
    this.field.value = begun?.text ?? this.draft;
    this.#compare();
  }

  /** @returns {Answer | null} */
  given() {
    return this.field.value.trim() ? { text: this.field.value } : null;
  }

  accepted() {
    return this.given();
  }

  /** @param {import("./keys.js").Deed} deed */
  act({ name }) {
    if (name === "edit") {
      this.field.focus();
      return true;
    }
    if (name === "difference" && this.changes) {
      this.isHidden = !this.isHidden;
      this.#compare();
      return true;
    }
    return false;
  }

  #compare() {
    if (!this.changes) return;
    const now = this.field.value;
    this.changes.hidden = this.isHidden || now === this.draft;
    if (this.changes.hidden) return;
    const { gone, come } = difference(this.draft, now);
    show(find(this.changes, "[data-before]"), this.draft, gone);
    show(find(this.changes, "[data-after]"), now, come);
  }
}
