/* The list of events: rows by what it is narrowed to; what changes is asked for by the same, and so is what is exported. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const RANK = { minor: 1, major: 2, critical: 3 };
  const GATHER_MS = 300;   // several changes at once are one question
  const MOST = 200;        // events that one question names
  const LISTED = 500;
  /** @type {Set<string>} */
  const gathered = new Set();
  /** @type {number | null} */
  let timer = null;
  /** @type {Narrowing} */
  let narrowed;
  let asked = 0;           // which question is the newest
  let wasUp = false;

  const TABLE = "events-table";
  const grid = () => /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync(TABLE);

  /* The same step for those that are chosen in the table. */
  const batch = () => cockpit.batch({
    known: (id) => /** @type {any} */ (window.dash_ag_grid?.getApi(TABLE)?.getRowNode(id)?.data),
    show(chosen) {
      const api = window.dash_ag_grid?.getApi(TABLE);
      api?.deselectAll();
      api?.setNodesSelected({ nodes: [...chosen].flatMap((id) => api.getRowNode(id) ?? []), newValue: true });
    },
  });

  async function startBatch() {
    if (!cockpit.canDo("manager")) return;
    const made = batch();
    await made.start();
    const api = await grid();
    api.setGridOption("rowSelection", { mode: "multiRow" });
    api.addEventListener("selectionChanged", () => made.choose(api.getSelectedRows().map(({ id }) => id)));
  }

  async function load() {
    const mine = (asked += 1);
    exports();
    const query = narrowed.query();
    query.set("limit", String(LISTED));
    query.set("total", "true");
    try {
      /** @type {{features: {properties: Api.EventProperties}[], total: number}} */
      const answer = await cockpit.ask("events", query);
      if (mine !== asked) return;
      (await grid()).setGridOption("rowData", answer.features.map((one) => row(one.properties)));
      count(answer.total, answer.features.length);
    } catch (error) {
      if (mine === asked) narrowed.refuse(error.message);
    }
  }

  /** @param {number} total @param {number} shown */
  const count = (total, shown) => narrowed.count(total, shown, say("共 {n} 件", { n: cockpit.number(total) }));

  /* What is exported is what is shown. */
  function exports() {
    for (const link of /** @type {Iterable<HTMLAnchorElement>} */ (cockpit.findAll("#events-downloads a"))) {
      const query = narrowed.query();
      query.set("format", link.id.replace("events-", ""));
      if (cockpit.at !== null) query.set("at", new Date(cockpit.at).toISOString());
      if (!link.download) cockpit.far.download(link, cockpit.need("#events-downloads"));
      link.download = link.id;
      link.href = `/api/v1/${cockpit.root.dataset.community}/events/export?${query}`;
    }
  }

  /** @param {Live.Changed} changed */
  function gather(changed) {
    if (!window.dash_ag_grid || !narrowed) return;
    // The channel was away: what came meanwhile it does not tell.
    if (changed === null) return void (wasUp ? load() : (wasUp = true));
    if (!changed.grid_events) return;
    for (const id of Object.keys(changed.grid_events)) if (id !== "*") gathered.add(id);
    if (gathered.size && timer === null) timer = setTimeout(update, GATHER_MS);
  }

  /* Which of the changed events the filters let through is for the server to say, as it is for the export. */
  async function update() {
    timer = null;
    const mine = asked;
    const ids = [...gathered].slice(0, MOST);
    ids.forEach((id) => gathered.delete(id));
    if (gathered.size) timer = setTimeout(update, GATHER_MS);
    const query = narrowed.query();
    ids.forEach((id) => query.append("id", id));
    query.set("limit", String(MOST));
    const all = narrowed.query();
    all.set("limit", "1");
    all.set("total", "true");
    /** @type {{features: {id: string, properties: Api.EventProperties}[], total: number}[]} */
    let answers = [];
    try {
      answers = await Promise.all([cockpit.ask("events", query), cockpit.ask("events", all)]);
    } catch (error) {
      ids.forEach((id) => gathered.add(id));   // with the next change
      return;
    }
    if (mine !== asked) return;
    const api = await grid();
    const found = new Map(answers[0].features.map((one) => [one.id, row(one.properties)]));
    /** @type {{add: GridRow[], update: GridRow[], remove: GridRow[]}} */
    const change = { add: [], update: [], remove: [] };
    for (const id of ids) {
      const told = found.get(id);
      if (told) (api.getRowNode(id) ? change.update : change.add).push(told);
      else if (api.getRowNode(id)) change.remove.push({ id });
    }
    api.applyTransaction({ ...change, addIndex: 0 });
    let shown = 0;
    api.forEachNode(() => { shown += 1; });
    count(answers[1].total, shown);
  }

  /** @param {Api.EventProperties} one */
  function row(one) {
    return {
      id: one.id,
      severity: RANK[one.severity],
      title: one.title,
      detail: one.detail,
      category: one.category_name,
      area: one.area ? narrowed.word("area", one.area) : "—",
      state: one.state,
      seq: one.seq,
      state_name: one.state_name,
      due: one.due ? Date.parse(one.due) : null,
      warn: one.warn ? Date.parse(one.warn) : null,
      assignee: one.unassigned ? say("▲ 未指派") : one.assignee ?? "",
      unassigned: one.unassigned,
      occurred: Date.parse(one.ts),
      source: one.source ? cockpit.replayed(one.source) : say("上报¦来源"),
    };
  }

  /* The export is sorted as the table is. */
  /** @param {MouseEvent} event */
  async function sorted(event) {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest("#events-downloads a"));
    if (!link || !window.dash_ag_grid) return;
    event.preventDefault();
    const columns = (await grid()).getColumnState().filter((column) => column.sort);
    columns.sort((a, b) => Number(a.sortIndex) - Number(b.sortIndex));
    const address = new URL(link.href);
    for (const { colId, sort } of columns) address.searchParams.append("sort", (sort === "desc" ? "-" : "") + colId);
    location.assign(address);
  }

  cockpit.pages.events = {
    async start() {
      document.addEventListener("click", sorted);
      narrowed = cockpit.narrowing(load);
      await load();
      await cockpit.whoAmI();
      await Promise.all([cockpit.startViews(), startBatch()]);
    },
    render: gather,
  };
})();
