/* Alarms: a banner on the wall for what nobody has acknowledged, their places on the map, the panel's list. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const alarms = (cockpit.alarms = /** @type {AlarmsScript} */ ({}));
  const TALLY = "*";
  const LISTED = 30;
  const PULSES = 3;
  const PULSING = 10;   // rings at once, the loudest
  const PULSE_MS = 1400;
  const EDGE = 0.22;    // of the ground's width
  /** @type {Live.Priority[]} */
  const LOUDEST = (alarms.LOUDEST = ["critical", "high"]);
  const observed = new WeakSet();
  /** @type {AlarmWords | null} */
  let words = null;
  let isListening = false;
  /** @type {Map<string, number> | null} */
  let known = null;        // alarms that sound, id -> when they began to; a new one pulses
  /** @type {Set<string>} */
  let named = new Set();   // all that were told, whether they sound or not

  /* --- words, for the pages of the alarms too --- */

  /* look.toml and life.toml. */
  alarms.words = function () {
    const told = cockpit.find("[data-alarm-words]");
    if (!words && told) words = cockpit.own(JSON.parse(told.dataset.alarmWords));
    return /** @type {AlarmWords} */ (words);
  };

  alarms.look = (priority) => alarms.words().priorities[priority];
  alarms.priorities = () => /** @type {Live.Priority[]} */ (Object.keys(alarms.words().priorities));
  alarms.rank = (one) => alarms.priorities().indexOf(one.priority);
  alarms.tally = () => cockpit.state.alarms?.[TALLY] || null;

  /* The shape and the word of a priority. */
  alarms.mark = function (priority, className = "symbol") {
    const { symbol, tone, name } = alarms.look(priority);
    const made = element("span", `${className} tone-${tone}`, `${symbol} ${name}`);
    made.dataset.priority = priority;
    return made;
  };

  /* A figure of an alarm with its unit: what was said, or the limit. */
  alarms.figure = function (metric, value) {
    if (value === null || value === undefined) return "";
    const derived = alarms.words().derived[metric ?? ""];
    if (derived && derived.values) return (derived.values[value] || { name: cockpit.number(value) }).name;
    if (derived) return [cockpit.number(value, derived.precision), derived.label].filter(Boolean).join("\u202f");
    const known = cockpit.metrics[metric ?? ""];
    if (metric && known && known.kind === "bool") return cockpit.reading(metric, value !== 0);
    if (metric && known && !Number.isInteger(value)) return cockpit.reading(metric, Math.round(value * 1000) / 1000);
    return metric ? cockpit.reading(metric, value) : `${cockpit.number(value)}\u202fs`;
  };

  alarms.metricName = function (metric) {
    const named = alarms.words().derived[metric ?? ""] || cockpit.metrics[metric ?? ""];
    return named ? named.name : metric || cockpit.say("无数据");
  };

  /* Whether its value is said by a word: of such a one the limit says nothing. */
  alarms.isWord = (one) => Boolean((cockpit.metrics[one.metric ?? ""] || {}).kind === "bool" || alarms.words().derived[one.metric ?? ""]?.values);

  /* The value as it was when it was raised, which is long ago by the time that somebody reads it. */
  alarms.valueSaid = function (one) {
    const value = alarms.figure(one.metric, one.value);
    // What is said of silence names its own time.
    const then = one.said && one.metric ? cockpit.say("当时 {said}", { said: one.said }) : one.said;
    const name = alarms.metricName(one.metric);
    const own = value && (then || alarms.isWord(one) ? `${name} ${value}` : cockpit.say("{name} 触发时 {value}", { name, value }));
    return [own, then].filter(Boolean).join(" · ");
  };

  alarms.limitSaid = function (one) {
    const limit = alarms.isWord(one) ? "" : alarms.figure(one.metric, one.threshold);
    return limit && cockpit.say("限值 {limit}", { limit });
  };

  /* Value and limit. */
  alarms.said = (one) => [alarms.valueSaid(one), alarms.limitSaid(one)].filter(Boolean).join(" · ");

  /* What it is about: a device by its name, a site, or the system. */
  alarms.subject = function (one) {
    const device = one.device && cockpit.state.devices?.[one.device];
    if (device) return device.name;
    if (one.kind === "system") return cockpit.say("本系统");
    return one.kind === "site" ? one.site || one.subject : one.device || one.subject;
  };

  /* What a code stands for, as people call it: a device, a site or an area. */
  alarms.called = function (code) {
    const { devices = {}, visitors = {}, areas = {} } = cockpit.state;
    return (devices[code] ?? visitors[code] ?? areas[code])?.name ?? code;
  };

  /* Where, as far as it is known: building, storey and room, site or area (geo/whereabouts.py). */
  alarms.where = (one) => one.place || "";

  /* --- what is open --- */

  alarms.open = () => Object.entries(cockpit.state.alarms || {}).filter(([id]) => id !== TALLY).map(([, one]) => /** @type {Live.Alarm} */ (one));
  /** @param {Live.Alarm} a @param {Live.Alarm} b */
  const loudness = (a, b) => alarms.rank(a) - alarms.rank(b) || Number(Boolean(a.source)) - Number(Boolean(b.source)) || b.raised - a.raised;
  alarms.sounding = () => alarms.open().filter((one) => one.sounds).sort(loudness);
  /* What is loud and nobody has seen. */
  alarms.unseen = () => (alarms.words() ? alarms.sounding() : []).filter((one) => one.state === "unacknowledged" && LOUDEST.includes(one.priority));

  /* How many sound, of a priority or of all. */
  /** @param {Live.Sounding} sounding @param {Live.Priority} priority */
  const count = (alarms.count = (sounding, priority) => sounding[priority] || 0);
  /** @param {Live.Sounding} sounding */
  const total = (alarms.total = (sounding) => Object.values(sounding).reduce((sum, one) => sum + one, 0));

  /** @param {Record<string, Live.Alarm> | null | undefined} changed */
  function render(changed) {
    listen();
    const tally = alarms.tally();
    if (!tally || !alarms.words()) return nav(tally);
    const sounding = alarms.sounding();
    figures(tally);
    list(sounding, tally);
    points(sounding);
    banner(sounding, tally);
    nav(tally);
    pulse(sounding, changed === null && known === null);
    cockpit.setPanel("alarms", {
      waiting: tally.open === 0,
      sources: cockpit.allSources(sounding.map((one) => ({ sources: [one.source || null] }))),
      ts: sounding.length ? Math.max(...sounding.map((one) => one.received)) : null,
    });
  }

  /* An alarm may come before its device's name does. */
  function listen() {
    if (isListening) return;
    isListening = true;
    cockpit.root.addEventListener("devices-named", ({ detail: ids }) => {
      if (alarms.open().some((one) => ids.has(one.device ?? ""))) render({});
      if (alarms.renamed) alarms.renamed(ids);
    });
  }

  /** @param {Live.AlarmTally} given */
  function figures({ sounding, by_state: states }) {
    for (const priority of alarms.priorities()) {
      cockpit.setFigure(`alarms.*.${priority}`, cockpit.number(count(sounding, priority)));
      for (const one of cockpit.findAll(`[data-panel="alarms"] [data-priority="${priority}"]`)) {
        one.classList.toggle("is-none", count(sounding, priority) === 0);
      }
    }
    cockpit.setFigure("alarms.*.acknowledged", cockpit.number(states.acknowledged));
    cockpit.setFigure("alarms.*.put_aside", cockpit.number(states.shelved + states.out_of_service + states.suppressed));
  }

  /* On the way about, how many nobody has acknowledged. */
  /** @param {Live.AlarmTally | null} tally */
  function nav(tally) {
    const link = cockpit.find('nav.pages a[href^="/alarms?"], nav.pages a[href="/alarms"]');
    if (!link || !tally) return;
    const many = total(tally.sounding);
    const loud = LOUDEST.some((priority) => count(tally.sounding, priority));
    cockpit.setText(link, many ? cockpit.say("告警 {what}{many}", { what: loud ? "▲" : "", many }) : cockpit.say("告警"));
    link.classList.toggle("is-loud", loud);
  }

  /* --- the panel --- */

  /** @param {Live.Alarm[]} sounding @param {Live.AlarmTally} tally */
  function list(sounding, tally) {
    for (const target of cockpit.findAll('[data-list="alarms"]')) {
      const rows = sounding.slice(0, LISTED);
      const text = JSON.stringify([total(tally.sounding), rows.map((one) => [one.id, one.state, one.raised, alarms.subject(one)])]);
      if (target.dataset.shown === text) continue;
      target.dataset.shown = text;
      target.replaceChildren(...rows.map(item), element("li", "event-more"));
      target.dataset.total = String(total(tally.sounding));
      whole(target);
      if (observed.has(target)) continue;
      observed.add(target);
      new ResizeObserver(() => whole(target)).observe(target);
    }
  }

  /** @param {Live.Alarm} one */
  function item(one) {
    const row = element("li", "event alarm");
    row.dataset.alarm = one.id;
    const { symbol, tone, name } = alarms.look(one.priority);
    const isOnWall = cockpit.root.dataset.page === "wall";
    const title = element(isOnWall ? "span" : "a", "title", one.name);
    if (title instanceof HTMLAnchorElement) title.href = alarms.link(one.id);
    row.append(
      element("span", `symbol tone-${tone}`, symbol), element("span", "severity", name), title,
      element("time", "when", cockpit.time[isOnWall ? "brief" : "short"](one.raised)),
      // What it is about first, and whole; that nobody acknowledged it is what the list is about.
      element("span", "detail", [alarms.subject(one), cockpit.unreal(one.source, alarms.subject(one)), alarms.where(one), alarms.said(one), one.state === "unacknowledged" ? "" : one.state_name].filter(Boolean).join(" · ")),
    );
    return row;
  }

  alarms.link = (id) => cockpit.link(`/alarms?community=${cockpit.root.dataset.community}&alarm=${id}`);

  /* Only rows that are whole, and how many more there are. */
  /** @param {HTMLElement} target */
  function whole(target) {
    const rows = [...target.querySelectorAll(".alarm")];
    const more = cockpit.need(".event-more", target);
    const isCut = getComputedStyle(target).overflow === "hidden";
    for (const row of rows) row.hidden = false;
    more.hidden = false;
    let shown = rows.length;
    const say = () => {
      const left = Number(target.dataset.total) - shown;
      more.hidden = left <= 0;
      cockpit.setText(more, cockpit.say("另有 {left} 条", { left }));
    };
    say();
    const isOver = () => {
      const last = more.hidden ? rows[shown - 1] : more;
      return last && last.getBoundingClientRect().bottom > target.getBoundingClientRect().bottom + 1;
    };
    while (isCut && shown > 1 && isOver()) {
      rows[(shown -= 1)].hidden = true;
      say();
    }
    if (isCut && !more.hidden && isOver()) more.hidden = true;
  }

  /* --- the map --- */

  /** @param {Live.Alarm[]} sounding */
  function points(sounding) {
    const quiet = alarms.open().filter((one) => one.state === "acknowledged" && one.active);
    /** @type {Maps.Feature[]} */
    const features = [...quiet, ...sounding.slice().reverse()].filter((one) => one.lon !== null).map((one) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [Number(one.lon), Number(one.lat)] },
      properties: one.sounds ? sounds(one) : { id: one.id, priority: "acknowledged", sign: "", rank: -9, order: 9 },
    }));
    cockpit.map.setFeatures("alarms", features);
    cockpit.legendShows("alarms", new Set(features.map(({ properties }) => `alarm-${properties.priority}`)));
  }

  /* The loudest is drawn last, over the others; its word is laid out first. */
  /** @param {Live.Alarm} one */
  function sounds(one) {
    const { symbol, name } = alarms.look(one.priority);
    return { id: one.id, priority: one.priority, sign: [`${symbol} ${name}`, one.state === "returned" ? cockpit.say("已恢复") : ""].filter(Boolean).join(" · "), rank: -alarms.rank(one), order: alarms.rank(one), edge: edge([Number(one.lon), Number(one.lat)]) };
  }

  /* Near which end of the ground it stands, where a word has room on the other side only. */
  /** @param {Maps.Position} at */
  function edge(at) {
    const turn = (cockpit.map.camera().bearing * Math.PI) / 180;
    const narrow = Math.cos((at[1] * Math.PI) / 180);   // of a degree of longitude
    /** @param {Maps.Position} place */
    const across = ([lon, lat]) => lon * narrow * Math.cos(turn) - lat * Math.sin(turn);
    const ends = cockpit.map.outline().map(across);
    const [west, east] = [Math.min(...ends), Math.max(...ends)];
    const share = (across(at) - west) / (east - west);
    return share < EDGE ? "west" : share > 1 - EDGE ? "east" : "";
  }

  /* A new ring widens a few times, then stands still. */
  /** @param {Live.Alarm[]} sounding @param {boolean} isFirst */
  function pulse(sounding, isFirst) {
    const before = known || new Map();
    const there = named;
    named = new Set(alarms.open().map((one) => one.id));
    known = new Map(sounding.map((one) => [one.id, one.raised]));
    if (isFirst) return;
    const fresh = sounding.filter((one) => one.state === "unacknowledged" && before.get(one.id) !== one.raised && (there.has(one.id) || cockpit.isNews(one))).slice(0, PULSING);
    for (const one of fresh) cockpit.news(cockpit.say("新的告警：{priority} {name} {what}", { priority: alarms.look(one.priority).name, name: one.name, what: alarms.subject(one) }));
    for (const { id } of fresh) {
      for (let turn = 0; turn < PULSES; turn += 1) setTimeout(() => cockpit.map.pulse("alarms", id), turn * PULSE_MS);
    }
  }

  /* --- the banner --- */

  /* The flood in words, with the alarm that came first: often the cause of the others. */
  alarms.floodWords = function ({ count: many, first_name: name, first_subject: subject }) {
    return cockpit.say("告警泛滥 {many} 条 · 首出：{name} · {what}", { many, name, what: alarms.called(subject) });
  };

  /** @param {Live.Alarm[]} sounding @param {Live.AlarmTally} tally */
  function banner(sounding, tally) {
    const frame = cockpit.root.dataset.page === "wall" && cockpit.find(".map-frame");
    if (!frame) return;
    let place = frame.querySelector(".alarm-banner");
    if (!place) {
      place = element("section", "alarm-banner");
      place.setAttribute("role", "alert");
      place.setAttribute("aria-label", cockpit.say("未确认告警"));
      frame.append(place);
    }
    const many = total(tally.sounding);
    const wasHidden = place.hidden;
    place.hidden = many === 0;
    if (place.hidden !== wasHidden) requestAnimationFrame(cockpit.map.uncover);
    alarms.tone(tally);
    if (place.hidden) {
      place.dataset.shown = "";
      return void place.replaceChildren();
    }
    const shown = JSON.stringify([sounding[0], tally.sounding, tally.flood, sounding[0] && alarms.subject(sounding[0])]);
    if (place.dataset.shown === shown) return;
    place.dataset.shown = shown;
    const [loudest] = sounding;
    place.dataset.tone = loudest ? alarms.look(loudest.priority).tone : "";
    /** @type {HTMLElement[]} */
    const lines = [];
    if (tally.flood) lines.push(element("p", "flood", `▲ ${alarms.floodWords(tally.flood)}`));
    if (loudest) lines.push(...told(loudest));
    if (many > 1) lines.push(others(tally.sounding, loudest));
    place.replaceChildren(...lines);
  }

  /** @param {Live.Alarm} one */
  function told(one) {
    const head = element("p", "loudest");
    head.append(alarms.mark(one.priority), element("strong", "", one.name), element("span", "subject", alarms.subject(one)));
    const since = cockpit.say("自 {raised}", { raised: cockpit.time.short(one.raised) });
    const state = one.state === "unacknowledged" ? "" : one.state_name;
    const detail = [cockpit.unreal(one.source, alarms.subject(one)), alarms.where(one), since, alarms.said(one), state].filter(Boolean).join(" · ");
    return [head, element("p", "detail", detail)];
  }

  /* How many more, by priority. */
  /** @param {Live.Sounding} sounding @param {Live.Alarm | undefined} loudest */
  function others(sounding, loudest) {
    const line = element("p", "others", cockpit.say("另有 {sounding} 条未确认 ", { sounding: total(sounding) - 1 }));
    for (const priority of alarms.priorities()) {
      const left = count(sounding, priority) - (loudest && loudest.priority === priority ? 1 : 0);
      if (left < 1) continue;
      const { symbol, tone: of, name } = alarms.look(priority);
      line.append(element("span", `symbol tone-${of}`, `${symbol}`), ` ${name} ${left} `);
    }
    return line;
  }

  cockpit.layers.alarms = {
    render,
    tick: () => alarms.play(),
    mapReady: () => alarms.tally() && alarms.words() && points(alarms.sounding()),
  };
})();
