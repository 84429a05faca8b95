/* The phone is called when something is given to whoever is signed in, also while the page is closed: Web Push, where the
   browser has a service for it that the phone can reach. The browser has one subscription for all communities; which of them
   call it is known to the server. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;

  /** @param {string} community */
  const path = (community, rest = "") => `/api/v1/${community}/push${rest}`;
  const here = () => cockpit.root.dataset.community ?? "";
  const canBeCalled = () => "serviceWorker" in navigator && "PushManager" in window;

  async function subscription() {
    if (!canBeCalled()) return null;
    const registration = await navigator.serviceWorker.getRegistration("/report");
    return registration ? registration.pushManager.getSubscription() : null;
  }

  /* The key by which we call, and whether a community calls this phone for whoever is signed in. Of its address, which is a
     secret, only a digest is named. */
  /** @param {string} community @param {string | null} endpoint */
  async function asked(community, endpoint) {
    if (endpoint === null) return cockpit.request(path(community));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    const phone = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return cockpit.request(path(community, `?phone=${phone}`));
  }

  /* The communities in which whoever is signed in works. */
  function own() {
    const { communities = [] } = cockpit.me || {};
    const all = Object.keys(JSON.parse(cockpit.root.dataset.communities)).filter((one) => one !== "*");
    return communities.includes("*") ? all : all.filter((one) => communities.includes(one));
  }

  /* Those of them that call this phone; null where not all of them answer. */
  /** @param {string} endpoint */
  async function callers(endpoint) {
    const answers = await Promise.all(own().map(async (one) => ({ one, ...(await asked(one, endpoint)) })));
    return answers.every(({ ok }) => ok) ? answers.filter(({ body }) => body.called).map(({ one }) => one) : null;
  }

  /* A button that turns it on or off for this community, and what stands beside it. */
  cockpit.offerCalls = async function () {
    const place = cockpit.need("[data-calls]");
    /** @param {string} text */
    const only = (text) => place.replaceChildren(element("span", "second", text));
    if (!canBeCalled()) return only(say("此浏览器没有推送：页面关着时不会提醒"));
    const known = await subscription();
    const answer = await asked(here(), known && known.endpoint);
    if (answer.status === 0) return only(say("◷ 连接中断：页面关着时是否提醒，联网后显示"));
    if (!answer.ok) return only(cockpit.reason(answer));
    const isOn = known !== null && answer.body.called;
    const button = element("button", "quiet", isOn ? say("关闭提醒") : say("页面关着时也提醒我"));
    button.type = "button";
    button.addEventListener("click", () => cockpit.forms.once(button, () => done(isOn ? off : on)));
    place.replaceChildren(button);
  };

  /* Do it, and show how it is now; with why it could not be, where it could not. */
  /** @param {() => Promise<string | null>} work */
  async function done(work) {
    const failed = await work();
    await cockpit.offerCalls();
    if (failed) cockpit.need("[data-calls]").append(" ", element("span", "second", failed));
  }

  /* Answers with why it cannot be, null where it is done. */
  async function on() {
    const answer = await asked(here(), null);
    if (!answer.ok) return cockpit.reason(answer);
    try {
      const { pushManager } = await navigator.serviceWorker.ready;
      const key = Uint8Array.from(atob(answer.body.key.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
      const before = await pushManager.getSubscription();
      const former = before && !isBy(before, key) ? before : null;
      // A browser takes no second key: what was turned on by the former one is turned on by this one.
      const elsewhere = former ? await callers(former.endpoint) : [];
      if (elsewhere === null) return say("▲ 没有全部应答，请稍后再试");
      if (former) await former.unsubscribe();
      const { endpoint } = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      const answers = [];
      for (const one of new Set([...elsewhere, here()])) {
        answers.push(await cockpit.post(path(one), { endpoint }));
        if (former) await cockpit.post(path(one, "/remove"), { endpoint: former.endpoint });
      }
      return answers.find(({ ok }) => !ok)?.body.detail ?? null;
    } catch (error) {
      if (error.name === "NotAllowedError") return say("▲ 浏览器不许此页发通知；请在设置里允许");
      return say("▲ 连不上浏览器的推送服务：页面关着时不会提醒");
    }
  }

  /** @param {PushSubscription} known @param {Uint8Array} key */
  function isBy(known, key) {
    const its = new Uint8Array(known.options.applicationServerKey ?? new ArrayBuffer(0));
    return its.length === key.length && its.every((byte, place) => byte === key[place]);
  }

  async function off() {
    const known = await subscription();
    if (!known) return null;
    const answer = await cockpit.post(path(here(), "/remove"), { endpoint: known.endpoint });
    if (!answer.ok) return answer.body.detail;
    // Other communities may call it still; with the last one the subscription goes too.
    if ((await callers(known.endpoint))?.length === 0) await known.unsubscribe().catch(() => {});
    return null;
  }

  /* Whoever signs out is not called any more on this phone, by no community. */
  cockpit.endCalls = async function () {
    try {
      const known = await subscription();
      if (!known) return;
      await Promise.all(own().map((one) => cockpit.post(path(one, "/remove"), { endpoint: known.endpoint })));
      await known.unsubscribe();
    } catch (error) { /* the service is away; later it answers that the phone is gone */ }
  };
})();
