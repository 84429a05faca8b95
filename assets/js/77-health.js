/* How the cockpit itself fares: each figure with its state by shape and word, since when, and what to do. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element, setText } = cockpit;
  const AGAIN_MS = 10000;
  const page = (cockpit.pages.health = /** @type {PageScript} */ ({}));

  /** @type {Record<Api.VitalState, [mark: string, word: string, tone: string]>} */
  const STATES = {
    high: ["▲", say("异常"), "high"],
    middle: ["◆", say("注意"), "middle"],
    unknown: ["○", say("不详"), ""],
    well: ["●", say("正常"), "well"],
  };

  page.start = async function () {
    await cockpit.whoAmI();
    const why = cockpit.whyNot("manager");
    if (why !== null) return cockpit.refuse(cockpit.need("[data-verdict]"), why);
    show();
    cockpit.showBackups();
  };

  /* Nobody pushes how a process fares: it is asked for while somebody looks. */
  async function show() {
    setTimeout(show, AGAIN_MS);
    const place = cockpit.need("[data-vitals]");
    if (document.visibilityState === "hidden" && place.children.length) return;
    const answer = await cockpit.request("/api/v1/health");
    if (!answer.ok) return cockpit.refuse(cockpit.need("[data-verdict]"), cockpit.reason(answer));
    const told = /** @type {Api.Health} */ (cockpit.own(answer.body));
    verdict(told);
    place.replaceChildren(...[...told.groups].sort((a, b) => urgency(b) - urgency(a)).map(group));
    cockpit.need("[data-last-day]").replaceChildren(refused(told.last_day.quarantined), alarms(told.last_day.alarms));
  }

  /* What is not well stands first: on a phone it would be far below. */
  /** @param {Api.VitalGroup} one */
  const urgency = ({ state }) => (state === "high" ? 2 : state === "middle" ? 1 : 0);

  /** @param {Api.Health} told */
  function verdict(told) {
    const rows = told.groups.flatMap((one) => one.rows);
    /** @param {Api.VitalState} state */
    const count = (state) => rows.filter((one) => one.state === state).length;
    const ill = /** @type {Api.VitalState[]} */ (["high", "middle"]).filter(count)
      .map((state) => say("{mark} {n} 项{word}", { mark: STATES[state][0], n: count(state), word: STATES[state][1] }));
    const place = cockpit.need("[data-verdict]");
    setText(place, ill.join(" · ") || say("● 一切正常"));
    place.dataset.state = count("high") ? "high" : count("middle") ? "middle" : "well";
    setText(cockpit.need("[data-looked]"), say("本页每 10 秒更新 · {when}", { when: cockpit.time.clock(Date.parse(told.at)) }));
  }

  /** @param {Api.VitalGroup} one */
  function group(one) {
    const made = element("article", "panel vital-group");
    made.dataset.group = one.code;
    const head = element("h3", "", one.name);
    head.append(sign(one.state));
    made.append(head, ...one.rows.map(row));
    return made;
  }

  /** @param {Api.VitalState} state */
  function sign(state) {
    const [mark, word, tone] = STATES[state];
    const made = element("span", `sign tone-${tone}`, `${mark} ${word}`);
    made.dataset.state = state;
    return made;
  }

  /** @param {Api.Vital} one */
  function row(one) {
    const made = element("div", "vital");
    made.dataset.vital = one.code;
    made.dataset.state = one.state;
    const [mark, word, tone] = STATES[one.state];
    const isIll = one.state === "high" || one.state === "middle";
    const name = element("span", "label");
    if (isIll) name.append(element("span", `symbol tone-${tone}`, `${mark} ${word} `));
    name.append(one.name);
    const figure = element("span", "figure", value(one));
    if (one.value !== null && one.unit) figure.append(element("span", "unit", ` ${one.unit}`));
    made.append(name, figure);
    if (one.value === null && one.why) made.append(element("p", "second", one.why));
    if (isIll) {
      const since = say("自 {when} · {limit}", { when: cockpit.time.short(Date.parse(one.since)), limit: limit(one) });
      made.append(element("p", "second", since), element("p", "todo", say("→ {todo}", { todo: one.todo })));
    }
    return made;
  }

  /** @param {Api.Vital} one */
  function limit({ limits, unit, kind }) {
    if (kind !== "number") return kind === "yes_no" ? say("应为「是」") : say("应为「否」");
    if (limits.above !== null) return say("应不高于 {n} {unit}", { n: limits.above, unit }).trim();
    return limits.below === null ? "" : say("应不低于 {n} {unit}", { n: limits.below, unit }).trim();
  }

  /** @param {Api.Vital} one */
  function value(one) {
    if (one.value === null) return "—";
    if (one.kind === "text") return String(one.value);
    const number = Number(one.value);
    if (one.kind === "yes_no") return number ? say("是") : say("否");
    if (one.kind === "no_yes") return number ? say("{n} 次", { n: number }) : say("否");
    return cockpit.number(number, one.precision);
  }

  /* Bars of 24 hours, whose numbers stand in the title and below. */
  /** @param {{ hour: string, count: number }[]} hours */
  function refused(hours) {
    const made = element("article", "panel vital-group");
    const most = Math.max(...hours.map((one) => one.count));
    const bars = element("div", "hours");
    bars.setAttribute("role", "img");
    bars.setAttribute("aria-label", say("近 24 小时各小时隔离的消息，最多 {n} 条", { n: most }));
    for (const one of hours) {
      const bar = element("span", "hour");
      bar.style.height = `${most ? (100 * one.count) / most : 0}%`;
      bar.title = say("{hour} 起 {n} 条", { hour: cockpit.time.minute(Date.parse(one.hour)), n: one.count });
      bars.append(bar);
    }
    const sum = hours.reduce((before, one) => before + one.count, 0);
    const said = sum ? say("共 {sum} 条，一小时最多 {most} 条", { sum: cockpit.number(sum), most: cockpit.number(most) }) : say("没有");
    made.append(element("h3", "", say("近 24 小时 · 隔离的消息")), bars, element("p", "second", said));
    return made;
  }

  /** @param {Api.SystemAlarm[]} all */
  function alarms(all) {
    const made = element("article", "panel vital-group");
    made.append(element("h3", "", say("近 24 小时 · 系统自身的告警")));
    if (!all.length) made.append(element("p", "second", say("没有")));
    for (const one of all) {
      const when = one.returned ? say("{from} 至 {to}", { from: short(one.raised), to: short(one.returned) }) : say("自 {from}，未恢复", { from: short(one.raised) });
      made.append(element("p", "", say("{name} · {when}", { name: one.name, when })));
    }
    return made;
  }

  /** @param {string} at */
  const short = (at) => cockpit.time.short(Date.parse(at));
})();
