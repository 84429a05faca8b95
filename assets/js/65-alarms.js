/* The alarms' page: what is open, a line a cause. Read once; what changes moves by the live channel, and only that is drawn. */
(function () {
  "use strict";

  /** @typedef {{members: KnownAlarm[], first: KnownAlarm, since: number, sounding: number}} Summary */
  /** @typedef {{box: HTMLElement, pick: HTMLElement, line: HTMLButtonElement, list: HTMLElement, rows: Map<string, HTMLElement>}} Parts */
  /** @typedef {{cause: string, ids: Set<string>, isOpen: boolean, rows: number, summary: Summary | null, parts: Parts | null, said?: string}} Group */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const PAGE = 1000;
  const MOST = 10000;
  const GATHER_MS = 200;
  const SILENT_MS = 30000;
  const GROUPS = 60;   // lines at once, and rows of a line that is open
  const ROWS = 50;
  const ASIDE = ["shelved", "suppressed", "out_of_service"];
  const page = (cockpit.pages.alarms = /** @type {PageScript} */ ({}));
  /** @type {Map<string, KnownAlarm>} */
  const open = new Map();      // id -> record
  /** @type {Map<string, Group>} */
  const causes = new Map();    // cause -> {cause, ids, isOpen, rows, summary, parts}
  /** @type {Map<string, Set<string>>} */
  const byDevice = new Map();  // device -> causes of its alarms, those that are over too
  /** @type {Set<string>} */
  const seen = new Set();      // ids that the live channel told
  /** @type {Set<string>} */
  const dirty = new Set();     // causes to be looked at again
  /** @type {Record<string, string>} */
  const filter = { state: "", priority: "", text: "" };
  /** @type {Record<string, string>} */
  const IN_ADDRESS = { state: "state", priority: "priority", text: "q" };
  const SOUNDING = "sounding";
  /** @type {Live.State["alarms"] | null} */
  let layer = null;            // the live layer as it was read last: another one is a new snapshot
  /** @type {number | null} */
  let timer = null;
  let most = GROUPS;
  let isRead = false;
  /** @type {number | null} */
  let flood = null;            // the number of the flood that was read

  page.start = async function () {
    await cockpit.whoAmI();
    const asked = new URL(location.href).searchParams;
    for (const [name, param] of Object.entries(IN_ADDRESS)) filter[name] = asked.get(param) ?? "";
    filter.text = filter.text.trim().toLowerCase();
    search();
    for (const select of /** @type {Iterable<HTMLSelectElement>} */ (cockpit.findAll("[data-filter]"))) {
      select.value = filter[select.dataset.filter ?? ""];
      select.addEventListener("change", () => narrow(select.dataset.filter ?? "", select.value));
    }
    alarms.startViews();
    // A device that falls silent changes nothing: its value of before is then none of now.
    if (cockpit.at === null) setInterval(() => valued(new Set(byDevice.keys())), SILENT_MS);
    const { alarm } = cockpit.root.dataset;
    if (alarm) alarms.choose(alarm, false);
  };

  page.render = function (changed) {
    if (!alarms.words()) return;
    if (changed === null) all();
    else {
      if (changed.alarms) some(changed.alarms);
      if (changed.devices) valued(new Set(Object.keys(changed.devices)));
      if (changed.grid_events) alarms.eventsMoved(Object.keys(changed.grid_events));
    }
  };

  /* --- what is known --- */

  /* Devices said something: of those that a line is about it says the value now; no other line is looked at. */
  /** @param {Set<string>} ids */
  function valued(ids) {
    alarms.valuesMoved(ids);
    for (const id of ids) {
      for (const cause of byDevice.get(id) ?? []) {
        const { summary, said } = causes.get(cause) ?? {};
        if (summary && summary.members.map((one) => alarms.saidNow(one)).join() !== said) dirty.add(cause);
      }
    }
    if (dirty.size) later();
  }

  function all() {
    const told = cockpit.state.alarms || {};
    if (layer !== told) {
      layer = told;
      seen.clear();
      return void read();
    }
    // The same layer, drawn anew: some that were told are gone.
    const gone = [...open.keys()].filter((id) => seen.has(id) && !told[id]);
    gone.forEach(drop);
    some(told);
    alarms.moved(gone);
    alarms.eventsMoved(Object.keys(cockpit.state.grid_events || {}));
  }

  /** @param {Live.Keyed<Live.Alarm | null, Live.AlarmTally>} records */
  function some(records) {
    /** @type {string[]} */
    const moved = [];
    for (const [id, one] of Object.entries(records)) {
      if (id === "*" || one === null) continue;
      seen.add(id);
      if ((open.get(id) || {}).live === one) continue;
      put({ ...open.get(id), .../** @type {Live.Alarm} */ (one), live: /** @type {Live.Alarm} */ (one) });
      moved.push(id);
    }
    if (moved.length) alarms.viewsMoved();
    alarms.moved(moved);
    later();
  }

  /** @param {KnownAlarm} one */
  function put(one) {
    open.set(one.id, one);
    if (!causes.has(one.cause)) causes.set(one.cause, { cause: one.cause, ids: new Set(), isOpen: false, rows: ROWS, summary: null, parts: null });
    causes.get(one.cause)?.ids.add(one.id);
    if (one.device !== null) byDevice.set(one.device, (byDevice.get(one.device) ?? new Set()).add(one.cause));
    dirty.add(one.cause);
  }

  /** @param {string} id */
  function drop(id) {
    const cause = open.get(id)?.cause;
    if (cause === undefined) return;
    open.delete(id);
    causes.get(cause)?.ids.delete(id);
    dirty.add(cause);
    later();
  }

  /* All that are open: the live channel tells the loudest only. */
  async function read() {
    /** @type {Map<string, KnownAlarm>} */
    const found = new Map();
    /** @type {string | null} */
    let cursor = null;
    try {
      do {
        const answer = await cockpit.ask("alarms", { state: "open", limit: PAGE, ...(cursor ? { cursor } : {}) });
        for (const told of answer.alarms) found.set(told.id, alarms.fromApi(told));
        cursor = answer.next_cursor;
      } while (cursor && found.size < MOST);
    } catch (error) {
      return void (isRead || cockpit.refuse(cockpit.need("[data-groups]"), error.message));
    }
    isRead = true;
    for (const [id, one] of found) if (!((open.get(id)?.rev ?? -1) > one.rev)) put({ ...open.get(id), ...one });
    const told = cockpit.state.alarms || {};
    [...open.keys()].filter((id) => !found.has(id) && !told[id]).forEach(drop);
    some(told);
    draw();
  }
  alarms.readAgain = read;
  alarms.listAgain = () => { if (isRead) draw(); };

  /* --- what is shown --- */

  function search() {
    const input = Object.assign(element("input"), { type: "search", maxLength: 80, placeholder: say("规则、设备或片区") });
    input.value = filter.text;
    input.setAttribute("aria-label", say("查找告警"));
    input.addEventListener("input", () => narrow("text", input.value.trim().toLowerCase()));
    cockpit.need("[data-filter-text]").replaceChildren(input);
  }

  /** @param {string} name @param {string} value */
  function narrow(name, value) {
    filter[name] = value;
    const address = new URL(location.href);
    if (value) address.searchParams.set(IN_ADDRESS[name], value);
    else address.searchParams.delete(IN_ADDRESS[name]);
    history.replaceState(history.state, "", address);
    most = GROUPS;
    causes.forEach((_, cause) => dirty.add(cause));
    alarms.clearChosen();
    draw();
  }

  /** @param {KnownAlarm} one */
  function isShown(one) {
    if (ASIDE.includes(one.state)) return false;
    if (filter.state && !(filter.state === SOUNDING ? one.sounds : one.state === filter.state)) return false;
    if (filter.priority && one.priority !== filter.priority) return false;
    if (!filter.text) return true;
    const words = [one.name, one.name_en, alarms.subject(one), one.subject, one.place, one.area, one.site, one.rule, one.id];
    return words.some((word) => word && word.toLowerCase().includes(filter.text));
  }

  /** @param {KnownAlarm} a @param {KnownAlarm} b */
  const loudest = (a, b) => Number(b.sounds === true) - Number(a.sounds === true) || alarms.rank(a) - alarms.rank(b) || b.raised - a.raised;

  function later() {
    timer = timer || setTimeout(draw, GATHER_MS);
  }

  function draw() {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const cause of dirty) {
      const group = causes.get(cause);
      if (group) summarise(group);
    }
    const shown = [...causes.values()].flatMap((group) => (group.summary ? [{ group, first: group.summary.first }] : [])).sort((a, b) => loudest(a.first, b.first)).map(({ group }) => group);
    const place = cockpit.need("[data-groups]");
    const now = shown.slice(0, most);
    for (const group of now) if (!group.parts || dirty.has(group.cause)) drawGroup(group);
    if (dirty.size) alarms.pickedMoved();
    dirty.clear();
    order(place, [...now.flatMap((group) => group.parts?.box ?? []), ...(shown.length > most ? [more(shown.length - most)] : []), ...(shown.length ? [] : [nothing()])]);
    heads(shown.length);
    alarms.counted(shown.reduce((sum, group) => sum + (group.summary?.members.length ?? 0), 0), isRead);
  }

  /* How many alarms are in the list that is shown. */
  alarms.counted = function (total, isKnown) {
    const place = cockpit.need("[data-rows-count]");
    if (isKnown) place.dataset.total = String(total);
    cockpit.setText(place, isKnown ? say("所列 {n} 条", { n: cockpit.number(total) }) : "");
  };

  /* Put these in this order; what stands right is not touched, so that focus and open lines stay. */
  /** @param {HTMLElement} place @param {HTMLElement[]} wanted */
  function order(place, wanted) {
    const kept = new Set(wanted);
    for (const child of [.../** @type {Iterable<HTMLElement>} */ (place.children)]) if (!kept.has(child)) child.remove();
    wanted.forEach((one, index) => place.children[index] === one || place.insertBefore(one, place.children[index] || null));
  }

  const nothing = () => element("p", "second calm", isRead ? (open.size && Object.values(filter).some(Boolean) ? say("没有符合条件的告警") : say("没有未恢复或未确认的告警")) : say("正在读取"));

  /** @param {number} left */
  function more(left) {
    const button = element("button", "quiet", say("另有 {left} 组 · 再显示 {left2} 组", { left, left2: Math.min(left, GROUPS) }));
    button.type = "button";
    button.addEventListener("click", () => { most += GROUPS; draw(); });
    return button;
  }

  /** @param {Group} group */
  function summarise(group) {
    const members = [...group.ids].flatMap((id) => open.get(id) ?? []).filter(isShown).sort(loudest);
    if (!group.ids.size) causes.delete(group.cause);
    group.summary = members.length ? {
      members, first: members[0], since: Math.min(...members.map((one) => one.raised)),
      sounding: members.filter((one) => one.sounds).length,
    } : null;
  }

  /** @param {number} lines */
  function heads(lines) {
    const tally = alarms.tally();
    if (!tally) return;
    // Those that came before it was one became part of it: which ones, the server knows.
    const going = tally.flood ? tally.flood.id : null;
    if (isRead && going !== null && going !== flood) read();
    flood = going;
    const parts = alarms.priorities().filter((code) => alarms.count(tally.sounding, code)).map((code) => `${alarms.look(code).symbol}${alarms.look(code).name} ${alarms.count(tally.sounding, code)}`);
    const sounding = alarms.total(tally.sounding);
    const words = [say("未确认 {sounding} 条{known}", { sounding, known: parts.length ? say("（{known}）", { known: parts.join(say("，")) }) : "" }), say("已确认未恢复 {acknowledged} 条", { acknowledged: tally.by_state.acknowledged }), say("起因 {lines} 组", { lines })];
    cockpit.setText(cockpit.find("[data-summary]"), words.join(" · "));
    alarms.showFlood(tally.flood, tally.flood ? [...open.values()].filter((one) => one.flood === going && one.sounds).length : 0);
  }

  /* --- a line --- */

  /* What alarms of one line have in common, in words. */
  /** @param {Group} given @param {KnownAlarm} first */
  function causeOf({ cause }, first) {
    const at = cause.indexOf(":");
    if (at < 0) return alarms.words().causes.rule.name;
    const device = cockpit.state.devices?.[cause.slice(at + 1)];
    if (cause.startsWith("gateway:")) return say("网关 {what}", { what: device ? device.name : cause.slice(at + 1) });
    if (cause.startsWith("device:")) return device ? device.name : cause.slice(at + 1);
    return (cause.startsWith("site:") ? first.site : first.area) || cause.slice(at + 1);
  }

  /** @param {Group} group */
  function drawGroup(group) {
    if (!group.summary) return;
    group.parts ||= frame(group);
    const { members, first, since, sounding } = group.summary;
    const { box, line, pick, list } = group.parts;
    const isOne = members.length === 1;
    const title = isOne ? `${first.name} · ${alarms.subject(first)}` : `${first.name} · ${causeOf(group, first)}`;
    const states = isOne ? first.state_name : sounding ? say("未确认 {sounding}", { sounding }) : say("均已确认");
    const where = [cockpit.unreal(first.source, title), isOne ? alarms.where(first) : say("{n} 条，最早 {since}", { n: members.length, since: cockpit.time.short(since) }), isOne ? alarms.saidNow(first) : ""];
    group.said = members.map((one) => alarms.saidNow(one)).join();
    box.classList.toggle("is-heard", sounding === 0);
    line.replaceChildren(
      alarms.mark(first.priority), element("strong", "title", title), element("span", "count-of", isOne ? "" : say("{n} 条", { n: members.length })),
      element("time", "when", cockpit.time.short(isOne ? first.raised : since)), element("span", "detail", [...where, states].filter(Boolean).join(" · ")),
    );
    if (isOne) line.removeAttribute("aria-expanded");
    else line.setAttribute("aria-expanded", String(group.isOpen));
    pick.hidden = !alarms.BATCH.some((event) => cockpit.canDo(alarms.words().life.events[event].role ?? "admin") && alarms.possibleOf([group.cause], event).length);
    cockpit.need("input", pick).setAttribute("aria-label", say("选择 {title}", { title }));
    cockpit.need("input", pick).checked = alarms.isPicked(group.cause);
    list.hidden = isOne || !group.isOpen;
    if (!list.hidden) rows(group);
    box.classList.toggle("is-chosen", isOne && first.id === alarms.chosen());
  }

  /** @param {Group} group */
  function frame(group) {
    const box = element("section", "cause");
    box.dataset.cause = group.cause;
    const pick = element("label", "pick");
    const input = Object.assign(element("input"), { type: "checkbox" });
    input.addEventListener("change", () => alarms.pick(group.cause, input.checked));
    pick.append(input);
    const line = element("button", "alarm-line");
    line.type = "button";
    line.addEventListener("click", () => {
      if (group.summary?.members.length === 1) return alarms.choose(group.summary.first.id);
      group.isOpen = !group.isOpen;
      drawGroup(group);
    });
    const list = element("ol", "alarm-rows");
    box.append(pick, line, list);
    return { box, pick, line, list, rows: new Map() };
  }

  /** @param {Group} group */
  function rows(group) {
    if (!group.parts || !group.summary) return;
    const { list, rows: known } = group.parts;
    const shown = group.summary.members.slice(0, group.rows);
    const left = group.summary.members.length - shown.length;
    const wanted = shown.map((one) => row(known, one));
    if (left > 0) wanted.push(moreRows(group, left));
    order(list, wanted);
    for (const id of known.keys()) if (!open.has(id)) known.delete(id);
  }

  /** @param {Map<string, HTMLElement>} known @param {KnownAlarm} one */
  function row(known, one) {
    const text = [one.state_name, alarms.subject(one), alarms.where(one), alarms.saidNow(one), one.raised].join(" ");
    let made = known.get(one.id);
    if (!made) {
      made = element("li");
      const button = element("button", "alarm-line");
      button.type = "button";
      button.addEventListener("click", () => alarms.choose(one.id));
      made.dataset.alarm = one.id;
      made.append(button);
      known.set(one.id, made);
    }
    if (made.dataset.text !== text) {
      made.dataset.text = text;
      made.classList.toggle("is-heard", !one.sounds);
      cockpit.need("button", made).replaceChildren(
        alarms.mark(one.priority), element("span", "title", alarms.subject(one)), element("span", "count-of", ""),
        element("time", "when", cockpit.time.short(one.raised)),
        element("span", "detail", [one.name, alarms.where(one), alarms.saidNow(one), one.state_name].filter(Boolean).join(" · ")),
      );
    }
    return made;
  }

  /** @param {Group} group @param {number} left */
  function moreRows(group, left) {
    const made = element("li");
    const button = element("button", "quiet", say("另有 {left} 条 · 再显示 {left2} 条", { left, left2: Math.min(left, ROWS) }));
    button.type = "button";
    button.addEventListener("click", () => { group.rows += ROWS; drawGroup(group); });
    made.append(button);
    return made;
  }

  /* What may be done with an alarm as it is, but for what depends on whether it is latched. */
  alarms.possible = ({ state, active }) => Object.entries(alarms.words().life.events)
    .filter(([, event]) => event.role && (event.to[state] || (active ? event.active : event.inactive)[state])).map(([code]) => code);

  /* Of these causes, what is shown and can be acknowledged, or shelved. */
  alarms.possibleOf = (picked, event) => [...picked].flatMap((cause) => {
    const { summary } = causes.get(cause) || {};
    return summary ? summary.members.filter((one) => alarms.possible(one).includes(event)).map((one) => one.id) : [];
  });

  /* Devices have another name now, or one at last. */
  alarms.renamed = function (ids) {
    if (cockpit.root.dataset.page !== "alarms") return;   // where no list is, there is nothing to draw anew
    for (const one of open.values()) if (ids.has(one.device ?? "")) dirty.add(one.cause);
    if (dirty.size) later();   // other pages have no list of them
  };

  alarms.openOf = (id) => open.get(id) || null;
  alarms.redrawCauses = function (picked) {
    for (const cause of picked) if (causes.has(cause)) dirty.add(cause);
    later();
  };
})();
