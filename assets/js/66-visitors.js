/* The visitors' page: figures as the live channel says them; capacity, level, duties, counts and errors by the API. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const { form, redraw, number, text } = cockpit.forms;
  const GATHER_MS = 1500;
  const AGAIN_MS = 300000;   // those of the same day last week move on with the clock
  const page = (cockpit.pages.visitors = /** @type {PageScript} */ ({}));
  /** @type {Record<string, {mark: string, name: string}>} */
  let words = {};
  /** @type {number | null} */
  let timer = null;
  /** @type {Record<string, Api.Besides>} */
  let besides = {};
  /** @type {Record<string, string | null>} */
  let levels = {};

  const places = () => [...cockpit.findAll("[data-visitors-site]")];
  /** @param {string} site @param {string} what */
  const address = (site, what) => `/api/v1/${cockpit.root.dataset.community}/visitors/${site}/${what}`;
  /** @param {string | null} time */
  const when = (time) => (time ? cockpit.time.full(Date.parse(time)) : "—");
  /** @param {string | null} time */
  const year = (time) => (time ? `${new Date(Date.parse(time) + 28800000).toISOString().slice(0, 10)}` : "—");
  /** @param {string | null | undefined} by */
  const who = (by) => (by ? by.replace(/^.*?:/, "") : "—");
  /** @param {number | null} share */
  const percent = (share) => (share === null ? "" : `${(share * 100).toFixed(0)}%`);

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    cockpit.sayKept(cockpit.find("[data-outcome]"));
    await load();
    if (cockpit.at === null) setInterval(loadBesides, AGAIN_MS);
  };

  page.render = function (changed) {
    for (const site of Object.values(cockpit.state.visitors || {})) {
      const place = cockpit.find(`[data-visitors-site="${site.site}"]`);
      if (!place) continue;
      figures(place, site);
      const moved = levels[site.site] !== undefined && levels[site.site] !== site.level;
      levels[site.site] = site.level;
      if (changed && moved) timer = timer || setTimeout(load, GATHER_MS);
    }
  };

  /** @param {HTMLElement} place @param {Live.Site} site */
  function figures(place, site) {
    /** @param {string} code @param {string} value @param {string} beside */
    const set = (code, value, beside = "") => {
      cockpit.setText(place.querySelector(`[data-figure="${code}"]`), value);
      cockpit.setText(place.querySelector(`[data-beside="${code}"]`), beside);
    };
    const doubts = cockpit.doubtsOf(site).map((one) => one.word).join("、");
    const measured = site.low === site.high ? "04 时或清点以来无人进出" : site.error_is_default ? "误差为默认值，未经实测" : "按实测误差";
    const known = site.inside === null ? "无闸机上报" : measured;
    set("inside", site.inside === null ? "—" : `${cockpit.number(site.inside)} 人${cockpit.bandOf(site)}`, doubts ? `◇ 存疑：${doubts}` : known);
    /** @type {[code: "capacity" | "capacity_daily", ratio: number | null][]} */
    const shares = [["capacity", site.ratio], ["capacity_daily", site.ratio_daily]];
    for (const [code, ratio] of shares) {
      const limit = site[code];
      set(code, limit === null ? "未配置" : `${cockpit.number(limit)} 人`, limit === null || ratio === null ? "" : `已占 ${percent(ratio)}`);
    }
    set("today", `${cockpit.number(site.entered_today)} / ${cockpit.number(site.left_today)}`);
    set("hour", `${cockpit.number(site.entered_hour)} / ${cockpit.number(site.left_hour)}`);
    const baseline = site.baseline ? `${site.baseline.year} 年 ${cockpit.number(site.baseline.visits / 10000)} 万人次（录入）` : "无基线";
    set("year", cockpit.number(site.entered_year), baseline);
    beside(place, besides[site.site]);
    const level = cockpit.need("[data-level]", place);
    const closed = cockpit.closedWords(site.closing, site.inside);
    const since = site.level && site.level !== "normal" ? ` · 自 ${cockpit.time.short(site.level_since || cockpit.now())}` : "";
    cockpit.setText(level, closed.head ? `${closed.head} · ${closed.more}` : cockpit.levelOf(site) + since);
    level.className = `site-level crowd-${site.level || "none"}`;
    const source = site.as_of === null ? "" : `${sources(site)} · ${cockpit.time.clock(site.as_of)}`;
    cockpit.setText(place.querySelector("[data-source]"), source);
  }

  /* Where the people come from; of several, how many each counted today, since the figures are all of them. */
  /** @param {Live.Site} site */
  function sources(site) {
    /** @param {{ source: string | null }} one */
    const words = (one) => cockpit.sourceWords([one.source]);
    if (site.sources.length < 2) return site.sources.map(words).join("") || cockpit.sourceWords([null]);
    /** @param {Live.Site["sources"][number]} one */
    const each = (one) => `${words(one)}：${one.gates} 台闸机，今日进 ${cockpit.number(one.entered_today)} / 出 ${cockpit.number(one.left_today)}`;
    return `◇ 数字为实测与回放之和 · ${site.sources.map(each).join("；")}`;
  }

  /** @param {HTMLElement} place @param {Api.Besides | undefined} known */
  function beside(place, known) {
    for (const code of /** @type {("last_week" | "last_year")[]} */ (["last_week", "last_year"])) {
      const day = known && known[code];
      cockpit.setText(place.querySelector(`[data-figure="${code}"]`), day ? cockpit.number(day.entered_by_now) : "—");
      const all = day ? `${day.date} 同一时刻 · 全天 ${cockpit.number(day.entered)}` : "当日无计数";
      const lunar = code === "last_year" && known && known.last_year_lunar;
      const same = lunar ? ` · 去年${lunar.lunar}（${lunar.date}）同一时刻 ${cockpit.number(lunar.entered_by_now)}，全天 ${cockpit.number(lunar.entered)}` : "";
      cockpit.setText(place.querySelector(`[data-beside="${code}"]`), all + same);
    }
  }

  async function loadBesides() {
    const answer = await asked(`/api/v1/${cockpit.root.dataset.community}/visitors`);
    if (!answer) return;
    besides = Object.fromEntries(answer.sites.map((/** @type {Api.Besides} */ site) => [site.site, site]));
    for (const place of places()) beside(place, besides[place.dataset.visitorsSite ?? ""]);
  }

  async function load() {
    timer = null;
    await Promise.all([loadBesides(), ...places().map(show)]);
  }

  /** @param {string} path */
  async function asked(path) {
    const answer = await cockpit.request(path + cockpit.atQuery(path.includes("?") ? "&" : "?"));
    return answer.ok ? answer.body : null;
  }

  /** @param {HTMLElement} place */
  async function show(place) {
    const site = place.dataset.visitorsSite ?? "";
    const what = ["capacity", "levels?limit=12", "closing?limit=5", "errors", "facts"];
    const some = cockpit.may("steward") ? [asked(address(site, "duties?limit=10"))] : [null];
    const more = cockpit.may("manager") && cockpit.at === null ? [asked(address(site, "counts?limit=5"))] : [null];
    const [capacity, log, closing, errors, facts, duties, counts] = await Promise.all([
      ...what.map((one) => asked(address(site, one))), ...some, ...more,
    ]);
    const parts = [ofCapacity(site, capacity), ofLevel(site, log, closing), ofDuties(site, duties), ofCounts(site, counts, errors)];
    if (facts && (facts.schedule || facts.noise.class)) parts.push(ofFacts(facts));
    redraw(cockpit.need("[data-detail]", place), ...parts.filter((one) => one !== null));
  }

  /** @param {string} title @param {...(Node | null)} content */
  function part(title, ...content) {
    const made = element("section");
    made.append(element("h3", "", title), ...content.filter((one) => one !== null));
    return made;
  }

  /** @param {string[]} names @param {string[][]} rows @param {string} none */
  function table(names, rows, none) {
    if (!rows.length) return element("p", "second", none);
    /** @param {"th" | "td"} tag @param {string[]} cells */
    const line = (tag, cells) => {
      const made = element("tr");
      for (const cell of cells) {
        const one = element(tag, cell && cell.length > 24 ? "said" : "");
        one.append(cell);
        made.append(one);
      }
      return made;
    };
    const made = element("table", "figures");
    const top = element("thead");
    const body = element("tbody");
    top.append(line("th", names));
    body.append(...rows.map((cells) => line("td", cells)));
    made.append(top, body);
    const scroll = element("div", "scroll");
    scroll.append(made);
    return scroll;
  }

  /** @param {string} site @param {Api.Capacity | null} known */
  function ofCapacity(site, known) {
    if (!known) return part("承载量", element("p", "second", "没有读到"));
    /** @param {Api.CapacityVersion} one */
    const basis = (one) => (one.basis === "area" ? `${cockpit.number(one.area_m2)} m² ÷ ${one.m2_per_person} m²/人${one.turnover ? ` × ${one.turnover}` : ""}` : "录入");
    const rows = known.versions.map((one) => [year(one.from), cockpit.number(one.instant), one.daily === null ? "未配置" : cockpit.number(one.daily), basis(one), who(one.by)]);
    const none = known.instant === null ? "未配置" : `由部署设置给出：瞬时 ${cockpit.number(known.instant)} 人`;
    const listed = table(["自", "瞬时（人）", "日（人）", "依据", "录入人"], rows, none);
    if (!cockpit.canDo("manager")) return part("承载量（LB/T 034-2014）", listed);
    const begin = () => day("from", "自（北京时间 0 时起）");
    const entered = form("录入核定的承载量", [needed(number("instant", "瞬时承载量（人）"), 1e7), most(number("daily", "日承载量（人，可不填）"), 1e7), begin()], (said) => send(site, "capacity", said, "承载量已录入"), "录入");
    const area = form("按面积计算", [real("area_m2", "有效游览面积（m²）", true), real("m2_per_person", "人均面积（m²/人）", true), real("turnover", "日周转率（次/日，可不填）", false), begin()], (said) => send(site, "capacity", said, "承载量已按面积录入"), "计算并录入");
    return part("承载量（LB/T 034-2014）", listed, entered, area);
  }

  /** @param {string} site @param {Api.Levels | null} log @param {Api.Closing | null} closing */
  function ofLevel(site, log, closing) {
    /** @param {string | null} code */
    const name = (code) => (code === null ? "—" : `${words[code].mark} ${words[code].name}`.trim());
    const rows = (log ? log.changes : []).map((one) => [when(one.at), name(one.from), name(one.to), cockpit.number(one.inside), one.capacity === null ? "—" : cockpit.number(one.capacity)]);
    const listed = table(["时间", "由", "转为", "在场", "承载量"], rows, "等级还没有变动");
    const newest = closing && closing.words[0];
    const word = newest ? element("p", "second", `${newest.closed ? "✕ 已关闭" : "开放"} · ${newest.reason} · ${who(newest.by)} · ${when(newest.at)}`) : null;
    if (!cockpit.canDo("manager")) return part("等级记录", listed, word);
    const closed = Boolean(closing && closing.closed);
    const reason = needed(text("reason", "理由", 500));
    const act = form(closed ? "重新开放" : "关闭此场所", [reason], (said) => send(site, "closing", { ...said, closed: !closed }, closed ? "已开放" : "已关闭"), closed ? "开放" : "关闭");
    return part("等级记录", listed, word, act);
  }

  /** @param {string} site @param {Api.Duties | null} known */
  function ofDuties(site, known) {
    const title = "旅游法第四十五条清单";
    if (!cockpit.need(`[data-visitors-site="${site}"]`).dataset.hasDuties) return null;   // no scenic area
    if (!known) return part(title, element("p", "second", cockpit.whyNot("steward") || "没有读到"));
    const which = known.occurrence ? `${known.goes_on ? "本次预警自" : "上次预警自"} ${when(known.occurrence)}` : "还没有过预警";
    const rows = known.duties.map((one) => duty(site, known, one));
    const log = table(["时间", "事项", "说明", "办理人"], known.log.map((one) => [when(one.at), one.name, `${one.done ? "✓" : "撤回"} ${one.note}`, who(one.by)]), "还没有办理记录");
    return part(title, element("p", "second", which), ...rows, log);
  }

  /** @param {string} site @param {Api.Duties} known @param {Api.LawDuty} one */
  function duty(site, known, one) {
    const due = one.from === "always" ? "常设" : `${words[one.from].mark} ${words[one.from].name}起`;
    const made = element("div", one.due || one.done ? "duty" : "duty is-later");
    const state = one.done ? `✓ 已办 · ${who(one.word?.by ?? null)} · ${when(one.word?.at ?? null)} · ${one.word?.note ?? ""}` : one.due ? "○ 待办" : "未到";
    made.append(element("span", "", one.name), element("span", "second", `${one.to} · ${due} · ${one.clause}`), element("span", one.due && !one.done ? "is-open" : "second", state));
    if (!cockpit.canDo("manager") || !(one.due || one.done)) return made;
    /** @type {{duty: string, done: boolean, occurrence?: string}} */
    const body = { duty: one.duty, done: !one.done };
    if (known.occurrence && one.from !== "always") body.occurrence = known.occurrence;
    const note = needed(text("note", one.done ? "为何撤回" : "怎样办的、告知了谁", 500));
    made.append(form(`${one.done ? "撤回" : "办理"}：${one.name}`, [note], (said) => send(site, "duties", { ...body, ...said }, one.done ? "已撤回" : "已记下"), one.done ? "撤回" : "已办"));
    return made;
  }

  /** @param {string} site @param {Api.Counts | null} counts @param {Api.Errors | null} errors */
  function ofCounts(site, counts, errors) {
    /** @type {Node[]} */
    const content = [];
    if (counts) {
      /** @param {Api.Count} one */
      const off = (one) => (one.off === null ? "—" : `${one.off > 0 ? "多" : one.off < 0 ? "少" : "相同"}${one.off ? cockpit.number(Math.abs(one.off)) : ""}`);
      content.push(table(["清点时间", "清点", "闸机计数", "闸机差", "依据", "清点人"], counts.counts.map((one) => [when(one.at), cockpit.number(one.inside), cockpit.number(one.gates), off(one), one.note, who(one.by)]), "还没有清点过"));
    }
    const gates = errors ? errors.gates : [];
    /** @param {Api.GateError} one */
    const how = (one) => (one.default ? "默认值，未经实测" : one.how);
    content.push(table(["闸机", "误差（95%）", "自", "依据"], gates.map((one) => [one.name, `±${one.percent}%`, one.default ? "—" : year(one.from), how(one)]), "此场所没有闸机"));
    if (cockpit.canDo("manager")) {
      content.push(form("现场清点：校正在场人数", [needed(number("inside", "在场人数")), needed(text("note", "依据", 500))], (said) => send(site, "count", said, "在场人数已校正"), "校正"));
      if (gates.length) {
        const gate = cockpit.forms.choice("device", "闸机", Object.fromEntries(gates.map((one) => [one.device, one.name])));
        content.push(form("登记闸机误差", [gate, real("percent", "误差（%，95% 范围）", true, 100), needed(text("how", "怎样测得", 500)), day("from", "自")], (said) => send(site, "errors", said, "闸机误差已登记"), "登记"));
      }
    }
    return part("清点与闸机误差", ...content);
  }

  /** @param {Api.Facts} facts */
  function ofFacts(facts) {
    const rows = (facts.schedule || []).map((one) => [one.name, `${one.from}–${one.until || "结束时间未配置"}`, one.today ? "今日有" : "今日无", one.people || "—", one.basis]);
    const { noise } = facts;
    const limit = noise.limit === null
      ? "噪声功能区未配置"
      : `现为${noise.period === "day" ? "昼间（06–22 时）" : "夜间（22–06 时）"}：限值 ${noise.limit} dB(A)（${noise.edition}，${noise.name}）`;
    const heard = noise.readings.map((one) => [one.name, `${cockpit.number(one.value, 1)} dB(A)`, when(one.ts) + (one.stale ? " · 已停报" : ""), over(noise, one)]);
    return part(
      "时段与噪声",
      table(["活动", "时段", "今天", "人数", "来源"], rows, "时段未配置"),
      element("p", "", limit),
      element("p", "second", noise.basis || ""),
      table(["噪声计", "最新读数", "时间", "与限值"], heard, "此场所没有噪声计上报"),
      element("p", "second", "限值针对等效声级（Leq）；单个读数超过限值只是提示。"),
    );
  }

  /** @param {Api.Noise} noise @param {Api.NoiseReading} one */
  function over(noise, one) {
    if (noise.limit === null || one.stale) return "—";
    return one.value > noise.limit ? `◆ 高于限值 ${cockpit.number(one.value - noise.limit, 1)}` : "不高于限值";
  }

  /** @param {Field} field @param {number} [max] */
  function needed(field, max) {
    const input = cockpit.need("input", field);
    input.required = true;
    if (input.type === "number" && max) Object.assign(input, { min: 1, max });
    return field;
  }

  /** @param {Field} field @param {number} max */
  const most = (field, max) => {
    Object.assign(cockpit.need("input", field), { min: 1, max });
    return field;
  };

  /** @param {string} name @param {string} label @param {boolean} isNeeded @param {number} max */
  function real(name, label, isNeeded, max = 1e9) {
    const field = number(name, label);
    Object.assign(cockpit.need("input", field), { step: "any", min: 0, max, required: isNeeded });
    return field;
  }

  /** @param {string} name @param {string} label */
  function day(name, label) {
    const field = text(name, label, 10);
    const input = cockpit.need("input", field);
    Object.assign(input, { type: "date", required: true });
    input.defaultValue = new Date(cockpit.now() + 28800000).toISOString().slice(0, 10);
    return field;
  }

  /** @param {string} site @param {string} what @param {object} body @param {string} done */
  async function send(site, what, body, done) {
    const answer = await cockpit.post(address(site, what), body);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? done : answer.body.detail);
    if (answer.ok) await load();
  }
})();
