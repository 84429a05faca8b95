/* Festivals: how each stands, its plan, its posts; what a manager may do, and who comes to a post. */
(function () {
  "use strict";

  /** @typedef {{sites: Record<string, string>, levels: Record<string, {name: string, mark: string, from: number}>}} FestivalWords */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const { form, once, redraw, text, choice, number } = cockpit.forms;
  const GATHER_MS = 1500;
  const BEGINS = { calendar: say("按农历"), hand: say("手动") };
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
    redraw(place, ...(festivals.length ? festivals.map(festival) : [element("p", "second", say("还没有节会方案"))]));
    if (cockpit.canDo("manager")) {
      const panel = element("section", "panel overview register");
      panel.append(element("h2", "", say("新的节会")), planForm(null));
      redraw(cockpit.need("[data-new-festival]"), panel);
    }
  }

  /** @param {Api.Festival} one */
  function festival(one) {
    const made = element("section", "panel overview register");
    made.dataset.key = one.code;
    const head = element("header");
    const basis = one.is_configured ? "" : say("据文献，未经镇方配置");
    head.append(element("h2", "", one.name), element("span", "festival-state", state(one)), element("span", "note", basis));
    made.append(head, facts(one), posts(one));
    if (cockpit.canDo("manager")) made.append(hand(one), planForm(one), log(one));
    return made;
  }

  /** @param {Api.Festival} one */
  function state(one) {
    if (!one.on) return say("○ 未开始");
    const by = one.on.by === "calendar" ? say("按农历") : say("{what} 手动", { what: one.on.by.replace(/^.*?:/, "") });
    return say("◆ 进行中{what} · {by} · 自 {since}", { what: one.on.is_peak ? say(" · 高潮") : "", by, since: cockpit.time.short(Date.parse(one.on.since)) });
  }

  /** @param {Api.Festival} one */
  function facts(one) {
    const made = element("dl");
    /** @param {string} name @param {string} said @param {string} [key] of its help */
    const row = (name, said, key = "") => {
      const title = element("dt");
      title.append(cockpit.helped(name, `festivals.${key}`));
      made.append(title, element("dd", "", said));
    };
    row(say("场所"), one.sites.map((code) => words.sites[code] || code).join(say("、")));
    if (one.calendar) {
      const [first, last, ...peaks] = one.calendar.names;
      row(say("农历"), say("{first}至{last}{known}（{begins}开始）", { first, last, known: peaks.length ? say("；高潮 {known} 前后", { known: peaks.join(say("、")) }) : "", begins: BEGINS[one.begins] }), "dates");
    } else row(say("起止"), say("手动"), "dates");
    if (one.next) row(say("本次或下次"), say("{first} 至 {last}{known}", { first: one.next.first, last: one.next.last, known: one.next.peaks.length ? say("；高潮 {known}", { known: one.next.peaks.join(say("、")) }) : "" }));
    row(say("阈值"), limits(one.limits) || say("未配置，按平日：{code}", { code: limits(Object.fromEntries(Object.entries(words.levels).map(([code, level]) => [code, level.from]))) }), "limits");
    if (one.basis) row(say("依据"), one.basis);
    return made;
  }

  /** @param {Record<string, number> | null} known */
  const limits = (known) => known && Object.entries(words.levels).map(([code, level]) => `${level.mark} ${level.name} ${Math.round(known[code] * 100)}%`).join(" · ");

  /** @param {Api.Festival} one */
  function posts(one) {
    if (!one.posts.length) return element("p", "second", say("岗位：未配置"));
    const head = [cockpit.helped(say("岗位"), "festivals.posts"), say("场所"), say("应到"), say("在岗"), one.on && cockpit.at === null ? say("到岗 / 离岗") : ""];
    const made = cockpit.table(head, one.posts.map((post) => [
      post.name, words.sites[post.site] || post.site, cockpit.number(post.people),
      post.on_duty.length ? say("{n}：{known}", { n: post.on_duty.length, known: post.on_duty.join(say("、")) }) : one.on ? say("▲ 无人") : "—",
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
    Object.assign(who, { name: `who-${post.code}`, required: true, maxLength: 100, placeholder: say("单位、角色或账号") });
    who.setAttribute("aria-label", say("{name} 谁", { name: post.name }));
    who.setAttribute("list", `units-${one.code}`);
    who.value = who.defaultValue = cockpit.may("manager") ? "" : cockpit.me?.name ?? "";
    who.readOnly = !cockpit.may("manager");
    const known = element("datalist");
    known.id = `units-${one.code}`;
    known.append(...one.units.map((unit) => new Option(unit, unit)));
    made.append(who, known);
    for (const [verb, value] of [[say("到岗"), "on"], [say("离岗"), "off"]]) {
      const button = element("button", "", verb);
      button.value = value;
      made.append(button);
    }
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const pressed = /** @type {HTMLButtonElement} */ (event.submitter);
      const isOn = pressed.value === "on";
      once(pressed, () => send(`/${one.code}/posts/${post.code}/duty`, { who: who.value.trim(), on: isOn }, say("{what} 已{what2}", { what: who.value.trim(), what2: isOn ? say("到岗") : say("离岗") }), who));
    });
    return made;
  }

  /** @param {Api.Festival} one */
  function hand(one) {
    const note = text("note", say("理由"), 500);
    cockpit.need("input", note).required = true;
    const [verb, what] = one.on ? [say("结束"), "stop"] : [say("开始"), "start"];
    return form(say("手动{verb} {name}", { verb, name: one.name }), [note], (said) => send(`/${one.code}/${what}`, said, say("{name}已{verb}", { name: one.name, verb })), verb);
  }

  /** @param {Api.LunarDay} given */
  const day = ([month, of]) => `${month}-${of}`;
  /** @param {string} said */
  const days = (said) => said.split(/[,\uff0c\u3001\s]+/).filter(Boolean).map((one) => one.split("-").map(Number));

  /* A plan in a form: posts a line each, as code, name, site, people. */
  /** @param {Api.Festival | null} one */
  function planForm(one) {
    const calendar = (one && one.calendar) || null;
    const posts = one ? one.posts.map((post) => [post.code, post.name_zh ?? post.name, post.site, post.people].join(say("，"))).join("\n") : "";
    /** @param {[code: string, row: { name: string, mark: string, from: number }]} given */
    const level = ([code, row]) => {
      const made = number(code, say("{name}（承载量的 %）", { name: row.name }));
      return filled(made, one && one.limits ? Math.round(one.limits[code] * 100) : "");
    };
    const inputs = [
      needed(filled(text("code", say("代码（小写字母、数字）"), 64), one ? one.code : ""), one !== null),
      needed(filled(text("name", say("名称"), 60), one ? one.name_zh ?? one.name : "")),
      filled(text("name_en", say("英文名"), 120), one ? one.name_en : ""),
      needed(filled(text("sites", say("场所代码，逗号分隔（{known}）", { known: Object.entries(words.sites).map(([code, name]) => `${code} ${name}`).join(say("，")) }), 500), one ? one.sites.join(say("，")) : "")),
      chosen(choice("begins", say("开始"), BEGINS), one ? one.begins : "calendar"),
      filled(text("first", say("农历首日，如 8-1"), 5), calendar ? day(calendar.first) : ""),
      filled(text("last", say("农历末日，如 9-9"), 5), calendar ? day(calendar.last) : ""),
      filled(text("peaks", say("农历高潮日，逗号分隔"), 60), calendar ? calendar.peaks.map(day).join(say("，")) : ""),
      ...Object.entries(words.levels).map(level),
      filled(text("posts", say("岗位，每行：代码，名称，场所代码，应到人数"), 8000, true), posts),
      filled(text("units", say("可到岗的单位或角色，每行一个"), 6000, true), one ? one.units.join("\n") : ""),
    ];
    return form(one ? say("改方案") : say("录入方案"), inputs, (said) => send("", plan(said), say("方案已保存")), say("保存"));
  }

  /** @param {Record<string, any>} said */
  function plan(said) {
    /** @param {string} long */
    const lines = (long) => long.split("\n").map((line) => line.trim()).filter(Boolean);
    const levels = Object.keys(words.levels).filter((code) => said[code] !== null);
    return {
      code: said.code, name: said.name, name_en: said.name_en, begins: said.begins,
      sites: said.sites.split(/[,\uff0c\u3001\s]+/).filter(Boolean),
      calendar: said.first || said.last ? { first: days(said.first)[0] || [0, 0], last: days(said.last)[0] || [0, 0], peaks: days(said.peaks) } : null,
      limits: Object.fromEntries(levels.map((code) => [code, said[code] / 100])),
      posts: lines(said.posts).map((line) => {
        const [code, name, site, people] = line.split(/[,\uff0c]/).map((part) => part.trim());
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
    made.append(element("summary", "", say("{name} 记录", { name: one.name })), content);
    made.addEventListener("toggle", async () => {
      if (!made.open) return;
      const answer = await cockpit.request(`${base()}/${one.code}/log?limit=50`);
      if (!answer.ok) return cockpit.refuse(content, cockpit.reason(answer));
      /** @type {Record<string, string>} */
      const WHAT = { start: say("开始"), stop: say("结束"), on: say("到岗"), off: say("离岗") };
      const names = Object.fromEntries(one.posts.map((post) => [post.code, post.name]));
      const rows = answer.body.log.map((/** @type {Record<string, string>} */ row) => element("p", "second", [when(row.at), WHAT[row.what], row.post ? `${names[row.post] || row.post} ${row.who}` : row.note, row.by.replace(/^.*?:/, "")].join(" · ")));
      content.replaceChildren(...(rows.length ? rows : [element("p", "second", say("还没有记录"))]));
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
