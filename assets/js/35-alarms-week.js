/* The alarms of the last seven days, a line for each: on walls that have the room. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { alarms, element, say } = cockpit;
  const DAYS = 7;
  const HOUR_MS = 3600000;
  const DAY_MS = 24 * HOUR_MS;
  const MOST = 1000;                // alarms of one question: more are said to be more
  const EVERY_MS = 10 * 60000;
  const AFTER_MS = 30000;           // after an alarm came or went
  let due = 0;                      // when to ask again

  /** @param {number} ms */
  const midnight = (ms) => ms - ((ms + cockpit.time.EAST_MS) % DAY_MS);

  async function load() {
    const place = cockpit.find("[data-alarm-week]");
    if (!place || !place.checkVisibility() || !alarms.words() || cockpit.now() < due) return;
    due = Math.min(cockpit.now() + EVERY_MS, midnight(cockpit.now()) + DAY_MS);
    const first = midnight(cockpit.now()) - (DAYS - 1) * DAY_MS;
    try {
      const from = new Date(first).toISOString();
      const [answer, figures] = await Promise.all([cockpit.ask("alarms", { from, limit: MOST }), cockpit.ask("alarms/figures", { from })]);
      const unwatched = new Set(figures.days.filter((/** @type {{count: number | null}} */ { count }) => count === null).map((/** @type {{day: string}} */ { day }) => day));
      place.replaceChildren(...rows(answer.alarms, first, answer.next_cursor !== null, unwatched));
    } catch (error) {
      place.replaceChildren();      // who may not read them sees nothing in their place
    }
  }

  /* A day on which no rule watched anything has no number: nought would say that all was well. */
  /** @param {Api.Alarm[]} told @param {number} first @param {boolean} hasMore @param {Set<string>} unwatched @returns {Node[]} */
  function rows(told, first, hasMore, unwatched) {
    const days = Array.from({ length: DAYS }, (_, day) => told.filter((one) => Math.floor((Date.parse(one.raised) - first) / DAY_MS) === day));
    const most = Math.max(1, ...days.map((of) => of.length));
    const lines = days.map((of, day) => {
      const row = element("li", of.length ? "day" : "day is-none");
      const track = element("span", "track");
      const fill = element("span", "fill");
      fill.style.width = `${(100 * of.length) / most}%`;
      track.append(fill);
      const marks = alarms.priorities().map((code) => [code, of.filter((one) => one.priority === code).length]).filter(([, n]) => n)
        .map(([code, n]) => { const { symbol, tone } = alarms.look(/** @type {Live.Priority} */ (code)); return element("span", `symbol tone-${tone}`, `${symbol} ${n}`); });
      const which = element("span", "marks");
      which.append(...marks);
      const isUnknown = !of.length && unwatched.has(cockpit.time.local(first + day * DAY_MS).slice(0, 10));
      if (isUnknown) which.append(element("span", "second", say("无规则监视")));
      row.append(element("span", "when", cockpit.time.day(first + day * DAY_MS)), track, which, element("span", "value", isUnknown ? "—" : cockpit.number(of.length)));
      return row;
    }).reverse();
    const list = element("ol", "days");
    list.append(...lines);
    const head = hasMore ? say("近 7 天告警 · 只数最近 {most} 条", { most: cockpit.number(MOST) }) : say("近 7 天告警");
    return [element("h3", "", head), list];
  }

  cockpit.layers["alarms-week"] = {
    render(changed) {
      if (changed === null) due = 0;
      else if (changed.alarms) due = Math.min(due, cockpit.now() + AFTER_MS);
      load();
    },
    tick: load,
  };
})();
