/* Buildings coloured by what is asked: state, power drawn, or how near the residents' services are. */
(function () {
  "use strict";

  /** @typedef {{name: string, limits: number[], classes: {tone: string, text: string}[]}} ColourRow */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const colouring = (cockpit.colouring = /** @type {Cockpit["colouring"]} */ ({}));
  const SEVERITY = { minor: 1, major: 2, critical: 3 };
  const LEVELS = ["", "low", "middle", "high"];
  /** @type {HTMLSelectElement | null} */
  let menu = null;
  /** @type {Record<string, ColourRow>} */
  let rows = {};
  /** @type {Record<string, number> | null} */
  let metres = null;            // building -> metres to the nearest of the residents' services
  /** @type {Set<string>} */
  let toned = new Set();        // buildings that have a tone now

  cockpit.map.tools.push(() => {
    menu = /** @type {HTMLSelectElement | null} */ (cockpit.find("[data-building-colours]"));
    if (!menu) return;
    rows = cockpit.own(JSON.parse(menu.dataset.buildingColours));
    menu.addEventListener("change", choose);
    cockpit.root.addEventListener("rendered", render);
  });

  colouring.metresToServices = (building) => (metres && building in metres ? metres[building] : null);

  async function choose() {
    if (menu?.value === "services" && !metres) {
      const answer = await cockpit.request(cockpit.map.file("buildings-services.json"));
      if (answer.ok) metres = answer.body;
    }
    legend();
    render();
  }

  function legend() {
    const place = cockpit.need("[data-colouring-legend]");
    const row = rows[menu?.value ?? ""];
    place.hidden = !row;
    if (!row) return;
    const entries = row.classes.map(({ tone, text }) => {
      const made = cockpit.element("span", "entry");
      made.append(cockpit.element("span", `symbol tone-${tone}`, "▰"), cockpit.element("span", "", text));
      return made;
    });
    place.replaceChildren(cockpit.element("b", "", say("建筑 · {name}", { name: row.name })), ...entries);
  }

  /* Bring the buildings to the tones of the present state; only what differs reaches the map. */
  function render() {
    if (!menu || (!menu.value && !toned.size)) return;
    const tones = menu.value ? TONES[menu.value]() : new Map();
    for (const code of toned) if (!tones.has(code)) cockpit.map.setState("buildings", code, { tone: "" });
    for (const [code, tone] of tones) cockpit.map.setState("buildings", code, { tone });
    toned = new Set(tones.keys());
  }

  /** @type {Record<string, () => Map<string, string>>} */
  const TONES = { state, energy, services };

  function state() {
    /** @type {Map<string, number>} */
    const worst = new Map();
    /** @param {string} code @param {number} level */
    const raise = (code, level) => worst.set(code, Math.max(worst.get(code) ?? 0, level));
    for (const one of cockpit.devices()) {
      if (!one.building) continue;
      const status = cockpit.statusOf(one);
      const smoke = one.latest.smoke && one.latest.smoke[1] === true;
      raise(one.building, smoke ? 3 : status === "suspect" ? 2 : status === "online" ? 0 : 0.5);
    }
    for (const one of cockpit.gridEvents()) {
      if (one.open && one.building) raise(one.building, SEVERITY[one.severity]);
    }
    /** @type {Map<string, string>} */
    const tones = new Map();
    for (const [code, level] of worst) if (level) tones.set(code, level === 0.5 ? "stale" : LEVELS[level]);
    return tones;
  }

  function energy() {
    /** @type {Map<string, number>} */
    const drawn = new Map();
    for (const one of cockpit.devices()) {
      const power = one.latest.power;
      if (one.building && power && typeof power[1] === "number") drawn.set(one.building, (drawn.get(one.building) || 0) + power[1]);
    }
    return classed(rows.energy, drawn);
  }

  function services() {
    return classed(rows.services, new Map(Object.entries(metres || {})));
  }

  /* Values by the classes of a row: the first class up to the first limit, and so on. */
  /** @param {ColourRow} given @param {Map<string, number>} values */
  function classed({ limits, classes }, values) {
    /** @type {Map<string, string>} */
    const tones = new Map();
    for (const [code, value] of values) tones.set(code, classes[limits.filter((limit) => value >= limit).length].tone);
    return tones;
  }
})();
