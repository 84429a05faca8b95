/* A table of what a list is narrowed to: asked for anew when something else is, with how many there are. */
(function () {
  "use strict";

  const cockpit = window.cockpit;

  /* ``table`` is the name of a grid, or what draws the rows itself. */
  cockpit.listed = async function (table, ask) {
    /** @param {GridRow[]} rows */
    const show = async (rows) => {
      if (typeof table !== "string") return table(rows);
      const api = await /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync(table);
      api.setGridOption("rowData", rows);
    };
    let asked = 0;   // which question is the newest
    const load = async () => {
      const mine = (asked += 1);
      try {
        const { rows, total, word } = await ask(narrowed);
        if (mine !== asked) return;
        await show(rows);
        narrowed.count(total, total, word);
      } catch (error) {
        if (mine === asked) narrowed.refuse(error.message);
      }
    };
    const narrowed = cockpit.narrowing(load);
    await load();
    await cockpit.widen();
    return load;
  };
})();
