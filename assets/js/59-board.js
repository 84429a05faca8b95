/* The board: a column a state, what presses most at the top. Read once; what changes moves by the live channel. */
(function () {
  "use strict";

  /** @typedef {{id: string, severity: Live.Severity, title: string, where: string, due: number | null, warn: number | null, assignee?: string | null, unassigned: boolean, seq: number}} Card */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const TALLY = "*";
  const MARK = { minor: ["●", "low"], major: ["◆", "middle"], critical: ["▲", "high"] };
  const WAIT_MS = 150;
  /** @type {Map<string, {count: HTMLElement, list: HTMLElement}>} */
  const columns = new Map();   // state -> {count, list}
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map();     // event -> its card
  /** @type {Set<string>} */
  const renewed = new Set();   // events whose assignee is to be asked again
  /** @type {Set<string>} */
  const chosen = new Set();    // events that the same step is asked for
  const STEPS = { filed: say("批量立案"), dispatched: say("批量派遣"), verified: say("批量核查"), closed: say("批量结案") };
  const MARK_MS = 20000;
  /** @type {number | null} */
  let timer = null;

  async function load() {
    // Who it is decides what a card offers; both are asked for at once.
    const [answer] = await Promise.all([cockpit.ask("events/board", {}), cockpit.whoAmI()]);
    const board = cockpit.need("[data-board]");
    columns.clear();
    cards.clear();
    board.replaceChildren(...answer.columns.map(column));
  }

  /** @param {Api.Column} given */
  function column({ state, name, count, events }) {
    const box = element("section", "panel column-of-state");
    box.dataset.state = state;
    const counted = element("span", "value", cockpit.number(count));
    const head = element("h2", "", name + " ");
    head.append(counted);
    const list = element("ol", "cards");
    columns.set(state, { count: counted, list });
    for (const told of events) {
      const due = told.due ? Date.parse(told.due) : null;
      const where = [told.area ? cockpit.areaName(told.area) : null, told.category_name].filter(Boolean).join(" · ");
      const { id, severity, title, assignee, unassigned, seq } = told;
      const warn = told.warn ? Date.parse(told.warn) : null;
      list.append(card({ id, severity, title, where, due, warn, assignee, unassigned, seq }));
    }
    box.append(head, list);
    return box;
  }

  /** @param {Card} one */
  function card(one) {
    const [sign, tone] = MARK[one.severity];
    const row = element("li", "card");
    row.dataset.event = one.id;
    if (one.due) row.dataset.due = String(one.due);
    if (one.warn) row.dataset.warn = String(one.warn);
    row.dataset.seq = String(one.seq);
    row.dataset.severity = one.severity;
    row.classList.toggle("is-unassigned", Boolean(one.unassigned));
    mark(row);
    const link = element("a", "title", one.title);
    link.href = cockpit.link("/events/" + one.id);
    const due = element("time", "when", one.due ? cockpit.time.short(one.due) : "");
    const who = element("span", "who", holder(one));
    row.append(element("span", `symbol tone-${tone}`, sign), link, element("span", "where", one.where), due, who);
    if (cockpit.canDo("manager")) row.append(picker(one));
    cards.set(one.id, row);
    return row;
  }

  /** @param {{ assignee?: string | null, unassigned?: boolean }} given */
  const holder = ({ assignee, unassigned }) => (unassigned ? say("▲ 未指派") : assignee || "");

  /* Late, or soon to be: time alone changes it. */
  /** @param {HTMLElement} row */
  function mark(row) {
    const { due, warn } = row.dataset;
    const isLate = Boolean(due) && Number(due) <= cockpit.now();
    row.classList.toggle("is-late", isLate);
    row.classList.toggle("is-soon", !isLate && Boolean(warn) && Number(warn) <= cockpit.now());
  }

  /* --- the same step for many --- */

  /** @param {Card} given */
  function picker({ id, title }) {
    const box = element("input", "pick");
    box.type = "checkbox";
    box.checked = chosen.has(id);
    box.setAttribute("aria-label", say("选择 {title}", { title }));
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(id);
      else chosen.delete(id);
      showBatch();
    });
    return box;
  }

  const bar = () => cockpit.need("[data-batch]");
  /** @param {string} id */
  const titleOf = (id) => cards.get(id)?.querySelector(".title")?.textContent ?? id;

  /** @param {[ok: boolean, text: string]} [outcome] */
  function showBatch(outcome) {
    const place = bar();
    place.hidden = chosen.size === 0 && !outcome;
    cockpit.setText(place.querySelector(".chosen"), chosen.size ? say("已选 {n} 件", { n: chosen.size }) : "");
    if (outcome) cockpit.sayOutcome(cockpit.need(".outcome", place), ...outcome);
    else cockpit.setText(place.querySelector(".outcome"), "");
    for (const button of place.querySelectorAll("button")) button.disabled = chosen.size === 0;
  }

  async function startBatch() {
    if (!cockpit.canDo("manager")) return;
    const people = (await cockpit.ask("assignees", {})).assignees;
    const to = element("select");
    to.setAttribute("aria-label", say("派给"));
    const known = people.filter((/** @type {Api.Person} */ one) => one.account);
    to.append(new Option(say("按网格派给网格员"), ""), ...known.map((/** @type {Api.Person} */ { name, load }) => new Option(say("{name}（在办 {load}）", { name, load }), name)));
    const buttons = Object.entries(STEPS).map(([step, name]) => {
      const button = element("button", "", name);
      button.type = "button";
      button.addEventListener("click", () => send(step, to.value));
      return button;
    });
    const outcome = element("span", "outcome");
    outcome.setAttribute("role", "status");
    bar().replaceChildren(element("span", "chosen"), to, ...buttons, outcome);
  }

  /** @param {string} to @param {string} assignee */
  async function send(to, assignee) {
    const events = [...chosen].filter((id) => cards.has(id)).map((id) => ({ id, seq: Number(cards.get(id)?.dataset.seq) }));
    if (!events.length) return showBatch([false, say("所选事件已不在看板上")]);
    const body = { events, to, ...(to === "dispatched" && assignee ? { assignee } : {}) };
    const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/events/transitions`, body);
    if (!answer.ok) return showBatch([false, answer.body.detail || say("没有执行")]);
    const refused = answer.body.events.filter((/** @type {{id: string, taken: boolean, detail?: string}} */ one) => !one.taken);
    chosen.clear();
    refused.forEach((/** @type {{id: string}} */ one) => chosen.add(one.id));
    for (const row of cards.values()) {
      const box = /** @type {HTMLInputElement | null} */ (row.querySelector(".pick"));
      if (box) box.checked = chosen.has(row.dataset.event ?? "");
    }
    const why = refused.length ? say("；{n} 件未办理：", { n: refused.length }) : "";
    showBatch([refused.length === 0, say("已办理 {taken} 件{why}", { taken: answer.body.taken, why })]);
    const list = element("ul", "refusals");
    list.append(...refused.map((/** @type {{id: string, detail: string}} */ { id, detail }) => element("li", "", say("{id}：{detail}", { id: titleOf(id), detail }))));
    if (refused.length) cockpit.need(".outcome", bar()).append(list);
  }

  /* Bring what changed to its column: {id: record}. */
  /** @param {Record<string, Live.GridEvent> & { "*"?: Live.GridEventTally }} changed */
  function apply(changed) {
    const tally = changed[TALLY];
    if (tally) for (const [state, { count }] of columns) cockpit.setText(count, cockpit.number(tally.by_state[state] || 0));
    for (const [id, told] of Object.entries(changed)) {
      if (id === TALLY) continue;
      const one = /** @type {Live.GridEvent} */ (told);
      const old = cards.get(id);
      const assignee = old && !one.unassigned && !old.classList.contains("is-unassigned") ? cockpit.need(".who", old).textContent : "";
      if (old) old.remove();
      cards.delete(id);
      if (!one.open || !columns.has(one.state)) continue;
      const where = [one.area, one.category].filter(Boolean).join(" · ");
      place(/** @type {{list: HTMLElement}} */ (columns.get(one.state)).list, card({ ...one, where, assignee }));
      if (cockpit.may("steward")) renewed.add(id);
    }
    if (renewed.size && timer === null) timer = setTimeout(renew, WAIT_MS);
  }

  /* What lies with nobody first, then what is critical, then what is due first: as the server orders them. */
  /** @param {HTMLElement} list @param {HTMLElement} row */
  function place(list, row) {
    /** @param {HTMLElement} given */
    const rank = ({ classList, dataset }) => [
      classList.contains("is-unassigned") ? 0 : 1,
      dataset.severity === "critical" ? 0 : 1,
      Number(dataset.due || Infinity),
    ];
    const mine = rank(row);
    const next = [.../** @type {Iterable<HTMLElement>} */ (list.children)].find((other) => {
      const theirs = rank(other);
      const differs = mine.findIndex((one, place) => one !== theirs[place]);
      return differs >= 0 && theirs[differs] > mine[differs];
    });
    list.insertBefore(row, next || null);
  }

  /* Names do not travel on the live channel: it is the same for every screen. */
  async function renew() {
    timer = null;
    const ids = [...renewed];
    renewed.clear();
    for (const id of ids) {
      const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/events/${id}`);
      if (!answer.ok || !cards.has(id)) continue;
      cockpit.setText(cards.get(id)?.querySelector(".who") ?? null, holder(answer.body.properties));
    }
  }

  cockpit.pages.board = {
    async start() {
      await cockpit.whoAmI();
      startBatch();
      setInterval(() => cards.forEach(mark), MARK_MS);
    },
    /** @param {Live.Changed} changed */
    render(changed) {
      if (changed === null) load();
      else if (changed.grid_events && columns.size) apply(changed.grid_events);
    },
  };
})();
