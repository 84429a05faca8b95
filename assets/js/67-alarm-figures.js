/* Figures of the alarms of a period with the standards' targets beside each, and the lists behind them. */
(function () {
  "use strict";

  /** @typedef {{head: string[], is?: (one: any) => boolean, row: (one: any) => (string | Node)[]}} List */

  const cockpit = window.cockpit;
  const { alarms, element } = cockpit;
  const DAY_MS = 86400000;
  const SPANS = { 1: "近 24 小时", 7: "近 7 天", 30: "近 30 天", 90: "近 90 天" };
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
    const period = `${cockpit.time.full(Date.parse(told.from))} 至 ${cockpit.time.full(Date.parse(told.to))}`;
    const shorter = asked < 30 ? "；目标是对 30 天以上的时段而言的，时段越短越说明不了问题" : "";
    cockpit.setText(cockpit.find("[data-period]"), `${period} · 按平均 ${cockpit.number(told.operators, 1)} 名值班员计${shorter}`);
    figures(told.figures);
    for (const place of cockpit.findAll("[data-figures-list]")) {
      const code = place.dataset.figuresList ?? "";
      const rows = told[code].filter(LISTS[code].is || Boolean).map(LISTS[code].row);
      place.replaceChildren(rows.length ? cockpit.table(LISTS[code].head, rows) : element("p", "second", "没有"));
    }
  }

  /** @type {Record<string, (value: number) => string>} */
  const NAMES_OF_UNITS = { s: duration };

  /** @param {number} seconds */
  function duration(seconds) {
    if (seconds < 120) return `${cockpit.number(seconds)}\u2009秒`;
    return seconds < 7200 ? `${cockpit.number(seconds / 60)}\u2009分钟` : `${cockpit.number(seconds / 3600, 1)}\u2009小时`;
  }

  /** @param {Api.AlarmFigure} given */
  function shown({ value, unit }) {
    if (value === null) return "—";
    if (NAMES_OF_UNITS[unit]) return NAMES_OF_UNITS[unit](value);
    return `${cockpit.number(value, Number.isInteger(value) ? 0 : 2)}${unit ? `\u2009${unit}` : ""}`;
  }

  /* The target in text and with a mark; colour only where it is missed. */
  /** @param {Api.AlarmFigure[]} rows */
  function figures(rows) {
    const made = cockpit.table(["指标", "数值", "目标", "对照", "出处"], rows.map((one) => [
      one.name, shown(one), one.target || "—", one.is_met === null ? "—" : one.is_met ? "✓ 达到" : "▲ 未达到", one.source || "—",
    ]));
    [...made.tBodies[0].rows].forEach((row, index) => {
      row.dataset.figure = rows[index].code;
      row.title = rows[index].name_en;
      row.classList.toggle("is-missed", rows[index].is_met === false);
      /** @type {HTMLElement} */ (row.lastChild).className = "source";
    });
    cockpit.need("[data-figures]").replaceChildren(made);
  }

  /** @param {{ subject: string }} given */
  const subject = ({ subject: code }) => ((cockpit.state.devices || {})[code] || {}).name || code;
  /** @param {string | null} time */
  const when = (time) => (time ? cockpit.time.full(Date.parse(time)) : "仍在继续");
  /** @type {List} */
  const counted = { head: ["规则", "对象", "次数"], row: (one) => [one.name, subject(one), cockpit.number(one.count)] };

  /** @type {Record<string, List>} */
  const LISTS = {
    top: { head: ["规则", "对象", "次数", "占比"], row: (one) => [...counted.row(one), `${cockpit.number(one.share, 1)}\u2009%`] },
    chattering: counted,
    fleeting: counted,
    standing: { head: ["规则", "对象", "自"], row: (one) => [one.name, subject(one), when(one.since)] },
    floods: { head: ["开始", "结束", "条数", "首出"], row: (one) => [when(one.began), when(one.ended), cockpit.number(one.count), first(one)] },
    // Days without any are not listed.
    days: { head: ["日期", "条数"], is: (one) => one.count > 0, row: (one) => [one.day, cockpit.number(one.count)] },
  };

  /** @param {{ first: string }} one */
  function first(one) {
    const link = element("a", "", one.first);
    link.href = alarms.link(one.first);
    return link;
  }
})();
