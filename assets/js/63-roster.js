/* The roster of stewards (网格员): which grids each looks after and how much each has to do; a manager appoints. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const { entry, form, text, choice } = cockpit.forms;
  const name = (grid) => grid.name || grid.grid;

  cockpit.showRoster = async function (said) {
    const place = cockpit.find('[data-register="roster"]');
    let grids = [];
    let loads = null;
    try {
      [{ grids }, loads] = await Promise.all([cockpit.ask("stewards", {}), readLoads()]);
    } catch (error) {
      return cockpit.refuse(place, error.message);
    }
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    if (said) cockpit.sayOutcome(outcome, ...said);
    const rows = [...cockpit.bySteward(grids)].map(([steward, theirs]) => {
      const names = theirs.map(name).join("、");
      const load = loads && steward !== null ? ` · 在办 ${loads.get(steward) || 0}` : "";
      const row = entry(steward ?? "▲ 无网格员", names + load);
      row.classList.toggle("is-late", steward === null);
      return row;
    });
    const parts = [outcome, ...(rows.length ? rows : [element("p", "second", "尚未导入网格")])];
    if (grids.length && cockpit.canDo("manager")) parts.push(appointing(grids));
    place.replaceChildren(...parts);
  };

  /* Names of users and what they have in hand; null for who may not know. */
  async function readLoads() {
    if (!cockpit.canDo("manager")) return null;
    return new Map((await cockpit.ask("assignees", {})).assignees.map((one) => [one.name, one.load]));
  }

  function appointing(grids) {
    const of = Object.fromEntries(grids.map((one) => [one.grid, name(one)]));
    const inputs = [choice("grid", "网格", of), text("steward", "网格员（留空为撤下）", 80)];
    return form("任命网格员", inputs, async ({ grid, steward }) => {
      const path = `/api/v1/${cockpit.root.dataset.community}/stewards/${encodeURIComponent(grid)}`;
      const answer = await cockpit.post(path, steward ? { name: steward } : {});
      cockpit.showRoster([answer.ok, answer.ok ? "已登记" : answer.body.detail || "没有执行"]);
    }, "任命");
  }
})();
