// SPDX-License-Identifier: Apache-2.0
/** @file What every page of the desk does: it has a worker, and sends what waits. */

import { Journal } from "./journal.js";
import { find } from "./kind.js";
import { askBeforeLeaving, followOut } from "./leaving.js";
import { journalToCount, whoIsMeant } from "./presence.js";
import { Server } from "./server.js";
import { PATIENCE, Unsent } from "./unsent.js";
import { Words } from "./words.js";

/** @param {string} name */
function told(name) {
  return document.querySelector(`meta[name=${name}]`)?.getAttribute("content") ?? "";
}

/** Let our own page stand in where there is no network. */
async function employWorker() {
  if (!("serviceWorker" in navigator)) return; // without https, from another machine
  try {
    await navigator.serviceWorker.register("/worker.js");
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ language: document.documentElement.lang });
  } catch {
    // a browser may refuse, such as in a private window: the desk does without
  }
}

/** @param {string} name */
function sendingJournal(name) {
  const server = new Server(told("csrf"));
  const journal = new Journal({
    storage: localStorage,
    name,
    post: server.post.bind(server),
    later: (deed, milliseconds) => setTimeout(deed, milliseconds),
    now: Date.now,
  });
  addEventListener("online", () => journal.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) journal.wake();
  });
  return journal;
}

/**
 * Say how many answers wait, and send them where somebody is signed in.
 * @param {string} name Of the project and the person.
 * @param {Words} words
 */
function tendAnswers(name, words) {
  const isSignedIn = told("journal") !== "";
  const strip = find(document, "#waits");
  const text = find(strip, "[data-text]");
  const link = /** @type {HTMLAnchorElement} */ (find(strip, "a"));
  const journal = isSignedIn ? sendingJournal(name) : journalToCount(name, localStorage);
  const unsent = new Unsent({
    journal,
    words,
    isSignedIn,
    show: (wanted) => {
      if (text.textContent !== wanted.text) text.textContent = wanted.text;
      if (link.textContent !== wanted.link) link.textContent = wanted.link;
      link.href = wanted.href || "/";
      link.hidden = !wanted.link;
      strip.classList.toggle("speaks", Boolean(wanted.text || wanted.link));
    },
  });
  addEventListener("storage", () => unsent.draw()); // another tab sends or answers
  setTimeout(() => unsent.late(), PATIENCE);
  if (isSignedIn) journal.wake();
  unsent.draw();
  return journal;
}

function start() {
  void employWorker();
  followOut();
  const name = whoIsMeant(told("journal"), localStorage);
  if (!name || document.querySelector("#sitting")) return; // the cards tend to their own
  const language = document.documentElement.lang;
  const words = new Words(language, JSON.parse(find(document, "#waits").dataset["words"] ?? "{}"));
  const journal = tendAnswers(name, words);
  const form = document.querySelector('form[action="/sign-out"]');
  if (form instanceof HTMLFormElement) askBeforeLeaving(form, journal, words);
}

start();
