// SPDX-License-Identifier: Apache-2.0
/** @file The page of live traffic renews its numbers, unless its reader holds them. */

import { find } from "./kind.js";
import { Pulse } from "./pulse.js";

const PATIENCE = 15_000; // milliseconds

/** Ask for this page anew; null where no such page came. */
async function ask() {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(location.href, { redirect: "error", signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

/**
 * What the reader has opened, and where they have scrolled to.
 * @param {HTMLElement} root
 */
function keep(root) {
  const open = [...root.querySelectorAll("details[open]")].map(({ id }) => id);
  const places = [...root.querySelectorAll(".scroll")].map((one) => [one.id, one.scrollLeft]);
  const focused = root.contains(document.activeElement) ? document.activeElement?.id : "";
  return () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of places) {
      document.getElementById(String(id))?.scrollTo({ left: Number(left) });
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };
}

/** Whether somebody is marking a text of the numbers, which would be lost. */
function isMarked() {
  const marked = getSelection();
  return marked !== null && !marked.isCollapsed;
}

/** @param {string} text The page as the desk gives it now. */
function show(text) {
  const given = new DOMParser().parseFromString(text, "text/html");
  const [now, next] = [find(document, "#live"), given.querySelector("#live")];
  if (!(next instanceof HTMLElement) || isMarked()) return;
  const restore = keep(now);
  const hasChanged = now.dataset["state"] !== next.dataset["state"];
  const news = find(document, "#news");
  news.textContent = hasChanged ? (news.dataset["text"] ?? "") : "";
  find(document, "#as-of").textContent = find(given, "#as-of").textContent;
  now.replaceWith(document.adoptNode(next));
  restore();
}

function start() {
  const hold = find(document, "#hold");
  const seconds = Number(find(document, "#live").dataset["seconds"]) || 60;
  const pulse = new Pulse({
    every: 1000 * seconds,
    ask,
    show,
    say: (isStale) => {
      find(document, "#stale").hidden = !isStale;
    },
    later: (deed, milliseconds) => setTimeout(deed, milliseconds),
  });
  let isHeld = false;
  const heed = () => {
    if (isHeld || document.hidden) pulse.rest();
    else pulse.go();
  };
  hold.addEventListener("click", () => {
    isHeld = !isHeld;
    hold.setAttribute("aria-pressed", String(isHeld));
    heed();
  });
  document.addEventListener("visibilitychange", heed);
  hold.hidden = false;
  heed();
}

start();
