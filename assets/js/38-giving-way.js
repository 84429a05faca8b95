/* A column of the wall never runs over its foot: what says least gives way, in the order of the sheets (25-alarms.css), step
   by step until the rest has room. Which panels have much to say at once nobody can list beforehand. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const STEPS = 8;
  const LOOSEN_MS = 10000;   // between two looks whether there is room again
  const { clock } = cockpit;

  /** @type {Map<HTMLElement, { step: number, loosened: number }>} */
  const columns = new Map();
  let isAsked = false;

  /** @param {HTMLElement} column @param {boolean} isOtherSize */
  function fit(column, isOtherSize) {
    const known = columns.get(column) ?? { step: 0, loosened: 0 };
    columns.set(column, known);
    /** @param {number} step */
    const give = (step) => {
      if (known.step === step) return;
      known.step = step;
      column.dataset.tight = Array.from({ length: step }, (_, place) => place + 1).join(" ");
    };
    const { display, flexDirection } = getComputedStyle(column);
    if (display !== "flex" || flexDirection !== "column") return void give(0);
    if (known.step && (isOtherSize || clock.since(known.loosened) > LOOSEN_MS)) {
      known.loosened = clock.steady();
      give(0);
    }
    while (known.step < STEPS && column.scrollHeight > column.clientHeight + 1) give(known.step + 1);
  }

  /** @param {boolean} isOtherSize */
  function ask(isOtherSize) {
    if (isAsked && !isOtherSize) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      for (const column of columns.keys()) fit(column, isOtherSize);
    });
  }

  const seen = new MutationObserver(() => ask(false));

  cockpit.layers.room = {
    render() {
      if (columns.size || cockpit.root.dataset.page !== "wall") return;
      for (const column of cockpit.findAll(".wall > .column")) {
        fit(column, false);
        seen.observe(column, { subtree: true, childList: true, characterData: true, attributeFilter: ["hidden", "class"] });
      }
      window.addEventListener("resize", () => ask(true));
    },
    tick: () => null,
  };
})();
