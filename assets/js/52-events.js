/* The list of events: what changes is read again by the page's own filters. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const NAMES = { minor: "低", major: "中", critical: "高" };

  async function update(changed) {
    if (changed === null || !changed.grid_events || !window.dash_ag_grid) return;
    const api = await window.dash_ag_grid.getApiAsync("events-table");
    const change = { add: [], update: [] };
    for (const [id, one] of Object.entries(changed.grid_events)) {
      if (id === "*") continue;
      const row = {
        id,
        severity: NAMES[one.severity],
        title: one.title,
        category: one.category,
        area: one.area || "—",
        state_name: one.state_name,
        occurred: one.occurred,
        source: one.source ? "回放 · " + one.source : "上报",
      };
      if (api.getRowNode(id)) change.update.push(row);
      else if (passes(row, one)) change.add.push(row);
    }
    if (change.add.length || change.update.length) api.applyTransaction({ ...change, addIndex: 0 });
  }

  /* Whether the page's filters let a new event through; each says its choice in words. */
  function passes(row, one) {
    const said = (id) => {
      const chosen = document.querySelector(`#${id} .dash-dropdown-value, #${id} .Select-value-label`);
      return chosen ? chosen.textContent.trim() : "";
    };
    const state = said("events-state");
    return (
      (!state || (state === "未结" ? one.open : state === row.state_name)) &&
      [["events-category", row.category], ["events-area", row.area]].every(([id, is]) => !said(id) || said(id) === is)
    );
  }

  cockpit.pages.events = { render: update };
})();
