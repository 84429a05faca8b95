/* The board: a column a state, what is due first at the top. Read once; what changes moves by the live channel. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const TALLY = "*";
  const MARK = { minor: ["●", "low"], major: ["◆", "middle"], critical: ["▲", "high"] };
  const WAIT_MS = 150;
  const columns = new Map();   // state -> {count, list}
  const cards = new Map();     // event -> its card
  const renewed = new Set();   // events whose assignee is to be asked again
  let timer = null;

  async function load() {
    const answer = await cockpit.ask("events/board", {});
    const board = cockpit.find("[data-board]");
    columns.clear();
    cards.clear();
    board.replaceChildren(...answer.columns.map(column));
  }

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
      const where = [told.area ? areaName(told.area) : null, told.category_name].filter(Boolean).join(" · ");
      list.append(card({ id: told.id, severity: told.severity, title: told.title, where, due, assignee: told.assignee }));
    }
    box.append(head, list);
    return box;
  }

  function areaName(code) {
    const area = (cockpit.state.areas || {})[code];
    return area && area.name ? area.name : code;
  }

  function card(one) {
    const [mark, tone] = MARK[one.severity];
    const row = element("li", "card");
    row.dataset.event = one.id;
    if (one.due) row.dataset.due = one.due;
    row.classList.toggle("is-late", Boolean(one.due) && one.due <= cockpit.now());
    const link = element("a", "title", one.title);
    link.href = "/events/" + one.id;
    const due = element("time", "when", one.due ? cockpit.time.short(one.due) : "");
    const who = element("span", "who", one.assignee || "");
    row.append(element("span", `symbol tone-${tone}`, mark), link, element("span", "where", one.where), due, who);
    cards.set(one.id, row);
    return row;
  }

  /* Bring what changed to its column: {id: record}. */
  function apply(changed) {
    const tally = changed[TALLY];
    if (tally) for (const [state, { count }] of columns) cockpit.setText(count, cockpit.number(tally.by_state[state] || 0));
    for (const [id, one] of Object.entries(changed)) {
      if (id === TALLY) continue;
      const old = cards.get(id);
      const assignee = old ? old.querySelector(".who").textContent : "";
      if (old) old.remove();
      cards.delete(id);
      if (!one.open || !columns.has(one.state)) continue;
      const where = [one.area, one.category].filter(Boolean).join(" · ");
      place(columns.get(one.state).list, card({ ...one, where, assignee }));
      if (cockpit.may("steward")) renewed.add(id);
    }
    if (renewed.size && timer === null) timer = setTimeout(renew, WAIT_MS);
  }

  function place(list, row) {
    const due = Number(row.dataset.due || Infinity);
    const next = [...list.children].find((other) => Number(other.dataset.due || Infinity) > due);
    list.insertBefore(row, next || null);
  }

  /* Names do not travel on the live channel: it is the same for every screen. */
  async function renew() {
    timer = null;
    const ids = [...renewed];
    renewed.clear();
    for (const id of ids) {
      const answer = await fetch(`/api/v1/${cockpit.root.dataset.community}/events/${id}`);
      if (!answer.ok || !cards.has(id)) continue;
      cockpit.setText(cards.get(id).querySelector(".who"), (await answer.json()).properties.assignee || "");
    }
  }

  cockpit.pages.board = {
    start: () => cockpit.whoAmI(),
    render(changed) {
      if (changed === null) load();
      else if (changed.grid_events && columns.size) apply(changed.grid_events);
    },
  };
})();
