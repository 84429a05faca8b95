/* Which rooms are free on a day, hour by hour; a free hour leads to its booking. The register and the calendar have it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const HOUR_MS = 3600000;
  const HOURS = Array.from({ length: 14 }, (_, place) => place + 8);   // in which rooms are used
  /** @type {Record<string, [number, number]>} */
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  /** @typedef {{room: string, layer: string, name: string, hours: {from: string, minutes: number}[]}} Use */

  cockpit.roomsOfDay = async function (day, way) {
    const begins = Date.parse(`${day}T00:00:00+08:00`);
    /** @type {{rooms: Use[]}} */
    const { rooms } = await cockpit.ask("bookings/use", { from: new Date(begins).toISOString(), to: new Date(begins + 24 * HOUR_MS).toISOString() });
    if (!rooms.length) return null;
    const table = element("table", "figures plain");
    const head = element("tr");
    head.append(element("th", "", say("房间")), ...HOURS.map((hour) => element("th", "", String(hour))));
    const [top, body] = [element("thead"), element("tbody")];
    top.append(head);
    body.append(...rooms.map((room) => line(room, begins, (hour) => way(booking(room, day, hour), begins + (hour + 1) * HOUR_MS))));
    table.append(top, body);
    table.addEventListener("keydown", walk);
    const first = table.querySelector("button") ?? table.querySelector("a");
    if (first) first.tabIndex = 0;
    const made = element("div", "rooms");
    const note = element("p", "second", say("▨ 已占用；数字是这一小时里已占用的分钟。"));
    if (first) note.append(" ", say("点 + 预约一小时，时间可再改。"));
    made.append(table, note);
    return made;
  };

  /* What the form of a booking is begun with. */
  /** @param {Use} room @param {string} day @param {number} hour */
  function booking(room, day, hour) {
    /** @param {number} at */
    const when = (at) => `${day}T${String(at).padStart(2, "0")}:00:00+08:00`;
    return { [room.layer === "rooms" ? "room" : "site"]: room.room, starts: when(hour), ends: when(hour + 1) };
  }

  /** @param {Use} room @param {number} begins @param {(hour: number) => HTMLElement | null} way */
  function line(room, begins, way) {
    const used = new Map(room.hours.map((one) => [Date.parse(one.from), one.minutes]));
    const made = element("tr");
    const name = element("th", "", room.name);
    name.scope = "row";
    made.append(name, ...HOURS.map((hour) => {
      const minutes = used.get(begins + hour * HOUR_MS) ?? 0;
      const cell = element("td", minutes ? "is-used" : "");
      const to = minutes >= 60 ? null : way(hour);
      if (!to) {
        cell.append(element("span", "", minutes >= 60 ? "▨" : minutes ? String(minutes) : ""));
        if (minutes >= 60) cell.append(element("span", "unseen", say("占用")));
        return cell;
      }
      to.className = "quiet book";
      to.textContent = minutes ? String(minutes) : "+";
      to.tabIndex = -1;
      to.setAttribute("aria-label", minutes ? say("{minutes} 分钟已占用；预约{room} {hour} 时", { minutes, room: room.name, hour }) : say("+ 预约{room} {hour} 时", { room: room.name, hour }));
      cell.append(to);
      return cell;
    }));
    return made;
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
      if (!next || right < 1) return;
      const way = /** @type {HTMLElement | null} */ (next.querySelector(".book"));
      if (!way) continue;
      way.tabIndex = 0;
      /** @type {HTMLElement} */ (event.target).tabIndex = -1;
      way.focus();
      return;
    }
  }
})();
