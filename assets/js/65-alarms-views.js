/* The other views of the alarms' page: what was put aside, history by period, who is on duty. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const { form, choice, text, moment, entry, redraw } = cockpit.forms;
  const DAY_MS = 86400000;
  const GATHER_MS = 600;
  const PAGE = 100;
  const SPANS = { 1: say("近 24 小时"), 7: say("近 7 天"), 30: say("近 30 天"), 90: say("近 90 天") };
  const ASIDE = ["shelved", "suppressed", "out_of_service"];
  let view = "open";
  /** @type {number | null} */
  let timer = null;
  let asked = { days: 7, priority: "" };

  alarms.startViews = function () {
    for (const tab of cockpit.findAll("[data-view]")) {
      if (tab.getAttribute("role") !== "tab") continue;
      tab.addEventListener("click", () => turn(tab.dataset.view ?? ""));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const tabs = [.../** @type {Iterable<HTMLElement>} */ (tab.parentElement?.children ?? [])];
        const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
        next.focus();
        turn(next.dataset.view ?? "");
      });
    }
    turn(cockpit.root.dataset.view || "open");
  };

  /** @param {string} code */
  function turn(code) {
    view = code;
    for (const tab of cockpit.findAll('[role="tab"]')) {
      tab.setAttribute("aria-selected", String(tab.dataset.view === code));
      tab.tabIndex = tab.dataset.view === code ? 0 : -1;
    }
    const here = new URL(location.href);
    if (code === "open") here.searchParams.delete("view");
    else here.searchParams.set("view", code);
    history.replaceState(null, "", here);
    const list = cockpit.need("[data-list-view]");
    list.hidden = code !== "open";
    let place = cockpit.find("[data-other-view]");
    if (!place) {
      place = element("section", "panel alarm-list");
      place.dataset.otherView = "";
      list.after(place);
    }
    place.hidden = code === "open";
    if (code === "open") return alarms.listAgain();
    alarms.counted(0, false);
    place.replaceChildren(element("p", "second", say("正在读取")));
    READ[code](place).catch((error) => cockpit.refuse(place, error.message));
  }

  /* Alarms moved: a view that shows them asks again. */
  alarms.viewsMoved = function () {
    if (view !== "aside") return;
    timer = timer || setTimeout(() => {
      timer = null;
      if (view === "aside") READ.aside(cockpit.need("[data-other-view]")).catch(() => null);
    }, GATHER_MS);
  };

  /** @type {Record<string, (place: HTMLElement) => Promise<unknown>>} */
  const READ = {
    /** @param {HTMLElement} place */
    async aside(place) {
      const answer = await cockpit.ask("alarms", [...ASIDE.map((state) => ["state", state]), ["limit", 1000]]);
      const rows = answer.alarms.map((/** @type {Api.Alarm} */ told) => line(told, aside(told)));
      const why = say("搁置：由人暂时放到一边，到时自动回来。停用：维护期间不报。设计抑制：同一对象有更重的告警时按规则不报。");
      alarms.counted(rows.length, true);
      place.replaceChildren(element("p", "second", why), rows.length ? listOf(rows) : element("p", "second calm", say("没有搁置、停用或抑制的告警")));
    },
    /** @param {HTMLElement} place */
    async history(place) {
      const days = choice("days", say("时段"), SPANS);
      const priority = choice("priority", say("级别"), Object.fromEntries(alarms.priorities().map((code) => [code, alarms.look(code).name])), true);
      cockpit.need("option", priority).textContent = say("全部级别");
      cockpit.need("select", days).value = String(asked.days);
      cockpit.need("select", priority).value = asked.priority;
      const rows = element("ol", "alarm-rows");
      const foot = element("div");
      const again = () => {
        asked = { days: Number(cockpit.need("select", days).value), priority: cockpit.need("select", priority).value };
        rows.replaceChildren();
        past(rows, foot, null).catch((error) => cockpit.refuse(foot, error.message));
      };
      for (const one of [days, priority]) one.addEventListener("change", again);
      const actions = element("div", "actions");
      actions.append(days, priority);
      place.replaceChildren(actions, rows, foot);
      again();
    },
    /** @param {HTMLElement} place */
    duty: (place) => duty(place),
  };

  /** @param {HTMLElement} rows @param {HTMLElement} foot @param {string | null} cursor */
  async function past(rows, foot, cursor) {
    const query = { from: new Date(cockpit.now() - asked.days * DAY_MS).toISOString(), limit: PAGE, ...(asked.priority ? { priority: asked.priority } : {}), ...(cursor ? { cursor } : {}) };
    const answer = await cockpit.ask("alarms", query);
    rows.append(...answer.alarms.map((/** @type {Api.Alarm} */ told) => line(told, ended(told))));
    if (!rows.children.length) return foot.replaceChildren(element("p", "second calm", say("这段时间没有告警")));
    alarms.counted(rows.children.length, !answer.next_cursor);
    if (!answer.next_cursor) return foot.replaceChildren(element("p", "second", say("共 {n} 条", { n: rows.children.length })));
    const button = element("button", "quiet", say("再显示 {page} 条", { page: PAGE }));
    button.type = "button";
    button.addEventListener("click", () => past(rows, foot, answer.next_cursor).catch((error) => cockpit.refuse(foot, error.message)));
    foot.replaceChildren(button);
  }

  /** @param {Api.Alarm} told */
  function aside(told) {
    const until = told.shelved_until ? say("至 {shelvedUntil}", { shelvedUntil: cockpit.time.full(Date.parse(told.shelved_until)) }) : "";
    return [told.state_name, until, told.reason ? say("原因：{reason}", { reason: told.reason }) : ""];
  }

  /** @param {Api.Alarm} told */
  function ended(told) {
    const cleared = told.cleared ? say("结束 {cleared}", { cleared: cockpit.time.short(Date.parse(told.cleared)) }) : "";
    return [told.state_name, cleared, told.event ? say("事件 {id}{what}", { id: told.event.id, what: told.event.open ? "" : say("（已办结）") }) : ""];
  }

  /** @param {Node[]} rows */
  const listOf = (rows) => {
    const list = element("ol", "alarm-rows");
    list.append(...rows);
    return list;
  };

  /** @param {Api.Alarm} told @param {string[]} more */
  function line(told, more) {
    const one = alarms.fromApi(told);
    const row = element("li", one.sounds ? "" : "is-heard");
    row.dataset.alarm = one.id;
    const button = element("button", "alarm-line");
    button.type = "button";
    button.addEventListener("click", () => alarms.choose(one.id));
    button.append(
      alarms.mark(one.priority), element("span", "title", `${one.name} · ${alarms.subject(one)}`), element("span", "count-of", ""),
      element("time", "when", cockpit.time.short(one.raised)),
      element("span", "detail", [cockpit.unreal(one.source, alarms.subject(one)), alarms.where(one), alarms.said(one), ...more].filter(Boolean).join(" · ")),
    );
    row.append(button);
    return row;
  }

  /* --- who is on duty --- */

  /** @param {HTMLElement} place */
  async function duty(place) {
    const why = cockpit.whyNot("steward");
    if (why) return cockpit.refuse(place, why);
    const answer = await cockpit.ask("duty", {});
    const isManager = cockpit.canDo("manager");
    const now = answer.now.length ? answer.now.join(say("、")) : say("没有人（告警按角色通知所有人）");
    const rows = answer.duty.map((/** @type {Api.Duty} */ one) => {
      const when = say("{from} 至 {to}", { from: cockpit.time.full(Date.parse(one.from)), to: cockpit.time.full(Date.parse(one.to)) });
      return entry(one.person, when, isManager ? [[say("移除"), () => remove(place, one)]] : []);
    });
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    const parts = [element("p", "", say("现在值班：{now}", { now })), outcome, ...rows];
    if (!rows.length) parts.push(element("p", "second", say("今后一个月没有排班")));
    if (isManager) parts.push(await adding(place));
    place.classList.add("register");
    redraw(place, ...parts);
  }

  /** @param {HTMLElement} place */
  async function adding(place) {
    const { assignees } = await cockpit.ask("assignees", {});
    const people = Object.fromEntries(assignees.filter((/** @type {Api.Person} */ one) => one.account).map((/** @type {Api.Person} */ { name }) => [name, name]));
    const who = Object.keys(people).length ? choice("person", say("值班人"), people) : text("person", say("值班人（账号名）"), 80);
    const [from, to] = [moment("from", say("从（北京时间）")), moment("to", say("到（北京时间）"))];
    return form(say("排班"), [who, from, to], (body) => put(place, body), say("加入"));
  }

  /** @param {string} rest */
  const path = (rest = "") => `/api/v1/${cockpit.root.dataset.community}/duty${rest}`;

  /** @param {HTMLElement} place @param {Record<string, any>} body */
  async function put(place, body) {
    const answer = await cockpit.post(path(), body);
    if (answer.ok) await duty(place);
    cockpit.sayOutcome(cockpit.need(".outcome", place), answer.ok, answer.ok ? say("{person} 已排入", { person: body.person }) : answer.body.detail);
  }

  /** @param {HTMLElement} place @param {Api.Duty} one */
  async function remove(place, one) {
    const answer = await cockpit.post(path(`/${one.id}/remove`), {});
    if (answer.ok) await duty(place);
    cockpit.sayOutcome(cockpit.need(".outcome", place), answer.ok, answer.ok ? say("{person} 已移除", { person: one.person }) : answer.body.detail);
  }
})();
