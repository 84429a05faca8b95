/* Today's brief: what matters now by the one rule, the first three as cards, the others as a list; and what was looked at. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element, setText } = cockpit;
  const page = (cockpit.pages.brief = /** @type {PageScript} */ ({}));
  /** @type {Live.Layer[]} */
  const SOURCES = ["alarms", "grid_events", "visitors", "governance"];
  const TOGETHER_MS = 2000;   // what changes within so long is asked for once
  const AGAIN_MS = 60000;     // what time alone brings about
  const FAILED_MS = 5000;
  const MINUTE_MS = 60000;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let asked = -Infinity;
  let shown = "";

  page.start = async function () {
    await cockpit.whoAmI();
    look();
    if (cockpit.at === null) setInterval(look, AGAIN_MS);
  };

  page.render = function (changed) {
    if (cockpit.at !== null || waiting !== undefined || asked === -Infinity) return;
    if (changed !== null && !SOURCES.some((layer) => changed[layer])) return;
    waiting = setTimeout(look, Math.max(0, asked + TOGETHER_MS - cockpit.clock.steady()));
  };

  /* The brief as it is now; while the line is cut what stood last stays, and the band says so. */
  async function look() {
    asked = cockpit.clock.steady();
    waiting = undefined;
    try {
      show(/** @type {Api.Brief} */ (await cockpit.ask("brief")));
    } catch (error) {
      const { message, status } = /** @type {Error & { status: number }} */ (error);
      if (!shown) cockpit.refuse(cockpit.need("[data-brief-verdict]"), message);
      // Nobody answered, or nobody could: what may not be read is not asked for again.
      if (!status || status >= 500) waiting = setTimeout(look, FAILED_MS);
    }
  }

  /** @param {Api.Brief} told */
  function show(told) {
    const many = told.concerns.length;
    const verdict = cockpit.need("[data-brief-verdict]");
    setText(verdict, many ? say("{n} 类要情", { n: many }) : told.looked.some((one) => one.missing.length) ? say("● 已配置的一切正常") : say("● 一切正常"));
    verdict.dataset.tone = told.concerns[0]?.tone ?? "well";
    setText(cockpit.need("[data-brief-looked]"), say("截至 {when} · 趋势与昨日此时比", { when: cockpit.time.full(Date.parse(told.at)) }));
    const text = JSON.stringify([told.concerns, told.looked, Math.floor(Date.parse(told.at) / MINUTE_MS)]);
    if (text === shown) return;
    shown = text;
    const place = cockpit.need("[data-brief-cards]");
    const large = Number(place.dataset.briefCards);
    draw(place, told.concerns.slice(0, large).map((one, number) => card(one, number + 1, told)));
    const others = told.concerns.slice(large);
    cockpit.need(".brief-others").hidden = !others.length;
    draw(cockpit.need("[data-brief-others]"), others.map((one, number) => row(one, large + number + 1)));
    draw(cockpit.need("[data-brief-sources]"), told.looked.map((one) => source(one, told)));
  }

  /* What holds the focus keeps it, though it is drawn anew. */
  /** @param {HTMLElement} place @param {HTMLElement[]} parts */
  function draw(place, parts) {
    const focused = document.activeElement instanceof HTMLAnchorElement && place.contains(document.activeElement) ? document.activeElement.dataset.way : null;
    place.replaceChildren(...parts);
    if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`[data-way="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Api.Concern} one */
  function sign(one) {
    return element("span", `grave tone-${one.tone}`, `${one.mark} ${one.grave}`);
  }

  /* How much there is more or less than a day before. */
  /** @param {Api.Concern} one */
  function trend(one) {
    if (one.before === null || one.change === null) return say("昨日此时无数据");
    const n = cockpit.number(Math.abs(one.change));
    const before = cockpit.number(one.before);
    if (one.change > 0) return say("↑ 比昨日此时多 {n}（昨日 {before}）", { n, before });
    return one.change < 0 ? say("↓ 比昨日此时少 {n}（昨日 {before}）", { n, before }) : say("→ 与昨日此时持平（{before}）", { before });
  }

  /* Since when, and how long that is. */
  /** @param {string} since @param {number} now */
  function lasting(since, now) {
    const began = Date.parse(since);
    const minutes = Math.max(0, Math.floor((now - began) / MINUTE_MS));
    const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
    const long = days ? say("{days} 天 {hours} 小时", { days, hours }) : hours ? say("{hours} 小时 {minutes} 分", { hours, minutes: minutes % 60 }) : say("{minutes} 分钟", { minutes });
    return say("自 {when} · 已 {long}", { when: cockpit.time.short(began), long });
  }

  const theme = () => (cockpit.root.dataset.theme === "light" ? "&theme=light" : "");

  /* A way to elsewhere; the address of the rows is the server's, with the time that is shown. */
  /** @param {string} className @param {string} text @param {string} href @param {string} way */
  function link(className, text, href, way) {
    const made = element("a", className, text);
    made.href = href + theme();
    made.dataset.way = way;
    return made;
  }

  /* A way to the rows that a number comes to. */
  /** @param {string} className @param {string} text @param {Api.Concern} one @param {string} way */
  function leading(className, text, one, way) {
    const made = link(className, text, one.rows.page, `${way} ${one.code}`);
    made.dataset.rows = one.rows.page;
    made.dataset.api = one.rows.api;
    return made;
  }

  /** @param {Api.Concern} one */
  function rows(one) {
    const text = say("看明细 {n} {unit} →", { n: cockpit.number(one.value), unit: one.unit });
    const made = leading("rows", text, one, "rows");
    made.setAttribute("aria-label", `${text} ${one.name}`);   // several say the same to who only hears them
    return made;
  }

  /** @param {Api.Concern} one */
  function where(one) {
    if (!one.place) return null;
    if (one.thing === null || one.lon === null) return element("span", "", one.place);
    const address = cockpit.link(`/map?community=${cockpit.root.dataset.community}&${one.thing.kind}=${encodeURIComponent(one.thing.id)}`);
    return link("place", say("◎ {place} · 地图", { place: one.place }), address, `map ${one.code}`);
  }

  /** @param {Api.Concern} one @param {number} number @param {Api.Brief} told */
  function card(one, number, told) {
    const made = element("li", "panel brief-card");
    made.dataset.tone = one.tone;
    made.dataset.concern = one.code;
    const head = element("div", "brief-rank");
    head.append(element("span", "number", String(number)), sign(one));
    const figure = element("p", "brief-value");
    figure.append(leading("value to-rows", cockpit.number(one.value), one, "value"), element("span", "unit", one.unit));
    made.append(head, element("h3", "", one.name), figure, element("p", "brief-trend", trend(one)));
    const about = element("div", "brief-about");
    const subject = [cockpit.unreal(one.source, one.subject), one.subject].filter(Boolean).join(" · ");
    if (subject) about.append(element("p", "subject", subject));
    const place = where(one);
    if (place) about.append(place);
    if (one.since) about.append(element("p", "", lasting(one.since, Date.parse(told.at))));
    made.append(about, element("p", "todo", say("→ {todo}", { todo: one.todo })), element("p", "second", say("为何在此：{why}", { why: one.why })), rows(one));
    return made;
  }

  /** @param {Api.Concern} one @param {number} number */
  function row(one, number) {
    const made = element("li");
    made.dataset.concern = one.code;
    const name = element("span", "name");
    name.append(sign(one), " ", one.name);
    made.append(element("span", "number", String(number)), name, element("span", "second", trend(one)), rows(one));
    return made;
  }

  /* A layer: the lines of it of which nothing stands, and what nobody configured. */
  /** @param {Api.Looked} one @param {Api.Brief} told */
  function source(one, told) {
    const made = element("li");
    made.dataset.source = one.layer;
    const standing = new Set(told.concerns.map((concern) => concern.code));
    const well = one.lines.filter((line) => !standing.has(line.code)).map((line) => line.name);
    made.append(element("strong", "", one.name));
    if (well.length) made.append(element("span", "", say("没有：{what}", { what: well.join(say("、")) })));
    if (one.missing.length) made.append(element("span", "missing", say("未配置：{what}", { what: one.missing.map((word) => word.name).join(say("、")) })));
    return made;
  }
})();
