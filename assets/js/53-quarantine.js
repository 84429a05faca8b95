/* The quarantine: choose messages and have them taken again. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;

  const boxes = () => [.../** @type {Iterable<HTMLInputElement>} */ (cockpit.findAll("tr[data-refused] input"))];

  /** @param {HTMLElement} place */
  function box(place) {
    const made = cockpit.element("input");
    made.type = "checkbox";
    made.setAttribute("aria-label", place.dataset.choice === "all" ? say("全选") : say("选择"));
    place.append(made);
    return made;
  }

  async function playBack() {
    const outcome = cockpit.need("[data-outcome]");
    const rows = boxes().filter((one) => one.checked).map((one) => /** @type {HTMLTableRowElement} */ (one.closest("tr")));
    if (!rows.length) {
      cockpit.sayOutcome(outcome, false, say("请先选择报文"));
      return;
    }
    const button = /** @type {HTMLButtonElement} */ (cockpit.need("[data-play-back]"));
    button.disabled = true;
    const ids = rows.map((row) => Number(row.dataset.refused));
    const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/quarantine/play-back`, { ids });
    button.disabled = false;
    if (!answer.ok) {
      cockpit.sayOutcome(outcome, false, answer.body.detail);
      return;
    }
    const still = new Map(answer.body.refused.map((/** @type {{id: number, why: string}} */ one) => [one.id, one.why]));
    for (const row of rows) {
      const why = still.get(Number(row.dataset.refused));
      if (why === undefined) row.remove();
      else cockpit.setText(row.cells[5], why);
    }
    const left = still.size ? say("，{n} 条仍被拒收，原因见说明", { n: still.size }) : "";
    cockpit.sayOutcome(outcome, !still.size, say("{stored} 条已入库{left}", { stored: answer.body.stored, left }));
  }

  cockpit.pages.quarantine = {
    async start() {
      await cockpit.whoAmI();
      const why = cockpit.whyNot("manager");
      if (why !== null) {
        // Looked at by whoever may, taken again by a manager.
        for (const place of cockpit.findAll(".actions")) cockpit.refuse(place, say("重新处理{why}", { why }));
        return;
      }
      for (const place of cockpit.findAll("[data-choice]")) {
        const made = box(place);
        if (place.dataset.choice === "all") {
          made.addEventListener("change", () => boxes().forEach((one) => (one.checked = made.checked)));
        }
      }
      const button = cockpit.find("[data-play-back]");
      if (button) button.addEventListener("click", playBack);
    },
  };
})();
