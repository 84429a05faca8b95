/* Governance: totals as the live channel says them, registers as the API answers them, and what may be done. */
(function () {
  "use strict";

  /** @typedef {{kinds: Record<string, {name: string, role: Role, sealed: boolean}>, bodies: Record<string, string>, fields: Record<string, string>, topics: Record<string, string>, areas: Record<string, string>}} GovernanceWords */

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const { entry, form, once, redraw, text, number, moment, choice } = cockpit.forms;
  const page = (cockpit.pages.governance = /** @type {PageScript} */ ({}));
  const base = () => `/api/v1/${cockpit.root.dataset.community}/governance`;
  const NOBODY = "";
  /** Each total, and what it counts. @type {Record<string, string>} */
  const COUNTED_OF = { hard: "hard", overdue: "hard", mediation: "mediation", attendance: "council", deeds: "partners", grids: "grids" };
  /** @type {GovernanceWords} */
  let words;

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    page.render?.(null);   // what came before it was known who asks was shown as to a stranger
    cockpit.governanceRows();
    cockpit.showRoster();
    const why = cockpit.at === null ? cockpit.whyNot("steward") : cockpit.say("回看时只显示汇总，台账只有现在");
    if (why !== null) {
      for (const place of cockpit.findAll('.register:not([data-register="roster"])')) cockpit.refuse(place, why);
      return;
    }
    Object.keys(words.kinds).forEach(showMatters);
    showCouncil();
    showPartners();
  };

  page.render = function (changed) {
    const totals = cockpit.state.governance?.["*"];
    if (!totals || (changed !== null && !changed.governance)) return;
    if (cockpit.may("steward")) void askTotals();
    else showTotals(totals);
  };

  /* The live channel tells everybody the same: small totals of people are asked for by who may see them. */
  async function askTotals() {
    const answer = await cockpit.request(base() + cockpit.atQuery("?"));
    if (answer.ok) showTotals(answer.body);
  }

  /** @param {number | null} number */
  const count = (number) => (number === null ? "< 5" : cockpit.number(number));

  /** @param {Live.Governance} totals */
  function showTotals(totals) {
    /** @param {string} code @param {string} text @param {unknown} [late] */
    const set = (code, text, late) => {
      const place = cockpit.need(`[data-total="${code}"]`);
      cockpit.setText(place, text);
      place.classList.toggle("is-late", Boolean(late));
      cockpit.markInvented(place, demo.includes(COUNTED_OF[code]));
    };
    // Of how many: all of one is no success rate.
    /** @param {number | null} share @param {number | null} part @param {number | null} whole */
    const percent = (share, part, whole) => (share === null || part === null || whole === null ? (whole === null ? "< 5" : "—") : cockpit.say("{share}\u202f%（{part}/{whole}）", { share: Math.round(share * 100), part, whole }));
    const { demo, hard, council, partners, grids } = totals;
    set("hard", `${hard.solved} / ${hard.wanted}`);
    set("overdue", hard.overdue ? `▲ ${hard.overdue}` : "0", hard.overdue);
    const { good_rate: rate, good, ended } = totals.matters.mediation;
    set("mediation", percent(rate, good, ended));
    set("attendance", percent(council.attendance_rate, council.came, council.invited));
    set("deeds", cockpit.say("{deedsThisYear} 次 · {peopleThisYear} 人次", { deedsThisYear: partners.deeds_this_year, peopleThisYear: count(partners.people_this_year) }));
    set("grids", grids.all ? `${grids.with_steward} / ${grids.all}` : cockpit.say("尚无网格"));
    for (const [kind, of] of Object.entries(totals.matters)) {
      cockpit.markInvented(cockpit.need(`[data-kind="${kind}"] h2`), demo.includes(kind));
      for (const [state, n] of Object.entries(of.by_state)) {
        cockpit.setText(cockpit.find(`[data-kind="${kind}"] [data-state="${state}"]`), count(n));
      }
    }
    counts("council", words.bodies, council.members, demo.includes("council"));
    counts("partners", words.fields, partners.by_field, demo.includes("partners"));
  }

  /** @param {string} place @param {Record<string, string>} names @param {Record<string, number>} by @param {boolean} isInvented */
  function counts(place, names, by, isInvented) {
    const all = cockpit.need(`[data-counts="${place}"]`);
    cockpit.markInvented(cockpit.need("h2", /** @type {HTMLElement} */ (all.closest(".panel"))), isInvented);
    const [of, narrowed] = place === "council" ? ["members", "body"] : ["partners", "field"];
    const rows = Object.entries(names).map(([code, name]) => {
      const row = element("li", "", `${name} `);
      row.append(cockpit.toRows(String(by[code]), `/governance?of=${of}`, { [narrowed]: code }));
      return row;
    });
    all.replaceChildren(...rows);
  }

  /** @param {string} path */
  const get = (path) => cockpit.request(base() + path);

  /* Post, say what came of it, and show the register again where it was taken. */
  /** @param {HTMLElement} outcome @param {string} path @param {object} body @param {() => unknown} again */
  async function send(outcome, path, body, again) {
    const answer = await cockpit.post(base() + path, body);
    cockpit.sayOutcome(outcome, answer.ok, answer.ok ? cockpit.say("已登记") : answer.body.detail || cockpit.say("没有执行"));
    if (answer.ok) await Promise.all([again(), askTotals()]);
    return answer;
  }

  /** @param {string} kind */
  async function showMatters(kind) {
    const place = cockpit.need(`[data-matters="${kind}"]`);
    const { name, role, sealed } = words.kinds[kind];
    if (!cockpit.may(role)) return cockpit.refuse(place, cockpit.whyNot(role) ?? "");
    const answer = await get(`/matters?kind=${kind}&limit=50`);
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const { matters } = answer.body;
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    const again = () => showMatters(kind).then(() => cockpit.sayOutcome(cockpit.need(".outcome", place), true, cockpit.say("已登记")));
    const rows = matters.map((/** @type {Api.Matter} */ one) => matterRow(one, sealed, outcome, again));
    const inputs = sealed
      ? [choice("topic", cockpit.say("事由"), words.topics), choice("area", cockpit.say("片区"), words.areas, true),
        text("parties", cockpit.say("当事人（加密保存）"), 2000), text("account", cockpit.say("情况（加密保存）"), 10000, true)]
      : [text("title", cockpit.say("事项"), 200), choice("area", cockpit.say("片区"), words.areas, true)];
    // The form's own id: pressed twice, it opens one matter.
    const id = cockpit.outbox.newId();
    const open = form(cockpit.say("登记{name}", { name }), inputs, (body) => send(outcome, "/matters", { kind, id, ...body }, again));
    redraw(place, outcome, ...(rows.length ? rows : [element("p", "second", cockpit.say("还没有登记"))]), open);
  }

  /** @param {Api.Matter} one @param {boolean} sealed @param {HTMLElement} outcome @param {() => unknown} again */
  function matterRow(one, sealed, outcome, again) {
    const row = element("article", "matter");
    row.dataset.key = one.id;
    const area = words.areas[one.area ?? ""];
    row.append(
      element("strong", "", one.topic_name || one.title),
      element("span", "second", [one.demo ? cockpit.say("演示") : "", one.state_name, area, cockpit.time.date(Date.parse(one.opened))].filter(Boolean).join(" · ")),
    );
    const buttons = element("div", "buttons");
    const note = text("note", sealed ? cockpit.say("记录（加密保存）") : cockpit.say("说明"), 5000);
    for (const [to, name] of Object.entries(one.next)) {
      const button = element("button", "", name);
      button.type = "button";
      button.addEventListener("click", () => once(button, async () => {
        row.dataset.sent = "";
        await send(outcome, `/matters/${one.id}/steps`, { to, note: cockpit.need("input", note).value, seq: one.seq }, again);
        delete row.dataset.sent;
      }));
      buttons.append(button);
    }
    if (sealed) buttons.append(unsealButton(one, row, outcome));
    if (Object.keys(one.next).length) row.append(note);
    row.append(buttons);
    return row;
  }

  /** @param {Api.Matter} one @param {HTMLElement} row @param {HTMLElement} outcome */
  function unsealButton(one, row, outcome) {
    const button = element("button", "quiet", cockpit.say("查看当事人"));
    button.type = "button";
    button.addEventListener("click", async () => {
      const answer = await cockpit.post(`${base()}/matters/${one.id}/unseal`, {});
      if (!answer.ok) return cockpit.sayOutcome(outcome, false, answer.body.detail);
      const { parties, account, notes } = answer.body;
      const told = element("dl", "unsealed");
      for (const [name, value] of [[cockpit.say("当事人"), parties], [cockpit.say("情况"), account], ...Object.values(notes).map((note) => [cockpit.say("记录"), note])]) {
        if (value) told.append(element("dt", "", name), element("dd", "", value));
      }
      button.replaceWith(told);
    });
    return button;
  }

  /* What is said of a record, and that it is invented where it is. */
  /** @param {Record<string, any>} one @param {string} text */
  const marked = (one, text) => (one.demo ? [text, cockpit.say("演示")].join(" · ") : text);

  async function showCouncil() {
    const place = cockpit.need('[data-register="council"]');
    const answer = await get("/council");
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const { members, meetings } = answer.body;
    const outcome = element("p", "outcome");
    const again = () => showCouncil();
    const rows = members.map((/** @type {Record<string, any>} */ one) => entry(
      `${one.name}`, marked(one, cockpit.say("{bodyName} · 到会 {came} / {invited}", { bodyName: one.body_name, came: one.came, invited: one.invited })),
      ending(() => send(outcome, `/council/members/${one.id}/end`, {}, again)),
    ));
    const held = meetings.map((/** @type {Record<string, any>} */ one) => entry(one.subject, marked(one, cockpit.say("{held} · 到会 {came} / {invited}", { held: cockpit.time.date(Date.parse(one.held)), came: one.came, invited: one.invited }))));
    /** @type {HTMLElement[]} */
    /** @type {HTMLElement[]} */
    const parts = [outcome, ...rows, ...(held.length ? [element("h3", "", cockpit.say("议事记录")), ...held] : [])];
    if (cockpit.may("manager")) {
      parts.push(form(cockpit.say("加入成员"), [choice("body", cockpit.say("类别"), words.bodies), text("name", cockpit.say("单位或岗位"), 80), since()],
        (body) => send(outcome, "/council/members", body, again)));
      const held = moment("held", cockpit.say("时间"));
      parts.push(form(cockpit.say("登记会议"), [text("subject", cockpit.say("议题"), 200), held, attendance(held)], ({ isChosen, ...body }) => {
        if (!isChosen) return cockpit.sayOutcome(outcome, false, cockpit.say("请勾选到会的成员；确实无人到会，请勾选「无人到会」"));
        return send(outcome, "/council/meetings", body, again);
      }));
    }
    if (parts.length === 1) parts.push(element("p", "second", cockpit.say("还没有登记")));
    redraw(place, ...parts);
  }

  async function showPartners() {
    const place = cockpit.need('[data-register="partners"]');
    const answer = await get("/partners");
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const { partners } = answer.body;
    const outcome = element("p", "outcome");
    const again = () => showPartners();
    /** @type {HTMLElement[]} */
    /** @type {HTMLElement[]} */
    const parts = [outcome];
    for (const one of partners) {
      parts.push(entry(one.name, marked(one, cockpit.say("{fieldName} · {n} 次", { fieldName: one.field_name, n: one.deeds.length })),
        ending(() => send(outcome, `/partners/${one.id}/end`, {}, again))));
      for (const deed of one.deeds.slice(0, 3)) {
        const people = deed.people === null ? "" : cockpit.say(" · {people} 人次", { people: deed.people });
        parts.push(element("p", "deed second", `${cockpit.time.date(Date.parse(deed.done))} ${deed.what}${people}`));
      }
    }
    if (cockpit.may("manager")) {
      parts.push(form(cockpit.say("加入企业"), [choice("field", cockpit.say("领域"), words.fields), text("name", cockpit.say("名称"), 120)],
        (body) => send(outcome, "/partners", body, again)));
      const names = Object.fromEntries(partners.map((/** @type {Record<string, any>} */ one) => [one.id, one.name]));
      if (partners.length) {
        parts.push(form(cockpit.say("登记服务"), [choice("partner", cockpit.say("企业"), names), text("what", cockpit.say("做了什么"), 200), moment("done", cockpit.say("时间")), number("people", cockpit.say("受益人次"))],
          ({ partner, ...body }) => send(outcome, `/partners/${partner}/deeds`, body, again)));
      }
    }
    if (parts.length === 1) parts.push(element("p", "second", cockpit.say("还没有登记")));
    redraw(place, ...parts);
  }

  /** @param {Work} work @returns {[label: string, work: Work][]} */
  const ending = (work) => (cockpit.may("manager") ? [[cockpit.say("结束"), work]] : []);

  /* Since when somebody is a member; left out, since now. */
  function since() {
    const made = moment("since", cockpit.say("何时加入（可不填：现在）"));
    const input = cockpit.need("input", made);
    input.required = false;
    const { read } = made;
    made.read = () => (input.value ? read() : {});
    return made;
  }

  /* Who came, of those who were members at the time of the meeting. Nobody is ticked beforehand. */
  /** @param {Field} held */
  function attendance(held) {
    const made = element("fieldset", "attendance");
    const boxes = element("div", "boxes");
    /** @param {string} name @param {string | number} value */
    const tick = (name, value) => {
      const box = element("input");
      Object.assign(box, { type: "checkbox", value });
      const label = element("label", "");
      label.append(box, element("span", "", name));
      return label;
    };
    made.append(element("legend", "", cockpit.say("到会")), boxes);
    boxes.append(element("p", "second", cockpit.say("先填会议时间")));
    cockpit.need("input", held).addEventListener("change", async () => {
      const { held: at } = held.read();
      const answer = await get(`/council?at=${encodeURIComponent(at)}`);
      if (held.read().held !== at) return;   // changed meanwhile
      if (!answer.ok) return boxes.replaceChildren(element("p", "second", cockpit.reason(answer)));
      const rows = answer.body.members.map((/** @type {Record<string, any>} */ one) => tick(one.name, one.id));
      boxes.replaceChildren(...(rows.length ? rows : [element("p", "second", cockpit.say("当时还没有成员"))]), tick(cockpit.say("无人到会"), NOBODY));
    });
    const read = () => {
      const ticked = [.../** @type {NodeListOf<HTMLInputElement>} */ (boxes.querySelectorAll(":checked"))].map((box) => box.value);
      return { isChosen: ticked.length > 0, present: ticked.filter((value) => value !== NOBODY).map(Number) };
    };
    return Object.assign(made, { read });
  }
})();
