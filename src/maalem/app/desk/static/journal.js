// SPDX-License-Identifier: Apache-2.0
/**
 * @file The answers that the desk has not acknowledged yet: kept in the browser, sent in
 * order, each until it is acknowledged. The desk knows an answer by its key, so that one
 * sent twice is one.
 */

/**
 * @typedef {import("./server.js").Reply} Reply
 * @typedef {{path: string, body: {key: string, item?: string, of?: string}}} Entry
 * @typedef {"saved" | "sending" | "offline" | "ended"} State
 * @typedef {Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">} Kept
 */

/**
 * @typedef {object} Means
 * @property {Kept} storage
 * @property {string} name Of the project and the person: nobody sends another's answers.
 * @property {(path: string, body: object) => Promise<Reply>} post
 * @property {(deed: () => void, milliseconds: number) => unknown} later
 * @property {() => number} now Milliseconds since 1970.
 */

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const SESSION = new Set(["desk.sign-in", "desk.csrf"]);

export class Journal {
  /** @param {Means} means */
  constructor({ storage, name, post, later, now }) {
    this.storage = storage;
    this.prefix = `maalem:${name}:answer:`;
    this.refusals = `maalem:${name}:refused:`;
    this.post = post;
    this.later = later;
    this.now = now;
    /** @type {State} */
    this.state = "saved";
    /** Called when the state or the number of waiting answers changed. */
    this.changed = () => {};
    /** @type {(entry: Entry, reply: Reply) => void} Called for each answer taken. */
    this.acknowledged = () => {};
    /** @type {(entry: Entry, reply: Reply) => void} Called for each answer not taken. */
    this.refused = () => {};
    /** @type {Map<string, string>} What the browser would not keep. */
    this.unkept = new Map();
    this.isSending = false;
    this.wait = FIRST_WAIT;
    this.round = 0;
  }

  /**
   * Keep an answer, and send it when its turn comes.
   * @param {Entry} entry
   * @returns {boolean} Whether it survives a reload; if not, wait until it is sent.
   */
  add(entry) {
    const last = this.#names(this.prefix).at(-1)?.slice(this.prefix.length) ?? "0";
    const turn = Math.max(this.now(), Number(last.split(":")[0]) + 1);
    const name = `${this.prefix}${String(turn).padStart(15, "0")}:${entry.body.key}`;
    const text = JSON.stringify(entry);
    let isKept = true;
    try {
      this.storage.setItem(name, text);
    } catch {
      this.unkept.set(name, text);
      isKept = false;
    }
    void this.send();
    return isKept;
  }

  /** How many answers wait. */
  get waiting() {
    return this.#names(this.prefix).length;
  }

  /**
   * The items of which something waits.
   * @param {string} path Path of their task in the API.
   * @param {string} deed What waits, such as `answers`; anything if empty.
   */
  itemsOf(path, deed = "") {
    const entries = this.#names(this.prefix).map((name) => this.#read(name));
    const own = entries.filter((entry) => entry?.path.startsWith(`${path}/${deed}`));
    return own.flatMap((entry) => entry?.body.item ?? []);
  }

  /**
   * The answers that the desk did not take, with its reasons.
   * @returns {{entry: Entry, message: string}[]}
   */
  get refusedOnes() {
    const texts = this.#names(this.refusals).map((name) => this.storage.getItem(name));
    return texts.flatMap((text) => (text ? [JSON.parse(text)] : []));
  }

  /** Forget the answers that were not taken, once somebody has read why. */
  dismiss() {
    for (const name of this.#names(this.refusals)) this.storage.removeItem(name);
    this.changed();
  }

  /** Try at once, such as when the network is back. */
  wake() {
    this.wait = FIRST_WAIT;
    this.round += 1;
    void this.send();
  }

  /** Send what waits, one after the other. */
  async send() {
    if (this.isSending) return;
    this.isSending = true;
    let goesOn = true;
    while (goesOn) {
      const name = this.#names(this.prefix)[0];
      const entry = name === undefined ? null : this.#read(name);
      if (name === undefined || entry === null) {
        this.#become("saved");
        break;
      }
      if (this.state === "saved") this.#become("sending");
      goesOn = this.#settle(name, entry, await this.post(entry.path, entry.body));
    }
    this.isSending = false;
  }

  /**
   * Do what a reply asks for.
   * @param {string} name
   * @param {Entry} entry
   * @param {Reply} reply
   * @returns {boolean} Whether to go on with the next.
   */
  #settle(name, entry, reply) {
    const { status, body } = reply;
    if (status === 200) {
      this.#drop(name);
      this.wait = FIRST_WAIT;
      this.state = this.waiting ? "sending" : "saved";
      this.acknowledged(entry, reply);
      this.changed();
      return true;
    }
    if (status === 401 || (status === 403 && SESSION.has(body?.error?.code))) {
      this.#become("ended");
      return false;
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      this.#refuse(name, entry, reply);
      return true;
    }
    this.#become("offline");
    this.#sendLater(reply.wait * 1000);
    return false;
  }

  /** @param {number} shortest Milliseconds. */
  #sendLater(shortest) {
    const round = this.round;
    const wait = Math.max(this.wait, shortest);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.later(() => {
      if (round === this.round) void this.send();
    }, wait);
  }

  /**
   * Put an answer aside that the desk will never take, with whatever builds on it.
   * @param {string} name
   * @param {Entry} entry
   * @param {Reply} reply
   */
  #refuse(name, entry, reply) {
    const message = String(reply.body?.error?.message ?? `HTTP ${reply.status}`);
    if (isAnswer(entry)) {
      const aside = `${this.refusals}${name.slice(this.prefix.length)}`;
      try {
        this.storage.setItem(aside, JSON.stringify({ entry, message }));
      } catch {
        return this.#become("offline"); // no room to put it aside: it stays where it is
      }
    }
    this.#drop(name);
    for (const other of this.#names(this.prefix)) {
      if (this.#read(other)?.body.of === entry.body.key) this.#drop(other);
    }
    this.refused(entry, reply);
    this.changed();
  }

  /** @param {string} name */
  #drop(name) {
    this.unkept.delete(name);
    this.storage.removeItem(name);
  }

  /**
   * @param {string} name
   * @returns {Entry | null}
   */
  #read(name) {
    const text = this.storage.getItem(name) ?? this.unkept.get(name);
    return text ? JSON.parse(text) : null;
  }

  /**
   * @param {string} prefix
   * @returns {string[]} Oldest first.
   */
  #names(prefix) {
    const names = [...this.unkept.keys()];
    for (let index = 0; index < this.storage.length; index += 1) {
      names.push(this.storage.key(index) ?? "");
    }
    return names.filter((name) => name.startsWith(prefix)).sort();
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    this.changed();
  }
}

/**
 * Tell whether an entry is an answer; others take one back, or put a card off.
 * @param {Entry} entry
 */
export function isAnswer(entry) {
  return entry.path.endsWith("/answers");
}

/** Make a key for an answer; also where the page did not come by https. */
export function newKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40; // version 4
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80; // variant of RFC 9562
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
