/* The canteen's books of a month: its days with their sums, closed in their order; what payers owe; what was closed. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const { once } = cockpit.forms;

  /** @typedef {{day: string, closed: boolean, meals: number, fen: number}} Day */
  /** @typedef {{day?: string, month?: string, at: string, by: string | null, meals: number, fen: number, digest: string, intact: boolean}} Closing */

  registers.tools.canteen_meals = { name: say("结账"), open };

  function open() {
    const place = registers.dialog(say("食堂账目"));
    const month = element("input");
    Object.assign(month, { type: "month", name: "month", value: today().slice(0, 7), max: today().slice(0, 7), required: true });
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const books = element("div", "books");
    month.addEventListener("change", () => month.value && show(month.value, books, outcome));
    place.append(cockpit.forms.field(say("月份"), month, () => ({})), outcome, books);
    show(month.value, books, outcome);
  }

  const today = () => cockpit.time.local(cockpit.now()).slice(0, 10);
  /** @param {string} month */
  const lastDay = (month) => {
    const [year, number] = month.split("-").map(Number);
    return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
  };
  /** @param {number} fen */
  const yuan = (fen) => say("{yuan} 元", { yuan: (fen / 100).toFixed(2) });

  /** @param {string} month @param {HTMLElement} place @param {HTMLElement} outcome */
  async function show(month, place, outcome) {
    try {
      /** @type {[{days: Day[]}, {payers: {payer: string, name: string, owed: number, paid: number, left: number}[]}, {closings: Closing[]}]} */
      const [{ days }, { payers }, { closings }] = await Promise.all([
        cockpit.ask("canteen/days", { from: `${month}-01`, to: lastDay(month) }),
        cockpit.ask("canteen/subsidies", { month }),
        cockpit.ask("canteen/closings", { limit: 100 }),
      ]);
      const mine = closings.filter((one) => (one.day ?? one.month ?? "").startsWith(month));
      const ordered = [...days].reverse();
      place.replaceChildren(
        actions(month, ordered, mine, () => show(month, place, outcome), outcome),
        section(say("每日"), [say("日期"), say("人次"), say("金额"), say("状态")], ordered.map((one) => [one.day, cockpit.number(one.meals), yuan(one.fen), one.closed ? say("✓ 已结") : say("未结")]), say("这个月还没有用餐")),
        section(say("各方应付"), [say("付款方"), say("应付"), say("已付"), say("未付")], payers.map((one) => [one.name, yuan(one.owed), yuan(one.paid), yuan(one.left)]), say("没有要由别人付的")),
        section(say("已结的账"), [say("日或月"), say("人次"), say("金额"), say("校验"), say("结账时间")], mine.map((one) => [one.day ?? one.month ?? "", cockpit.number(one.meals), yuan(one.fen), one.intact ? say("✓ 与结账时一致 {digest}", { digest: one.digest.slice(0, 12) }) : say("▲ 与结账时不一致"), cockpit.time.full(Date.parse(one.at))]), say("还没有结过账")),
      );
    } catch (error) {
      cockpit.sayOutcome(outcome, false, error.message);
    }
  }

  /* Days are closed in their order, up to yesterday; a month once it is over and all its days are closed. */
  /** @param {string} month @param {Day[]} days the earliest first @param {Closing[]} closings @param {() => void} anew @param {HTMLElement} outcome */
  function actions(month, days, closings, anew, outcome) {
    const made = element("div", "buttons");
    if (!cockpit.canDo("manager")) {
      made.append(element("span", "second", say("管理员可以结账")));
      return made;
    }
    const open = days.filter((one) => !one.closed);
    const over = open.filter((one) => one.day < today());
    const isDone = closings.some((one) => one.month === month);
    if (over.length) made.append(closing(say("结 {day}", { day: over[0].day }), [over[0]], anew, outcome));
    if (over.length > 1) made.append(closing(say("逐日结到 {day}", { day: over[over.length - 1].day }), over, anew, outcome));
    if (isDone) made.append(element("span", "second", say("✓ {month} 已月结", { month })));
    else if (lastDay(month) >= today()) made.append(element("span", "second", say("{day} 过完才能月结", { day: lastDay(month) })));
    else if (open.length) made.append(element("span", "second", say("各日都结清后才能月结")));
    else made.append(closing(say("月结 {month}", { month }), [{ month }], anew, outcome));
    return made;
  }

  /** @param {string} name @param {{day?: string, month?: string}[]} periods @param {() => void} anew @param {HTMLElement} outcome */
  function closing(name, periods, anew, outcome) {
    const button = element("button", "ahead", name);
    button.type = "button";
    button.addEventListener("click", () => once(button, async () => {
      for (const { day, month } of periods) {
        const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/canteen/closings`, day ? { day } : { month });
        cockpit.sayOutcome(outcome, answer.ok, answer.ok ? say("已结 {period}，共 {sum}", { period: day ?? month, sum: yuan(answer.body.fen) }) : answer.body.detail);
        if (!answer.ok) break;
      }
      anew();
    }));
    return button;
  }

  /** @param {string} title @param {string[]} heads @param {string[][]} rows @param {string} none */
  function section(title, heads, rows, none) {
    const made = element("section");
    made.append(element("h3", "", title), rows.length ? registers.plain(heads, rows) : element("p", "second", none));
    return made;
  }
})();
