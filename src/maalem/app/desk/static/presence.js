// SPDX-License-Identifier: Apache-2.0
/** @file Who uses this browser: noted for the pages that do not know it. */

import { Journal } from "./journal.js";

/** @typedef {import("./journal.js").Kept} Kept */

export const HERE = "maalem:here";

/**
 * Tell whose answers are meant: of who is signed in, else of who was here last.
 * @param {string} signedIn Name of the project and the person; empty where nobody is.
 * @param {Kept} storage
 */
export function whoIsMeant(signedIn, storage) {
  if (!signedIn) return storage.getItem(HERE) ?? "";
  if (storage.getItem(HERE) !== signedIn) {
    try {
      storage.setItem(HERE, signedIn);
    } catch {
      // a full or closed storage: pages without a person then say nothing of answers
    }
  }
  return signedIn;
}

/**
 * Forget who was here, and what the tab remembers of cards; other tabs hear of it. The
 * answers that wait stay: nobody else can send them.
 * @param {Kept} storage
 * @param {Pick<Storage, "clear">} tab Of this tab alone.
 */
export function leave(storage, tab) {
  tab.clear();
  storage.removeItem(HERE);
}

/**
 * A journal that is counted and never sent.
 * @param {string} name
 * @param {Kept} storage
 */
export function journalToCount(name, storage) {
  const post = async () => ({ status: 0, body: null, at: 0, wait: 0 });
  return new Journal({ storage, name, post, later: () => {}, now: Date.now });
}
