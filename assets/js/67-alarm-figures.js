/* Figures of the alarms of a period with the standards' targets beside each, and the lists behind them. */
(function () {
  "use strict";

  /** @typedef {{head: string[], is?: (one: any) => boolean, row: (one: any) => (string | Node)[]}} List */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const DAY_MS = 86400000;
  const HOUR_MS = 3600000;
  const OBSERVED = 0.95;   // of the period; less is said
  const SPANS = { 1: say("近 24 小时"), 7: say("近 7 天"), 30: say("近 30 天"), 90: say("近 90 天") };
  const page = (cockpit.pages["alarm-figures"] = /** @type {PageScript} */ ({}));
  let days = 30;
  let isStarted = false;

  page.start = async function () {
    await cockpit.whoAmI();
    const made = element("div", "buttons");
    for (const [span, name] of Object.entries(SPANS)) {
      const button = element("button", "tap", name);
      button.type = "button";
      button.setAttribute("aria-pressed", String(Number(span) === days));
      button.addEventListener("click", () => {
        days = Number(span);
        for (const other of made.children) other.setAttribute("aria-pressed", String(other === button));
        load();
      });
      made.append(button);
    }
    cockpit.need("[data-choices]").replaceChildren(made);
    isStarted = true;
    if (cockpit.state.devices) load();
  };

  /* Devices by their names: the snapshot brings them. */
  page.render = (changed) => { if (changed === null && isStarted) load(); };

  async function load() {
    const asked = days;
    /** @type {any} */
    let told = null;
    try {
      const query = { from: new Date(cockpit.now() - asked * DAY_MS).toISOString() };
      told = await cockpit.ask("alarms/figures", query);
    } catch (error) {
      return void (asked === days && cockpit.refuse(cockpit.need("[data-figures]"), error.message));
    }
    if (asked !== days) return;
    const period = say("{from} 至 {to}", { from: cockpit.time.full(Date.parse(told.from)), to: cockpit.time.full(Date.parse(told.to)) });
    const shorter = asked < 30 ? say("；目标是对 30 天以上的时段而言的，时段越短越说明不了问题") : "";
    const whole = (Date.parse(told.to) - Date.parse(told.from)) / HOUR_MS;
    const hours = { seen: cockpit.number(told.observed_hours, 1), whole: cockpit.number(whole) };
    const seen = told.observed_hours < OBSERVED * whole
      ? say("；其中 {seen} 小时有规则监视（共 {whole} 小时），频次只按这段时间计", hours) : say("；{seen} 小时有规则监视", hours);
    cockpit.setText(cockpit.find("[data-period]"), say("{period} · 按平均 {operators} 名值班员计{seen}{shorter}", { seen, period, operators: cockpit.number(told.operators, 1), shorter }));
    figures(told.figures);
    for (const place of cockpit.findAll("[data-figures-list]")) {
      const code = place.dataset.figuresList ?? "";
      const rows = told[code].filter(LISTS[code].is || Boolean).map(LISTS[code].row);
      place.replaceChildren(rows.length ? cockpit.table(LISTS[code].head, rows) : cockpit.nothing(say("这段时间没有"), say("换一段时间再看")));
    }
  }

  /** @type {Record<string, (value: number) => string>} */
  const NAMES_OF_UNITS = { s: duration };

  /** @param {number} seconds */
  function duration(seconds) {
    if (seconds < 120) return say("{seconds}\u202f秒", { seconds: cockpit.number(seconds) });
    return seconds < 7200 ? say("{seconds}\u202f分钟", { seconds: cockpit.number(seconds / 60) }) : say("{seconds}\u202f小时", { seconds: cockpit.number(seconds / 3600, 1) });
  }

  /** @param {Api.AlarmFigure} given */
  function shown({ value, unit, why }) {
    if (value === null) return why ?? "—";
    if (NAMES_OF_UNITS[unit]) return NAMES_OF_UNITS[unit](value);
    return `${cockpit.number(value, Number.isInteger(value) ? 0 : 2)}${unit ? `\u202f${unit}` : ""}`;
  }

  /* The target in text and with a mark; colour only where it is missed. */
  /** @param {Api.AlarmFigure[]} rows */
  function figures(rows) {
    const made = cockpit.table([say("指标"), say("数值"), say("目标"), say("对照"), say("出处")], rows.map((one) => [
      cockpit.helped(one.name, `alarms.${one.code}`), shown(one), one.target || "—", one.is_met === null ? "—" : one.is_met ? say("✓ 达到") : say("▲ 未达到"), one.source || "—",
    ]));
    [...made.tBodies[0].rows].forEach((row, index) => {
      row.dataset.figure = rows[index].code;
      row.classList.toggle("is-missed", rows[index].is_met === false);
      /** @type {HTMLElement} */ (row.lastChild).className = "source";
    });
    cockpit.need("[data-figures]").replaceChildren(made);
  }

  /** @param {{ subject: string }} given */
  const subject = ({ subject: code }) => cockpit.alarms.called(code);
  /** @param {string | null} time */
  const when = (time) => (time ? cockpit.time.full(Date.parse(time)) : say("仍在继续"));
  /** @type {List} */
  const counted = { head: [say("规则"), say("对象"), say("次数")], row: (one) => [one.name, subject(one), cockpit.number(one.count)] };

  /** @type {Record<string, List>} */
  const LISTS = {
    top: { head: [say("规则"), say("对象"), say("次数"), say("占比")], row: (one) => [...counted.row(one), `${cockpit.number(one.share, 1)}\u202f%`] },
    chattering: counted,
    fleeting: counted,
    standing: { head: [say("规则"), say("对象"), say("自")], row: (one) => [one.name, subject(one), when(one.since)] },
    floods: { head: [say("开始"), say("结束"), say("条数"), say("首出")], row: (one) => [when(one.began), when(one.ended), cockpit.number(one.count), first(one)] },
    // Days without any are not listed.
    days: { head: [say("日期"), say("条数")], is: (one) => one.count > 0, row: (one) => [one.day, cockpit.number(one.count)] },
  };

  /** @param {{ first: string }} one */
  function first(one) {
    const link = element("a", "", one.first);
    link.href = alarms.link(one.first);
    return link;
  }
})();
