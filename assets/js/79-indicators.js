/* An indicator's page: its curve, definition and history, and forms to enter a value, set a target or add an indicator. */
(function () {
  "use strict";

  /** @typedef {{areas: Record<string, string>, scenes: Record<string, string>, periods: Record<string, string>, metrics: Record<string, string>, categories: Record<string, string>, states: Record<string, string>}} IndicatorWords */

  const cockpit = window.cockpit;
  const { say, element, sceneFigures: figures } = cockpit;
  const page = (cockpit.pages.indicators = /** @type {PageScript} */ ({}));
  /** @type {Record<string, string>} */
  const KINDS = { entered: say("录入"), register: say("登记簿"), events: say("网格事件"), metric: say("传感器") };
  /** @type {Record<string, string>} */
  const ROLES = { everybody: say("所有人"), steward: say("网格员"), manager: say("管理员") };
  /** @type {Record<string, string>} */
  const OF = { count: say("行数"), sum: say("数值之和"), distinct: say("不同的有几个") };
  /** @type {IndicatorWords} */
  let words;

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    await load();
  };

  const base = () => `/api/v1/${cockpit.root.dataset.community}/indicators`;

  async function load() {
    try {
      if (cockpit.root.dataset.indicator) showOne(await cockpit.ask(`indicators/${encodeURIComponent(cockpit.root.dataset.indicator)}`));
      else showAll((await cockpit.ask("indicators")).indicators);
    } catch (error) {
      say_(false, /** @type {Error} */ (error).message);
    }
  }

  /** @param {boolean} ok @param {string} text */
  const say_ = (ok, text) => cockpit.sayOutcome(cockpit.need("[data-outcome]"), ok, text);

  /** @param {string} path @param {object} body */
  async function send(path, body) {
    const answer = await cockpit.post(base() + path, body);
    say_(answer.ok, answer.ok ? cockpit.say("已登记") : answer.body.detail || cockpit.say("没有执行"));
    if (answer.ok) await load();
    return answer.ok;
  }

  /* --- one --- */

  /** @param {Api.IndicatorAnswer} one */
  function showOne(one) {
    const head = cockpit.need("[data-indicator-head]");
    const scene = element("a", "", words.scenes[one.scene] ?? one.scene);
    scene.href = cockpit.link(`/scenes?community=${cockpit.root.dataset.community}${figures.theme()}&scene=${one.scene}`);
    const note = element("p", "second", "");
    note.append(scene, element("span", "", ` · ${one.period_name}`));
    const target = figures.target(one);
    const rows = element("a", "", say("看明细"));
    rows.href = one.page + figures.theme();
    const baseline = figures.baseline(one);
    head.replaceChildren(element("h2", "", one.name), note, figures.value(one), ...(target ? [element("p", "scene-target", target)] : []),
      ...(baseline ? [element("p", "second", baseline)] : []), rows, element("footer", "foot", figures.foot(one)));
    showCurve(one);
    showAbout(one);
    showAreas(one);
    showEntries(one);
    showTargets(one);
  }

  /** @param {Api.IndicatorAnswer} one */
  function showCurve(one) {
    const place = cockpit.need("[data-indicator-curve]");
    /** @type {{day: string, value: number | null}[]} */
    const points = one.trend.length ? one.trend : one.entries.filter((each, place, all) => all.findIndex((other) => other.date === each.date) === place)
      .map((each) => ({ day: each.date, value: each.value })).filter((each) => each.value !== null).sort((a, b) => (a.day < b.day ? -1 : 1));
    const known = points.flatMap((point) => (point.value === null ? [] : [point.value]));
    if (!known.length) return place.replaceChildren(element("p", "second", say("没有可画的时段")));
    const most = Math.max(...known, one.target ?? 0, 0);
    const bars = element("ol", "bars-of-periods");
    for (const point of points) {
      const bar = element("li", "");
      const filled = element("span", "filled");
      filled.style.height = most > 0 && point.value !== null ? `${Math.max(0, (100 * point.value) / most)}%` : "0";
      const column = element("span", "column");
      column.setAttribute("aria-hidden", "true");
      column.append(filled);
      if (one.target !== null && most > 0) {
        const line = element("span", "goal");
        line.style.bottom = `${(100 * one.target) / most}%`;
        column.append(line);
      }
      bar.append(element("span", "value", figures.number(one, point.value)), column, element("span", "when", label(one.period, point.day)));
      bars.append(bar);
    }
    const scroll = element("div", "scroll");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", say("逐期"));
    scroll.append(bars);
    const note = [one.unit ? say("单位：{unit}", { unit: one.unit }) : "", one.target === null ? "" : say("虚线是目标")].filter(Boolean).join(" · ");
    place.replaceChildren(scroll, element("p", "second", note));
    scroll.scrollLeft = scroll.scrollWidth;
  }

  /** @param {string} period @param {string} day */
  function label(period, day) {
    if (period === "year") return day.slice(0, 4);
    if (period === "month") return day.slice(0, 7);
    return period === "now" ? day : day.slice(5);
  }

  /** @param {Api.IndicatorAnswer} one */
  function showAbout(one) {
    /** @type {[string, string][]} */
    const rows = [
      [say("含义"), one.about], [say("来源"), KINDS[one.kind] ?? one.source_name], [say("时段"), one.period_name],
      [say("谁能看到"), ROLES[one.sees] ?? one.sees], [say("编码"), one.code], [say("公式"), JSON.stringify(one.formula)],
    ];
    if (one.factor) rows.push([say("换算系数"), say("{name}，{source}", { name: one.factor.name, source: one.factor.source })]);
    for (const each of one.versions) rows.push([say("第 {seq} 版", { seq: each.seq }), [cockpit.time.full(Date.parse(each.at)), each.by, each.reason].filter(Boolean).join(" · ")]);
    cockpit.need("[data-indicator-about]").replaceChildren(...rows.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]));
  }

  /** @param {Api.IndicatorAnswer} one */
  function showAreas(one) {
    const place = cockpit.need("[data-indicator-areas]");
    const rows = Object.entries(words.areas).filter(([code]) => code in one.areas);
    if (!one.by_area) return void hide(place);
    if (!rows.length) return place.replaceChildren(element("p", "second", say("这一时段各片区都没有")));
    const list = element("ul", "scene-list");
    for (const [code, name] of rows) {
      const row = element("li", "");
      row.append(element("span", "", name), element("strong", "", `${figures.number(one, one.areas[code] ?? null)}${one.unit ? `\u2009${one.unit}` : ""}`));
      list.append(row);
    }
    place.replaceChildren(list);
  }

  /* A panel that this indicator has no use for. */
  /** @param {HTMLElement} place */
  function hide(place) {
    const panel = place.closest("section");
    if (panel) panel.hidden = true;
  }

  /** @param {Api.IndicatorAnswer} one */
  function showEntries(one) {
    const place = cockpit.need("[data-indicator-entries]");
    if (one.kind !== "entered") return void hide(place);
    /** @type {HTMLElement[]} */
    const parts = one.entries.map((each) => cockpit.forms.entry(
      `${each.date} · ${each.value === null ? say("撤回") : figures.number(one, each.value)}${each.value !== null && one.unit ? `\u2009${one.unit}` : ""}`,
      [each.source, each.note, each.by, cockpit.time.full(Date.parse(each.at))].filter(Boolean).join(" · "),
    ));
    if (!parts.length) parts.push(element("p", "second", say("还没有录入")));
    else parts.unshift(newest(one));
    if (cockpit.may("manager") && cockpit.at === null) {
      parts.push(cockpit.forms.form(say("录入数值"), [real("value", say("数值（不填：撤回这一天的）")), day("date", say("属于哪一天")), cockpit.forms.text("source", say("来源"), 200), cockpit.forms.text("note", say("说明"), 500)],
        (said) => send(`/${encodeURIComponent(one.code)}/values`, { ...said, reference: cockpit.outbox.newId() })));
    }
    cockpit.forms.redraw(place, ...parts);
  }

  /* What of the entries is the figure: the newest that was not withdrawn. */
  /** @param {Api.IndicatorAnswer} one */
  function newest(one) {
    const told = element("p", "second", say("共 {n} 次录入，取最新一天的 {value}", { n: one.entries.length, value: one.value === null ? "—" : figures.number(one, one.value) }));
    told.dataset.rowsCount = "";
    if (one.value !== null) told.dataset.total = figures.number(one, one.value).replaceAll("\u202f", "");
    return told;
  }

  /** @param {Api.IndicatorAnswer} one */
  function showTargets(one) {
    const place = cockpit.need("[data-indicator-targets]");
    /** @type {HTMLElement[]} */
    const parts = one.targets.map((each) => cockpit.forms.entry(
      each.value === null ? say("不设目标") : figures.number(one, each.value),
      [say("自 {day} 起", { day: each.from }), each.reason, each.by, cockpit.time.full(Date.parse(each.at))].filter(Boolean).join(" · "),
    ));
    if (!parts.length) parts.push(element("p", "second", one.target === null ? say("没有设目标") : say("目标 {target}（随指标提供）", { target: figures.number(one, one.target) })));
    if (cockpit.may("manager") && cockpit.at === null) {
      parts.push(cockpit.forms.form(say("设目标"), [real("value", say("每期目标（不填：不设目标）")), day("date", say("自哪一天起")), cockpit.forms.text("reason", say("理由"), 500)],
        (said) => send(`/${encodeURIComponent(one.code)}/target`, said)));
    }
    cockpit.forms.redraw(place, ...parts);
  }

  /* A number of any size, or nothing. */
  /** @param {string} name @param {string} label */
  function real(name, label) {
    const input = element("input");
    Object.assign(input, { type: "number", step: "any", name });
    return cockpit.forms.field(label, input, () => ({ [name]: input.value === "" ? null : Number(input.value) }));
  }

  /** @param {string} name @param {string} label */
  function day(name, label) {
    const input = element("input");
    const value = cockpit.time.local(cockpit.now()).slice(0, 10);
    Object.assign(input, { type: "date", name, required: true, value });
    return cockpit.forms.field(label, input, () => ({ [name]: input.value }));
  }

  /* --- all --- */

  /** @param {Api.IndicatorDefinition[]} all */
  function showAll(all) {
    const table = element("table", "");
    const head = element("tr", "");
    for (const name of [say("场景"), say("指标¦场景"), say("单位"), say("时段"), say("来源"), say("谁能看到")]) head.append(element("th", "", name));
    const top = element("thead", "");
    top.append(head);
    const body = element("tbody", "");
    for (const one of all) {
      const row = element("tr", "");
      const name = element("a", "", one.name);
      name.href = cockpit.link(`/indicators?community=${cockpit.root.dataset.community}${figures.theme()}&indicator=${one.code}`);
      const cell = element("td", "");
      cell.append(name);
      row.append(element("td", "", words.scenes[one.scene] ?? one.scene), cell, element("td", "", one.unit), element("td", "", one.period_name),
        element("td", "", KINDS[one.kind] ?? say("其他")), element("td", "", ROLES[one.sees] ?? one.sees));
      body.append(row);
    }
    table.append(top, body);
    cockpit.need("[data-indicators]").replaceChildren(table);
    showNew();
  }

  async function showNew() {
    const place = cockpit.need("[data-indicator-new]");
    const why = cockpit.at === null ? cockpit.whyNot("manager") : cockpit.notThen();
    if (why !== null) return cockpit.refuse(place, why);
    const { choice, text } = cockpit.forms;
    const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/registers`);
    /** @type {Api.Register[]} */
    const registers = answer.ok ? answer.body.registers : [];
    const kind = choice("kind", say("由什么统计"), KINDS);
    const formula = element("div", "indicator-formula");
    /** @type {Field[]} */
    let parts = [];
    const select = cockpit.need("select", kind);
    const change = () => {
      parts = formulaOf(select.value, registers);
      formula.replaceChildren(...parts);
    };
    select.addEventListener("change", change);
    change();
    const read = Object.assign(formula, { read: () => ({ formula: { kind: select.value, ...filled(Object.assign({}, ...parts.map((one) => one.read()))) } }) });
    const inputs = [choice("scene", say("场景"), words.scenes), text("code", say("编码（小写字母、数字、下划线）"), 40), text("name", say("名称"), 40), text("name_en", say("英文名称"), 80),
      text("unit", say("单位"), 20), choice("period", say("时段"), words.periods), choice("sees", say("谁能看到"), ROLES), text("about", say("口径"), 500), kind, read, text("reason", say("理由"), 500)];
    place.replaceChildren(cockpit.forms.form(say("新增指标"), inputs, ({ kind: _kind, ...said }) => send("", said)));
  }

  /** @param {Record<string, any>} said */
  const filled = (said) => Object.fromEntries(Object.entries(said).filter(([, value]) => value !== "" && value !== null));

  /* What a kind of formula asks for. */
  /** @param {string} kind @param {Api.Register[]} registers @returns {Field[]} */
  function formulaOf(kind, registers) {
    const { choice } = cockpit.forms;
    if (kind === "metric") return [choice("metric", say("监测指标"), words.metrics), choice("of", say("统计什么"), { mean: say("均值"), moved: say("计数器的增量") })];
    if (kind === "events") {
      const state = choice("states", say("状态"), words.states, true);
      const { read } = state;
      state.read = () => ("states" in read() ? { states: [read().states] } : {});
      return [choice("category", say("类别"), words.categories, true), state];
    }
    if (kind !== "register") return [];
    const register = choice("register", say("登记簿"), Object.fromEntries(registers.map((one) => [one.code, one.name])));
    const of = choice("of", say("统计什么"), OF);
    const fields = choice("field", say("字段"), {}, true);
    const date = choice("date", say("按哪个日期"), {}, true);
    const select = cockpit.need("select", register);
    const change = () => {
      const one = registers.find((each) => each.code === select.value);
      const open = one ? one.fields.filter((each) => !each.personal && each.type !== "long") : [];
      options(fields, open);
      options(date, open.filter((each) => ["date", "time", "month", "integer"].includes(each.type)));
    };
    select.addEventListener("change", change);
    change();
    return [register, of, fields, date];
  }

  /** @param {Field} field @param {Api.RegisterField[]} fields */
  function options(field, fields) {
    cockpit.need("select", field).replaceChildren(new Option(say("未注明"), ""), ...fields.map((one) => new Option(one.name, one.code)));
  }
})();
