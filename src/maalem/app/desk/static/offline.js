// SPDX-License-Identifier: Apache-2.0
/** @file The page without a network: how many answers wait, and back as soon as it can. */

import { find } from "./kind.js";
import { journalToCount, whoIsMeant } from "./presence.js";
import { Words } from "./words.js";

const BETWEEN = 5_000; // milliseconds between two looks for the desk

const page = find(document, "#offline");
const words = new Words(
  document.documentElement.lang,
  JSON.parse(page.dataset["words"] ?? "{}"),
);

function count() {
  const name = whoIsMeant("", localStorage);
  const waiting = name ? journalToCount(name, localStorage).waiting : 0;
  const text = waiting ? words.count("waiting", waiting) : words.say("none");
  find(page, "[data-count]").textContent = text;
}

/** Load the page that was wanted, once the desk answers. */
async function look() {
  try {
    const { ok } = await fetch("/worker.js", { cache: "no-store" }); // never kept
    if (ok) location.reload();
  } catch {
    // still none
  }
}

find(page, "[data-retry]").addEventListener("click", () => void look());
addEventListener("online", () => void look());
addEventListener("storage", count);
setInterval(() => void look(), BETWEEN);
count();
