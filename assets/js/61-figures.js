/* Figures of a period: asked for when it is chosen, and again when events move. */
(function () {
  "use strict";

  /** @typedef {{by: Record<string, string>, rates: Record<string, string>, rates_of: Record<string, [part: string, whole: string]>, stages: Record<string, string>, ages: Record<string, string>, age_days: Record<string, (number | null)[]>}} FigureWords */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const DAY_MS = 86400000;
  const GATHER_MS = 1500;
  const page = (cockpit.pages.figures = /** @type {PageScript} */ ({}));
  /** @type {FigureWords} */
  let words;
  let chosen = { span: "month", by: "area" };
  /** @type {number | null} */
  let timer = null;
  let period = ["", ""];   // of the figures that are shown

  /* The way to the events that a count is of: of those that were reported in the period and were not voided, as they
     stood at its end. */
  /** @param {number} count @param {Record<string, string>} asked */
  function events(count, asked) {
    const isOver = Date.parse(period[1]) < cockpit.now() - GATHER_MS;
    /** @type {Record<string, string>} */
    const query = { state: "valid", reported_from: period[0], reported_to: period[1], ...asked };
    if (isOver && cockpit.at === null) query.at = period[1];
    return cockpit.toRows(cockpit.number(count), "/events", query);
  }

  /* Each span's beginning and end; months and years are those of Asia/Shanghai. */
  /** @type {Record<string, [name: string, period: () => [from: number, to: number | null]]>} */
  const SPANS = {
    week: [say("近 7 天"), () => [cockpit.now() - 7 * DAY_MS, null]],
    month: [say("本月"), () => [monthStart(0), null]],
    last: [say("上月"), () => [monthStart(-1), monthStart(0)]],
    quarter: [say("近 90 天"), () => [cockpit.now() - 90 * DAY_MS, null]],
    year: [say("本年"), () => [Date.parse(`${local().year}-01-01T00:00:00+08:00`), null]],
  };

  function local() {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" }).format(cockpit.now()).split("-");
    return { year: Number(parts[0]), month: Number(parts[1]) };
  }

  /** @param {number} offset */
  function monthStart(offset) {
    const { year, month } = local();
    const first = new Date(Date.UTC(year, month - 1 + offset, 1)).toISOString().slice(0, 10);
    return Date.parse(`${first}T00:00:00+08:00`);
  }

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    const spans = Object.fromEntries(Object.entries(SPANS).map(([code, [name]]) => [code, name]));
    const groups = Object.entries(words.by).filter(([code]) => code !== "steward" || cockpit.may("steward"));
    cockpit.need("[data-choices]").replaceChildren(taps("span", spans), taps("by", Object.fromEntries(groups)));
    load();
  };

  page.render = function (changed) {
    if (changed && changed.grid_events) timer = timer || setTimeout(load, GATHER_MS);
  };

  /** @param {"span" | "by"} name @param {Record<string, string>} options */
  function taps(name, options) {
    const made = element("div", "buttons");
    for (const [code, text] of Object.entries(options)) {
      const button = element("button", "tap", text);
      button.type = "button";
      button.setAttribute("aria-pressed", String(chosen[name] === code));
      button.addEventListener("click", () => {
        chosen = { ...chosen, [name]: code };
        for (const other of made.children) other.setAttribute("aria-pressed", String(other === button));
        load();
      });
      made.append(button);
    }
    return made;
  }

  async function load() {
    timer = null;
    const asked = chosen;
    const [from, to] = SPANS[asked.span][1]();
    period = [new Date(from).toISOString(), new Date(to ?? cockpit.now()).toISOString()];
    const query = { from: new Date(from).toISOString(), by: asked.by, ...(to ? { to: new Date(to).toISOString() } : {}) };
    /** @type {{total: Api.Figures, groups: Api.Figures[], demo: boolean}} */
    let answer;
    try {
      answer = await cockpit.ask("events/figures", query);
    } catch (error) {
      return cockpit.refuse(cockpit.need("[data-totals]"), error.message);
    }
    if (asked !== chosen) return;   // another was chosen meanwhile
    showTotal(answer.total);
    showGroups(answer.groups);
    for (const head of cockpit.findAll(".page-figures .panel h2")) cockpit.markInvented(head, answer.demo);
  }

  /* A share with what it is of: all of one is little. */
  /** @param {Api.Figures} of @param {string} code */
  const percent = (of, code) => {
    const [part, whole] = words.rates_of[code];
    return of.rates[code] === null ? "—" : say("{code}\u202f%（{part}/{whole}）", { code: cockpit.number(of.rates[code] * 100, 1), part: of.counts[part], whole: of.counts[whole] });
  };
  /** @param {number | null} value */
  const hours = (value) => (value === null ? "—" : value < 1 ? say("{value}\u202f分钟", { value: cockpit.number(value * 60) }) : value < 48 ? say("{value}\u202f小时", { value: cockpit.number(value, 1) }) : say("{value}\u202f天", { value: cockpit.number(value / 24, 1) }));

  /** @param {Api.Figures} total */
  function showTotal(total) {
    const tiles = [["reported", say("上报¦来源"), events(total.counts.reported, {})], ["backlog", say("积压"), events(total.backlog, { state: "open" })],
      ...Object.entries(words.rates).map(([code, name]) => [code, name, percent(total, code)]),
      ["satisfaction", say("满意度"), total.satisfaction === null ? "—" : say("{satisfaction} / 5（{rated}）", { satisfaction: cockpit.number(total.satisfaction, 2), rated: total.rated })]];
    cockpit.need("[data-totals]").replaceChildren(...tiles.map(([code, name, value]) => {
      const tile = element("div", "total");
      const label = cockpit.helped(/** @type {string} */ (name), `events.${code}`);
      label.classList.add("label");
      const shown = element("span", "value");
      shown.append(value);
      shown.classList.toggle("is-rate", String(code) in words.rates || code === "satisfaction");
      tile.append(label, shown);
      return tile;
    }));
    const stages = Object.entries(words.stages).map(([code, name]) => {
      const { n, mean, p90 } = total.hours[code];
      return [name, hours(mean), hours(p90), cockpit.number(n)];
    });
    cockpit.need("[data-stages]").replaceChildren(cockpit.table([say("环节"), say("平均"), say("九成在内"), say("件")], stages));
    const most = Math.max(1, ...Object.values(total.ageing));
    cockpit.need("[data-ages]").replaceChildren(...Object.entries(words.ages).map(([code, name]) => {
      const row = element("div", "bar");
      const bar = element("span", "fill");
      bar.style.width = `${(100 * total.ageing[code]) / most}%`;
      const track = element("span", "track");
      track.append(bar);
      row.append(element("span", "label", name), track, aged(total, code));
      return row;
    }));
  }

  /** @param {Api.Figures} total @param {string} code */
  function aged(total, code) {
    const [low, high] = words.age_days[code].map((days) => (days === null ? null : new Date(Date.parse(period[1]) - days * DAY_MS).toISOString()));
    // The older end may lie before the period: what was reported earlier is not in it.
    const from = high !== null && high > period[0] ? high : period[0];
    const shown = element("span", "value");
    shown.append(events(total.ageing[code], { state: "open", reported_from: from, reported_to: low ?? period[1] }));
    return shown;
  }

  /** @param {Api.Figures[]} groups */
  function showGroups(groups) {
    /** @param {Api.Figures} one @returns {Record<string, string>} */
    const of = (one) => ({ [chosen.by === "steward" ? "assignee" : chosen.by]: one.code ?? "none" });
    const head = [words.by[chosen.by], say("上报¦来源"), say("积压"), ...Object.values(words.rates), say("派遣 → 反馈"), say("满意度")];
    const rows = groups.map((one) => [
      one.name || (chosen.by === "steward" ? say("未指派") : say("未定位")), events(one.counts.reported, of(one)), events(one.backlog, { ...of(one), state: "open" }),
      ...Object.keys(words.rates).map((code) => percent(one, code)),
      hours(one.hours.to_handled.mean), one.satisfaction === null ? "—" : say("{satisfaction}（{rated}）", { satisfaction: cockpit.number(one.satisfaction, 2), rated: one.rated }),
    ]);
    const place = cockpit.need("[data-groups]");
    place.replaceChildren(rows.length ? cockpit.table(head, rows) : cockpit.nothing(say("这段时间没有上报事件"), say("换一段时间，或到「上报」登记")));
  }
})();
