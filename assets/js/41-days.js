/* A month's days, of which those that have data can be chosen: where a past day is looked for. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const WEEKDAYS = [say("一¦星期"), say("二¦星期"), say("三¦星期"), say("四¦星期"), say("五¦星期"), say("六¦星期"), say("日¦星期")];

  /* The month so many after (before) another, both as 2026-11. */
  /** @param {string} month @param {number} by */
  const beside = (month, by) => new Date(Date.parse(`${month}-15T00:00Z`) + by * 30 * 86400000).toISOString().slice(0, 7);

  /** @param {string} month */
  function daysOf(month) {
    const first = new Date(`${month}-01T00:00Z`);
    const count = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    const before = (first.getUTCDay() + 6) % 7;   // a week begins on Monday
    return { before, days: Array.from({ length: count }, (_, place) => `${month}-${String(place + 1).padStart(2, "0")}`) };
  }

  /** @param {string} sign @param {string} word @param {() => void} go */
  function turn(sign, word, go) {
    const button = element("button", "quiet", sign);
    button.type = "button";
    button.setAttribute("aria-label", word);
    button.addEventListener("click", go);
    return button;
  }

  cockpit.monthOfDays = function (chosen, take) {
    const made = element("div", "month-of-days");
    const outcome = element("p", "second");
    outcome.setAttribute("role", "status");
    let month = chosen.slice(0, 7);
    const today = cockpit.time.local(cockpit.clock.server()).slice(0, 10);

    /** @param {number} by */
    async function go(by) {
      month = beside(month, by);
      await show();
      /** @type {HTMLElement | null} */ (made.querySelector(by < 0 ? "[data-before]" : "[data-after]"))?.focus();
    }

    async function show() {
      const meant = month;
      draw(null, month);
      const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/replay/days?month=${meant}`);
      if (meant !== month) return;
      cockpit.setText(outcome, answer.ok ? (answer.body.days.length ? say("□ 有框的日子有数据") : answer.body.first ? say("◇ 这个月没有数据") : say("◇ 这里还没有任何观测")) : answer.body.detail);
      if (answer.ok) draw(new Set(answer.body.days), answer.body.first?.slice(0, 7) ?? month);
    }

    /* ``known`` is null until the server has told which days have data; ``least`` is the first month that has any. */
    /** @param {Set<string> | null} known @param {string} least */
    function draw(known, least) {
      const head = element("div", "month-head");
      const [back, on] = [turn("‹", say("上个月"), () => go(-1)), turn("›", say("下个月"), () => go(1))];
      back.dataset.before = "";
      on.dataset.after = "";
      back.disabled = month <= least;
      on.disabled = month >= today.slice(0, 7);
      head.append(back, element("strong", "", month), on);
      const grid = element("div", "month-grid");
      const { before, days } = daysOf(month);
      grid.append(...WEEKDAYS.map((name) => element("span", "second", name)), ...Array.from({ length: before }, () => element("span")));
      grid.append(...days.map((day) => {
        const has = known?.has(day) ?? false;
        const button = element("button", has ? "has-data" : "", String(Number(day.slice(8))));
        button.type = "button";
        button.disabled = !has;
        button.setAttribute("aria-label", `${button.textContent} · ${has ? day : say("{day}，没有数据", { day })}`);
        if (day === chosen) button.setAttribute("aria-current", "date");
        button.addEventListener("click", () => {
          chosen = day;
          for (const other of grid.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
          button.setAttribute("aria-current", "date");
          take(day);
        });
        return button;
      }));
      made.replaceChildren(head, grid, outcome);
    }

    show();
    return made;
  };
})();
