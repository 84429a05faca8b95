/* A page on paper: a head that says what it is, of whom, when and with which filters; tables whole, charts as wide as the
   sheet. What is made for it goes again when it is printed; assets/css/90-print.css has the look. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const SHEET = { width: 1000, height: 420 };   // css pixels: across an A4 that lies, and under the head
  /** @type {Element[]} */
  const made = [];

  /* What the page is called: where it stands in the way about, or what it is about. */
  function title() {
    const here = document.querySelector(".alarm-pages [aria-current], nav.pages [aria-current]");
    const about = cockpit.find("main h2");
    return (here ?? about)?.firstChild?.textContent?.trim() ?? "";
  }

  /** @param {Element} field */
  const isShown = (field) => field.checkVisibility();

  /* What is chosen and looked for, as one would say it. */
  function filters() {
    const said = [];
    for (const field of /** @type {Iterable<HTMLSelectElement | HTMLInputElement>} */ (cockpit.findAll(":is(.filters, [data-filters]) :is(select, input)"))) {
      const label = (field.labels?.[0] ?? field.closest("label"))?.firstChild?.textContent?.trim();
      const value = field instanceof HTMLSelectElement ? field.selectedOptions[0]?.textContent : field.value.trim();
      if (label && value && isShown(field)) said.push(say("{label}：{value}", { label, value }));
    }
    for (const button of cockpit.findAll(':is(.choices, .choice, .tabs) :is([aria-pressed="true"], [aria-selected="true"])')) {
      if (isShown(button)) said.push(button.textContent ?? "");
    }
    return said.join(say("；"));
  }

  function head() {
    const box = element("header", "printed");
    const community = cockpit.need(".top h1 span").textContent;
    const chosen = filters();
    const shown = cockpit.find(".past-note strong")?.textContent;
    const past = shown ? say("；{shown}", { shown }) : "";
    const year = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", year: "numeric" }).format(cockpit.now());
    box.append(
      element("p", "", `${community} · ${say("CIM 驾驶舱")}`), element("h1", "", title()),
      element("p", "", say("打印于 {when}（北京时间）{past}", { when: `${year}-${cockpit.time.full(cockpit.now())}`, past })),
    );
    if (chosen) box.append(element("p", "", say("筛选：{chosen}", { chosen })));
    cockpit.root.prepend(box);
    made.push(box);
  }

  /* Of a table that draws only the rows that are seen: all that are in it, in its order. */
  /** @param {HTMLElement} place */
  function whole(place) {
    const grid = window.dash_ag_grid?.getApi(place.id);
    if (!grid) return;
    const columns = grid.getAllDisplayedColumns().map((column) => column.getColDef());
    /** @type {string[][]} */
    const rows = [];
    /** @param {{data?: Record<string, any>}} node */
    const take = ({ data }) => data && rows.push(columns.map(({ field, cellRenderer }) => cockpit.cellText(cellRenderer, data[field])));
    // Of an endless table there is what was read.
    if (grid.getGridOption("datasource")) grid.forEachNode(take);
    else grid.forEachNodeAfterFilterAndSort(take);
    const table = cockpit.table(columns.map(({ headerName }) => headerName), rows, "figures printed");
    place.after(table);
    made.push(table);
  }

  /* A chart that was drawn for a wider place is made smaller, not cut. */
  function fit() {
    for (const chart of cockpit.findAll(".js-plotly-plot, .forecast-chart, .alarm-chart")) {
      const drawn = chart.querySelector("svg")?.getBoundingClientRect();
      if (drawn) chart.style.setProperty("--scale", String(Math.min(1, SHEET.width / drawn.width, SHEET.height / drawn.height)));
    }
  }

  window.addEventListener("beforeprint", () => {
    if (!cockpit.root || cockpit.root.classList.contains("wall")) return;
    fit();
    head();
    for (const place of cockpit.findAll('[id$="-table"]')) whole(place);
  });
  window.addEventListener("afterprint", () => made.splice(0).forEach((one) => one.remove()));
})();
