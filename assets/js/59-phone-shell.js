/* The steward's page as an app: it is kept on the phone so that it opens without a line, and says whether it is. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const READY_MS = 20000;
  const AGAIN_MS = [2000, 60000];   // at first and at most, twice as long each time: a busy server lets some wait

  let isKept = false;
  let wait = AGAIN_MS[0];
  let timer = 0;

  cockpit.keepShell = async function () {
    // Without TLS a browser has no service worker; only this machine itself is believed without.
    if (!("serviceWorker" in navigator)) return show(say("◷ 此地址没有加密（HTTPS），断网后打不开此页；已打开的页面照常可用"));
    window.addEventListener("online", () => {
      if (!isKept) keep();
      cockpit.offerCalls();
    });
    await keep();
    await cockpit.offerCalls();
  };

  /** @param {string} text */
  const show = (text) => cockpit.setText(cockpit.need("[data-shell]"), text);

  async function keep() {
    clearTimeout(timer);
    try {
      await navigator.serviceWorker.register(`/phone-worker.js?${asked()}`, { scope: "/report" });
      const { active } = await navigator.serviceWorker.ready;
      isKept = active ? await told(active) : false;
    } catch (error) {
      isKept = false;   // no line just now, or a browser that keeps nothing
    }
    if (!isKept) {
      timer = window.setTimeout(keep, wait);
      wait = Math.min(2 * wait, AGAIN_MS[1]);
    }
    show(isKept ? say("✓ 断网也能打开此页") : say("◷ 断网时要用的内容还没有存全，联网后自动再存"));
  }

  /* The build that it keeps, and what it says where it is woken, or has no page to show: it has no words of its own. */
  function asked() {
    const build = (cockpit.root.dataset.build ?? "").split(".")[0] ?? "";
    return new URLSearchParams({
      build,
      lang: cockpit.language,
      title: say("网格员"),
      text: say("有派给您的事或到期提醒，点开查看"),
      none: say("◷ 连接中断，这部手机上没有存下这个社区的上报页；联网后打开一次就会存下"),
      again: say("再试一次"),
      other: say("打开存下的上报页"),
    });
  }

  /* Tell the worker what this page loads, perhaps before there was a worker; whether it keeps all of it. */
  /** @param {ServiceWorker} worker @returns {Promise<boolean>} */
  function told(worker) {
    const { community } = cockpit.root.dataset;
    const page = new URL(location.href);
    const isNamed = page.searchParams.get("community") === community;
    if (!isNamed) page.searchParams.set("community", community ?? "");
    const ground = ["areas", "buildings"].map((layer) => `/geo/${community}/${layer}.geojson`);
    const loaded = [...performance.getEntriesByType("resource").map((one) => one.name), ...ground];
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), READY_MS);
      port1.onmessage = ({ data }) => {
        clearTimeout(timer);
        resolve(data.isKept);
      };
      worker.postMessage({ page: page.href, isNamed, loaded }, [port2]);
    });
  }
})();
