// SPDX-License-Identifier: Apache-2.0
/** @file The card page: one card after the other, by keyboard, touch or mouse. */

import { Choosing } from "./choosing.js";
import { Journal, isAnswer, newKey } from "./journal.js";
import { deedOf, keysOf, placeOf } from "./keys.js";
import { find, findAll, findField } from "./kind.js";
import { Marking } from "./marking.js";
import { Comparing, Ranking } from "./options.js";
import { Guideline, Reasons, Whole, dialogOf, prepareDialogs } from "./panels.js";
import { Rating } from "./rating.js";
import { Server } from "./server.js";
import { reveal, show } from "./shown.js";
import { Sitting } from "./sitting.js";
import { Status } from "./status.js";
import { Stopwatch } from "./stopwatch.js";
import { Words } from "./words.js";
import { Writing } from "./writing.js";

/**
 * @typedef {import("./kind.js").Answer} Answer
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./kind.js").Page} Page
 * @typedef {import("./keys.js").Deed} Deed
 * @typedef {import("./sitting.js").Held} Held
 */

/** @type {Record<string, (root: HTMLElement, page: Page) => Kind>} */
const KINDS = {
  choose: (root, page) => new Choosing(root, page, false),
  "choose-several": (root, page) => new Choosing(root, page, true),
  compare: (root, page) => new Comparing(root, page),
  correct: (root, page) => new Writing(root, page),
  mark: (root, page) => new Marking(root, page),
  rank: (root, page) => new Ranking(root, page),
  rate: (root, page) => new Rating(root, page),
  write: (root, page) => new Writing(root, page),
};
const TOO_SOON = 200; // milliseconds in which nobody has seen the card: a double tap
const RETRY = 5_000; // milliseconds between looking for cards while there is no network

class CardPage {
  constructor() {
    this.root = find(document, "#sitting");
    this.root.classList.add("ready");
    const { kind = "", task = "", owner = "", version = "" } = this.root.dataset;
    const language = document.documentElement.lang;
    this.path = `/api/v1/tasks/${encodeURIComponent(task)}`;
    this.words = new Words(language, JSON.parse(find(document, "#words").textContent ?? "{}"));
    const csrf = document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "";
    this.server = new Server(csrf);
    this.post = this.server.post.bind(this.server);
    this.card = find(document, "#card");
    this.text = document.querySelector("#text");
    this.note = findField(document, "#note");
    this.watch = new Stopwatch(() => performance.now());
    const kept = { version, owner, storage: localStorage };
    this.guideline = new Guideline(this.server, this.path, kept);
    this.whole = new Whole(this.server, this.path, this.words);
    this.reasons = new Reasons((reason) => this.submit({ outcome: "bad-question", reason }));
    this.journal = this.#journal(owner);
    this.sitting = this.#sitting(owner);
    this.memory = `begun:${owner}:${this.path}`;
    this.status = new Status(this.words, this.sitting, this.journal);
    const page = {
      submit: (/** @type {Answer} */ answer) => this.submit(answer),
      announce: (/** @type {string} */ text) => this.status.announce(text),
      words: this.words,
    };
    this.kind = /** @type {NonNullable<typeof KINDS[string]>} */ (KINDS[kind])(this.card, page);
    /** @type {Held | null} */
    this.shown = null;
    this.shownAt = 0;
    this.isWaiting = false;
    this.keys = keysOf(JSON.parse(this.root.dataset["keys"] ?? "{}"));
    this.areKeysOn = localStorage.getItem("maalem:keys") !== "off";
  }

  /** @param {string} owner */
  #journal(owner) {
    const journal = new Journal({
      storage: localStorage,
      name: owner,
      post: this.post,
      later: (deed, milliseconds) => setTimeout(deed, milliseconds),
      now: Date.now,
    });
    journal.changed = () => this.#journalChanged();
    journal.acknowledged = (entry, { body }) => {
      if (isAnswer(entry)) this.status.acknowledged(body?.effect ?? null);
    };
    journal.refused = (entry) => {
      const what = entry.body.of === undefined ? "not skipped" : "not undone";
      const told = isAnswer(entry) ? "not taken" : what;
      this.status.announce(this.words.say(told), true);
    };
    return journal;
  }

  /** @param {string} owner */
  #sitting(owner) {
    const sitting = new Sitting({
      task: this.path,
      name: owner,
      journal: this.journal,
      post: this.post,
      storage: sessionStorage,
      now: Date.now,
      newKey,
    });
    sitting.changed = () => this.render();
    return sitting;
  }

  start() {
    this.#listen();
    for (const foreign of findAll(document, "[data-foreign]")) reveal(foreign);
    prepareDialogs(() => this.card.focus({ preventScroll: true }));
    void this.server.get(this.path).then(({ status, body }) => {
      if (status === 200) this.guideline.flag(!body.has_read);
    });
    void this.server.get(`${this.path}/answers`).then(({ status, body }) => {
      if (status === 200) this.sitting.recall(body);
      this.status.draw();
    });
    this.journal.wake();
    void this.sitting.fill();
    this.render();
  }

  #listen() {
    document.addEventListener("keydown", (event) => this.#press(event));
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("pagehide", () => this.#keepBegun());
    addEventListener("online", () => this.#wake());
    addEventListener("storage", () => this.status.draw());
    for (const button of findAll(document, "[data-deed]")) {
      button.addEventListener("click", () => this.act({ name: button.dataset["deed"] ?? "" }));
    }
    find(document, "#answering").addEventListener("submit", (event) => {
      event.preventDefault();
      this.act({ name: "confirm" });
    });
    find(document, "#go-on").addEventListener("click", () => this.#goOn());
    const box = findField(document, "#keys-on");
    if (box instanceof HTMLInputElement) {
      box.checked = this.areKeysOn;
      box.addEventListener("change", () => {
        this.keys = keysOf(JSON.parse(this.root.dataset["keys"] ?? "{}"));
    this.areKeysOn = box.checked;
        localStorage.setItem("maalem:keys", box.checked ? "on" : "off");
      });
    }
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const deed = deedOf(event, {
      ...placeOf(event.target),
      areOn: this.areKeysOn,
      keys: this.keys,
    });
    const modal = document.querySelector("dialog:modal");
    if (!deed) return;
    if (modal) {
      if (deed.digit && modal.id === "bad-question") this.reasons.press(deed.digit);
      return; // Escape closes it
    }
    if (this.act(deed)) event.preventDefault();
  }

  /**
   * Do what a key or a button asks for.
   * @param {Deed} deed
   * @returns {boolean} Whether it was something.
   */
  act(deed) {
    const always = this.#always(deed.name);
    if (always) {
      always();
      return true;
    }
    if (this.card.hidden) return this.#actOutside(deed);
    if (this.kind.act(deed)) return true;
    const onCard = this.#onCard(deed);
    onCard?.();
    return onCard !== null;
  }

  /**
   * What can be done also where no card is shown.
   * @param {string} name
   * @returns {(() => void) | null}
   */
  #always(name) {
    /** @type {Record<string, () => void>} */
    const deeds = {
      guideline: () => this.guideline.toggle(),
      keys: () => dialogOf("keys").showModal(),
      undo: () => this.#undo(),
      previous: () => this.#lookAt(-1),
      next: () => this.#lookAt(1),
      leave: () => this.#leave(),
      dismiss: () => this.journal.dismiss(),
      retry: () => this.#wake(),
    };
    return deeds[name] ?? null;
  }

  /** @param {Deed} deed */
  #actOutside({ name }) {
    const isPause = this.sitting.isPause && (name === "accept" || name === "confirm");
    if (isPause) this.#goOn();
    return isPause;
  }

  /**
   * @param {Deed} deed
   * @returns {(() => void) | null}
   */
  #onCard({ name, digit }) {
    /** @type {Record<string, () => void>} */
    const deeds = {
      accept: () => this.#confirm(this.kind.accepted()),
      confirm: () => this.#confirm(this.kind.given() ?? this.kind.accepted()),
      unknown: () => this.submit({ outcome: "unknown" }),
      "bad-question": () => this.reasons.open(),
      note: () => this.#openNote(),
      skip: () => this.#skip(),
      document: () => void this.whole.open(this.shown?.card.item ?? ""),
    };
    if (name === "digit") return digit === 0 ? (deeds["unknown"] ?? null) : null;
    return deeds[name] ?? null;
  }

  /** @param {Answer | null} answer */
  #confirm(answer) {
    if (answer) this.submit(answer);
    else this.status.announce(this.words.say(this.kind.incomplete), true);
  }

  /**
   * Answer the card that is shown; it is in the journal before the next one shows.
   * @param {Answer} answer
   */
  submit(answer) {
    if (!this.shown || this.isWaiting || performance.now() - this.shownAt < TOO_SOON) return;
    const note = this.note.value.trim();
    const whole = note ? { ...answer, note } : answer;
    const isAgain = this.sitting.seen !== null;
    this.isWaiting = !this.sitting.answer(whole, this.watch.seconds);
    if (isAgain) this.status.announce(this.words.say("open card"));
    this.render();
    void this.sitting.fill();
  }

  #skip() {
    this.#keepTime();
    if (!this.sitting.skip(this.#begun())) return;
    void this.sitting.fill();
    this.render();
    this.status.announce(this.words.say("skipped"));
  }

  /** @param {1 | -1} step */
  #lookAt(step) {
    this.#keepTime();
    const isDone = this.sitting.look(step, this.#begun());
    const { place, answered } = this.sitting;
    const values = { number: place, all: answered.length };
    const nothing = answered.length ? "no more answers" : "no answers yet";
    if (!isDone) this.status.announce(this.words.say(nothing), true);
    else this.status.announce(place ? this.words.say("looking", values) : this.words.say("open card"));
    if (isDone) this.render();
  }

  #undo() {
    if (this.kind.back?.()) return;
    this.#keepTime();
    const isDone = this.sitting.undo(this.#begun());
    this.status.announce(this.words.say(isDone ? "undone" : "nothing to undo"));
    this.render();
  }

  #goOn() {
    this.sitting.goOn();
    this.render();
  }

  #leave() {
    if (this.guideline.dialog.open) this.guideline.close();
    else if (!placeOf(document.activeElement).isText && !this.kind.back?.()) {
      this.#keepTime();
      this.sitting.leave();
      this.render();
    }
    this.card.focus({ preventScroll: true });
  }

  #openNote() {
    find(document, "#note-field").hidden = false;
    this.note.focus();
  }

  #wake() {
    this.journal.wake();
    void this.sitting.fill();
  }

  #look() {
    if (document.hidden) {
      this.watch.pause();
      this.#keepBegun();
    } else {
      if (this.shown) this.watch.resume();
      this.#wake();
    }
  }

  #journalChanged() {
    if (this.journal.waiting === 0) this.#retry(); // what was answered may be dealt anew
    if (this.isWaiting && this.journal.unkept.size === 0) {
      this.isWaiting = false;
      this.render();
    }
    this.status.draw();
  }

  /** What stands on the card, with the note. */
  #begun() {
    if (!this.shown) return null;
    const note = this.note.value.trim();
    const given = this.kind.given();
    return given || note ? { ...given, note: note || null } : null;
  }

  /** Time that a card was looked at counts when it comes back. */
  #keepTime() {
    if (this.shown) this.shown.spent = this.watch.milliseconds;
  }

  /** A reload, or a phone that closes the page, loses nothing that was begun. */
  #keepBegun() {
    const open = this.sitting.open;
    if (!this.shown || !open) return;
    const begun = this.shown === open ? this.#begun() : (open.begun ?? null);
    const kept = { item: open.card.item, begun };
    sessionStorage.setItem(this.memory, JSON.stringify(kept));
  }

  /**
   * @param {Held} held
   * @returns {Answer | null}
   */
  #begunBefore(held) {
    if (held.begun) return held.begun;
    const kept = JSON.parse(sessionStorage.getItem(this.memory) ?? "{}");
    return kept.item === held.card.item ? kept.begun : null;
  }

  /** Show what is to be shown now: a card, a pause, or why there is none. */
  render() {
    const { current, isPause, lack } = this.sitting;
    const held = isPause || this.isWaiting ? null : current;
    const state = isPause ? "pause" : lack;
    for (const section of findAll(document, "[data-lack]")) {
      section.hidden = held !== null || section.dataset["lack"] !== state;
    }
    this.card.hidden = held === null;
    this.status.draw();
    this.root.classList.toggle("looking-back", this.sitting.place > 0);
    if (held && held !== this.shown) this.#show(held);
    if (!held && this.shown) {
      this.shown = null;
      this.watch.pause();
      find(document, `[data-lack="${state}"] h2`).focus();
    }
    if (!held && !isPause && lack === "offline") setTimeout(() => this.#retry(), RETRY);
  }

  #retry() {
    if (this.sitting.current === null) void this.sitting.fill();
  }

  /** @param {Held} held */
  #show(held) {
    const { card } = held;
    const begun = this.#begunBefore(held);
    this.shown = held;
    const question = find(document, "#question");
    question.hidden = !card.question;
    show(question, card.question ?? "");
    if (this.text) show(this.text, card.text);
    show(find(document, "#source"), [card.source, card.date].filter(Boolean).join(" · "));
    this.note.value = begun?.note ?? "";
    find(document, "#note-field").hidden = !begun?.note;
    this.kind.show(card, begun);
    for (const outcome of findAll(document, "[data-outcome]")) {
      const isGiven = outcome.dataset["outcome"] === begun?.outcome;
      if (isGiven) outcome.setAttribute("aria-pressed", "true");
      else outcome.removeAttribute("aria-pressed");
    }
    this.card.focus({ preventScroll: true });
    scrollTo(0, 0);
    this.shownAt = performance.now();
    this.watch.start(held.spent);
    if (document.hidden) this.watch.pause();
  }
}

new CardPage().start();
