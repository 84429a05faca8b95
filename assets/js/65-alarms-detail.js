/* One alarm: what it is, what to do, what was done, its chart; and what whoever is signed in may do with it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { alarms, element } = cockpit;
  const { form, text, choice, moment, redraw, once } = cockpit.forms;
  const HOUR_MS = 3600000;
  const GATHER_MS = 300;
  /** @type {Record<string, string>} */
  const ROLES = { steward: cockpit.say("网格员"), manager: cockpit.say("管理员") };
  const SEVERITY = { critical: "critical", high: "critical", medium: "major", low: "minor" };
  /** @type {Record<string, string>} */
  const WAYS = { take_out: "out-of-service", put_back: "in-service" };   // last part of the address where it is not the event
  const SPANS = { "1h": cockpit.say("1 小时"), "8h": cockpit.say("8 小时"), tomorrow: cockpit.say("到明天 08:00"), other: cockpit.say("到下面的时间") };
  /** @type {Map<string, Api.Rule>} */
  const rules = new Map();
  /** @type {string | null} */
  let chosen = null;
  /** @type {Api.Alarm | null} */
  let shown = null;     // as the server last told it
  /** @type {number | null} */
  let timer = null;
  /** @type {HTMLElement | null} */
  let opener = null;    // what had the focus before: it gets it back
  /** @type {[words: string, ok: boolean]} */
  let said = ["", true];

  const place = () => cockpit.need("[data-alarm-detail]");
  const base = () => `/api/v1/${cockpit.root.dataset.community}`;
  /** @param {string | null} time */
  const parse = (time) => (time === null ? null : Date.parse(time));

  /* An alarm of the API as the live channel tells it. */
  alarms.fromApi = (told) => ({
    ...told, area: told.area_name, site: told.site_name, rev: told.seq, sounds: alarms.words().life.states[told.state].sounds,
    leaves: parse(told.leaves), raised: parse(told.raised), received: parse(told.received), returned: parse(told.returned), shelved_until: parse(told.shelved_until),
  });

  alarms.chosen = () => chosen;

  /* Show an alarm beside the list; null closes it. */
  alarms.choose = function (id, isAsked = true) {
    if (id !== null && isAsked && !place().contains(document.activeElement)) opener = /** @type {HTMLElement | null} */ (document.activeElement);
    chosen = id;
    shown = null;
    said = ["", true];
    cockpit.need(".alarms-page").classList.toggle("has-chosen", id !== null);
    place().hidden = id === null;
    const here = new URL(location.href);
    if (id === null) here.searchParams.delete("alarm");
    else here.searchParams.set("alarm", id);
    history.replaceState(null, "", here);
    if (id === null) {
      if (opener && opener.isConnected) opener.focus();
      return;
    }
    place().replaceChildren(element("p", "second", cockpit.say("正在读取")));
    if (isAsked) place().focus();
    load();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen !== null && place().contains(document.activeElement)) alarms.choose(null);
  });

  /* Some alarms moved: the one that is shown is asked for again. */
  alarms.moved = function (ids) {
    if (chosen !== null && ids.includes(chosen)) timer = timer || setTimeout(load, GATHER_MS);
  };

  /* Grid events moved: its own says its state. */
  alarms.eventsMoved = function (ids) {
    if (shown && shown.event && ids.includes(shown.event.id)) timer = timer || setTimeout(load, GATHER_MS);
  };

  async function load() {
    timer = null;
    const asked = chosen;
    const why = cockpit.whyNot("steward");
    if (why) return refuse(why);
    try {
      const told = await cockpit.ask(`alarms/${encodeURIComponent(asked ?? "")}`, {});
      const rule = await ruleOf(told.rule);
      if (asked !== chosen) return;
      shown = told;
      draw(told, rule);
    } catch (error) {
      if (asked === chosen && !shown) refuse(error.message);
    }
  }

  /** @param {string} why */
  function refuse(why) {
    const line = element("div");
    cockpit.refuse(line, why);
    place().replaceChildren(head(element("h2", "", cockpit.say("告警"))), line);
  }

  /** @param {string} code */
  async function ruleOf(code) {
    if (!rules.has(code)) {
      try {
        rules.set(code, await cockpit.ask(`alarm-rules/${encodeURIComponent(code)}`, {}));
      } catch (error) {
        return null;   // a rule that is no more
      }
    }
    return rules.get(code) ?? null;
  }

  /** @param {HTMLElement} title */
  function head(title) {
    const line = element("header", "alarm-head");
    const close = element("button", "quiet close", cockpit.say("✕ 关闭"));
    close.type = "button";
    close.addEventListener("click", () => alarms.choose(null));
    line.append(title, close);
    return line;
  }

  /** @param {Api.Alarm} told @param {Api.Rule | null} rule */
  function draw(told, rule) {
    const one = alarms.fromApi(told);
    const marks = element("p", "marks");
    marks.append(alarms.mark(one.priority), element("strong", "", told.state_name));
    const standing = Object.assign(element("span", "second"), { textContent: stands(one) });
    standing.dataset.stands = "";
    marks.append(standing);
    /** @type {(HTMLElement | null)[]} */
    const parts = [head(element("h2", "", `${one.name} · ${alarms.subject(one)}`)), marks, facts(one, told)];
    const guidance = rule && rule.guidance;
    if (guidance) parts.push(element("p", "guidance", cockpit.say("处置：{guidance}", { guidance })));
    parts.push(eventLine(one, told), actions(one, told, rule), outcome(), chart(one), steps(told));
    redraw(place(), ...parts.filter((one) => one !== null));
    for (const figure of place().querySelectorAll("[data-alarm-chart]")) alarms.drawChart(figure, one);
  }

  /* Whether its condition holds, or what keeps it. */
  /** @param {KnownAlarm} one */
  const stands = (one) => (one.active ? alarms.held(one) || cockpit.say("条件仍在") : "");

  /* Devices said something: of the alarm that is shown the value now, and what keeps it. */
  alarms.valuesMoved = function (ids) {
    if (!shown || !shown.device || !ids.has(shown.device)) return;
    const one = alarms.fromApi(shown);
    cockpit.setText(place().querySelector("[data-stands]"), stands(one));
    cockpit.setText(place().querySelector("[data-alarm-values]"), alarms.saidNow(one));
  };

  /** @param {KnownAlarm} one @param {Api.Alarm} told */
  function facts(one, told) {
    const list = element("dl", "facts");
    const device = told.device !== null && element("a", "", alarms.subject(one));
    if (device) device.href = cockpit.link(`/devices/${told.device}`);
    const onMap = told.lon !== null && element("a", "", cockpit.say("在地图上看"));
    if (onMap) onMap.href = cockpit.link(`/map?community=${cockpit.root.dataset.community}&alarm=${told.id}`);
    /** @param {KnownAlarm} of */
    const values = (of) => {
      const said = alarms.saidNow(of);
      const made = said ? element("span", "", said) : null;
      if (made) made.dataset.alarmValues = "";
      return made;
    };
    /** @param {string | null} time */
    const when = (time) => (time === null ? null : cockpit.time.full(Date.parse(time)));
    const by = told.by ? ` · ${told.by.replace(/^.*?:/, "")}` : "";
    /** @type {[name: string, said: null | string | Node | (string | Node)[]][]} */
    const rows = [
      [cockpit.say("设备¦一台"), device || null], [cockpit.say("位置"), [alarms.where(one), onMap || ""].filter(Boolean)], [cockpit.say("数值"), values(one)],
      [cockpit.say("触发"), when(told.raised)], [cockpit.say("恢复"), when(told.returned)], [cockpit.say("确认"), told.acknowledged && when(told.acknowledged) + by],
      [cockpit.say("搁置至"), when(told.shelved_until)], [cockpit.say("原因"), told.reason], [cockpit.say("重复"), told.repeats ? cockpit.say("{repeats} 次", { repeats: told.repeats }) : null],
      [cockpit.say("来源"), told.source ? cockpit.replayed(told.source) : null], [cockpit.say("编号"), told.id],
    ];
    for (const [name, value] of rows) {
      const values = [value].flat().filter((one) => one !== null && one !== "");
      if (!values.length) continue;
      const line = element("div");
      const words = element("dd");
      values.forEach((part, index) => words.append(index ? " · " : "", part ?? ""));
      line.append(element("dt", "", name), words);
      list.append(line);
    }
    return list;
  }

  /* --- the grid event --- */

  const eventStates = () => JSON.parse(cockpit.need("[data-event-states]").dataset.eventStates);

  /** @param {KnownAlarm} one @param {Api.Alarm} told */
  function eventLine(one, told) {
    const line = element("p", "alarm-event");
    const { event } = told;
    if (event) {
      const link = element("a", "", event.id);
      link.href = cockpit.link(`/events/${event.id}`);
      const word = eventStates()[event.state] || event.state;
      line.append(cockpit.say("网格事件 "), link, ` · ${word}`, event.open ? "" : cockpit.say(" · 已办结 {at}", { at: cockpit.time.short(Date.parse(event.at)) }));
      return line;
    }
    if (!cockpit.canDo("steward")) return null;
    line.append(opening(one, told));
    return line;
  }

  /* What is going to be opened, and the button that opens it. */
  /** @param {KnownAlarm} one @param {Api.Alarm} told */
  function opening(one, told) {
    const preview = Object.assign(element("p", "second", cockpit.say("正在读取")), { read: () => ({}) });
    const folded = /** @type {HTMLDetailsElement} */ (form(cockpit.say("转为网格事件"), [preview], () => open(one, told), cockpit.say("确认转为网格事件")));
    folded.addEventListener("toggle", async () => {
      if (!folded.open) return;
      const { categories, severities } = JSON.parse(cockpit.need("[data-event-words]").dataset.eventWords ?? "{}");
      const rule = await ruleOf(told.rule);
      const parts = [eventTitle(one, told), categories[(rule && rule.event) || "other"], cockpit.say("{severity}级", { severity: severities[SEVERITY[told.priority]] }), alarms.where(one)];
      cockpit.setText(preview, cockpit.say("将上报：{parts}；由管理员立案派遣", { parts: parts.filter(Boolean).join(" · ") }));
    });
    return folded;
  }

  /** @param {KnownAlarm} one @param {Api.Alarm} told */
  const eventTitle = (one, told) => `${told.name} · ${alarms.subject(one)}`.slice(0, 200);

  /* Title, what was said and when, the device and the place; the server keeps one event for an alarm. */
  /** @param {KnownAlarm} one @param {Api.Alarm} told */
  async function open(one, told) {
    const rule = await ruleOf(told.rule);
    const evidence = [alarms.said(one), cockpit.say("触发 {raised}", { raised: cockpit.time.full(one.raised) }), alarms.where(one), cockpit.say("告警 {id}", { id: told.id })];
    const answer = await cockpit.post(`${base()}/events`, {
      id: `alarm-${told.id}`, origin: { alarm: told.id }, category: (rule && rule.event) || "other", severity: SEVERITY[told.priority],
      title: eventTitle(one, told), detail: evidence.filter(Boolean).join(cockpit.say("；")), ts: told.raised,
      ...(told.device ? { device: told.device } : {}), ...(told.lon === null ? {} : { lon: told.lon, lat: told.lat, crs: "CGCS2000" }),
    });
    say(answer.ok, answer.ok ? (answer.status === 201 ? cockpit.say("已转为网格事件 {id}", { id: answer.body.id }) : cockpit.say("此前已转为网格事件 {id}", { id: answer.body.id })) : answer.body.detail);
    load();
  }

  /* --- what may be done --- */

  /** @param {KnownAlarm} one @param {Api.Alarm} told @param {Api.Rule | null} rule */
  function actions(one, told, rule) {
    if (cockpit.at !== null) return null;
    const box = element("div", "alarm-actions");
    const { events } = alarms.words().life;
    const may = told.possible.filter((code) => cockpit.canDo(events[code].role ?? "admin"));
    for (const code of may) if (MAKE[code]) box.append(MAKE[code](code, events[code], told));
    const denied = told.possible.filter((code) => !may.includes(code));
    if (denied.length) box.append(element("p", "second", denied.map((code) => cockpit.say("{name}需要{what}", { name: events[code].verb, what: ROLES[events[code].role ?? ""] })).join(cockpit.say("；"))));
    return box;
  }

  /** @param {string} code @param {AlarmEvent} event */
  const plain = (code, event) => doing(event.verb, () => send(code, {}));

  /** @param {string} name @param {Work} work */
  function doing(name, work) {
    const button = element("button", "", name);
    button.type = "button";
    button.addEventListener("click", () => once(button, work));
    return button;
  }

  /** @type {Record<string, (code: string, event: AlarmEvent, told: Api.Alarm) => HTMLElement>} */
  const MAKE = {
    acknowledge(code, event) {
      const made = element("form", "acknowledge");
      made.dataset.key = code;
      const note = Object.assign(element("input"), { maxLength: 500, name: "note", placeholder: cockpit.say("备注（可不填）") });
      note.setAttribute("aria-label", cockpit.say("备注"));
      const button = element("button", "ahead", event.verb);
      made.append(button, note);
      made.addEventListener("submit", (submitted) => {
        submitted.preventDefault();
        made.dataset.sent = "";
        once(button, () => send(code, { note: note.value.trim() })).finally(() => delete made.dataset.sent);
      });
      return made;
    },
    shelve: (code, event) => form(event.verb, shelving(), (body) => send(code, body), event.verb),
    take_out: (code, event) => form(event.verb, [reason()], (body) => send(code, body), event.verb),
    unshelve: plain,
    put_back: plain,
    reset: plain,
  };

  function reason() {
    const field = text("reason", cockpit.say("原因"), 500);
    cockpit.need("input", field).required = true;
    return field;
  }

  /* Until when and why; what is read is what the API takes. */
  function shelving() {
    const span = choice("span", cockpit.say("搁置多久"), SPANS);
    const other = moment("other", cockpit.say("时间（北京时间）"));
    const input = cockpit.need("input", other);
    const select = cockpit.need("select", span);
    const follow = () => { other.hidden = !(input.required = select.value === "other"); };
    select.addEventListener("change", follow);
    select.addEventListener("input", follow);
    follow();
    const [readOther] = [other.read];
    span.read = () => ({ until: untilOf(select.value, readOther().other) });
    other.read = () => ({});
    return [span, other, reason()];
  }
  alarms.shelving = shelving;

  /** @param {string} span @param {string} other */
  function untilOf(span, other) {
    if (span === "other") return other;
    if (span === "tomorrow") {
      const day = new Date(cockpit.now() + cockpit.time.EAST_MS + 24 * HOUR_MS).toISOString().slice(0, 10);
      return `${day}T08:00:00+08:00`;
    }
    return new Date(cockpit.now() + parseInt(span, 10) * HOUR_MS).toISOString();
  }

  /** @param {string} code @param {object} body */
  async function send(code, body) {
    const answer = await cockpit.post(`${base()}/alarms/${chosen}/${WAYS[code] || code}`, body);
    say(answer.ok, answer.ok ? cockpit.say("{name}：已执行", { name: alarms.words().life.events[code].name }) : alarms.whyNot(answer, code));
    load();
  }

  /* Why it was refused, in a sentence. */
  alarms.whyNot = function (answer, code) {
    const { events, states } = alarms.words().life;
    const { name, role } = events[code];
    if (answer.status === 409 && answer.body.state) {
      return cockpit.say("现在的状态是「{name}」，不能{name2}；可能刚被别人处理，已更新", { name: states[answer.body.state].name, name2: name });
    }
    if (answer.status === 404) return cockpit.say("告警已经结束，没有可以处理的；已更新");
    if (answer.status === 403 && cockpit.me && role && !cockpit.may(role)) return cockpit.say("{name}需要本社区的{what}", { name, what: ROLES[role ?? ""] });
    return answer.body.detail;
  };

  /** @param {boolean} ok @param {string} words */
  function say(ok, words) {
    said = [words, ok];
    const line = place().querySelector(".outcome");
    if (line) cockpit.sayOutcome(line, ok, words);
  }

  function outcome() {
    const line = element("p", "outcome");
    line.setAttribute("role", "status");
    if (said[0]) cockpit.sayOutcome(line, said[1], said[0]);
    return line;
  }

  /** @param {KnownAlarm} one */
  function chart(one) {
    if (!one.device || !one.metric || !cockpit.metrics[one.metric]) return null;
    const figure = element("figure", "alarm-chart");
    figure.dataset.alarmChart = one.id;
    return figure;
  }

  /** @param {Api.Alarm} told */
  function steps(told) {
    const box = element("section", "alarm-steps");
    const list = element("ol", "timeline");
    for (const step of told.steps.slice().reverse()) {
      const row = element("li");
      row.append(element("strong", "", step.name));
      if (step.by && step.by.includes(":")) row.append(element("span", "who", step.by.replace(/^.*?:/, "")));
      row.append(element("time", "", cockpit.time.full(Date.parse(step.at))));
      const more = [step.value === null ? "" : alarms.figure(told.metric, step.value), step.until ? cockpit.say("至 {until}", { until: cockpit.time.full(Date.parse(step.until)) }) : "", step.note];
      if (more.some(Boolean)) row.append(element("p", "second", more.filter(Boolean).join(" · ")));
      list.append(row);
    }
    box.append(element("h3", "", cockpit.say("经过")), list);
    return box;
  }
})();
