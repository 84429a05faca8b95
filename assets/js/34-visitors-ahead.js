/* Visitors ahead: the forecast in a line, and the festival that is on, in the panel of the visitors. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const AGAIN_MS = 300000;   // the server makes a forecast no more often
  const SPREAD_MS = 30000;   // screens that were opened together do not ask together
  const PAST_MS = 3000;      // where a past day is replayed, by our own clock
  let asked = -Infinity;
  let askedOf = -Infinity;   // of which time
  let every = AGAIN_MS;

  function render() {
    for (const place of cockpit.findAll("[data-surge]")) surge(place, cockpit.state.visitors?.[place.dataset.surge || ""]);
    // Of a closed site nothing is forecast: nobody comes in. What was warned of before it was closed is over at once.
    for (const place of cockpit.findAll("[data-ahead]")) {
      const site = cockpit.state.visitors?.[place.dataset.ahead || ""];
      place.hidden = Boolean(site && site.closing);
    }
    if (!isDue() || !cockpit.find("[data-ahead]")) return;
    asked = performance.now();
    askedOf = cockpit.now();
    every = AGAIN_MS + Math.random() * SPREAD_MS;
    for (const place of cockpit.findAll("[data-ahead]")) ahead(place);
  }

  /* A past day goes by faster or slower than time does, and may go back. */
  function isDue() {
    const since = performance.now() - asked;
    return cockpit.replay.isOn() ? since >= PAST_MS && Math.abs(cockpit.now() - askedOf) >= AGAIN_MS : since >= every;
  }

  /** @param {HTMLElement} place */
  async function ahead(place) {
    const of = cockpit.now();
    /** @type {Api.Forecast} */
    let told;
    try {
      told = await cockpit.ask(`visitors/${place.dataset.ahead}/forecast`, {});
    } catch {
      return;   // what stood there stands with its time
    }
    if (cockpit.replay.isOn() && of !== askedOf) return;   // another time is shown meanwhile
    /** @type {string[]} */
    const parts = [];
    if (told.points.length) {
      const end = told.points[told.points.length - 1];
      const between = `${cockpit.number(end.low)}–${cockpit.number(end.high)}`;
      const by = told.model === "seasonal_naive" ? say("基线") : say("预测");
      parts.push(say("{by} {ts} 约 {mean} 人（{between}）", { by, ts: cockpit.time.minute(Date.parse(end.ts)), mean: cockpit.number(end.mean), between }));
      // Or the number would read as if nearly all of those inside were to leave.
      if (told.reset !== null && Date.parse(told.reset) > Date.parse(told.at)) parts.push(say("{ts} 起重新计数", { ts: cockpit.time.minute(Date.parse(told.reset)) }));
    } else if (told.reason) parts.push(say("预测：{reasonName}", { reasonName: told.reason_name }));
    cockpit.setText(place.querySelector(".said"), parts.join(" · "));
    const warned = cockpit.need(".warned", place);
    const { warning } = told;
    cockpit.setText(warned, warning ? say("{mark} 最早 {ts} 可能到{name}（{ofName}）", { mark: warning.mark, ts: cockpit.time.minute(Date.parse(warning.ts)), name: warning.name, ofName: warning.of_name }) : "");
    warned.className = `warned is-warned ${warning ? `crowd-${warning.level}` : ""}`;
  }

  /* Name, posts manned of those planned, and the shares that count while it is on. */
  /** @param {HTMLElement} place @param {Live.Site | undefined} site */
  function surge(place, site) {
    const known = site && site.festival;
    const name = place.querySelector("strong");
    place.hidden = !known;
    if (!known) return cockpit.setText(name, "");
    cockpit.setText(name, `◆ ${known.name}${known.is_peak ? say(" · 高潮") : ""}`);
    const posts = known.posts === null ? say("岗位未配置") : say("在岗 {manned} / {posts} 岗 · {onDuty} / {people} 人", { manned: known.manned, posts: known.posts, onDuty: known.on_duty, people: known.people });
    const limits = known.limits ? say("阈值 {known}", { known: `${Object.values(known.limits).map((share) => Math.round(share * 100)).join("/")}%` }) : say("阈值按平日");
    const basis = known.is_configured ? "" : say("据文献");
    cockpit.setText(place.querySelector("div"), [posts, limits, basis].filter(Boolean).join(" · "));
  }

  cockpit.layers.visitors_ahead = { render, tick: render };
  // The visitors' records bring the festival; they are rendered by their own layer's name.
  const own = cockpit.layers.visitors;
  const before = own.render;
  own.render = function (changed) {
    before?.(changed);
    render();
  };
})();
