/* Which rooms are free on a day, beside the register of bookings; a free hour is booked by a tap. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;

  registers.tools.bookings = { name: say("空闲房间"), open };

  function open() {
    const place = registers.dialog(say("空闲房间"));
    const day = element("input");
    Object.assign(day, { type: "date", name: "day", value: cockpit.time.local(cockpit.now()).slice(0, 10), required: true });
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const grid = element("div");
    day.addEventListener("change", () => day.value && show(day.value, grid, outcome));
    place.append(cockpit.forms.field(say("日期"), day, () => ({})), outcome, grid);
    show(day.value, grid, outcome);
  }

  let wanted = "";   // the day that was asked for last: an answer for another one comes too late

  /** @param {string} day @param {HTMLElement} place @param {HTMLElement} outcome */
  async function show(day, place, outcome) {
    wanted = day;
    place.replaceChildren();   // nobody books an hour of the day before
    try {
      const rooms = await cockpit.roomsOfDay(day, (given, ends) => (cockpit.at === null && registers.declared.register.may.writes && ends > cockpit.now() ? button(given) : null));
      if (day === wanted) place.replaceChildren(...(rooms ? [rooms] : []));
    } catch (error) {
      if (day === wanted) cockpit.sayOutcome(outcome, false, error.message);
    }
  }

  /** @param {Record<string, string>} given */
  function button(given) {
    const made = element("button");
    made.type = "button";
    made.addEventListener("click", () => registers.open(null, given));
    return made;
  }
})();
