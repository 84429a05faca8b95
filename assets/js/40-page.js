/* The page: waits for Dash to lay it out, then keeps the clock, the freshness and the band. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const TICK_MS = 1000;

  function begin() {
    const root = document.getElementById("cockpit");
    if (!root || cockpit.root === root) return Boolean(cockpit.root);
    cockpit.root = root;
    document.title = root.dataset.title || document.title;
    cockpit.metrics = cockpit.keyed(cockpit.own(JSON.parse(root.dataset.metrics)));
    document.documentElement.dataset.theme = root.dataset.theme;
    for (const code of cockpit.findAll("[data-with-host]")) {
      cockpit.setText(code, code.textContent.replace("HOST", location.hostname));
    }
    for (const choice of /** @type {Iterable<HTMLSelectElement>} */ (cockpit.findAll("[data-metric-choice]"))) {
      choice.value = root.dataset.metric || "";
      choice.addEventListener("change", () => cockpit.chooseMetric(choice.value));
    }
    if (root.dataset.at) cockpit.at = Number(root.dataset.at);
    if (cockpit.replay.isOn()) cockpit.at = Number(root.dataset.replayAt);
    const channel = cockpit.replay.isOn() ? cockpit.replay : cockpit.at === null ? cockpit.live : cockpit.past;
    channel.start();
    cockpit.startMoment();
    cockpit.startLanguages();
    cockpit.watchScrolling();
    cockpit.startHelp();
    cockpit.startRows();
    if (cockpit.find("[data-me], [data-least-role]")) cockpit.whoAmI();
    if (cockpit.find("[data-first-hour]")) cockpit.firstHour();
    if (cockpit.find("[data-filling]")) cockpit.tellFilling();
    if (document.getElementById("map")) cockpit.map.start();
    const page = cockpit.pages[root.dataset.page];
    if (page && page.start) page.start();
    tick();
    setInterval(tick, TICK_MS);
    return true;
  }

  if (!begin()) {
    const waiting = new MutationObserver(() => {
      if (begin()) waiting.disconnect();
    });
    waiting.observe(document.documentElement, { childList: true, subtree: true });
  }

  /* Bring everything that changed to the screen: {layer: {key: record}}, or null for all. */
  cockpit.render = function (changed) {
    if (changed === null) for (const one of cockpit.findAll("[data-waiting]")) cockpit.setText(one, one.dataset.waiting ?? "");
    const named = changed === null ? Object.keys(cockpit.layers) : Object.keys(changed);
    for (const name of named) {
      const layer = cockpit.layers[name];
      if (layer && layer.render) layer.render(changed === null ? null : changed[/** @type {Live.Layer} */ (name)]);
    }
    const page = cockpit.pages[cockpit.root.dataset.page];
    if (page && page.render) page.render(changed);
    if (changed === null) {
      // Lines of a past time stay as they are until its hour is over.
      if (!cockpit.replay.isOn()) cockpit.forgetTrends();
      cockpit.refreshTrends();
      const guide = document.getElementById("guide");
      // How the first device is connected helps while there is none; who follows it keeps it while that one comes.
      if (guide instanceof HTMLDetailsElement && cockpit.devices().length === 0) guide.open = true;
      else if (guide instanceof HTMLDetailsElement && !guide.open) guide.remove();
    }
    freshness();
    cockpit.root.dispatchEvent(new CustomEvent("rendered", { detail: changed }));
  };

  cockpit.refreshTrends = function () {
    const layers = Object.values(cockpit.layers).filter((layer) => layer.lines);
    const codes = [...new Set(layers.flatMap((layer) => layer.metrics?.() ?? []))];
    if (codes.length) cockpit.loadTrends(codes, () => layers.forEach((layer) => layer.lines?.()));
  };

  function tick() {
    if (cockpit.at === null) cockpit.live.check();
    if (cockpit.live.renew()) return;
    const now = cockpit.now();
    for (const clock of cockpit.findAll("[data-clock]")) {
      cockpit.setText(clock, cockpit.time.day(now) + " " + cockpit.time.clock(now));
    }
    if (cockpit.at !== null && !cockpit.replay.isOn()) return;
    if (cockpit.live.up) {
      for (const layer of Object.values(cockpit.layers)) if (layer.tick) layer.tick();
    }
    freshness();
  }

  function lastHeard() {
    return cockpit.devices().reduce((latest, one) => Math.max(latest, one.last_seen || 0), 0) || null;
  }

  function freshness() {
    const heard = lastHeard();
    if (cockpit.at !== null) return cockpit.setText(cockpit.find("[data-freshness]"), "");
    const text = heard === null ? say("尚无数据") : say("最近更新 ") + ago(cockpit.now() - heard);
    // After a sleep our time is not known before the server has told it.
    cockpit.setText(cockpit.find("[data-freshness]"), cockpit.live.isDoubted ? say("最近更新 正在核对") : text);
  }

  /** @param {number} ms */
  function ago(ms) {
    if (ms < 9950) return Math.max(0, ms / 1000).toFixed(1) + say(" 秒前");
    if (ms < 120000) return Math.round(ms / 1000) + say(" 秒前");
    return ms < 7200000 ? Math.round(ms / 60000) + say(" 分钟前") : cockpit.time.short(cockpit.now() - ms);
  }
  cockpit.ago = ago;

  /* Over the page: what it cannot show, and why. */
  cockpit.sayBand = function (text) {
    const band = /** @type {HTMLElement} */ (document.getElementById("band"));
    cockpit.setText(band, "▲ " + text);
    band.hidden = false;
  };

  cockpit.showConnection = function () {
    const up = cockpit.live.up;
    const heard = lastHeard();
    const band = /** @type {HTMLElement} */ (document.getElementById("band"));
    const since = heard === null ? "" : say(" · 最后更新 ") + cockpit.time.clock(heard);
    const what = cockpit.live.isDoubted ? say("◷ 刚从休眠恢复或时钟变动 · 正在核对") : say("▲ 连接中断 · 正在重连");
    const renewed = cockpit.live.isOutdated && cockpit.root.dataset.page !== "wall" ? say("◷ 系统已更新 · 写完提交后此页会刷新") : "";
    cockpit.setText(band, up ? renewed : what + since);
    band.hidden = up && !renewed;
    cockpit.root.classList.toggle("is-cut", !up);
    const word = cockpit.live.isDoubted ? say("◷ 核对") : !up ? say("○ 中断") : cockpit.at === null ? say("● 实时") : cockpit.replay.isOn() ? say("◀◀ 复盘") : say("◷ 回看");
    for (const mark of cockpit.findAll("[data-live-mark]")) cockpit.setText(mark, word);
  };
})();
