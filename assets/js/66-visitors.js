/* The visitors' page: figures as the live channel says them; capacity, level, duties, counts and errors by the API. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
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
      const place = cockpit.find(`[data-visitors-site="${CSS.escape(site.site)}"]`);
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
    const doubts = cockpit.doubtsOf(site).map((one) => one.word).join(say("、"));
    const measured = site.low === site.high ? say("04 时或清点以来无人进出") : site.error_is_default ? say("误差为默认值，未经实测") : say("按实测误差");
    const known = site.inside === null ? say("无闸机上报") : measured;
    set("inside", site.inside === null ? "—" : say("{inside} 人{site}", { inside: cockpit.number(site.inside), site: cockpit.bandOf(site) }), doubts ? say("◇ 存疑：{doubts}", { doubts }) : known);
    /** @type {[code: "capacity" | "capacity_daily", ratio: number | null][]} */
    const shares = [["capacity", site.ratio], ["capacity_daily", site.ratio_daily]];
    for (const [code, ratio] of shares) {
      const limit = site[code];
      set(code, limit === null ? say("未配置") : say("{limit} 人", { limit: cockpit.number(limit) }), limit === null || ratio === null ? "" : say("已占 {ratio}", { ratio: percent(ratio) }));
    }
    set("today", `${cockpit.number(site.since?.entered)} / ${cockpit.number(site.since?.left)}`, site.since ? say("{ts} 起，与在场同一起点", { ts: cockpit.time.minute(site.since.ts) }) : "");
    set("hour", `${cockpit.number(site.entered_hour)} / ${cockpit.number(site.left_hour)}`);
    const baseline = site.baseline ? say("基线：{year} 全年游客 {visits}+ 人次（录入）", { year: site.baseline.year, visits: cockpit.compact(site.baseline.visits) }) : say("无基线");
    set("year", cockpit.number(site.entered_year), baseline);
    beside(place, besides[site.site]);
    const level = cockpit.need("[data-level]", place);
    const closed = cockpit.closedWords(site.closing, site.inside);
    const since = site.level && site.level !== "normal" ? say(" · 自 {now}", { now: cockpit.time.short(site.level_since || cockpit.now()) }) : "";
    cockpit.setText(level, closed.head ? `${closed.head} · ${closed.more}` : cockpit.levelOf(site) + since);
    level.className = `site-level crowd-${site.level || "none"}`;
    const source = site.as_of === null ? "" : `${sources(site)} · ${cockpit.time.clock(site.as_of)}`;
    cockpit.setText(place.querySelector("[data-source]"), source);
  }

  /* Where the people come from; of several, how many each counted, since the figures are all of them. */
  /** @param {Live.Site} site */
  function sources(site) {
    /** @param {{ source: string | null }} one */
    const words = (one) => cockpit.sourceWords([one.source]);
    if (site.sources.length < 2) return site.sources.map(words).join("") || cockpit.sourceWords([null]);
    /** @param {Live.Site["sources"][number]} one */
    const each = (one) => say("{one}：{gates} 台闸机，进 {entered} / 出 {left}", { one: words(one), gates: one.gates, entered: cockpit.number(one.entered), left: cockpit.number(one.left) });
    return say("◇ 数字为各来源之和 · {known}", { known: site.sources.map(each).join(say("；")) });
  }

  /** @param {HTMLElement} place @param {Api.Besides | undefined} known */
  function beside(place, known) {
    for (const code of /** @type {("last_week" | "last_year")[]} */ (["last_week", "last_year"])) {
      const day = known && known[code];
      cockpit.setText(place.querySelector(`[data-figure="${code}"]`), day ? cockpit.number(day.entered_by_now) : "—");
      const all = day ? say("{date} 同一时刻 · 全天 {entered}", { date: day.date, entered: cockpit.number(day.entered) }) : say("当日无计数");
      const lunar = code === "last_year" && known && known.last_year_lunar;
      const same = lunar ? say(" · 去年{lunar}（{date}）同一时刻 {enteredByNow}，全天 {entered}", { lunar: lunar.lunar, date: lunar.date, enteredByNow: cockpit.number(lunar.entered_by_now), entered: cockpit.number(lunar.entered) }) : "";
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

  /** @param {string[]} names @param {string[][]} rows @param {[what: string, next: string]} none */
  function table(names, rows, none) {
    if (!rows.length) return cockpit.nothing(...none);
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
    if (!known) return part(say("承载量"), cockpit.untold());
    /** @param {Api.CapacityVersion} one */
    const basis = (one) => (one.basis === "area" ? say("{area} m² ÷ {m2PerPerson} m²/人{what}", { area: cockpit.number(one.area_m2), m2PerPerson: one.m2_per_person, what: one.turnover ? ` × ${one.turnover}` : "" }) : say("录入"));
    const rows = known.versions.map((one) => [year(one.from), cockpit.number(one.instant), one.daily === null ? say("未配置") : cockpit.number(one.daily), basis(one), who(one.by)]);
    const given = known.instant === null ? say("承载量未配置") : say("由部署设置给出：瞬时 {instant} 人", { instant: cockpit.number(known.instant) });
    const listed = table([say("自"), say("瞬时（人）"), say("日（人）"), say("依据"), say("录入人")], rows, [given, say("核定后由管理员录入")]);
    if (!cockpit.canDo("manager")) return part(say("承载量（LB/T 034-2014）"), listed);
    const begin = () => day("from", say("自（北京时间 0 时起）"));
    const entered = form(say("录入核定的承载量"), [needed(number("instant", say("瞬时承载量（人）")), 1e7), most(number("daily", say("日承载量（人，可不填）")), 1e7), begin()], (said) => send(site, "capacity", said, say("承载量已录入")), say("录入"));
    const area = form(say("按面积计算"), [real("area_m2", say("有效游览面积（m²）"), true), real("m2_per_person", say("人均面积（m²/人）"), true), real("turnover", say("日周转率（次/日，可不填）"), false), begin()], (said) => send(site, "capacity", said, say("承载量已按面积录入")), say("计算并录入"));
    return part(say("承载量（LB/T 034-2014）"), listed, entered, area);
  }

  /** @param {string} site @param {Api.Levels | null} log @param {Api.Closing | null} closing */
  function ofLevel(site, log, closing) {
    /** @param {string | null} code */
    const name = (code) => (code === null ? "—" : `${words[code].mark} ${words[code].name}`.trim());
    const rows = (log?.changes ?? []).map((one) => [when(one.at), name(one.from), name(one.to), cockpit.number(one.inside), one.capacity === null ? "—" : cockpit.number(one.capacity)]);
    const heads = [say("时间"), say("由"), say("转为"), say("在场"), say("承载量")];
    const listed = log ? table(heads, rows, [say("等级还没有变动"), say("在场人数越过一级时记在这里")]) : cockpit.untold();
    const newest = closing && closing.words[0];
    const word = newest ? element("p", "second", `${newest.closed ? say("✕ 已关闭") : say("开放")} · ${newest.reason} · ${who(newest.by)} · ${when(newest.at)}`) : null;
    if (!cockpit.canDo("manager")) return part(say("等级记录"), listed, word);
    const closed = Boolean(closing && closing.closed);
    const reason = needed(text("reason", say("理由"), 500));
    const act = form(closed ? say("重新开放") : say("关闭此场所"), [reason], (said) => send(site, "closing", { ...said, closed: !closed }, closed ? say("已开放") : say("已关闭")), closed ? say("开放") : say("关闭"));
    return part(say("等级记录"), listed, word, act);
  }

  /** @param {string} site @param {Api.Duties | null} known */
  function ofDuties(site, known) {
    const title = say("旅游法第四十五条清单");
    if (!cockpit.need(`[data-visitors-site="${CSS.escape(site)}"]`).dataset.hasDuties) return null;   // no scenic area
    if (!known) return part(title, element("p", "second", cockpit.whyNot("steward") || say("没有读到")));
    const which = known.occurrence ? `${known.goes_on ? say("本次预警自") : say("上次预警自")} ${when(known.occurrence)}` : say("还没有过预警");
    const rows = known.duties.map((one) => duty(site, known, one));
    const log = table([say("时间"), say("事项"), say("说明"), say("办理人")], known.log.map((one) => [when(one.at), one.name, `${one.done ? "✓" : say("撤回")} ${one.note}`, who(one.by)]), [say("还没有办理记录"), say("在上方办理一项，逐条记下")]);
    return part(title, element("p", "second", which), ...rows, log);
  }

  /** @param {string} site @param {Api.Duties} known @param {Api.LawDuty} one */
  function duty(site, known, one) {
    const due = one.from === "always" ? say("常设") : say("{mark} {name}起", { mark: words[one.from].mark, name: words[one.from].name });
    const made = element("div", one.due || one.done ? "duty" : "duty is-later");
    const state = one.done ? say("✓ 已办 · {what} · {what2} · {what3}", { what: who(one.word?.by ?? null), what2: when(one.word?.at ?? null), what3: one.word?.note ?? "" }) : one.due ? say("○ 待办") : say("未到");
    made.append(element("span", "", one.name), element("span", "second", `${one.to} · ${due} · ${one.clause}`), element("span", one.due && !one.done ? "is-open" : "second", state));
    if (!cockpit.canDo("manager") || !(one.due || one.done)) return made;
    /** @type {{duty: string, done: boolean, occurrence?: string}} */
    const body = { duty: one.duty, done: !one.done };
    if (known.occurrence && one.from !== "always") body.occurrence = known.occurrence;
    const note = needed(text("note", one.done ? say("为何撤回") : say("怎样办的、告知了谁"), 500));
    made.append(form(say("{what}：{name}", { what: one.done ? say("撤回") : say("办理"), name: one.name }), [note], (said) => send(site, "duties", { ...body, ...said }, one.done ? say("已撤回") : say("已记下")), one.done ? say("撤回") : say("已办")));
    return made;
  }

  /** @param {string} site @param {Api.Counts | null} counts @param {Api.Errors | null} errors */
  function ofCounts(site, counts, errors) {
    /** @type {Node[]} */
    const content = [];
    if (counts) {
      /** @param {Api.Count} one */
      const off = (one) => (one.off === null ? "—" : `${one.off > 0 ? say("多") : one.off < 0 ? say("少") : say("相同")}${one.off ? cockpit.number(Math.abs(one.off)) : ""}`);
      content.push(table([say("清点时间"), say("清点"), say("闸机计数"), say("闸机差"), say("依据"), say("清点人")], counts.counts.map((one) => [when(one.at), cockpit.number(one.inside), cockpit.number(one.gates), off(one), one.note, who(one.by)]), [say("还没有清点过"), say("现场清点后，在下方录入")]));
    }
    const gates = errors ? errors.gates : [];
    /** @param {Api.GateError} one */
    const how = (one) => (one.default ? say("默认值，未经实测") : one.how);
    content.push(table([say("闸机"), say("误差（95%）"), say("自"), say("依据")], gates.map((one) => [one.name, `±${one.percent}%`, one.default ? "—" : year(one.from), how(one)]), [say("此场所没有闸机"), say("登记客流闸机，并指定到此场所")]));
    if (cockpit.canDo("manager")) {
      content.push(form(say("现场清点：校正在场人数"), [needed(number("inside", say("在场人数"))), needed(text("note", say("依据"), 500))], (said) => send(site, "count", said, say("在场人数已校正")), say("校正")));
      if (gates.length) {
        const gate = cockpit.forms.choice("device", say("闸机"), Object.fromEntries(gates.map((one) => [one.device, one.name])));
        content.push(form(say("登记闸机误差"), [gate, real("percent", say("误差（%，95% 范围）"), true, 100), needed(text("how", say("怎样测得"), 500)), day("from", say("自"))], (said) => send(site, "errors", said, say("闸机误差已登记")), say("登记")));
      }
    }
    return part(say("清点与闸机误差"), ...content);
  }

  /** @param {Api.Facts} facts */
  function ofFacts(facts) {
    const rows = (facts.schedule || []).map((one) => [one.name, `${one.from}–${one.until || say("结束时间未配置")}`, one.today ? say("今日有") : say("今日无"), one.people || "—", one.basis]);
    const { noise } = facts;
    const limit = noise.limit === null
      ? say("噪声功能区未配置")
      : say("现为{what}：限值 {limit} dB(A)（{edition}，{name}）", { what: noise.period === "day" ? say("昼间（06–22 时）") : say("夜间（22–06 时）"), limit: noise.limit, edition: noise.edition, name: noise.name });
    const heard = noise.readings.map((one) => [one.name, `${cockpit.number(one.value, 1)} dB(A)`, when(one.ts) + (one.stale ? say(" · 已停报") : ""), over(noise, one)]);
    return part(
      say("时段与噪声"),
      table([say("活动"), say("时段"), say("今天"), say("人数"), say("来源")], rows, [say("时段未配置"), say("在社区文件夹的场所里写明活动与时段")]),
      element("p", "", limit),
      element("p", "second", noise.basis || ""),
      table([say("噪声计"), say("最新读数"), say("时间"), say("与限值")], heard, [say("此场所没有噪声计上报"), say("登记噪声计，并指定到此场所")]),
      element("p", "second", say("限值针对等效声级（Leq）；单个读数超过限值只是提示。")),
    );
  }

  /** @param {Api.Noise} noise @param {Api.NoiseReading} one */
  function over(noise, one) {
    if (noise.limit === null || one.stale) return "—";
    return one.value > noise.limit ? say("◆ 高于限值 {limit}", { limit: cockpit.number(one.value - noise.limit, 1) }) : say("不高于限值");
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
