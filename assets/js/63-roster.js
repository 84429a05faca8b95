/* The roster of stewards (网格员): which grids each looks after and how much each has to do; a manager appoints. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const { entry, form, redraw, choice } = cockpit.forms;
  const NOBODY = " ";   // no name that anybody has
  /** @param {Api.Grid} grid */
  const name = (grid) => grid.name || grid.grid;

  cockpit.showRoster = async function (said) {
    const place = cockpit.need('[data-register="roster"]');
    /** @type {Api.Grid[]} */
    let grids = [];
    /** @type {Api.Person[] | null} */
    let people = null;
    try {
      [{ grids }, people] = await Promise.all([cockpit.ask("stewards", {}), readPeople()]);
    } catch (error) {
      return cockpit.refuse(place, error.message);
    }
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    if (said) cockpit.sayOutcome(outcome, ...said);
    const rows = [...cockpit.bySteward(grids)].map(([steward, theirs]) => {
      const names = theirs.map(name).join(cockpit.say("、"));
      const person = people && people.find((one) => one.name === steward);
      const load = people && steward !== null ? cockpit.say(" · 在办 {what}", { what: person ? person.load : 0 }) : "";
      // What is dispatched to a name that nobody has would lie in nobody's list.
      const isNobody = steward === null || (people && !(person && person.account));
      const row = entry(steward ?? cockpit.say("▲ 无网格员"), names + load + (isNobody && steward !== null ? cockpit.say(" · ▲ 无在用账号") : ""));
      row.classList.toggle("is-late", Boolean(isNobody));
      return row;
    });
    const parts = [outcome, ...(rows.length ? rows : [element("p", "second", cockpit.say("尚未导入网格"))])];
    if (grids.length && cockpit.canDo("manager")) parts.push(appointing(grids, people || []));
    redraw(place, ...parts);
  };

  /* Who can be given something, and what each has in hand; null for who may not know. */
  async function readPeople() {
    if (!cockpit.canDo("manager")) return null;
    return (await cockpit.ask("assignees", {})).assignees;
  }

  /** @param {Api.Grid[]} grids @param {Api.Person[]} people */
  function appointing(grids, people) {
    const of = Object.fromEntries(grids.map((one) => [one.grid, name(one)]));
    const accounts = people.filter((one) => one.account).map((one) => [one.name, cockpit.say("{name}（在办 {load}）", { name: one.name, load: one.load })]);
    const options = { "": cockpit.say("请选择"), ...Object.fromEntries(accounts), [NOBODY]: cockpit.say("（撤下网格员）") };
    const inputs = [choice("grid", cockpit.say("网格"), of), choice("steward", cockpit.say("网格员"), options)];
    return form(cockpit.say("任命网格员"), inputs, async ({ grid, steward }) => {
      /** @param {string} text */
      const say = (text) => cockpit.sayOutcome(cockpit.need('[data-register="roster"] .outcome'), false, text);
      if (!steward) return say("请选择网格员");
      const path = `/api/v1/${cockpit.root.dataset.community}/stewards/${encodeURIComponent(grid)}`;
      const answer = await cockpit.post(path, steward === NOBODY ? {} : { name: steward });
      if (answer.ok) return cockpit.showRoster([true, cockpit.say("已登记")]);
      return say(answer.body.detail || cockpit.say("没有执行"));
    }, cockpit.say("任命"));
  }
})();
