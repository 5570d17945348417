// SPDX-License-Identifier: Apache-2.0
/** @file What opens beside a card: guideline, whole document, keys, reasons. */

import { find, findAll, findField } from "./kind.js";
import { show } from "./shown.js";

/**
 * @typedef {import("./server.js").Server} Server
 * @typedef {import("./words.js").Words} Words
 */

/**
 * @param {string} id
 * @returns {HTMLDialogElement}
 */
export function dialogOf(id) {
  const found = document.getElementById(id);
  if (found instanceof HTMLDialogElement) return found;
  throw new Error(`the page has no dialog ${id}`);
}

/**
 * Give every dialog its button to close it, and tell when it closed.
 * @param {() => void} closed
 */
export function prepareDialogs(closed) {
  for (const dialog of document.querySelectorAll("dialog")) {
    for (const button of findAll(dialog, "[data-close]:not([data-deed])")) {
      button.addEventListener("click", () => dialog.close());
    }
    dialog.addEventListener("close", closed);
  }
}

/** The guideline beside the card: it comes back where it was left, on another day too. */
export class Guideline {
  /**
   * @param {Server} server
   * @param {string} task Path of the task in the API.
   * @param {object} means
   * @param {string} means.version
   * @param {string} means.owner The project and the person.
   * @param {Pick<Storage, "getItem" | "setItem">} means.storage
   */
  constructor(server, task, { version, owner, storage }) {
    this.server = server;
    this.task = task;
    this.version = version;
    this.storage = storage;
    this.memory = `maalem:${owner}:guideline:${task}`;
    this.dialog = dialogOf("guideline");
    this.scrolled = find(this.dialog, ".scrolled");
    this.flags = findAll(document, "[data-unread]");
    find(this.dialog, "[data-read]").addEventListener("click", () => void this.#read());
    addEventListener("pagehide", () => this.#leave());
  }

  /** @param {boolean} isUnread */
  flag(isUnread) {
    for (const flag of this.flags) flag.hidden = !isUnread;
  }

  toggle() {
    if (this.dialog.open) return this.close();
    this.dialog.show(); // the card stays within reach
    this.scrolled.scrollTop = this.#place();
    this.scrolled.focus({ preventScroll: true });
  }

  close() {
    this.#leave();
    this.dialog.close();
  }

  /** Where it was left; at the top where it has changed since. */
  #place() {
    const kept = JSON.parse(this.storage.getItem(this.memory) ?? "{}");
    return kept.version === this.version ? kept.at : 0;
  }

  #leave() {
    if (!this.dialog.open) return;
    const kept = { version: this.version, at: Math.round(this.scrolled.scrollTop) };
    try {
      this.storage.setItem(this.memory, JSON.stringify(kept));
    } catch {
      // without it the guideline opens at its top, and nothing else
    }
  }

  async #read() {
    const body = { version: this.version };
    const { status } = await this.server.post(`${this.task}/guideline-read`, body);
    if (status === 409) return location.reload(); // it has changed since this page came
    if (status === 200) this.flag(false);
    this.close();
  }
}

/** The document around a passage. */
export class Whole {
  /**
   * @param {Server} server
   * @param {string} task Path of the task in the API.
   * @param {Words} words
   */
  constructor(server, task, words) {
    this.server = server;
    this.task = task;
    this.words = words;
    this.dialog = dialogOf("document");
    this.title = find(this.dialog, "[data-title]");
    this.text = find(this.dialog, "[data-text]");
  }

  /** @param {string} item */
  async open(item) {
    if (this.dialog.open) return this.dialog.close();
    this.text.textContent = this.words.say("loading");
    this.title.textContent = "";
    this.dialog.showModal();
    const path = `${this.task}/items/${encodeURIComponent(item)}/context`;
    const { status, body } = await this.server.get(path);
    if (status !== 200) {
      const message = body?.error?.message ?? this.words.say("no connection");
      this.text.textContent = String(message);
      return;
    }
    show(this.title, String(body.title || body.source || ""));
    const start = body.before.length;
    const whole = { start, end: start + body.text.length, tag: /** @type {const} */ ("mark") };
    show(this.text, `${body.before}${body.text}${body.after}`, [whole]);
    this.text.querySelector("mark")?.scrollIntoView({ block: "center" });
  }
}

/** Why a question is bad. */
export class Reasons {
  /** @param {(reason: string) => void} given */
  constructor(given) {
    this.given = given;
    this.dialog = dialogOf("bad-question");
    this.other = findField(this.dialog, "[data-other]");
    this.buttons = findAll(this.dialog, "[data-reason]");
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.#give(button.dataset["reason"] ?? ""));
    }
    find(this.dialog, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#give(this.other.value.trim());
    });
  }

  open() {
    this.other.value = "";
    this.dialog.showModal();
  }

  /** @param {number} digit */
  press(digit) {
    this.buttons[digit - 1]?.click();
  }

  /** @param {string} reason */
  #give(reason) {
    if (!reason) return this.other.focus();
    this.dialog.close();
    this.given(reason);
  }
}
