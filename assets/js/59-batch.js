/* The same step for many events: how many are chosen, and what can be done with all of them. Board and list have it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const moves = cockpit.boardMoves;
  const MOST = 200;   // events that one request takes
  const TO_SOMEBODY = ["dispatched", "assigned"];

  /* ``known`` tells of an event what its page shows of it; ``show`` marks what is chosen. */
  cockpit.batch = function ({ known, show }) {
    /** @type {Set<string>} */
    const chosen = new Set();
    const bar = () => cockpit.need("[data-batch]");

    /** @param {[ok: boolean, text: string]} [outcome] */
    function draw(outcome) {
      const place = bar();
      place.hidden = chosen.size === 0 && !outcome;
      cockpit.setText(place.querySelector(".chosen"), chosen.size ? say("已选 {n} 件", { n: chosen.size }) : "");
      if (outcome) cockpit.sayOutcome(cockpit.need(".outcome", place), ...outcome);
      else cockpit.setText(place.querySelector(".outcome"), "");
      offer();
    }

    /* Only what can be done with all that are chosen is offered. */
    function offer() {
      const place = bar().querySelector(".steps");
      if (!place) return;
      const states = [...chosen].flatMap((id) => known(id)?.state ?? []);
      const possible = moves.fromAll(states);
      const to = /** @type {HTMLSelectElement} */ (cockpit.need(".to", bar()));
      to.hidden = !cockpit.canDo("manager") || !TO_SOMEBODY.some((step) => step in possible);
      const buttons = Object.entries(possible).map(([step, verb]) => {
        const button = element("button", "", say("批量{verb}", { verb }));
        button.type = "button";
        button.title = moves.effect(step, states.length);
        button.addEventListener("click", () => send(step, to.value, chosen));
        return button;
      });
      place.replaceChildren(...(buttons.length || !states.length ? buttons : [element("span", "second", say("所选事件没有共同的下一步"))]));
    }

    /** @param {string} to @param {string} assignee @param {Iterable<string>} which */
    async function send(to, assignee, which) {
      const events = [...which].flatMap((id) => (known(id) ? [{ id, seq: Number(known(id)?.seq) }] : []));
      if (to === "assigned" && !assignee) return draw([false, say("请先选定改派给谁")]);
      if (!events.length) return draw([false, say("所选事件已不在这里")]);
      const titles = new Map(events.map(({ id }) => [id, known(id)?.title ?? id]));
      const asked = { to, ...(TO_SOMEBODY.includes(to) && assignee ? { assignee } : {}) };
      /** @type {{id: string, taken: boolean, detail?: string}[]} */
      const told = [];
      for (let from = 0; from < events.length; from += MOST) {
        const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/events/transitions`, { events: events.slice(from, from + MOST), ...asked });
        if (!answer.ok) return draw([false, answer.body.detail || say("没有执行")]);
        told.push(...answer.body.events);
      }
      const refused = told.filter((one) => !one.taken);
      if (which === chosen) chosen.clear();
      refused.forEach(({ id }) => chosen.add(id));
      show(chosen);
      const why = refused.length ? say("；{n} 件未办理：", { n: refused.length }) : "";
      draw([refused.length === 0, say("已办理 {taken} 件{why}", { taken: told.length - refused.length, why })]);
      const left = new Set(refused.map(({ id }) => id));
      const taken = events.filter(({ id }) => !left.has(id)).map(({ id, seq }) => ({ id, seq: seq + 1 }));
      const outcome = cockpit.need(".outcome", bar());
      bar().querySelector(".back")?.replaceChildren(...(taken.length ? [moves.undo(taken, outcome)] : []));
      const list = element("ul", "refusals");
      list.append(...refused.map(({ id, detail }) => element("li", "", say("{id}：{detail}", { id: titles.get(id) ?? id, detail: detail ?? "" }))));
      if (refused.length) outcome.append(list);
    }

    return {
      has: (id) => chosen.has(id),
      send: (to, which) => send(to, "", which),
      choose(ids) {
        const now = [...ids];
        if (now.length === chosen.size && now.every((id) => chosen.has(id))) return;
        chosen.clear();
        now.forEach((id) => chosen.add(id));
        draw();
      },
      pick(id, isPicked) {
        if (isPicked) chosen.add(id);
        else chosen.delete(id);
        draw();
      },
      async start() {
        const people = cockpit.canDo("manager") ? (await cockpit.ask("assignees", {})).assignees : [];
        const to = element("select");
        to.setAttribute("aria-label", say("派给"));
        const named = people.filter((/** @type {Api.Person} */ one) => one.account);
        to.append(new Option(say("按网格派给网格员"), ""), ...named.map((/** @type {Api.Person} */ { name, load }) => new Option(say("{name}（在办 {load}）", { name, load }), name)));
        to.className = "to";
        to.hidden = true;
        const outcome = element("span", "outcome");
        outcome.setAttribute("role", "status");
        bar().replaceChildren(element("span", "chosen"), to, element("span", "steps"), outcome, element("span", "back"));
      },
    };
  };
})();
