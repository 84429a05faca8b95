/* The list of events: what changes is asked for by the page's own filters; what is exported is what is shown. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const RANK = { minor: 1, major: 2, critical: 3 };
  const GATHER_MS = 300;   // several changes at once are one question
  const MOST = 200;        // events that one question names
  /** @type {Set<string>} */
  const gathered = new Set();
  /** @type {number | null} */
  let timer = null;

  const grid = () => /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync("events-table");
  /* The filters as the server wrote them into the export's address. */
  const filters = () => {
    const asked = new URL(/** @type {HTMLAnchorElement} */ (document.getElementById("events-xlsx")).href).searchParams;
    asked.delete("format");
    return asked;
  };

  /** @param {Live.Changed} changed */
  function gather(changed) {
    if (changed === null || !changed.grid_events || !window.dash_ag_grid) return;
    for (const id of Object.keys(changed.grid_events)) if (id !== "*") gathered.add(id);
    if (gathered.size && timer === null) timer = setTimeout(update, GATHER_MS);
  }

  /* Which of the changed events the filters let through is for the server to say, as it is for the export. */
  async function update() {
    timer = null;
    const ids = [...gathered].slice(0, MOST);
    ids.forEach((id) => gathered.delete(id));
    if (gathered.size) timer = setTimeout(update, GATHER_MS);
    const asked = filters();
    ids.forEach((id) => asked.append("id", id));
    asked.set("limit", String(MOST));
    /** @type {{id: string, properties: Api.EventProperties}[]} */
    let features = [];
    try {
      ({ features } = await cockpit.ask("events", asked));
    } catch (error) {
      ids.forEach((id) => gathered.add(id));   // with the next change
      return;
    }
    const api = await grid();
    const found = new Map(features.map((one) => [one.id, row(one.properties)]));
    /** @type {{add: GridRow[], update: GridRow[], remove: GridRow[]}} */
    const change = { add: [], update: [], remove: [] };
    for (const id of ids) {
      const told = found.get(id);
      if (told) (api.getRowNode(id) ? change.update : change.add).push(told);
      else if (api.getRowNode(id)) change.remove.push({ id });
    }
    api.applyTransaction({ ...change, addIndex: 0 });
  }

  /** @param {Api.EventProperties} one */
  function row(one) {
    return {
      id: one.id,
      severity: RANK[one.severity],
      title: one.title,
      detail: one.detail,
      category: one.category_name,
      area: one.area ? cockpit.areaName(one.area) : "—",
      state_name: one.state_name,
      occurred: Date.parse(one.ts),
      source: one.source ? cockpit.replayed(one.source) : say("上报¦来源"),
    };
  }

  /* The export is sorted as the table is. */
  /** @param {MouseEvent} event */
  async function sorted(event) {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest("#events-xlsx, #events-csv"));
    if (!link || !window.dash_ag_grid) return;
    event.preventDefault();
    const columns = (await grid()).getColumnState().filter((column) => column.sort);
    columns.sort((a, b) => Number(a.sortIndex) - Number(b.sortIndex));
    const address = new URL(link.href);
    for (const { colId, sort } of columns) address.searchParams.append("sort", (sort === "desc" ? "-" : "") + colId);
    location.assign(address);
  }

  cockpit.pages.events = {
    start: () => document.addEventListener("click", sorted),
    render: gather,
  };
})();
