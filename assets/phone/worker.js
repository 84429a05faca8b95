// @ts-check
/* The shell of the steward's page, kept so that it opens without a line: its frame, its layout, the scripts, sheets and
   ground that it loads. Nothing that the API answers is kept, nothing of another page, and no name of anybody. The address
   that this worker was registered with names the build; each build has a cache of its own, and the others go. */
(function () {
  "use strict";

  const worker = /** @type {any} */ (self);   // a service worker's scope; TypeScript has its types only instead of a page's
  const BUILD = new URL(worker.location.href).searchParams.get("build") || "";
  const NAME = "cockpit-phone-";
  const CACHE = NAME + BUILD;
  const PAGE = "/report";
  const LAYOUT = "/_dash-layout";
  const FOR_GOOD = /^\/(assets|_dash-component-suites)\//;    // their addresses name their content
  const ELSE = /^\/(_dash-dependencies|_favicon\.ico|phone\.webmanifest|geo\/[^/]+\/(areas|buildings)\.geojson)$/;
  const PATIENCE_MS = 4000;    // a line that hangs is as good as none, once there is something to show
  const KEPT = { ignoreVary: true };

  /* What a page's frame, or its layout, is kept as: the layout is asked for under one address by all pages. */
  /** @param {URL} address @param {string} asker */
  function keyOf(address, asker) {
    if (address.pathname !== LAYOUT) return address.pathname === PAGE ? PAGE + address.search : address.pathname;
    const page = asker ? new URL(asker) : null;
    return page && page.pathname === PAGE ? `${LAYOUT}?of=${encodeURIComponent(page.search)}` : null;
  }

  /** @param {URL} address */
  const isShell = ({ origin, pathname }) => origin === worker.location.origin && (pathname === PAGE || pathname === LAYOUT || FOR_GOOD.test(pathname) || ELSE.test(pathname));

  worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(worker.skipWaiting()));

  worker.addEventListener("activate", (/** @type {any} */ event) => {
    event.waitUntil(caches.keys().then(async (names) => {
      await Promise.all(names.filter((one) => one.startsWith(NAME) && one !== CACHE).map((one) => caches.delete(one)));
      await worker.clients.claim();
    }));
  });

  worker.addEventListener("fetch", (/** @type {any} */ event) => {
    const { request } = event;
    const address = new URL(request.url);
    if (request.method !== "GET" || !isShell(address)) return;
    const key = keyOf(address, request.referrer);
    if (key === null) return;
    event.respondWith(FOR_GOOD.test(address.pathname) ? keptFirst(key, request) : askedFirst(key, request));
  });

  /** @param {string} key @param {Request} request */
  async function keptFirst(key, request) {
    const cache = await caches.open(CACHE);
    return (await cache.match(key, KEPT)) || keep(cache, key, await fetch(request));
  }

  /* As the server has it; as it was kept where the server does not answer, or not soon. */
  /** @param {string} key @param {Request} request */
  async function askedFirst(key, request) {
    const cache = await caches.open(CACHE);
    const asked = fetch(request).then((answer) => keep(cache, key, answer));
    const kept = (await cache.match(key, KEPT)) || (await cache.match(key, { ...KEPT, ignoreSearch: true }));
    if (!kept) return asked;
    /** @type {Promise<Response>} */
    const patience = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
    return Promise.race([asked.then((answer) => (answer.status >= 500 ? kept : answer), () => kept), patience]);
  }

  /* Keep an answer that is the page's own: not a proxy's, not one that leads to the sign-in. */
  /** @param {Cache} cache @param {string} key @param {Response} answer */
  async function keep(cache, key, answer) {
    if (answer.ok && !answer.redirected && answer.type === "basic") await cache.put(key, timeless(answer.clone())).catch(() => {});
    return answer;
  }

  /* Without the server's time: pages go by it, and when it is given again it is long past. */
  /** @param {Response} answer */
  function timeless({ body, status, headers: told }) {
    const headers = new Headers(told);
    headers.delete("Date");
    return new Response(body, { status, headers });
  }

  /* Woken since something was given to whoever uses this phone: what it is, the page says. */
  const { searchParams: words } = new URL(worker.location.href);
  worker.addEventListener("push", (/** @type {any} */ event) => {
    event.waitUntil(worker.registration.showNotification(words.get("title") || "", { body: words.get("text") || "", tag: "tasks", icon: "/assets/phone/icon-192.png" }));
  });
  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    event.notification.close();
    event.waitUntil(worker.clients.openWindow(`${PAGE}#tasks`));
  });

  /* A page that came before this worker tells what it loaded; the answer says whether all of it is kept. */
  worker.addEventListener("message", (/** @type {any} */ event) => {
    const { page, loaded } = event.data;
    event.waitUntil(keepAll(new URL(page), loaded).then(
      () => event.ports[0].postMessage({ isKept: true }),
      () => event.ports[0].postMessage({ isKept: false }),
    ));
  });

  /** @param {URL} page @param {string[]} loaded */
  async function keepAll(page, loaded) {
    const cache = await caches.open(CACHE);
    for (const one of new Set([page.href, new URL(LAYOUT, page).href, ...loaded])) {
      const address = new URL(one, page);
      const key = isShell(address) ? keyOf(address, page.href) : null;
      if (key === null || (await cache.match(key, KEPT))) continue;
      const answer = await fetch(address.href, { credentials: "same-origin", referrer: page.href });
      await keep(cache, key, answer);
      if (!(await cache.match(key, KEPT))) throw new Error(key);
    }
  }
})();
