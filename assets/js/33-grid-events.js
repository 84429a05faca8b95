/* Grid events: how many are open, the gravest as a list, each on the map by its severity. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const TALLY = "*";
  const LEVEL = { minor: 1, major: 2, critical: 3 };
  const LISTED = 30;
  const observed = new WeakSet();
  /** @type {WeakMap<HTMLElement, number[]>} */
  const levels = new WeakMap();   // of a list: those of all that are open
  /** @type {Set<string> | null} */
  let known = null;   // ids that were seen; a new one pulses

  const records = () => Object.entries(cockpit.state.grid_events || {}).filter(([id]) => id !== TALLY).map(([, one]) => /** @type {Live.GridEvent} */ (one));
  /* Every event's record, without the tally. */
  cockpit.gridEvents = records;
  /* By the one rule of what matters (docs/brief.md), what really happened before what is replayed, then the newest: no
     list pushes one out for another that matters less. */
  const open = () => records().filter((one) => one.open).sort((a, b) =>
    rank(a) - rank(b) || Number(Boolean(a.source)) - Number(Boolean(b.source)) || b.occurred - a.occurred || (a.id < b.id ? -1 : 1));
  /** @param {Live.GridEvent} one */
  const rank = ({ ranks: [inTime, late], due }) => (due && due <= cockpit.now() ? late : inTime);

  /** @param {Record<string, Live.GridEvent> | null | undefined} changed */
  function render(changed) {
    const tally = cockpit.state.grid_events?.[TALLY];
    if (tally) {
      for (const severity of /** @type {Live.Severity[]} */ (Object.keys(LEVEL))) {
        cockpit.setFigure(`grid_events.*.${severity}`, cockpit.number(tally.by_severity[severity]));
      }
      cockpit.setFigure("grid_events.*.closed_today", cockpit.number(tally.closed_today));
      cockpit.setFigure("grid_events.*.unassigned", cockpit.number(tally.unassigned));
      for (const count of cockpit.findAll(".count.unassigned")) count.classList.toggle("is-late", tally.given_to_nobody > 0);
      overdue();
    }
    const events = open();
    list(events);
    points(events);
    const newest = events.map((one) => one.received);
    cockpit.setPanel("grid_events", {
      waiting: !tally || (tally.open === 0 && tally.closed_today === 0),
      sources: sources(events),
      own: say("上报¦来源"),
      ts: newest.length ? Math.max(...newest) : null,
    });
    if (changed === null) known = new Set(events.map((one) => one.id));
    else if (changed) announce(events);
  }

  /* How many are late: those that were when the counts were made, and those whose time has come since. */
  function overdue() {
    const tally = cockpit.state.grid_events?.[TALLY];
    if (!tally) return;
    const late = tally.overdue + tally.due_soon.filter((ms) => ms <= cockpit.now()).length;
    cockpit.setFigure("grid_events.*.overdue", cockpit.number(late));
    for (const count of cockpit.findAll(".count.overdue")) count.classList.toggle("is-late", late > 0);
    list(open());   // what has grown late goes up
    for (const target of cockpit.findAll('[data-list="grid_events"]')) markLate(target);
  }

  /* A row that has grown late says so and is wider for it: what fits is counted anew. */
  /** @param {HTMLElement} target */
  function markLate(target) {
    let isChanged = false;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (target.querySelectorAll("[data-due]"))) {
      const isLate = Number(row.dataset.due) <= cockpit.now();
      isChanged = isChanged || row.classList.contains("is-late") !== isLate;
      row.classList.toggle("is-late", isLate);
    }
    if (isChanged) whole(target);
  }

  /** @param {Live.GridEvent[]} events */
  function announce(events) {
    for (const one of events) {
      if (known && !known.has(one.id)) {
        known.add(one.id);
        if (!cockpit.isNews(one)) continue;
        cockpit.map.pulse("events", one.id);
        cockpit.news(say("新的网格事件：{title}", { title: one.title }));
      }
    }
  }

  /** @param {Live.GridEvent[]} events */
  const sources = (events) => cockpit.allSources(events.map((one) => ({ sources: [one.source || null] })));

  /** @param {Live.GridEvent[]} events */
  function points(events) {
    const placed = events.filter((one) => one.lon !== null && one.lat !== null);
    /** @type {Maps.Feature[]} */
    const features = placed.map((one) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [Number(one.lon), Number(one.lat)] },
      properties: { id: one.id, severity: one.severity },
    }));
    cockpit.map.setFeatures("events", features);
    cockpit.legendShows("grid_events", new Set(placed.map((one) => `event-${["", "low", "middle", "high"][LEVEL[one.severity]]}`)));
  }

  /** @param {Live.GridEvent[]} events */
  function list(events) {
    for (const target of cockpit.findAll('[data-list="grid_events"]')) {
      const rows = events.slice(0, LISTED);
      const isMixed = sources(events).length > 1;
      const text = JSON.stringify([isMixed, events.length, rows.map((one) => [one.id, one.state, one.severity, one.due])]);
      if (target.dataset.shown === text) continue;
      target.dataset.shown = text;
      target.replaceChildren(...rows.map((one) => item(one, isMixed)), cockpit.element("li", "event-more"));
      levels.set(target, events.map((one) => LEVEL[one.severity]));
      markLate(target);
      whole(target);
      if (!observed.has(target)) {
        observed.add(target);
        new ResizeObserver(() => whole(target)).observe(target);
      }
    }
  }

  /* Show only as many as are whole, half a line at the foot says nothing; and say how many more there are. */
  /** @param {HTMLElement} target */
  function whole(target) {
    const rows = [...target.querySelectorAll(".event")];
    const more = cockpit.need(".event-more", target);
    const room = target.getBoundingClientRect().bottom + 1;
    /** @param {HTMLElement} row */
    const fits = (row) => row.getBoundingClientRect().bottom <= room;
    for (const row of rows) row.hidden = false;
    more.hidden = true;
    const isCut = cockpit.root.dataset.page === "wall" && getComputedStyle(target).overflow === "hidden";
    let shown = rows.filter((row) => row.offsetParent && (!isCut || fits(row))).length;
    rows.forEach((row, place) => (row.hidden = place >= shown));
    if (shown === (levels.get(target) || []).length) return;
    more.hidden = false;
    while (true) {
      const left = (levels.get(target) || []).slice(shown);
      const high = left.filter((level) => level === LEVEL.critical).length;
      more.textContent = say("另有 {n} 件", { n: left.length }) + (high ? say(" · ▲高 {high} 件", { high }) : "");
      if (!isCut || shown < 2 || fits(more)) break;
      rows[(shown -= 1)].hidden = true;
    }
    more.hidden = isCut && !fits(more);
  }

  /* An event's line; a replayed one beside others says so. */
  /** @param {Live.GridEvent} one @param {boolean} isMixed */
  function item(one, isMixed) {
    const level = LEVEL[one.severity];
    const row = cockpit.element("li", `event level-${level}`);
    row.dataset.event = one.id;
    if (one.due) row.dataset.due = String(one.due);
    const mark = cockpit.element("span", `symbol tone-${["", "low", "middle", "high"][level]}`, cockpit.MARKS[level]);
    const words = cockpit.element("span", "severity", cockpit.LEVEL_WORDS[level]);
    const isOnWall = cockpit.root.dataset.page === "wall";
    const title = cockpit.element(isOnWall ? "span" : "a", "title", one.title);
    if (title instanceof HTMLAnchorElement) title.href = cockpit.link("/events/" + one.id);
    const where = [isMixed ? cockpit.unreal(one.source, one.title) : "", one.place, one.category, one.state_name].filter(Boolean).join(" · ");
    const detail = cockpit.element("span", "detail", where);
    const time = cockpit.element("time", "when", cockpit.time[isOnWall ? "brief" : "short"](one.occurred));
    row.append(mark, words, title, time, detail);
    return row;
  }

  cockpit.layers.grid_events = {
    render,
    tick: overdue,
    mapReady: () => points(open()),
  };
})();
