// SPDX-License-Identifier: Apache-2.0
/**
 * @file The service worker: gives the desk's own files from its cache, and our own page
 * where there is no network. It keeps what `KEPT` names and nothing else, so that on a
 * shared phone nothing of a person or of the corpus lies in its cache. A classic script,
 * since not every browser takes modules here.
 */

/**
 * What the desk writes at the head of this script: each path that may be kept, with the
 * digest of what must lie there, and a name for all of it together.
 * @typedef {{KEPT: Record<string, string>, VERSION: string}} Told
 */

const desk = /** @type {ServiceWorkerGlobalScope & Told} */ (/** @type {unknown} */ (self));
const OURS = "maalem:";
const CURRENT = `${OURS}${desk.VERSION}`;
const SPOKEN = `${OURS}language`; // outlives a version: which language was read here last

desk.addEventListener("install", (event) => event.waitUntil(install()));
desk.addEventListener("activate", (event) => event.waitUntil(activate()));
desk.addEventListener("message", (event) => event.waitUntil(speak(event.data)));
desk.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && request.destination === "document") {
    event.respondWith(visit(event));
  } else if (Object.hasOwn(desk.KEPT, pathOf(request))) {
    event.respondWith(give(request));
  }
});

/** Keep every file as the desk names it, or do not become the worker. */
async function install() {
  const cache = await caches.open(CURRENT);
  const wanted = Object.entries(desk.KEPT).map(
    ([path, integrity]) =>
      new Request(path, { integrity, cache: "no-cache", credentials: "omit" }),
  );
  await cache.addAll(wanted);
  // Files have their version in their path, so that a page of an older one loses nothing.
  await desk.skipWaiting();
}

/** Let go of what older versions kept, and look after every page that is open. */
async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CURRENT && name !== SPOKEN) await caches.delete(name);
  }
  await desk.registration.navigationPreload?.enable();
  await desk.clients.claim();
}

/**
 * Show the page that was asked for; ours where the desk does not answer.
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
async function visit(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const said = await (await caches.open(SPOKEN)).match("/language");
    const language = said ? await said.text() : "en";
    const cache = await caches.open(CURRENT);
    return (await cache.match(`/offline/${language}`)) ?? Response.error();
  }
}

/**
 * Give a file from the cache; a browser may have emptied it.
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function give(request) {
  const cache = await caches.open(CURRENT);
  return (await cache.match(request)) ?? fetch(request);
}

/**
 * Remember the language of the pages that are read here.
 * @param {{language?: unknown}} told
 */
async function speak({ language }) {
  if (!Object.hasOwn(desk.KEPT, `/offline/${language}`)) return;
  const cache = await caches.open(SPOKEN);
  await cache.put("/language", new Response(String(language)));
}

/** @param {Request} request */
function pathOf(request) {
  const { origin, pathname, search } = new URL(request.url);
  return origin === desk.location.origin && search === "" ? pathname : "";
}
