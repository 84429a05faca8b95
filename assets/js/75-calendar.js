/* The calendar: a month as a grid, on a phone as a list; the day that is chosen in full beside it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const DAY_MS = 86400000;
  const GATHER_MS = 1500;
  const SHOWN = 3;   // of a day, in its cell
  const WEEK = [say("一¦星期"), say("二¦星期"), say("三¦星期"), say("四¦星期"), say("五¦星期"), say("六¦星期"), say("日¦星期")];
  /** @type {Record<Api.CalendarEntry["what"], string>} */
  const WHAT = { activity: say("活动"), lesson: say("课程"), booking: say("场地预约") };
  /** @type {Record<Api.DayKind, string>} */
  const KINDS = { workday: say("工作日"), weekend: say("周末"), holiday: say("节假日"), working_weekend: say("调休上班") };
  /** @type {Record<string, number>} */
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const page = (cockpit.pages.calendar = /** @type {PageScript} */ ({}));
  let month = "";
  let chosen = "";
  let today = "";
  /** @type {Map<string, Api.CalendarDay>} */
  let days = new Map();
  /** @type {number | null} */
  let timer = null;
  let asked = 0;

  page.start = async function () {
    await cockpit.whoAmI();
    today = local(cockpit.now());
    chosen = cockpit.root.dataset.day || "";
    month = cockpit.root.dataset.month || chosen.slice(0, 7) || today.slice(0, 7);
    showHead();
    load();
  };

  page.render = function (changed) {
    if (changed && changed.services) timer = timer || setTimeout(load, GATHER_MS);
  };

  /** @param {number} ms */
  const local = (ms) => cockpit.time.local(ms).slice(0, 10);
  /** @param {string} day */
  const ms = (day) => Date.parse(`${day}T00:00:00Z`);
  /** @param {string} day @param {number} count */
  const after = (day, count) => new Date(ms(day) + count * DAY_MS).toISOString().slice(0, 10);
  /** @param {string} day Monday is 0. */
  const weekday = (day) => (new Date(ms(day)).getUTCDay() + 6) % 7;

  /** @param {string} of @param {number} count */
  function monthAfter(of, count) {
    const [year, number] = of.split("-").map(Number);
    return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
  }

  /* --- asking --- */

  async function load() {
    timer = null;
    const mine = (asked += 1);
    const first = `${month}-01`;
    const last = after(`${monthAfter(month, 1)}-01`, -1);
    const from = after(first, -weekday(first));
    const to = after(last, 6 - weekday(last));
    try {
      /** @type {Api.Calendar} */
      const told = await cockpit.ask("calendar", { from, to });
      // Somebody went on meanwhile.
      if (mine !== asked) return;
      today = told.today;
      days = new Map(told.days.map((one) => [one.day, one]));
      if (!chosen.startsWith(month)) chosen = today.startsWith(month) ? today : first;
      cockpit.setText(cockpit.need("[data-outcome]"), "");
      showGrid(told);
      showDay();
    } catch (error) {
      if (mine === asked) cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, error.message);
    }
  }

  /** @param {string} next */
  function turn(next) {
    month = next;
    address();
    showHead();
    load();
  }

  function address() {
    const found = new URL(location.href);
    found.searchParams.set("month", month);
    if (chosen.startsWith(month)) found.searchParams.set("day", chosen);
    else found.searchParams.delete("day");
    history.replaceState(history.state, "", found);
  }

  /* --- head --- */

  function showHead() {
    const [year, number] = month.split("-").map(Number);
    const title = new Intl.DateTimeFormat(cockpit.language, { year: "numeric", month: "long", timeZone: "UTC" }).format(Date.UTC(year, number - 1, 1));
    const name = element("h2", "", title);
    name.setAttribute("aria-live", "polite");
    const held = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.turn;
    const buttons = element("div", "buttons");
    buttons.append(
      turning("before", "‹", say("上个月"), () => turn(monthAfter(month, -1))),
      turning("today", say("今天"), say("今天"), () => { chosen = today; turn(today.slice(0, 7)); }),
      turning("after", "›", say("下个月"), () => turn(monthAfter(month, 1))),
    );
    cockpit.need("[data-calendar-head]").replaceChildren(name, buttons, legend(), ...adding());
    if (held) cockpit.find(`[data-turn="${held}"]`)?.focus();
  }

  /** @param {string} code @param {string} sign @param {string} said @param {() => void} work */
  function turning(code, sign, said, work) {
    const button = element("button", "quiet", sign);
    button.type = "button";
    button.dataset.turn = code;
    button.setAttribute("aria-label", said);
    button.addEventListener("click", work);
    return button;
  }

  function legend() {
    const made = element("span", "legend second");
    made.append(...Object.entries(WHAT).map(([what, name]) => element("span", `is-${what}`, name)));
    return made;
  }

  function adding() {
    if (!cockpit.canDo("steward")) return [];
    const link = element("a", "", say("登记活动"));
    link.href = registerLink("activities");
    return [link];
  }

  /** @param {string} code @param {number | null} row */
  function registerLink(code, row = null) {
    const found = new URLSearchParams({ community: cockpit.root.dataset.community || "", register: code });
    if (cockpit.root.dataset.theme !== "dark") found.set("theme", cockpit.root.dataset.theme || "");
    if (row !== null) found.set("row", String(row));
    return cockpit.link(`/registers?${found}`);
  }

  /* --- the month --- */

  /** @param {Api.Calendar} told */
  function showGrid(told) {
    const names = element("div", "weekdays");
    names.setAttribute("aria-hidden", "true");
    names.append(...WEEK.map((name) => element("span", "", name)));
    const list = element("ol", "cells");
    list.append(...told.days.map(cell));
    list.addEventListener("keydown", walk);
    cockpit.need("[data-calendar]").replaceChildren(names, list);
    const unknown = told.days.some((one) => !one.is_known);
    cockpit.setText(cockpit.need("[data-calendar-note]"), unknown ? say("{year} 年以后的放假与调休还没有公布，这里只按周末标出", { year: told.holidays_until }) : "");
  }

  /** @param {Api.CalendarDay} one */
  function cell(one) {
    const made = element("li", `cell is-${one.kind}`);
    const isOther = !one.day.startsWith(month);
    made.classList.toggle("is-other", isOther);
    made.classList.toggle("is-today", one.day === today);
    made.classList.toggle("is-empty", !one.entries.length && !one.festivals.length && one.day !== today);
    const button = element("button", "date");
    button.type = "button";
    button.dataset.day = one.day;
    button.tabIndex = one.day === chosen ? 0 : -1;
    button.append(element("strong", "", String(Number(one.day.slice(8)))), element("span", "week", WEEK[weekday(one.day)]), element("span", "lunar", one.traditional || one.term || one.lunar_short));
    const mark = markOf(one);
    if (mark) button.append(mark);
    button.append(element("span", "unseen", spoken(one)));
    cockpit.setCurrent(button, one.day === chosen, "true");
    button.addEventListener("click", () => choose(one.day));
    made.append(button, ...one.festivals.map((fair) => element("p", "fair", `◆ ${fair.name}`)), entries(one));
    return made;
  }

  /* 休 or 班, as every Chinese calendar marks a holiday and a weekend that is worked on. */
  /** @param {Api.CalendarDay} one */
  function markOf(one) {
    if (one.kind === "holiday") return element("span", "mark", say("休¦日历"));
    return one.kind === "working_weekend" ? element("span", "mark is-work", say("班¦日历")) : null;
  }

  /** @param {Api.CalendarDay} one */
  function spoken(one) {
    const count = one.entries.length ? cockpit.sayN("{n} 项", one.entries.length) : say("没有安排");
    return [cockpit.time.day(ms(one.day) - cockpit.time.EAST_MS), one.lunar, one.term, one.traditional, one.holiday || KINDS[one.kind], count].filter(Boolean).join(say("，"));
  }

  /** @param {Api.CalendarDay} one */
  function entries(one) {
    const list = element("ul", "slots");
    // One more than there is room for takes the place of the words that say so.
    const count = one.entries.length > SHOWN + 1 ? SHOWN : one.entries.length;
    list.append(...one.entries.slice(0, count).map((entry) => {
      const made = element("li", `slot is-${entry.what}`);
      made.classList.toggle("is-off", entry.cancelled);
      made.append(element("span", "when", begins(entry, one.day)), " ", element("span", "title", entry.title));
      made.title = entry.title;
      return made;
    }));
    if (count < one.entries.length) list.append(element("li", "rest second", say("还有 {n} 项", { n: one.entries.length - count })));
    return list;
  }

  /* When it begins; of what began before, whether it fills the day or when it ends. */
  /** @param {Api.CalendarEntry} entry @param {string} day */
  function begins({ starts, ends }, day) {
    if (local(Date.parse(starts)) === day) return cockpit.time.minute(Date.parse(starts));
    return local(Date.parse(ends)) > day ? say("全天") : say("至 {time}", { time: cockpit.time.minute(Date.parse(ends)) });
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const step = STEPS[event.key];
    const from = /** @type {HTMLElement} */ (event.target).dataset.day;
    if (!step || !from) return;
    event.preventDefault();
    const to = after(from, step);
    if (days.has(to)) choose(to, true);
  }

  /** @param {string} day */
  function choose(day, isByKey = false) {
    chosen = day;
    for (const button of /** @type {Iterable<HTMLButtonElement>} */ (cockpit.findAll(".calendar-grid .date"))) {
      const isIt = button.dataset.day === day;
      cockpit.setCurrent(button, isIt, "true");
      button.tabIndex = isIt ? 0 : -1;
      if (isIt) button.focus();
    }
    address();
    showDay();
    // On a phone the day stands below the list.
    if (!isByKey && window.matchMedia("(max-width: 900px)").matches) cockpit.need("[data-calendar-day]").scrollIntoView({ block: "nearest" });
  }

  /* --- the day --- */

  function showDay() {
    const one = days.get(chosen);
    const place = cockpit.need("[data-calendar-day]");
    if (!one) return place.replaceChildren();
    const lines = [say("农历{lunar}", { lunar: one.lunar }), one.term, one.traditional].filter(Boolean).join(" · ");
    const work = one.holiday && one.kind === "holiday" ? say("{kind}：{name}", { kind: KINDS[one.kind], name: one.holiday }) : KINDS[one.kind];
    const list = element("ol", "agenda");
    list.append(...one.entries.map(inFull));
    showRooms(chosen);
    place.replaceChildren(
      element("h2", "", cockpit.time.day(ms(one.day) - cockpit.time.EAST_MS)),
      element("p", "second", lines), element("p", "second", work),
      ...one.festivals.map((fair) => element("p", "fair", `◆ ${fair.name}${fair.is_peak ? say(" · 高潮") : ""}`)),
      one.entries.length ? list : element("p", "second", say("这一天没有公开的安排")),
    );
  }

  /* Which rooms are free on the day: an hour that is to come leads to its booking, for those who book. */
  /** @param {string} day */
  async function showRooms(day) {
    const place = cockpit.need("[data-calendar-rooms]");
    /** @type {HTMLElement | null} */
    let rooms = null;
    try {
      rooms = await cockpit.roomsOfDay(day, (given, ends) => (cockpit.canDo("steward") && ends > cockpit.now() ? bookingLink(given) : null));
    } catch (error) {
      rooms = element("p", "outcome is-bad", `▲ ${error.message}`);
    }
    if (day !== chosen) return;
    place.hidden = rooms === null;
    if (rooms) place.replaceChildren(element("h2", "", say("空闲房间 · {day}", { day: cockpit.time.day(ms(day) - cockpit.time.EAST_MS) })), rooms);
  }

  /** @param {Record<string, string>} given */
  function bookingLink(given) {
    const link = element("a");
    const begun = new URLSearchParams({ given: Object.entries(given).map((one) => one.join("=")).join("\n") });
    link.href = `${registerLink("bookings")}&${begun}`;
    return link;
  }

  /** @param {Api.CalendarEntry} entry */
  function inFull(entry) {
    const made = element("li", `slot is-${entry.what}`);
    made.classList.toggle("is-off", entry.cancelled);
    const title = element("strong", "", entry.title);
    const facts = [WHAT[entry.what] === entry.kind ? "" : WHAT[entry.what], entry.kind, entry.place, entry.club, entry.series];
    made.append(element("span", "when", period(entry)), title);
    if (entry.cancelled) made.append(element("span", "off", say("已取消")));
    made.append(element("span", "second", facts.filter(Boolean).join(" · ")));
    if (entry.places && !entry.cancelled) made.append(element("span", "second", placesOf(entry)));
    if (entry.what === "activity" && cockpit.may("steward")) {
      const link = element("a", "", say("登记与报名"));
      link.href = registerLink("activities", entry.id);
      link.setAttribute("aria-label", say("{title}：登记与报名", { title: entry.title }));
      made.append(link);
    }
    return made;
  }

  /** @param {Api.CalendarEntry} entry */
  function placesOf(entry) {
    const places = say("名额 {n} 人", { n: cockpit.number(entry.places) });
    if (entry.full === null || entry.full === undefined || Date.parse(entry.ends) <= cockpit.now()) return places;
    return `${places} · ${entry.full ? say("已报满，可候补") : say("可报名")}`;
  }

  /** @param {Api.CalendarEntry} entry */
  function period({ starts, ends }) {
    const [from, to] = [Date.parse(starts), Date.parse(ends)];
    /** @param {number} at */
    const full = (at) => `${local(at) === chosen ? "" : cockpit.time.date(at) + " "}${cockpit.time.minute(at)}`;
    return `${full(from)}–${full(to)}`;
  }
})();
