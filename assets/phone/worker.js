// @ts-check
/* The shell of the steward's page, kept so that it opens without a line: its frame, its layout, the scripts, sheets and
   ground that it loads. Nothing that the API answers is kept, nothing of another page, and no name of anybody. The address
   that this worker was registered with names the build; each build has a cache of its own, and the others go. */
(function () {
  "use strict";

  const worker = /** @type {any} */ (self);   // a service worker's scope; TypeScript has its types only instead of a page's
  const { searchParams: words } = new URL(worker.location.href);   // what it says, in the language of its reader
  const BUILD = words.get("build") || "";
  const NAME = "cockpit-phone-";
  const CACHE = NAME + BUILD;
  const PAGE = "/report";
  const LAYOUT = "/_dash-layout";
  const FOR_GOOD = /^\/(assets|_dash-component-suites)\//;    // their addresses name their content
  const ELSE = /^\/(_dash-dependencies|_favicon\.ico|phone\.webmanifest|geo\/[^/]+\/(areas|buildings)\.geojson)$/;
  const PATIENCE_MS = 4000;    // a line that hangs is as good as none, once there is something to show
  const KEPT = { ignoreVary: true };

  /* The community that a page's address names; null where it names none. */
  /** @param {string} search */
  const communityOf = (search) => new URLSearchParams(search).get("community") || null;

  /* What a page's frame, or its layout, is kept as: the layout is asked for under one address by all pages. A page that
     names no community is of whoever asks, which is known to the server alone: it is kept as its page says what it is of. */
  /** @param {URL} address @param {string} asker */
  function keyOf(address, asker) {
    if (address.pathname === PAGE) return communityOf(address.search) && PAGE + address.search;
    if (address.pathname !== LAYOUT) return address.pathname;
    const page = asker ? new URL(asker) : null;
    return page && page.pathname === PAGE && communityOf(page.search) ? `${LAYOUT}?of=${encodeURIComponent(page.search)}` : null;
  }

  /* The community of a page, or of its layout, by what it is kept as. */
  /** @param {string} key */
  function keptFor(key) {
    const { pathname, search, searchParams } = new URL(key, worker.location.origin);
    return communityOf(pathname === LAYOUT ? searchParams.get("of") || "" : search);
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
    if (address.pathname === PAGE) return event.respondWith(opened(key, request));
    if (key === null) return;
    event.respondWith(FOR_GOOD.test(address.pathname) ? keptFirst(key, request) : askedFirst(key, request));
  });

  /** @param {string} key @param {Request} request */
  async function keptFirst(key, request) {
    const cache = await caches.open(CACHE);
    return (await cache.match(key, KEPT)) || keep(cache, key, await fetch(request));
  }

  /* As the server has it; as it was kept where the server does not answer, or not soon. */
  /** @param {string | null} key @param {Request} request */
  async function askedFirst(key, request) {
    const cache = await caches.open(CACHE);
    const asked = fetch(request).then((answer) => (key === null ? answer : keep(cache, key, answer)));
    const kept = key === null ? await newest(cache) : await known(cache, key);
    if (!kept) return asked;
    /** @type {Promise<Response>} */
    const patience = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
    return Promise.race([asked.then((answer) => (answer.status >= 500 ? kept : answer), () => kept), patience]);
  }

  /* What is kept under an address, else under another one of the same community: a page of another is never given for it,
     since what is written there would go to that one. */
  /** @param {Cache} cache @param {string} key */
  async function known(cache, key) {
    const exact = await cache.match(key, KEPT);
    const community = keptFor(key);
    if (exact || community === null) return exact;
    const like = (await cache.keys(key, { ...KEPT, ignoreSearch: true })).filter((one) => keptFor(one.url) === community);
    return like.length ? cache.match(/** @type {Request} */ (like.at(-1)), KEPT) : undefined;
  }

  /* Where an address names no community: the way to the page that this phone kept last, by its whole address. */
  /** @param {Cache} cache */
  async function newest(cache) {
    const page = (await cache.keys(PAGE, { ...KEPT, ignoreSearch: true })).at(-1);
    return page && Response.redirect(page.url);
  }

  /* A page that is opened; where neither server nor phone has it, that is said. */
  /** @param {string | null} key @param {Request} request */
  const opened = (key, request) => askedFirst(key, request).catch((error) => {
    if (request.mode !== "navigate") throw error;
    return notKept();
  });

  async function notKept() {
    const hasOther = Boolean(await newest(await caches.open(CACHE)));
    /** @param {string} name */
    const word = (name) => (words.get(name) || "").replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
    const ways = [`<a href="">${word("again")}</a>`, ...(hasOther ? [`<a href="${PAGE}">${word("other")}</a>`] : [])];
    const page = `<!doctype html><html lang="${word("lang")}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`
      + `<meta name="color-scheme" content="light dark"><title>${word("title")}</title><p>${word("none")}</p>${ways.map((one) => `<p>${one}</p>`).join("")}</html>`;
    const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" };
    return new Response(page, { status: 503, headers });
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
  worker.addEventListener("push", (/** @type {any} */ event) => {
    event.waitUntil(worker.registration.showNotification(words.get("title") || "", { body: words.get("text") || "", tag: "tasks", icon: "/assets/phone/icon-192.png" }));
  });
  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    event.notification.close();
    event.waitUntil(worker.clients.openWindow(`${PAGE}#tasks`));
  });

  /* A page that came before this worker tells what it loaded; the answer says whether all of it is kept. `page` names its
     community; where the page was opened under an address that names none (`isNamed`), it is asked for anew each time. */
  worker.addEventListener("message", (/** @type {any} */ event) => {
    const { page, isNamed, loaded } = event.data;
    event.waitUntil(keepAll(new URL(page), isNamed, loaded).then(
      () => event.ports[0].postMessage({ isKept: true }),
      () => event.ports[0].postMessage({ isKept: false }),
    ));
  });

  /** @param {URL} page @param {boolean} isNamed @param {string[]} loaded */
  async function keepAll(page, isNamed, loaded) {
    const cache = await caches.open(CACHE);
    for (const one of new Set([page.href, new URL(LAYOUT, page).href, ...loaded])) {
      const address = new URL(one, page);
      const key = isShell(address) ? keyOf(address, page.href) : null;
      if (key === null) continue;
      const isKept = Boolean(await cache.match(key, KEPT));
      if (isKept && (isNamed || ![PAGE, LAYOUT].includes(address.pathname))) continue;
      const asked = fetch(address.href, { credentials: "same-origin", referrer: page.href });
      const answer = await (isKept ? asked.catch(() => null) : asked);
      if (answer) await keep(cache, key, answer);
      if (!(await cache.match(key, KEPT))) throw new Error(key);
    }
  }
})();
