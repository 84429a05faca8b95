/* Moving events on the board: dragged, or by a card's own list; many at once; and a step that is taken back. */
(function () {
  "use strict";

  /** @typedef {{states: Record<string, {name: string, verb: string, to: Record<string, Role>}>, actions: Record<string, {name: string, verb: string, in: string[], role: Role}>}} Life */

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const NEEDS_MORE = ["void", "declined", "rated"];   // a reason, or points: on the event's own page
  const UNDO_MS = 60000;
  /** @type {Life | null} */
  let known = null;
  const life = () => (known = known ?? /** @type {Life} */ (JSON.parse(cockpit.root.dataset.life ?? "{}")));
  /** @type {string | null} */
  let dragged = null;
  const moves = (cockpit.boardMoves = /** @type {BoardMoves} */ ({}));

  /* The steps and acts that whoever is signed in may take from a state, by what a button says. */
  moves.from = function (state) {
    const { states, actions } = life();
    const steps = Object.entries(states[state]?.to ?? {}).filter(([code, role]) => cockpit.canDo(role) && !NEEDS_MORE.includes(code)).map(([code]) => [code, states[code].verb]);
    const given = actions.assigned;
    return Object.fromEntries([...steps, ...(given.in.includes(state) && cockpit.canDo(given.role) ? [["assigned", given.verb]] : [])]);
  };

  /* What can be done with all of these at once. */
  moves.fromAll = function (states) {
    const each = states.map(moves.from);
    return Object.fromEntries(Object.entries(each[0] ?? {}).filter(([code]) => each.every((one) => code in one)));
  };

  /* What a step does, as a button's words. */
  moves.effect = (code, n) => (code === "assigned" ? say("把 {n} 件改派给所选的人", { n }) : say("把 {n} 件转为「{to}」", { n, to: life().states[code].name }));

  /* A card's own list of what can be done: for keys and fingers what dragging is for a mouse. */
  moves.chooser = function (id, state, take) {
    const possible = Object.entries(moves.from(state)).filter(([code]) => code !== "assigned");
    if (!possible.length) return null;
    const made = element("select", "move");
    made.setAttribute("aria-label", say("办理这一件"));
    made.append(new Option(say("办理…"), ""), ...possible.map(([code, verb]) => new Option(verb, code)));
    made.addEventListener("change", () => made.value && take(id, made.value));
    return made;
  };

  /* Let a card be dragged; the columns where it may go show it. */
  moves.draggable = function (card) {
    const state = () => /** @type {HTMLElement | null} */ (card.closest("[data-state]"))?.dataset.state ?? "";
    card.draggable = true;
    card.addEventListener("dragstart", (event) => {
      dragged = card.dataset.event ?? null;
      event.dataTransfer?.setData("text/plain", dragged ?? "");
      const possible = moves.from(state());
      for (const column of cockpit.findAll(".column-of-state")) column.classList.toggle("is-open-to-it", (column.dataset.state ?? "") in possible);
    });
    card.addEventListener("dragend", () => {
      dragged = null;
      for (const column of cockpit.findAll(".column-of-state")) column.classList.remove("is-open-to-it", "is-under-it");
    });
  };

  moves.target = function (column, take) {
    const isOpen = () => dragged !== null && column.classList.contains("is-open-to-it");
    column.addEventListener("dragover", (event) => {
      if (!isOpen()) return;
      event.preventDefault();
      column.classList.add("is-under-it");
    });
    column.addEventListener("dragleave", () => column.classList.remove("is-under-it"));
    column.addEventListener("drop", (event) => {
      if (!isOpen() || dragged === null) return;
      event.preventDefault();
      take(dragged, column.dataset.state ?? "");
    });
  };

  /* For a minute: let what was just done be undone, for each by itself. */
  moves.undo = function (taken, outcome) {
    const button = element("button", "quiet undo", say("撤回（一分钟内）"));
    button.type = "button";
    setTimeout(() => button.remove(), UNDO_MS);
    button.addEventListener("click", async () => {
      button.disabled = true;
      const answers = await Promise.all(taken.map(({ id, seq }) => cockpit.post(`/api/v1/${cockpit.root.dataset.community}/events/${id}/undo`, { seq })));
      const refused = answers.filter((one) => !one.ok);
      button.remove();
      cockpit.sayOutcome(outcome, refused.length === 0, refused.length ? say("{n} 件没有撤回：{why}", { n: refused.length, why: refused[0].body.detail }) : say("已撤回 {n} 件", { n: answers.length }));
    });
    return button;
  };
})();
