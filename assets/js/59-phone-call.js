/* The phone is called when something is given to whoever is signed in, also while the page is closed: Web Push, where the
   browser has a service for it that the phone can reach. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const WHOSE = "cockpit-called";   // who is called on this phone

  const path = (rest = "") => `/api/v1/${cockpit.root.dataset.community}/push${rest}`;
  const canBeCalled = () => "serviceWorker" in navigator && "PushManager" in window;

  async function subscription() {
    if (!canBeCalled()) return null;
    const registration = await navigator.serviceWorker.getRegistration("/report");
    return registration ? registration.pushManager.getSubscription() : null;
  }

  /* A button that turns it on or off, and what stands beside it. */
  cockpit.offerCalls = async function () {
    const place = cockpit.need("[data-calls]");
    if (!canBeCalled()) return place.replaceChildren(element("span", "second", say("此浏览器没有推送：页面关着时不会提醒")));
    const isOn = (await subscription()) !== null && remembered() === cockpit.outbox.owner();
    const button = element("button", "quiet", isOn ? say("关闭提醒") : say("页面关着时也提醒我"));
    button.type = "button";
    button.addEventListener("click", () => cockpit.forms.once(button, isOn ? off : on));
    place.replaceChildren(button);
  };

  async function on() {
    const failed = await subscribe();
    await cockpit.offerCalls();
    if (failed) cockpit.need("[data-calls]").append(" ", element("span", "second", failed));
  }

  /* Answers with why it cannot be, null where it is done. */
  async function subscribe() {
    const { ok, body } = await cockpit.request(path());
    if (!ok) return body.detail;
    try {
      const registration = await navigator.serviceWorker.ready;
      const key = Uint8Array.from(atob(body.key.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
      const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      const answer = await cockpit.post(path(), { endpoint: made.endpoint });
      if (answer.ok) remember(cockpit.outbox.owner());
      return answer.ok ? null : answer.body.detail;
    } catch (error) {
      if (error.name === "NotAllowedError") return say("▲ 浏览器不许此页发通知；请在设置里允许");
      return say("▲ 连不上浏览器的推送服务：页面关着时不会提醒");
    }
  }

  async function off() {
    await cockpit.endCalls();
    await cockpit.offerCalls();
  }

  /* Whoever signs out is not called any more on this phone. */
  cockpit.endCalls = async function () {
    try {
      const known = await subscription();
      if (!known) return;
      await cockpit.post(path("/remove"), { endpoint: known.endpoint });
      await known.unsubscribe();
    } catch (error) { /* the service is away; later it answers that the phone is gone */ }
    remember(null);
  };

  function remembered() {
    try { return localStorage.getItem(WHOSE); } catch (error) { return null; }
  }

  /** @param {string | null} name */
  function remember(name) {
    try {
      if (name === null) localStorage.removeItem(WHOSE);
      else localStorage.setItem(WHOSE, name);
    } catch (error) { /* a browser that keeps nothing */ }
  }
})();
