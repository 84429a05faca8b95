/* Which rooms are free on a day, hour by hour; a free hour is booked by a tap. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const HOUR_MS = 3600000;
  const HOURS = Array.from({ length: 14 }, (_, place) => place + 8);   // in which rooms are used
  /** @type {Record<string, [number, number]>} */
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  /** @typedef {{room: string, layer: string, name: string, hours: {from: string, minutes: number}[]}} Use */

  registers.tools.bookings = { name: say("空闲房间"), open };

  function open() {
    const place = registers.dialog(say("空闲房间"));
    const day = element("input");
    Object.assign(day, { type: "date", name: "day", value: cockpit.time.local(cockpit.now()).slice(0, 10), required: true });
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const grid = element("div", "rooms");
    day.addEventListener("change", () => day.value && show(day.value, grid, outcome));
    place.append(cockpit.forms.field(say("日期"), day, () => ({})), outcome, grid);
    show(day.value, grid, outcome);
  }

  /** @param {string} day @param {HTMLElement} place @param {HTMLElement} outcome */
  async function show(day, place, outcome) {
    const begins = Date.parse(`${day}T00:00:00+08:00`);
    place.replaceChildren();   // nobody books an hour of the day before
    try {
      /** @type {{rooms: Use[]}} */
      const { rooms } = await cockpit.ask("bookings/use", { from: new Date(begins).toISOString(), to: new Date(begins + 24 * HOUR_MS).toISOString() });
      const table = element("table", "figures plain");
      const head = element("tr");
      head.append(element("th", "", say("房间")), ...HOURS.map((hour) => element("th", "", String(hour))));
      table.append(head, ...rooms.map((room) => line(room, day, begins)));
      table.addEventListener("keydown", walk);
      const first = /** @type {HTMLElement | null} */ (table.querySelector("button"));
      if (first) first.tabIndex = 0;
      place.replaceChildren(table, element("p", "second", say("▨ 已占用；数字是这一小时里已占用的分钟。点 + 预约一小时，时间可再改。")));
    } catch (error) {
      cockpit.sayOutcome(outcome, false, error.message);
    }
  }

  /** @param {Use} room @param {string} day @param {number} begins */
  function line(room, day, begins) {
    const used = new Map(room.hours.map((one) => [Date.parse(one.from), one.minutes]));
    const made = element("tr");
    const name = element("th", "", room.name);
    name.scope = "row";
    made.append(name, ...HOURS.map((hour) => {
      const minutes = used.get(begins + hour * HOUR_MS) ?? 0;
      const cell = element("td", minutes ? "is-used" : "");
      if (minutes >= 60 || !registers.declared.register.may.writes || cockpit.at !== null) {
        cell.append(element("span", "", minutes >= 60 ? "▨" : minutes ? String(minutes) : ""));
        if (minutes >= 60) cell.append(element("span", "unseen", say("占用")));
        return cell;
      }
      const button = element("button", "quiet", minutes ? String(minutes) : "+");
      Object.assign(button, { type: "button", tabIndex: -1 });
      button.setAttribute("aria-label", minutes ? say("{minutes} 分钟已占用；预约{room} {hour} 时", { minutes, room: room.name, hour }) : say("+ 预约{room} {hour} 时", { room: room.name, hour }));
      button.addEventListener("click", () => book(room, day, hour));
      cell.append(button);
      return cell;
    }));
    return made;
  }

  /** @param {Use} room @param {string} day @param {number} hour */
  function book(room, day, hour) {
    /** @param {number} at */
    const when = (at) => `${day}T${String(at).padStart(2, "0")}:00:00+08:00`;
    registers.open(null, { [room.layer === "rooms" ? "room" : "site"]: room.room, starts: when(hour), ends: when(hour + 1) });
  }

  /* Arrows go from one hour to the next that can be booked. */
  /** @param {KeyboardEvent} event */
  function walk(event) {
    const step = STEPS[event.key];
    const cell = /** @type {HTMLElement} */ (event.target).closest("td");
    const row = cell?.parentElement;
    if (!step || !cell || !row) return;
    event.preventDefault();
    let [down, right] = [[...(row.parentElement?.children ?? [])].indexOf(row), [...row.children].indexOf(cell)];
    for (;;) {
      [down, right] = [down + step[0], right + step[1]];
      const next = row.parentElement?.children[down]?.children[right];
      if (!next || right < 1 || down < 1) return;
      const button = next.querySelector("button");
      if (!button) continue;
      button.tabIndex = 0;
      /** @type {HTMLElement} */ (event.target).tabIndex = -1;
      button.focus();
      return;
    }
  }
})();
