// SPDX-License-Identifier: Apache-2.0
/** @file Signing out: not without a word about answers that wait, and leaving no trace. */

import { find } from "./kind.js";
import { HERE, leave } from "./presence.js";

/**
 * @typedef {import("./journal.js").Journal} Journal
 * @typedef {import("./words.js").Words} Words
 */

/**
 * Ask before somebody signs out while answers wait.
 * @param {HTMLFormElement} form What signs out.
 * @param {Journal} journal
 * @param {Words} words
 */
export function askBeforeLeaving(form, journal, words) {
  const dialog = /** @type {HTMLDialogElement} */ (find(document, "#leaving"));
  let isSure = false;
  form.addEventListener("submit", (event) => {
    const { waiting } = journal;
    if (waiting > 0 && !isSure) {
      event.preventDefault();
      find(dialog, "[data-count]").textContent = words.count("waiting", waiting);
      dialog.showModal();
      return;
    }
    leave(localStorage, sessionStorage);
  });
  find(dialog, "[data-stay]").addEventListener("click", () => dialog.close());
  find(dialog, "[data-leave]").addEventListener("click", () => {
    isSure = true;
    dialog.close();
    form.requestSubmit();
  });
}

/** Leave a page once its reader has signed out in another tab: it may show the corpus. */
export function followOut() {
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== HERE || newValue !== null) return;
    sessionStorage.clear();
    location.replace("/sign-in");
  });
}
