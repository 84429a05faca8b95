/* The board: a column a state, what presses most at the top. Read once; what changes moves by the live channel. */
(function () {
  "use strict";

  /** @typedef {{id: string, severity: Live.Severity, title: string, where: string, due: number | null, warn: number | null, source: string | null, assignee?: string | null, unassigned: boolean, seq: number, state: string, words?: string | null, photo?: number | null}} Card */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const TALLY = "*";
  const MARK = { minor: ["●", "low"], major: ["◆", "middle"], critical: ["▲", "high"] };
  const WAIT_MS = 150;
  const FEW = 20;              // cards; a column with fewer asks for those that wait below them
  const SETTLED_MS = 700;      // a batch moves many, one after the other; then all are asked for at once
  const REFUSED_MS = 5000;
  /** @type {Map<string, {counted: number, count: HTMLElement, list: HTMLElement, below: HTMLElement}>} */
  const columns = new Map();   // state -> how many it says there are, where, its cards, and what is said of the others
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map();     // event -> its card
  /** @type {Set<string>} */
  const renewed = new Set();   // events whose assignee is to be asked again
  const FIRST_WORDS = 60;      // letters of what was said, on a card
  const moves = cockpit.boardMoves;
  const MARK_MS = 20000;
  /** @type {number | null} */
  let timer = null;
  /** @type {number | null} */
  let below = null;            // when those below are asked for
  /** @type {Map<string, number> | null} */
  let since = null;            // while they are: what the live channel said of, event -> its step

  async function load() {
    // Who it is decides what a card offers; both are asked for at once.
    const [answer] = await Promise.all([cockpit.ask("events/board", {}), cockpit.whoAmI()]);
    const board = cockpit.need("[data-board]");
    columns.clear();
    cards.clear();
    since = null;
    board.replaceChildren(...answer.columns.map(column));
  }

  /** @param {Api.Column} given */
  function column({ state, name, count, events }) {
    const box = element("section", "panel column-of-state");
    box.dataset.state = state;
    const counted = cockpit.toRows(cockpit.number(count), "/events", { state });
    counted.classList.add("value");
    const head = element("h2", "", name + " ");
    head.append(counted);
    const list = element("ol", "cards");
    const others = element("p", "others");
    columns.set(state, { counted: count, count: counted, list, below: others });
    for (const told of events) list.append(card(toCard(told, state)));
    moves.target(box, (id, to) => batch.send(to, [id]));
    box.append(head, list, others);
    sayOthers(state);
    return box;
  }

  /* Said alike of a card that was read and of one that moved. */
  /** @param {string | null} place @param {string} category */
  const whereOf = (place, category) => [place, category].filter(Boolean).join(" · ");

  /* An event of the API as a card. */
  /** @param {Api.EventProperties} told @param {string} state @returns {Card} */
  function toCard(told, state) {
    const { id, severity, title, source, assignee, unassigned, seq, photo } = told;
    const where = whereOf(told.place, told.category_name);
    const due = told.due ? Date.parse(told.due) : null;
    const warn = told.warn ? Date.parse(told.warn) : null;
    return { id, severity, title, where, due, warn, source, assignee, unassigned, seq, state, words: told.detail, photo };
  }

  /* What is not shown of a column is said below it, with the way to it. */
  /** @param {string} state */
  function sayOthers(state) {
    const { counted, list, below: others } = ofState(state);
    const more = Math.max(0, counted - list.children.length);
    others.hidden = more === 0;
    others.replaceChildren(...(more ? [cockpit.toRows(say("另有 {n} 件", { n: cockpit.number(more) }), "/events", { state })] : []));
  }

  /** @param {string} state */
  const ofState = (state) => /** @type {{counted: number, count: HTMLElement, list: HTMLElement, below: HTMLElement}} */ (columns.get(state));

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
    row.append(element("span", `symbol tone-${tone}`, sign), link, element("span", "words"), element("span", "where", [cockpit.unreal(one.source, one.title), one.where].filter(Boolean).join(" · ")), due, who);
    more(row, one.words, one.photo);
    if (cockpit.canDo("manager")) row.append(picker(one));
    const chooser = cockpit.canDo("steward") ? moves.chooser(one.id, one.state, (id, to) => batch.send(to, [id])) : null;
    if (chooser) {
      row.append(chooser);
      moves.draggable(row);
    }
    row.dataset.state = one.state;
    cards.set(one.id, row);
    return row;
  }

  /* The first words of what was said, and a photo for who may see it. */
  /** @param {HTMLElement} row @param {string | null} [words] @param {number | null} [photo] */
  function more(row, words, photo) {
    const said = (words ?? "").trim().replace(/\s+/g, " ");
    cockpit.setText(row.querySelector(".words"), said.length > FIRST_WORDS ? said.slice(0, FIRST_WORDS) + "…" : said);
    if (!photo || !cockpit.may("steward") || row.querySelector("img")) return;
    const image = element("img", "shot");
    image.src = `/api/v1/${cockpit.root.dataset.community}/events/${row.dataset.event}/photos/${photo}`;
    image.alt = "";
    image.loading = "lazy";
    image.draggable = false;
    row.append(image);
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
    box.checked = batch.has(id);
    box.setAttribute("aria-label", say("选择 {title}", { title }));
    box.addEventListener("change", () => batch.pick(id, box.checked));
    return box;
  }

  const batch = cockpit.batch({
    known(id) {
      const row = cards.get(id);
      return row && { title: row.querySelector(".title")?.textContent ?? id, state: row.dataset.state ?? "", seq: Number(row.dataset.seq) };
    },
    show(chosen) {
      for (const row of cards.values()) {
        const box = /** @type {HTMLInputElement | null} */ (row.querySelector(".pick"));
        if (box) box.checked = chosen.has(row.dataset.event ?? "");
      }
    },
  });

  /* Bring what changed to its column: {id: record}. */
  /** @param {Record<string, Live.GridEvent> & { "*"?: Live.GridEventTally }} changed */
  function apply(changed) {
    const tally = changed[TALLY];
    if (tally) for (const [state, column] of columns) count(column, tally.by_state[state] || 0);
    for (const [id, told] of Object.entries(changed)) {
      if (id === TALLY) continue;
      const one = /** @type {Live.GridEvent} */ (told);
      const old = cards.get(id);
      const assignee = old && !one.unassigned && !old.classList.contains("is-unassigned") ? cockpit.need(".who", old).textContent : "";
      if (old) old.remove();
      cards.delete(id);
      since?.set(id, one.seq);
      if (!one.open || !columns.has(one.state)) continue;
      const where = whereOf(one.place, one.category);
      place(ofState(one.state).list, card({ ...one, where, assignee }));
      if (cockpit.may("steward")) renewed.add(id);
    }
    if (renewed.size && timer === null) timer = setTimeout(renew, WAIT_MS);
    for (const state of columns.keys()) sayOthers(state);
    askForOthers();
  }

  /** @param {{counted: number, count: HTMLElement}} column @param {number} n */
  function count(column, n) {
    column.counted = n;
    cockpit.setText(column.count, cockpit.number(n));
  }

  const runsLow = () => [...columns.values()].some(({ counted, list }) => list.children.length < Math.min(FEW, counted));

  /* Where a column runs low, ask for what waits below its cards: once for all columns, and never twice at a time. */
  function askForOthers(after = SETTLED_MS) {
    // Not all boards of a control room at the same moment.
    if (below === null && since === null && runsLow()) below = setTimeout(takeOthers, after * (1 + Math.random()));
  }

  async function takeOthers() {
    below = null;
    if (!runsLow()) return;
    const moved = (since = new Map());
    let answer;
    try {
      answer = await cockpit.ask("events/board", {});
    } catch {
      if (since === moved) since = null;
      askForOthers(REFUSED_MS);
      return;
    }
    if (since !== moved) return;   // the board was read anew meanwhile
    since = null;
    for (const { state, count: n, events } of answer.columns) {
      const column = columns.get(state);
      if (!column) continue;
      // A count is of its moment: where something moved since, the live channel's is the newer one.
      if (!moved.size) count(column, n);
      for (const told of events) {
        if (!cards.has(told.id) && (moved.get(told.id) ?? 0) <= told.seq) place(column.list, card(toCard(told, state)));
      }
      sayOthers(state);
    }
    if (moved.size) askForOthers();
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
      const answer = await cockpit.request(cockpit.link(`/api/v1/${cockpit.root.dataset.community}/events/${id}`));
      if (!answer.ok || !cards.has(id)) continue;
      const row = /** @type {HTMLElement} */ (cards.get(id));
      cockpit.setText(row.querySelector(".who"), holder(answer.body.properties));
      more(row, answer.body.properties.detail, answer.body.properties.photos[0]?.number);
    }
  }

  cockpit.pages.board = {
    async start() {
      await cockpit.whoAmI();
      if (cockpit.canDo("steward")) batch.start();
      setInterval(() => cards.forEach(mark), MARK_MS);
    },
    /** @param {Live.Changed} changed */
    render(changed) {
      if (changed === null) load();
      else if (changed.grid_events && columns.size) apply(changed.grid_events);
    },
  };
})();
