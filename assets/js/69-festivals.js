/* Festivals: how each stands, its plan, its posts; what a manager may do, and who comes to a post. */
(function () {
  "use strict";

  /** @typedef {{sites: Record<string, string>, levels: Record<string, {name: string, mark: string, from: number}>}} FestivalWords */

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const { form, once, redraw, text, choice, number } = cockpit.forms;
  const GATHER_MS = 1500;
  const BEGINS = { calendar: "按农历", hand: "手动" };
  const page = (cockpit.pages.festivals = /** @type {PageScript} */ ({}));
  const base = () => `/api/v1/${cockpit.root.dataset.community}/festivals`;
  /** @param {string} time */
  const when = (time) => cockpit.time.full(Date.parse(time));
  /** @type {FestivalWords} */
  let words;
  /** @type {number | null} */
  let timer = null;
  let shown = "";

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    cockpit.sayKept(cockpit.find("[data-outcome]"));
    const why = cockpit.whyNot("steward");
    if (why !== null) return cockpit.refuse(cockpit.need("[data-festivals]"), why);
    load();
  };

  /* A festival that somebody else began, or a post that was taken, comes with the visitors' records. */
  page.render = function (changed) {
    if (!cockpit.may || !cockpit.may("steward")) return;
    const now = JSON.stringify(Object.values(cockpit.state.visitors || {}).map((site) => site.festival || null));
    if (changed && shown && now !== shown) timer = timer || setTimeout(load, GATHER_MS);
    shown = now;
  };

  async function load() {
    timer = null;
    const answer = await cockpit.request(base() + cockpit.atQuery("?"));
    const place = cockpit.need("[data-festivals]");
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const { festivals } = answer.body;
    redraw(place, ...(festivals.length ? festivals.map(festival) : [element("p", "second", "还没有节会方案")]));
    if (cockpit.canDo("manager")) {
      const panel = element("section", "panel overview register");
      panel.append(element("h2", "", "新的节会"), planForm(null));
      redraw(cockpit.need("[data-new-festival]"), panel);
    }
  }

  /** @param {Api.Festival} one */
  function festival(one) {
    const made = element("section", "panel overview register");
    made.dataset.key = one.code;
    const head = element("header");
    const basis = one.is_configured ? "" : "据文献，未经镇方配置";
    head.append(element("h2", "", one.name), element("span", "festival-state", state(one)), element("span", "note", basis));
    made.append(head, facts(one), posts(one));
    if (cockpit.canDo("manager")) made.append(hand(one), planForm(one), log(one));
    return made;
  }

  /** @param {Api.Festival} one */
  function state(one) {
    if (!one.on) return "○ 未开始";
    const by = one.on.by === "calendar" ? "按农历" : `${one.on.by.replace(/^.*?:/, "")} 手动`;
    return `◆ 进行中${one.on.is_peak ? " · 高潮" : ""} · ${by} · 自 ${cockpit.time.short(Date.parse(one.on.since))}`;
  }

  /** @param {Api.Festival} one */
  function facts(one) {
    const made = element("dl");
    /** @param {string} name @param {string} said */
    const row = (name, said) => made.append(element("dt", "", name), element("dd", "", said));
    row("场所", one.sites.map((code) => words.sites[code] || code).join("、"));
    if (one.calendar) {
      const [first, last, ...peaks] = one.calendar.names;
      row("农历", `${first}至${last}${peaks.length ? `；高潮 ${peaks.join("、")} 前后` : ""}（${BEGINS[one.begins]}开始）`);
    } else row("起止", "手动");
    if (one.next) row("本次或下次", `${one.next.first} 至 ${one.next.last}${one.next.peaks.length ? `；高潮 ${one.next.peaks.join("、")}` : ""}`);
    row("阈值", limits(one.limits) || `未配置，按平日：${limits(Object.fromEntries(Object.entries(words.levels).map(([code, level]) => [code, level.from])))}`);
    if (one.basis) row("依据", one.basis);
    return made;
  }

  /** @param {Record<string, number> | null} known */
  const limits = (known) => known && Object.entries(words.levels).map(([code, level]) => `${level.mark} ${level.name} ${Math.round(known[code] * 100)}%`).join(" · ");

  /** @param {Api.Festival} one */
  function posts(one) {
    if (!one.posts.length) return element("p", "second", "岗位：未配置");
    const head = ["岗位", "场所", "应到", "在岗", one.on && cockpit.at === null ? "到岗 / 离岗" : ""];
    const made = cockpit.table(head, one.posts.map((post) => [
      post.name, words.sites[post.site] || post.site, cockpit.number(post.people),
      post.on_duty.length ? `${post.on_duty.length}：${post.on_duty.join("、")}` : one.on ? "▲ 无人" : "—",
      one.on && cockpit.at === null ? duty(one, post) : "",
    ]), "figures posts");
    const scroll = element("div", "wide");
    scroll.append(made);
    return scroll;
  }

  /** @param {Api.Festival} one @param {Api.Post} post */
  function duty(one, post) {
    const made = element("form", "buttons");
    const who = element("input");
    Object.assign(who, { name: `who-${post.code}`, required: true, maxLength: 100, placeholder: "单位、角色或账号" });
    who.setAttribute("aria-label", `${post.name} 谁`);
    who.setAttribute("list", `units-${one.code}`);
    who.value = who.defaultValue = cockpit.may("manager") ? "" : cockpit.me?.name ?? "";
    who.readOnly = !cockpit.may("manager");
    const known = element("datalist");
    known.id = `units-${one.code}`;
    known.append(...one.units.map((unit) => new Option(unit, unit)));
    made.append(who, known);
    for (const [verb, value] of [["到岗", "on"], ["离岗", "off"]]) {
      const button = element("button", "", verb);
      button.value = value;
      made.append(button);
    }
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const pressed = /** @type {HTMLButtonElement} */ (event.submitter);
      const isOn = pressed.value === "on";
      once(pressed, () => send(`/${one.code}/posts/${post.code}/duty`, { who: who.value.trim(), on: isOn }, `${who.value.trim()} 已${isOn ? "到岗" : "离岗"}`, who));
    });
    return made;
  }

  /** @param {Api.Festival} one */
  function hand(one) {
    const note = text("note", "理由", 500);
    cockpit.need("input", note).required = true;
    const [verb, what] = one.on ? ["结束", "stop"] : ["开始", "start"];
    return form(`手动${verb} ${one.name}`, [note], (said) => send(`/${one.code}/${what}`, said, `${one.name}已${verb}`), verb);
  }

  /** @param {Api.LunarDay} given */
  const day = ([month, of]) => `${month}-${of}`;
  /** @param {string} said */
  const days = (said) => said.split(/[,，、\s]+/).filter(Boolean).map((one) => one.split("-").map(Number));

  /* A plan in a form: posts a line each, as code, name, site, people. */
  /** @param {Api.Festival | null} one */
  function planForm(one) {
    const calendar = (one && one.calendar) || null;
    const posts = one ? one.posts.map((post) => [post.code, post.name, post.site, post.people].join("，")).join("\n") : "";
    /** @param {[code: string, row: { name: string, mark: string, from: number }]} given */
    const level = ([code, row]) => {
      const made = number(code, `${row.name}（承载量的 %）`);
      return filled(made, one && one.limits ? Math.round(one.limits[code] * 100) : "");
    };
    const inputs = [
      needed(filled(text("code", "代码（小写字母、数字）", 64), one ? one.code : ""), one !== null),
      needed(filled(text("name", "名称", 60), one ? one.name : "")),
      filled(text("name_en", "英文名", 120), one ? one.name_en : ""),
      needed(filled(text("sites", `场所代码，逗号分隔（${Object.entries(words.sites).map(([code, name]) => `${code} ${name}`).join("，")}）`, 500), one ? one.sites.join("，") : "")),
      chosen(choice("begins", "开始", BEGINS), one ? one.begins : "calendar"),
      filled(text("first", "农历首日，如 8-1", 5), calendar ? day(calendar.first) : ""),
      filled(text("last", "农历末日，如 9-9", 5), calendar ? day(calendar.last) : ""),
      filled(text("peaks", "农历高潮日，逗号分隔", 60), calendar ? calendar.peaks.map(day).join("，") : ""),
      ...Object.entries(words.levels).map(level),
      filled(text("posts", "岗位，每行：代码，名称，场所代码，应到人数", 8000, true), posts),
      filled(text("units", "可到岗的单位或角色，每行一个", 6000, true), one ? one.units.join("\n") : ""),
    ];
    return form(one ? "改方案" : "录入方案", inputs, (said) => send("", plan(said), "方案已保存"), "保存");
  }

  /** @param {Record<string, any>} said */
  function plan(said) {
    /** @param {string} long */
    const lines = (long) => long.split("\n").map((line) => line.trim()).filter(Boolean);
    const levels = Object.keys(words.levels).filter((code) => said[code] !== null);
    return {
      code: said.code, name: said.name, name_en: said.name_en, begins: said.begins,
      sites: said.sites.split(/[,，、\s]+/).filter(Boolean),
      calendar: said.first || said.last ? { first: days(said.first)[0] || [0, 0], last: days(said.last)[0] || [0, 0], peaks: days(said.peaks) } : null,
      limits: Object.fromEntries(levels.map((code) => [code, said[code] / 100])),
      posts: lines(said.posts).map((line) => {
        const [code, name, site, people] = line.split(/[,，]/).map((part) => part.trim());
        return { code, name, site, people: Number(people) };
      }),
      units: lines(said.units),
    };
  }

  /** @param {HTMLElement} made */
  const inputOf = (made) => /** @type {HTMLInputElement} */ (made.querySelector("input, textarea, select"));

  /** @param {Field} made @param {string | number} value */
  function filled(made, value) {
    const input = inputOf(made);
    input.value = String(value);
    input.defaultValue = String(value);
    return made;
  }

  /** @param {Field} made @param {boolean} isFixed */
  function needed(made, isFixed = false) {
    inputOf(made).required = true;
    inputOf(made).readOnly = isFixed;
    return made;
  }

  /** @param {Field} made @param {string} value */
  function chosen(made, value) {
    inputOf(made).value = value;
    return made;
  }

  /** @param {Api.Festival} one */
  function log(one) {
    const made = element("details");
    const content = element("div");
    made.append(element("summary", "", `${one.name} 记录`), content);
    made.addEventListener("toggle", async () => {
      if (!made.open) return;
      const answer = await cockpit.request(`${base()}/${one.code}/log?limit=50`);
      if (!answer.ok) return cockpit.refuse(content, cockpit.reason(answer));
      /** @type {Record<string, string>} */
      const WHAT = { start: "开始", stop: "结束", on: "到岗", off: "离岗" };
      const names = Object.fromEntries(one.posts.map((post) => [post.code, post.name]));
      const rows = answer.body.log.map((/** @type {Record<string, string>} */ row) => element("p", "second", [when(row.at), WHAT[row.what], row.post ? `${names[row.post] || row.post} ${row.who}` : row.note, row.by.replace(/^.*?:/, "")].join(" · ")));
      content.replaceChildren(...(rows.length ? rows : [element("p", "second", "还没有记录")]));
    });
    return made;
  }

  /** @param {string} path @param {object} body @param {string} done @param {HTMLInputElement | null} sent */
  async function send(path, body, done, sent = null) {
    const answer = await cockpit.post(base() + path, body);
    if (answer.ok && sent) sent.value = sent.defaultValue;
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? done : answer.body.detail);
    if (answer.ok) await load();
    return answer;
  }
})();
