// SPDX-License-Identifier: Apache-2.0
/** @file What the desk's HTTP API takes and gives, and how it is asked. */

/**
 * @typedef {object} Card
 * @property {string} item
 * @property {string} text
 * @property {string} language
 * @property {string | null} question
 * @property {string[]} options In the order in which they are shown.
 * @property {string | null} draft
 * @property {{labels: string[], probability: number} | null} suggestion
 * @property {string | null} source
 * @property {string | null} date
 * @property {number} expires Seconds since 1970, by the server's clock.
 */

/**
 * What an expert says about a card; each kind of task sets its own part.
 * @typedef {object} Answer
 * @property {string[]} [labels]
 * @property {string} [text]
 * @property {import("./spans.js").Span[]} [spans]
 * @property {Record<string, number>} [ratings]
 * @property {number[]} [ranking] Places as shown, from 0, the best first.
 * @property {"unknown" | "bad-question" | null} [outcome]
 * @property {string | null} [reason]
 * @property {string | null} [note]
 */

/**
 * @typedef {object} Reply
 * @property {number} status HTTP status; 0 where no answer came.
 * @property {any} body What was answered, as JSON; null where it is none.
 * @property {number} at Server's clock, seconds since 1970; 0 where unknown.
 * @property {number} wait Seconds that the server asks us to wait; 0 where it does not.
 */

const PATIENCE = 15_000; // milliseconds; a field network that takes longer is none

/** Asks the desk; a lost network is a reply, not an exception. */
export class Server {
  /**
   * @param {string} csrf
   * @param {typeof fetch} ask
   */
  constructor(csrf, ask = (...all) => fetch(...all)) {
    this.csrf = csrf;
    this.ask = ask;
  }

  /**
   * @param {string} path
   * @returns {Promise<Reply>}
   */
  async get(path) {
    return this.#reply(path, {});
  }

  /**
   * @param {string} path
   * @param {object} body
   * @returns {Promise<Reply>}
   */
  async post(path, body) {
    const headers = { "content-type": "application/json", "x-csrf-token": this.csrf };
    return this.#reply(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @returns {Promise<Reply>}
   */
  async #reply(path, options) {
    try {
      const response = await this.ask(path, {
        ...options,
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      return {
        status: response.status,
        body: await response.json().catch(() => null),
        at: Date.parse(response.headers.get("date") ?? "") / 1000 || 0,
        wait: Number(response.headers.get("retry-after")) || 0,
      };
    } catch {
      return { status: 0, body: null, at: 0, wait: 0 };
    }
  }
}
