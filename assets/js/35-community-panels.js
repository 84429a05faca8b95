/* The panels of what people enter: governance, and 一老一小; totals that the live channel tells, a row each. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const NONE = "—";
  const FEWER = "< 5";

  /** A row of a figure; what nobody entered says why it has none. */
  /** @param {string} key @param {string | null} text @param {string} unit @param {string} [why] @param {number} [level] */
  function row(key, text, unit, why = "", level = 0) {
    cockpit.setRow(key, text === null ? { text: NONE, unit: why } : { text, unit, level });
  }

  /** @param {number | null} count */
  const count = (count) => (count === null ? FEWER : cockpit.number(count));

  function governance() {
    const told = cockpit.state.governance?.["*"];
    if (!told) return;
    const { hard, council, partners, grids, matters } = told;
    const { good, ended, open } = matters.mediation;
    // What is not told is of at least one.
    const hasMediations = ended !== 0 || open !== 0;
    const hasHard = hard.solved + hard.open > 0;
    row("governance.*.hard", hasHard ? `${hard.solved} / ${hard.wanted}` : null, say("项"), say("未登记"));
    row("governance.*.open", hasHard ? String(hard.open) : null, hard.overdue ? say("项 · 往月 {n}", { n: hard.overdue }) : say("项"), say("未登记"), hard.overdue ? 2 : 0);
    row("governance.*.mediation", hasMediations ? `${count(good)} / ${count(ended)}` : null, open === 0 ? say("起") : say("起 · 在办 {n}", { n: count(open) }), say("未登记"));
    row("governance.*.grids", grids.all ? `${grids.with_steward} / ${grids.all}` : null, say("个"), say("尚无网格"));
    row("governance.*.council", council.meetings_this_year ? String(council.meetings_this_year) : null, attended(council.attendance_rate), say("未登记"));
    row("governance.*.partners", partners.deeds_this_year ? cockpit.number(partners.deeds_this_year) : null, say("次 · {n} 人次", { n: count(partners.people_this_year) }), say("未登记"));
    const isWaiting = !hasHard && !hasMediations && !grids.with_steward && !council.meetings_this_year && !partners.deeds_this_year;
    foot("governance", isWaiting, say("台账登记"), told.demo.length > 0);
  }

  /** @param {number | null} rate */
  const attended = (rate) => (rate === null ? say("次") : say("次 · 到会 {share}\u2009%", { share: Math.round(100 * rate) }));

  function services() {
    const told = cockpit.state.services?.["*"];
    if (!told) return;
    const { meals, check_ins: checked, nurseries, lessons } = told;
    row("services.*.meals", meals.has ? count(meals.today) : null, say("餐"), say("未登记餐价"));
    row("services.*.seen", checked.has ? count(checked.seen) : null, say("人"), say("未登记"));
    row("services.*.overdue", checked.has ? count(checked.overdue) : null, say("人"), say("未登记"), checked.overdue === 0 ? 0 : 2);
    nursery(nurseries);
    row("services.*.lessons", lessons.courses ? String(lessons.today) : null, say("节今日 · {n} 个名额", { n: lessons.places }), say("未登记"));
    foot("services", !meals.has && !checked.has && !nurseries.length && !lessons.courses, say("登记簿"), told.demo);
  }

  /* All nurseries together; what one of them does not say is not said of all. */
  /** @param {Live.Nursery[]} all */
  function nursery(all) {
    /** @param {"places" | "taken"} what */
    const sum = (what) => (all.every((one) => one[what] !== null) ? all.reduce((before, one) => before + Number(one[what]), 0) : null);
    const [places, taken] = [sum("places"), sum("taken")];
    if (!all.length || (places === null && taken === null)) return row("services.*.nurseries", null, "", say("未登记"));
    row("services.*.nurseries", taken === null ? NONE : String(taken), places === null ? say("人") : say("人 · 共 {n} 个托位", { n: places }));
  }

  /** @param {string} code @param {boolean} isWaiting @param {string} own @param {boolean} isInvented */
  function foot(code, isWaiting, own, isInvented) {
    cockpit.setPanel(code, { waiting: isWaiting, sources: isInvented ? [null, "demonstration"] : [null], own, ts: cockpit.at ?? cockpit.now() });
  }

  const rooms = cockpit.layers.services.render;
  cockpit.layers.governance = { render: governance };
  cockpit.layers.services.render = function (changed) {
    rooms?.(changed);
    services();
  };
})();
