/* One event: what it is, what was done, and what may be done next by whoever is signed in. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const TONE = { minor: ["●", "low", say("低")], major: ["◆", "middle", say("中")], critical: ["▲", "high", say("高")] };
  const AHEAD = ["filed", "dispatched", "in_hand", "handled", "verified", "closed", "rated"];
  const LATE_MS = 120000;   // a step came so long after it was taken: both times are told
  /** @type {HTMLElement} */
  let place;
  /** @type {Life} */
  let life;
  /** @type {{geometry: Maps.Feature["geometry"] | null, properties: Api.Event}} */
  let shown;     // the event as it was drawn
  /** @type {Api.Person[]} */
  let people = [];      // who it can be given to
  const UNDO_MS = 60000;
  /** @type {{seq: number, until: number} | null} */
  let undoable = null;  // one's own newest step, and until when it can be taken back

  /** @param {string} [rest] */
  const path = (rest) => `/api/v1/${cockpit.root.dataset.community}/events/${place.dataset.eventPage}${rest || ""}`;

  async function load() {
    const answer = await cockpit.request(cockpit.link(path()));
    if (!answer.ok) return shown ? undefined : cockpit.refuse(place, cockpit.reason(answer));
    shown = answer.body;
    draw();
  }

  /* Draw it anew; what is being written stays, unless it was just sent. */
  /** @param {boolean} isSent */
  function draw(isSent = false) {
    const writing = place.querySelector("textarea");
    const entered = isSent ? [] : [.../** @type {NodeListOf<Control>} */ (place.querySelectorAll("[data-touched]"))];
    const wasIn = writing !== null && document.activeElement === writing;
    const told = shown.properties;
    const outcome = cockpit.find("[data-outcome]");
    const kept = outcome ? [outcome.textContent, outcome.className] : ["", "outcome"];
    const [mark, tone, word] = TONE[told.severity];
    const head = element("section", "panel event-head");
    const title = element("h2", "", told.title);
    place.dataset.cameFrom = place.dataset.cameFrom ?? listAddress();
    const back = element("a", "back", say("← 返回列表"));
    back.href = place.dataset.cameFrom;
    head.append(back);
    const level = element("span", `symbol tone-${tone}`, `${mark} ${word}`);
    head.append(title, level, facts(told));
    if (shown.geometry) head.append(onMap(told));
    if (told.origin) head.append(evidence(told.origin));
    if (told.detail) head.append(element("p", "detail", told.detail));
    head.append(photos(told));
    const history = element("section", "panel event-history");
    history.append(element("h2", "", say("经过")), timeline(told));
    place.replaceChildren(head, next(told, kept), history);
    const field = place.querySelector("textarea");
    for (const { dataset, value } of entered) enterAgain(/** @type {Control | null} */ (place.querySelector(`[data-field="${dataset.field}"]`)), value);
    if (field && wasIn) field.focus();
    for (const one of told.duplicates || []) cockpit.need(".event-next", place).append(duplicate(one));
  }

  /* The list that somebody came from, narrowed as it was; the list of all that is open where they came from elsewhere. */
  function listAddress() {
    const before = document.referrer ? new URL(document.referrer) : null;
    const isList = before && before.origin === location.origin && ["/events", "/board"].includes(before.pathname);
    return isList ? before.pathname + before.search : cockpit.link(`/events?community=${cockpit.root.dataset.community}`);
  }

  /* What somebody entered and did not send: it stands in the new field as in the old one. */
  /** @template {Control} Made @param {Made} field @param {string} name */
  function enterable(field, name) {
    field.dataset.field = name;
    field.addEventListener("input", () => { field.dataset.touched = ""; });
    return field;
  }

  /** @param {Control | null} field @param {string} value */
  function enterAgain(field, value) {
    if (!field || (field instanceof HTMLSelectElement && ![...field.options].some((one) => one.value === value))) return;
    field.value = value;
    if (value) field.dispatchEvent(new Event("input", { bubbles: true }));   // not saved yet
  }

  /** @param {Api.Event} told */
  function facts(told) {
    const list = element("dl", "facts");
    const due = told.due ? Date.parse(told.due) : null;
    const late = due !== null && due < cockpit.now();
    const rows = [
      [say("状态"), told.state_name], [say("层级"), told.level_name], [say("类别"), told.category_name], [say("主办"), told.department],
      [say("位置"), told.place], [say("网格"), told.grid_name || told.grid], [say("派给"), holder(told)],
      [say("期限"), due === null ? null : cockpit.time.full(due) + (late ? say(" ▲ 已逾期") : "")],
      [say("发生"), cockpit.time.full(Date.parse(told.ts))], [say("编号"), told.id],
      [say("评价"), told.rating ? "★".repeat(told.rating) + say(" {rating} 分", { rating: told.rating }) : null],
    ];
    for (const [name, value] of rows) {
      if (!value) continue;
      const isBad = (name === say("期限") && late) || (name === say("派给") && told.unassigned);
      const line = element("div", isBad ? "is-late" : "");
      line.append(element("dt", "", name), element("dd", "", value));
      list.append(line);
    }
    return list;
  }

  /* Who has it; somebody without an account has it in no list. */
  /** @param {Api.EventProperties} given */
  function holder({ unassigned, assignee }) {
    if (unassigned) return say("▲ 未指派");
    const known = people.find((one) => one.name === assignee);
    return known && !known.account ? say("{assignee} ▲ 无在用账号", { assignee }) : assignee;
  }

  /** @param {Api.EventProperties} given */
  function onMap({ id }) {
    const link = element("a", "on-map", say("在地图上看"));
    link.href = cockpit.link(`/map?community=${cockpit.root.dataset.community}&event=${id}`);
    return link;
  }

  /* The alarm that it was opened for: its curve, its limit, its steps. */
  /** @param {{ alarm: string }} given */
  function evidence({ alarm }) {
    const link = element("a", "on-map", say("由告警转来，看曲线与经过"));
    link.href = cockpit.link(`/alarms?community=${cockpit.root.dataset.community}&alarm=${alarm}`);
    return link;
  }

  /** @param {Api.Event} told */
  function photos(told) {
    const strip = element("div", "photos");
    for (const { number } of told.photos) {
      if (!cockpit.may("steward")) {
        strip.append(element("span", "second", say("照片{steward}", { steward: cockpit.whyNot("steward") })));
        break;
      }
      const link = element("a");
      link.href = path(`/photos/${number}`);
      const image = element("img");
      image.src = link.href;
      image.alt = say("照片 {number}", { number });
      image.loading = "lazy";
      link.append(image);
      strip.append(link);
    }
    return strip;
  }

  /** @param {Api.Event} told */
  function timeline(told) {
    const list = element("ol", "timeline");
    for (const step of [...told.transitions].reverse()) {
      const row = element("li");
      const who = step.actor.includes(":") ? step.actor.split(":").slice(1).join(":") : { user: say("工作人员"), token: say("其他系统") }[step.actor] || step.actor;
      row.append(element("strong", "", step.name), element("span", "who", who), element("time", "", cockpit.time.full(Date.parse(step.at))));
      const late = step.ts && Date.parse(step.at) - Date.parse(step.ts) > LATE_MS;
      const made = late ? say("{time} 在手机上办的，联网后送到", { time: cockpit.time.full(Date.parse(step.ts ?? "")) }) : "";
      const more = [step.note, made, life.states[step.to].given_out && step.assignee ? say("派给 {assignee}", { assignee: step.assignee }) : "", step.merged_into ? say("并入 {mergedInto}", { mergedInto: step.merged_into }) : ""];
      const said = more.filter(Boolean).join(say("；"));
      if (said) row.append(element("p", "", said));
      list.append(row);
    }
    return list;
  }

  /** @param {Api.Event} told @param {string[]} kept */
  function next(told, kept) {
    const box = element("section", "panel event-next");
    const outcome = element("span", kept[1], kept[0]);
    outcome.dataset.outcome = "";
    outcome.setAttribute("role", "status");
    box.append(element("h2", "", say("下一步")));
    if (cockpit.at !== null) {
      box.append(element("p", "second", cockpit.notThen()), outcome);
      return box;
    }
    const isMine = closedBy(told) === `user:${(cockpit.me || {}).name}`;
    const me = (cockpit.me || {}).name;
    /** @param {string} code */
    const isOthers = (code) => code === "in_hand" && told.assignee && told.assignee !== me && !cockpit.may("manager");
    const steps = Object.entries(life.states[told.state].to)
      .filter(([code, role]) => cockpit.may(role) && !(code === "rated" && isMine) && !isOthers(code)).map(([code]) => [code, life.states[code].verb]);
    const acts = Object.entries(life.actions).filter(([, one]) => one.in.includes(told.state) && cockpit.may(one.role)).map(([code, one]) => [code, one.verb]);
    if (!steps.length && !acts.length) {
      const back = undoButton();
      const why = isMine ? say("结案的人不评价；请上报人或他人评价") : say("这一步不由您办理");
      box.append(element("p", "second", cockpit.whyNot("steward") || why), outcome);
      if (back) box.append(back);
      return box;
    }
    const note = enterable(element("textarea"), "note");
    note.placeholder = say("说明（办理情况、原因……）");
    note.maxLength = 2000;
    note.setAttribute("aria-label", say("说明"));
    box.append(note);
    if (steps.length === 0 && isOthers("in_hand")) box.append(element("p", "second", say("这件事已派给{assignee}", { assignee: told.assignee })));
    const codes = steps.map(([code]) => code);
    /** @param {string} code */
    const given = (code) => code === "assigned" || life.states[code]?.given_out;
    const to = cockpit.may("manager") && [...steps, ...acts].some(([code]) => given(code)) ? assignee(told) : null;
    if (to) box.append(to);
    const rating = codes.includes("rated") ? stars() : null;
    if (rating) box.append(rating);
    const buttons = element("div", "buttons");
    for (const [code, name] of [...steps, ...acts]) {
      const button = element("button", AHEAD.includes(code) ? "ahead" : "", name);
      button.type = "button";
      button.title = effect(code, told);
      button.addEventListener("click", () => take(button, {
        to: code, note: note.value.trim(), seq: told.seq,
        ...(to && to.value() && given(code) ? { assignee: to.value() } : {}),
        ...(rating && code === "rated" ? { rating: Number(cockpit.need("select", rating).value) } : {}),
      }));
      buttons.append(button);
    }
    box.append(buttons, photoField(), outcome);
    const back = undoButton();
    if (back) box.append(back);
    return box;
  }

  /** @param {Api.Event} told */
  const closedBy = (told) => (told.state === "closed" ? told.transitions.findLast((one) => one.to === "closed" && !one.action)?.actor : null);

  /** @param {Api.Event} told */
  function assignee(told) {
    const label = element("label", "", say("派给 "));
    const choice = enterable(element("select"), "assignee");
    choice.append(new Option(told.grid ? say("网格的网格员") : say("请指定人员"), ""));
    for (const one of people.filter(({ account }) => account)) choice.append(new Option(say("{name}（在办 {load}）", { name: one.name, load: one.load }), one.name, false, one.name === told.assignee));
    label.append(choice);
    return Object.assign(label, { value: () => choice.value });
  }

  function stars() {
    const label = element("label", "", say("评分 "));
    const choice = enterable(element("select"), "rating");
    choice.append(new Option(say("请评分"), ""));
    for (let points = 5; points >= 1; points -= 1) choice.append(new Option("★".repeat(points), String(points)));
    label.append(choice);
    return label;
  }

  function photoField() {
    const label = element("label", "photo-field", say("＋ 添加照片"));
    const field = element("input");
    field.type = "file";
    field.accept = "image/*";
    field.multiple = true;
    field.addEventListener("change", () => addPhotos(field));
    label.append(field);
    return label;
  }

  /* Photos go by the phone's outbox: what is refused or has no line stays there, with its reason. */
  /** @param {HTMLInputElement} field */
  async function addPhotos(field) {
    const files = [...(field.files ?? [])];
    field.value = "";
    /** @param {boolean} ok @param {string} text */
    const said = (ok, text) => cockpit.sayOutcome(cockpit.need("[data-outcome]"), ok, text);
    /** @type {PhotoBytes[]} */
    const made = [];
    for (const file of files) {
      try {
        made.push(await cockpit.photos.prepare(file));
      } catch (error) {
        said(false, error.message);
      }
    }
    if (!made.length) return;
    const id = await cockpit.outbox.addPhotos(place.dataset.eventPage ?? "", shown.properties.title, made);
    await cockpit.outbox.flush();
    const sent = (await cockpit.outboxStore.reports()).find((one) => one.id === id);
    await load();
    if (!sent || sent.state === "sent") said(true, say("照片已存"));
    else said(false, say("照片还没有发出，留在「上报」页里：{what}", { what: sent.reason ? sent.reason.text : say("等待发送") }));
  }

  /** @param {string} id */
  function duplicate(id) {
    const row = element("p", "duplicate", say("◆ 附近刚有同类上报："));
    const link = element("a", "", id);
    link.href = cockpit.link(`/events/${id}`);
    row.append(link);
    if ("void" in life.states[shown.properties.state].to && cockpit.may("manager")) {
      const button = element("button", "", say("并入它"));
      button.type = "button";
      button.addEventListener("click", () => take(button, { to: "void", seq: shown.properties.seq, merged_into: id }));
      row.append(" ", button);
    }
    return row;
  }

  /** @param {HTMLButtonElement} button @param {Api.EventStep} step */
  async function take(button, step) {
    /** @param {string} word */
    const lacks = (word) => cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, word);
    if (step.to === "rated" && !step.rating) return lacks(say("请先评分"));
    // From there no step leads back.
    if (["void", "declined"].includes(step.to) && !step.note && !step.merged_into) return lacks(say("请先在说明里写明原因：此步不能撤回"));
    button.disabled = true;
    cockpit.setText(cockpit.find("[data-outcome]"), "");
    const answer = await cockpit.post(path("/transitions"), step);
    if (answer.ok) shown = answer.body;
    else if (answer.status === 409) await load();
    if (answer.ok) undoable = { seq: shown.properties.seq, until: cockpit.now() + UNDO_MS };
    const field = place.querySelector("textarea");
    // What was written meanwhile is for the next step.
    draw(answer.ok && (!field || field.value.trim() === (step.note || "")));
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? say("已办理") : answer.body.detail);
  }

  /* One's own step can be taken back for a minute. */
  function undoButton() {
    if (!undoable || undoable.seq !== shown.properties.seq || cockpit.now() >= undoable.until) return null;
    const button = element("button", "quiet undo", say("撤回刚才这一步（一分钟内）"));
    button.type = "button";
    const { until } = undoable;
    setTimeout(() => button.remove(), until - cockpit.now());
    button.addEventListener("click", async () => {
      button.disabled = true;
      const answer = await cockpit.post(path("/undo"), { seq: shown.properties.seq });
      undoable = null;
      if (answer.ok) shown = answer.body;
      draw();
      cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? say("已撤回，恢复为「{state}」", { state: shown.properties.state_name }) : answer.body.detail);
    });
    return button;
  }

  /* What a step does, before somebody takes it. */
  /** @param {string} code @param {Api.Event} told */
  function effect(code, told) {
    if (code === "assigned") return say("把此事件改派给所选的人；对方会收到通知");
    if (code === "escalated") return say("交到上一层级；状态不变");
    if (code === "fed_back") return say("交回下一层级；状态不变");
    const to = life.states[code].name;
    const more = { dispatched: say("；接办的人会收到通知"), void: say("；不再计入统计，不能恢复"), declined: say("；不再办理"), suspended: say("；时限暂停") }[code] ?? "";
    return say("由「{from}」转为「{to}」{more}", { from: told.state_name, to, more });
  }

  /* Who an event can be given to, with what each has in hand. */
  async function loadPeople() {
    if (!cockpit.canDo("manager")) return;
    try {
      people = (await cockpit.ask("assignees", {})).assignees;
    } catch (error) {
      people = [];   // the grid's own steward can still be chosen
    }
  }

  cockpit.pages.event = {
    async start() {
      place = cockpit.need("[data-event-page]");
      life = JSON.parse(cockpit.root.dataset.life);
      await cockpit.whoAmI();
      await loadPeople();
      await load();
    },
    /** @param {Live.Changed} changed */
    render(changed) {
      const one = changed && changed.grid_events && changed.grid_events[place?.dataset.eventPage ?? ""];
      if (!one || !shown || one.seq <= shown.properties.seq) return;
      // What somebody else did shows at once, unless a note is being written just now: then it is said beside it.
      const note = cockpit.find("textarea");
      if (!note || document.activeElement !== note || !note.value) return load();
      cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, say("此事件刚有新的办理"));
      note.addEventListener("blur", () => load(), { once: true });
    },
  };
})();
