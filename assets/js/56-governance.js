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
  /** @type {GovernanceWords} */
  let words;

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    cockpit.showRoster();
    const why = cockpit.at === null ? cockpit.whyNot("steward") : "回看时只显示汇总，台账只有现在";
    if (why !== null) {
      for (const place of cockpit.findAll('.register:not([data-register="roster"])')) cockpit.refuse(place, why);
      return;
    }
    Object.keys(words.kinds).forEach(showMatters);
    showCouncil();
    showPartners();
  };

  page.render = function (changed) {
    const totals = (cockpit.state.governance || {})["*"];
    if (totals && (changed === null || changed.governance)) showTotals(totals);
  };

  /** @param {Live.Governance} totals */
  function showTotals(totals) {
    /** @param {string} code @param {string} text @param {unknown} [late] */
    const set = (code, text, late) => {
      const place = cockpit.need(`[data-total="${code}"]`);
      cockpit.setText(place, text);
      place.classList.toggle("is-late", Boolean(late));
    };
    // Of how many: all of one is no success rate.
    /** @param {number | null} share @param {number} part @param {number} whole */
    const percent = (share, part, whole) => (share === null ? "—" : `${Math.round(share * 100)}\u2009%（${part}/${whole}）`);
    const { hard, council, partners, grids } = totals;
    set("hard", `${hard.solved} / ${hard.wanted}`);
    set("overdue", hard.overdue ? `▲ ${hard.overdue}` : "0", hard.overdue);
    const { good_rate: rate, good, ended } = totals.matters.mediation;
    set("mediation", percent(rate, good, ended));
    set("attendance", percent(council.attendance_rate, council.came, council.invited));
    set("deeds", `${partners.deeds_this_year} 次 · ${partners.people_this_year} 人次`);
    set("grids", grids.all ? `${grids.with_steward} / ${grids.all}` : "尚无网格");
    for (const [kind, of] of Object.entries(totals.matters)) {
      for (const [state, count] of Object.entries(of.by_state)) {
        cockpit.setText(cockpit.find(`[data-kind="${kind}"] [data-state="${state}"]`), String(count));
      }
    }
    counts("council", words.bodies, council.members);
    counts("partners", words.fields, partners.by_field);
  }

  /** @param {string} place @param {Record<string, string>} names @param {Record<string, number>} by */
  function counts(place, names, by) {
    const rows = Object.entries(names).map(([code, name]) => element("li", "", `${name} ${by[code]}`));
    cockpit.need(`[data-counts="${place}"]`).replaceChildren(...rows);
  }

  /** @param {string} path */
  const get = (path) => cockpit.request(base() + path);

  /* Post, say what came of it, and show the register again where it was taken. */
  /** @param {HTMLElement} outcome @param {string} path @param {object} body @param {() => unknown} again */
  async function send(outcome, path, body, again) {
    const answer = await cockpit.post(base() + path, body);
    cockpit.sayOutcome(outcome, answer.ok, answer.ok ? "已登记" : answer.body.detail || "没有执行");
    if (answer.ok) await again();
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
    const again = () => showMatters(kind).then(() => cockpit.sayOutcome(cockpit.need(".outcome", place), true, "已登记"));
    const rows = matters.map((/** @type {Api.Matter} */ one) => matterRow(one, sealed, outcome, again));
    const inputs = sealed
      ? [choice("topic", "事由", words.topics), choice("area", "片区", words.areas, true),
        text("parties", "当事人（加密保存）", 2000), text("account", "情况（加密保存）", 10000, true)]
      : [text("title", "事项", 200), choice("area", "片区", words.areas, true)];
    // The form's own id: pressed twice, it opens one matter.
    const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
    const open = form(`登记${name}`, inputs, (body) => send(outcome, "/matters", { kind, id, ...body }, again));
    redraw(place, outcome, ...(rows.length ? rows : [element("p", "second", "还没有登记")]), open);
  }

  /** @param {Api.Matter} one @param {boolean} sealed @param {HTMLElement} outcome @param {() => unknown} again */
  function matterRow(one, sealed, outcome, again) {
    const row = element("article", "matter");
    row.dataset.key = one.id;
    const area = words.areas[one.area ?? ""];
    row.append(
      element("strong", "", one.topic_name || one.title),
      element("span", "second", [one.state_name, area, cockpit.time.date(Date.parse(one.opened))].filter(Boolean).join(" · ")),
    );
    const buttons = element("div", "buttons");
    const note = text("note", sealed ? "记录（加密保存）" : "说明", 5000);
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
    const button = element("button", "quiet", "查看当事人");
    button.type = "button";
    button.addEventListener("click", async () => {
      const answer = await cockpit.post(`${base()}/matters/${one.id}/unseal`, {});
      if (!answer.ok) return cockpit.sayOutcome(outcome, false, answer.body.detail);
      const { parties, account, notes } = answer.body;
      const told = element("dl", "unsealed");
      for (const [name, value] of [["当事人", parties], ["情况", account], ...Object.values(notes).map((note) => ["记录", note])]) {
        if (value) told.append(element("dt", "", name), element("dd", "", value));
      }
      button.replaceWith(told);
    });
    return button;
  }

  async function showCouncil() {
    const place = cockpit.need('[data-register="council"]');
    const answer = await get("/council");
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const { members, meetings } = answer.body;
    const outcome = element("p", "outcome");
    const again = () => showCouncil();
    const rows = members.map((/** @type {Record<string, any>} */ one) => entry(
      `${one.name}`, `${one.body_name} · 到会 ${one.came} / ${one.invited}`,
      ending(() => send(outcome, `/council/members/${one.id}/end`, {}, again)),
    ));
    const held = meetings.map((/** @type {Record<string, any>} */ one) => entry(one.subject, `${cockpit.time.date(Date.parse(one.held))} · 到会 ${one.came} / ${one.invited}`));
    /** @type {HTMLElement[]} */
    /** @type {HTMLElement[]} */
    const parts = [outcome, ...rows, ...(held.length ? [element("h3", "", "议事记录"), ...held] : [])];
    if (cockpit.may("manager")) {
      parts.push(form("加入成员", [choice("body", "类别", words.bodies), text("name", "单位或岗位", 80), since()],
        (body) => send(outcome, "/council/members", body, again)));
      const held = moment("held", "时间");
      parts.push(form("登记会议", [text("subject", "议题", 200), held, attendance(held)], ({ isChosen, ...body }) => {
        if (!isChosen) return cockpit.sayOutcome(outcome, false, "请勾选到会的成员；确实无人到会，请勾选「无人到会」");
        return send(outcome, "/council/meetings", body, again);
      }));
    }
    if (parts.length === 1) parts.push(element("p", "second", "还没有登记"));
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
      parts.push(entry(one.name, `${one.field_name} · ${one.deeds.length} 次`,
        ending(() => send(outcome, `/partners/${one.id}/end`, {}, again))));
      for (const deed of one.deeds.slice(0, 3)) {
        const people = deed.people === null ? "" : ` · ${deed.people} 人次`;
        parts.push(element("p", "deed second", `${cockpit.time.date(Date.parse(deed.done))} ${deed.what}${people}`));
      }
    }
    if (cockpit.may("manager")) {
      parts.push(form("加入企业", [choice("field", "领域", words.fields), text("name", "名称", 120)],
        (body) => send(outcome, "/partners", body, again)));
      const names = Object.fromEntries(partners.map((/** @type {Record<string, any>} */ one) => [one.id, one.name]));
      if (partners.length) {
        parts.push(form("登记服务", [choice("partner", "企业", names), text("what", "做了什么", 200), moment("done", "时间"), number("people", "受益人次")],
          ({ partner, ...body }) => send(outcome, `/partners/${partner}/deeds`, body, again)));
      }
    }
    if (parts.length === 1) parts.push(element("p", "second", "还没有登记"));
    redraw(place, ...parts);
  }

  /** @param {Work} work @returns {[label: string, work: Work][]} */
  const ending = (work) => (cockpit.may("manager") ? [["结束", work]] : []);

  /* Since when somebody is a member; left out, since now. */
  function since() {
    const made = moment("since", "何时加入（可不填：现在）");
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
    made.append(element("legend", "", "到会"), boxes);
    boxes.append(element("p", "second", "先填会议时间"));
    cockpit.need("input", held).addEventListener("change", async () => {
      const { held: at } = held.read();
      const answer = await get(`/council?at=${encodeURIComponent(at)}`);
      if (held.read().held !== at) return;   // changed meanwhile
      if (!answer.ok) return boxes.replaceChildren(element("p", "second", cockpit.reason(answer)));
      const rows = answer.body.members.map((/** @type {Record<string, any>} */ one) => tick(one.name, one.id));
      boxes.replaceChildren(...(rows.length ? rows : [element("p", "second", "当时还没有成员")]), tick("无人到会", NOBODY));
    });
    const read = () => {
      const ticked = [.../** @type {NodeListOf<HTMLInputElement>} */ (boxes.querySelectorAll(":checked"))].map((box) => box.value);
      return { isChosen: ticked.length > 0, present: ticked.filter((value) => value !== NOBODY).map(Number) };
    };
    return Object.assign(made, { read });
  }
})();
