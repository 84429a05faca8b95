/* The one page of all registers: a table of what the server holds, as far as it is seen, by filters that stand in the address. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const WAIT_MS = 250;   // between the last letter and the question
  /** @type {Record<Api.Operator, string>} */
  const OPERATORS = { has: say("包含"), eq: "=", ne: "≠", ge: "≥", le: "≤", gt: ">", lt: "<" };
  const TEXTS = ["text"];
  const TOOLS = "register-tools";   // one of those that fold is open at a time
  /** @type {PageScript} */
  const page = (cockpit.pages.registers = {});
  /** @type {RegistersScript["declared"]} */
  let declared;
  /** @type {{q: string, where: string[], state: string[], voided: boolean}} */
  let asked;
  let sort = "";
  /** @type {GridApi | null} */
  let grid = null;

  page.start = async function () {
    const place = cockpit.find("[data-declared]");
    if (!place) return;
    declared = cockpit.own(JSON.parse(place.dataset.declared));
    const { q = "", where = "", state = "" } = cockpit.root.dataset;
    asked = { q, where: where.split("\n").filter(Boolean), state: state.split(",").filter(Boolean), voided: false };
    cockpit.registers.declared = declared;
    cockpit.registers.refresh = refresh;
    // On a phone the list of registers would fill the screen before the register.
    const list = cockpit.find(".registers-list details");
    if (list instanceof HTMLDetailsElement && window.matchMedia("(max-width: 900px)").matches) list.open = false;
    await cockpit.whoAmI();
    cockpit.sayKept(cockpit.find("[data-outcome]"));
    showTotals();
    if (!cockpit.find("[data-register-tools]")) return;
    showTools();
    cockpit.registers.startQuick();
    await showTable();
    const { row, given } = cockpit.root.dataset;
    if (row) cockpit.registers.open(Number(row));
    else if (given && declared.register.may.writes && cockpit.at === null) cockpit.registers.open(null, begun(given));
  };

  /* What the fields of a new row begin with, as the address says it. */
  /** @param {string} given */
  const begun = (given) => Object.fromEntries(given.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));

  const path = () => `registers/${declared.register.code}`;

  /* What of the filters the API is asked for. */
  function query() {
    const found = new URLSearchParams();
    if (asked.q) found.set("q", asked.q);
    for (const one of asked.where) found.append("where", one);
    for (const one of asked.state) found.append("state", one);
    if (sort) found.set("sort", sort);
    if (asked.voided) found.set("voided", "true");
    return found;
  }

  /* --- the table --- */

  async function showTable() {
    grid = await /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync("registers-table");
    grid.addEventListener("rowClicked", (event) => event.data && cockpit.registers.open(Number(event.data.id)));
    grid.addEventListener("cellKeyDown", ({ data, event }) => {
      if (data && event instanceof KeyboardEvent && event.key === "Enter") cockpit.registers.open(Number(data.id));
    });
    // The table puts a source of its own in as it gets ready; ours comes after it, or would be overwritten.
    while (!grid.getGridOption("datasource")) await new Promise((done) => requestAnimationFrame(done));
    grid.setGridOption("datasource", { getRows });
    await cockpit.widen();
  }

  /** @param {GridQuestion} wanted */
  async function getRows({ startRow, endRow, sortModel, successCallback, failCallback }) {
    const [by] = sortModel;
    sort = by ? (by.sort === "desc" ? "-" : "") + by.colId.replace(/^v_/, "") : "";
    const found = query();
    found.set("skip", String(startRow));
    found.set("limit", String(endRow - startRow));
    try {
      /** @type {Api.RegisterRows} */
      const answer = await cockpit.ask(path(), found);
      successCallback(answer.rows.map((row) => shown(row, answer.named)), answer.total);
      const count = cockpit.need("[data-register-count]");
      cockpit.setText(count, say("共 {total} 行", { total: cockpit.number(answer.total) }));
      if (startRow === 0) comeTo(count, answer.total);
      grid?.[answer.total ? "hideOverlay" : "showNoRowsOverlay"]();
    } catch (error) {
      failCallback();
      cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, error.message);
    }
    showLinks();
  }

  /* What the rows come to, where the address asks for more than their number: a field added up, or how many differ in it. */
  /** @param {HTMLElement} place @param {number} total */
  async function comeTo(place, total) {
    const [of, code] = (cockpit.root.dataset.of || "count").split(":");
    if (of === "count" || cockpit.at !== null) return void (place.dataset.total = String(total));
    const found = query();
    found.set("of", of);
    found.set("field", code);
    /** @type {{value: number}} */
    const { value } = await cockpit.ask(path() + "/come-to", found);
    const field = declared.register.fields.find((one) => one.code === code);
    place.dataset.total = String(value);
    const told = { name: field?.name ?? code, value: cockpit.number(value, Number.isInteger(value) ? 0 : 2), unit: field?.unit ?? "" };
    place.append(of === "sum" ? say("，{name}合计 {value} {unit}", told) : say("，{name}不同的 {value} 个", told));
  }

  /** @param {Api.RegisterRow} row @param {Api.Named} named */
  function shown(row, named) {
    const at = [cockpit.time.full(Date.parse(row.at)), row.demo ? say("演示") : ""].filter(Boolean).join(" · ");
    /** @type {Record<string, string>} */
    const cells = { id: String(row.id), at, state: row.voided ? say("已作废") : row.state ? declared.register.states[row.state]?.name ?? row.state : "" };
    for (const field of declared.register.fields) cells["v_" + field.code] = cockpit.registers.text(field, row.values[field.code], named) || (field.personal ? row.locked : "");
    return /** @type {GridRow} */ (/** @type {unknown} */ (cells));
  }

  function refresh() {
    grid?.refreshInfiniteCache();
    showTotals();
  }

  /* --- totals that everybody may see --- */

  async function showTotals() {
    const place = cockpit.need("[data-register-totals]");
    if (!declared.register.totals.length) return;
    try {
      /** @type {{totals: Api.RegisterTotal[]}} */
      const { totals } = await cockpit.ask(path() + "/totals", {});
      place.replaceChildren(...totals.map(total));
    } catch (error) {
      cockpit.refuse(place, error.message);
    }
  }

  /** @param {Api.RegisterTotal} one */
  function total(one) {
    const made = element("div", "total");
    const counts = element("span", "counts");
    for (const { code, name, count, sums } of one.values) {
      const part = element("span", "", `${nameOf(one.field, code, name)} `);
      const where = `${one.field}:eq:${code}`;
      const register = declared.register.code;
      part.append(count === null ? element("strong", "", say("少于 5 或不便公开")) : cockpit.toRows(cockpit.number(count), "/registers", { register, where }));
      for (const field of declared.register.fields.filter(({ code: other }) => other in sums)) {
        part.append(` · ${field.name} `, element("strong", "", cockpit.number(sums[field.code])), field.unit ? ` ${field.unit}` : "");
      }
      counts.append(part);
    }
    if (!one.values.length) counts.append(element("span", "second", say("尚无登记")));
    const label = element("span", "label");
    label.append(cockpit.helped(one.name, "registers.totals"));
    made.append(label, counts);
    return made;
  }

  /** @param {string} field @param {string} code @param {string} name */
  function nameOf(field, code, name) {
    const made = declared.register.fields.find((one) => one.code === field);
    return (made?.layer && declared.places[made.layer]?.[code]) || name;
  }

  /* --- filters, and what can be done --- */

  function showTools() {
    const place = cockpit.need("[data-register-tools]");
    const search = element("input");
    Object.assign(search, { type: "search", value: asked.q, maxLength: 100, placeholder: say("搜索") });
    search.setAttribute("aria-label", say("搜索"));
    /** @type {number | undefined} */
    let timer;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => ask({ q: search.value.trim() }), WAIT_MS);
    });
    const count = element("span", "second");
    count.dataset.registerCount = count.dataset.rowsCount = "";
    const chips = element("span", "chips");
    chips.dataset.registerChips = "";
    const links = element("span", "links");
    links.dataset.registerLinks = "";
    place.replaceChildren(search, stateChoice(), adder(), withVoided(), chips, count, ...actions(), ...tools(), links);
    showChips();
    showLinks();
  }

  /* What is done with the register besides keeping its rows. */
  function tools() {
    const tool = cockpit.registers.tools[declared.register.behind ?? ""];
    if (!tool || !cockpit.may("steward")) return [];
    const open = element("button", "quiet", tool.name);
    open.type = "button";
    open.addEventListener("click", () => tool.open());
    return [open];
  }

  function actions() {
    if (cockpit.at !== null || !declared.register.may.writes) return [];
    const add = element("button", "ahead", say("登记一行"));
    add.type = "button";
    add.addEventListener("click", () => cockpit.registers.open(null));
    const take = element("button", "quiet", say("导入¦动作"));
    take.type = "button";
    take.addEventListener("click", () => cockpit.registers.take());
    return [add, take];
  }

  function stateChoice() {
    const states = Object.entries(declared.register.states);
    if (!states.length) return "";
    const select = element("select");
    select.setAttribute("aria-label", say("状态"));
    select.append(new Option(say("全部状态"), ""), ...states.map(([code, { name }]) => new Option(name, code)));
    select.value = asked.state[0] ?? "";
    select.addEventListener("change", () => ask({ state: select.value ? [select.value] : [] }));
    return select;
  }

  /* Rows that count no more are shown where somebody wants to see them. */
  function withVoided() {
    const made = element("label", "tick");
    const box = element("input");
    box.type = "checkbox";
    box.addEventListener("change", () => {
      grid?.setColumnsVisible(["state"], box.checked || Object.keys(declared.register.states).length > 0);
      ask({ voided: box.checked });
    });
    made.append(box, say("含作废"));
    return made;
  }

  /* A condition more: which field, how it is compared, with what. */
  function adder() {
    const folded = element("details", "filter");
    const made = element("form");
    const fields = declared.register.fields.filter((one) => !one.personal && one.type !== "long");
    const which = element("select");
    which.setAttribute("aria-label", say("字段"));
    which.append(...fields.map((one) => new Option(one.name, one.code)));
    const how = element("select");
    how.setAttribute("aria-label", say("比较"));
    const what = element("span", "what");
    const button = element("button", "ahead", say("筛选"));
    /** @type {Field} */
    let control;
    const choose = () => {
      const field = /** @type {Api.RegisterField} */ (fields.find((one) => one.code === which.value));
      const known = /** @type {Api.Operator[]} */ (TEXTS.includes(field.type) ? ["has", "eq", "ne"] : ["integer", "number", "money", "date", "time", "month", "clock"].includes(field.type) ? ["ge", "le", "eq"] : ["eq", "ne"]);
      how.replaceChildren(...known.map((one) => new Option(OPERATORS[one], one)));
      control = cockpit.registers.control({ ...field, required: true, computed: false }, null);
      control.querySelector("input, select")?.setAttribute("aria-label", field.name);
      what.replaceChildren(control);
    };
    which.addEventListener("change", choose);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = control.read()[which.value];
      if (value === null || value === undefined) return;
      folded.open = false;
      ask({ where: [...asked.where, `${which.value}:${how.value}:${Array.isArray(value) ? value[0] : value}`] });
    });
    choose();
    made.append(which, how, what, button);
    folded.append(element("summary", "", say("筛选条件")), made);
    folded.name = TOOLS;
    return folded;
  }

  function showChips() {
    cockpit.need("[data-register-chips]").replaceChildren(...asked.where.map((one) => {
      const [code, operator, ...rest] = one.split(":");
      const field = declared.register.fields.find((made) => made.code === code);
      const value = rest.join(":");
      const words = field ? cockpit.registers.text(field, value, {}) : value;
      const chip = element("button", "quiet chip", `${field?.name ?? code} ${OPERATORS[/** @type {Api.Operator} */ (operator)]} ${words} ✕`);
      chip.type = "button";
      chip.setAttribute("aria-label", say("去掉条件 {what}", { what: chip.textContent?.replace(" ✕", "") }));
      chip.addEventListener("click", () => ask({ where: asked.where.filter((other) => other !== one) }));
      return chip;
    }));
  }

  function showLinks() {
    if (!cockpit.may("steward")) return;
    cockpit.need("[data-register-links]").replaceChildren(...["xlsx", "csv"].map((format) => {
      const link = element("a", "", say("导出 {format}", { format: format.toUpperCase() }));
      const found = query();
      found.set("format", format);
      found.delete("voided");
      if (cockpit.at !== null) found.set("at", new Date(cockpit.at).toISOString());
      link.href = cockpit.registers.address(`/export?${found}`);
      link.download = "";
      cockpit.far.download(link, cockpit.need("[data-register-links]"));
      return link;
    }));
  }

  /* Ask for something else, and let the address say so: who opens it anew sees the same. */
  /** @param {Partial<typeof asked>} changed */
  function ask(changed) {
    asked = { ...asked, ...changed };
    const address = new URL(location.href);
    for (const [name, value] of Object.entries({ q: asked.q, where: asked.where.join("\n"), state: asked.state.join(",") })) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    address.searchParams.set("register", declared.register.code);
    history.replaceState(history.state, "", address);
    showChips();
    showLinks();
    grid?.purgeInfiniteCache();
  }
})();
