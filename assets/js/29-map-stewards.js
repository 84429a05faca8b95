/* Grids in the colour of who looks after them (七彩网格): read when somebody wants to see them. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const HUES = 7;   // those of layers/look.py; an eighth steward shares the first's

  cockpit.map.tools.push(() => {
    /** @param {string} group */
    const box = (group) => /** @type {HTMLInputElement | null} */ (cockpit.find(`[data-group="${group}"]`));
    cockpit.root.addEventListener("map-group", ({ detail }) => {
      if (!["stewards", "areas"].includes(detail.group) || !box("stewards")) return;
      // Two fills over each other would be of neither's colours.
      const isFree = box("areas")?.checked && !box("stewards")?.checked;
      const isSeen = isFree ? "visible" : "none";
      cockpit.map.put("fill of areas", (handle) => handle.setLayoutProperty("areas-fill", "visibility", isSeen));
      if (detail.group === "stewards" && detail.isShown) read();
    });
  });

  async function read() {
    const { grids } = await cockpit.ask("stewards", {});
    const looked = cockpit.bySteward(grids);
    const hues = new Map([...looked.keys()].filter((name) => name !== null).map((name, place) => [name, place % HUES]));
    for (const one of grids) cockpit.map.setState("grids", one.grid, { hue: hues.get(cockpit.stewardOf(one) ?? "") ?? -1 });
    const entries = [...looked].map(([name, theirs]) => {
      const entry = element("span", "entry");
      const tone = name === null ? "tone-grid" : `tone-hue-${hues.get(name)}`;
      entry.append(element("span", `symbol ${tone}`, name === null ? "▱" : "▰"), element("span", "", `${name ?? say("无网格员")} ${theirs.length}`));
      return entry;
    });
    const group = cockpit.need('[data-legend-group="stewards"]');
    group.querySelectorAll(".entry").forEach((old) => old.remove());
    group.append(...entries);
  }

  /* Who looks after a grid; for who may not see names, that somebody does. */
  cockpit.stewardOf = (one) => one.steward || (one.has_steward ? say("有网格员") : null);

  /* steward -> their grids, by name; null -> those that nobody looks after, last. */
  cockpit.bySteward = function (grids) {
    const names = [...new Set(grids.map(cockpit.stewardOf).filter((name) => name !== null))].sort((a, b) => a.localeCompare(b, "zh-CN"));
    /** @type {Map<string | null, Api.Grid[]>} */
    const found = new Map(names.map((name) => [name, grids.filter((one) => cockpit.stewardOf(one) === name)]));
    const without = grids.filter((one) => !cockpit.stewardOf(one));
    if (without.length) found.set(null, without);
    return found;
  };
})();
