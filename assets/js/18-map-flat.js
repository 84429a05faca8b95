/* A flat picture of the map, for as long as the graphics processor gives none: the ground, the areas by their state, the
   gates, and what is open. Drawn by the browser as SVG, which needs no such processor. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const METRES = 111320;        // a degree of latitude
  const LAYERS = ["ground", "areas", "sites", "buildings"];
  const ROOM = 0.1;            // of the outline's extent, around it
  const MOST = 400;             // devices that are drawn: first those that are not well
  const SIZE = { name: 2.6, sign: 2.2, gate: 1.8 };   // u
  const ASIDE = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [0, 2], [0, -2]];   // where a sign goes that another has the place of
  const SEVERITY = { minor: 1, major: 2, critical: 3 };
  /** @type {SVGElement | null} */
  let picture = null;
  /** @type {SVGElement | null} */
  let signs = null;
  /** @type {((at: Maps.Position) => [x: number, y: number]) | null} */
  let toPlane = null;
  /** @type {Sign[]} */
  let names = [];
  let scale = 1;                // units of the picture, metres, for each pixel
  let isShown = false;
  let isBegun = false;

  /** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
  function svg(name, attributes, text) {
    const made = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* Show the picture in the map's place, or take it away. */
  cockpit.flatMap = function (wanted) {
    isShown = wanted;
    if (picture) picture.toggleAttribute("hidden", !wanted);
    cockpit.root.classList.toggle("has-flat-map", wanted && picture !== null);
    if (!wanted) return;
    if (!isBegun) begin();
    else render();
  };

  async function begin() {
    isBegun = true;
    const answers = await Promise.all(LAYERS.map((layer) => cockpit.request(`/geo/${cockpit.root.dataset.community}/${layer}.geojson`)));
    if (answers.some((one) => !one.ok)) return void (isBegun = false);
    draw(Object.fromEntries(LAYERS.map((layer, number) => [layer, answers[number].body.features])));
    cockpit.root.addEventListener("rendered", () => isShown && render());
    cockpit.flatMap(isShown);
  }

  /** @param {Record<string, Maps.Feature[]>} ground */
  function draw(ground) {
    /** @type {Maps.Position[]} */
    const outline = cockpit.map.outline();
    const [lons, lats] = [0, 1].map((axis) => outline.map((corner) => corner[axis]));
    const shorter = Math.cos((lats[0] * Math.PI) / 180);
    const project = (toPlane = ([lon, lat]) => [(lon - lons[0]) * METRES * shorter, (lats[0] - lat) * METRES]);
    const seen = outline.map(project);
    const [x, y] = [0, 1].map((axis) => seen.map((point) => point[axis]));
    const [wide, high] = [Math.max(...x) - Math.min(...x), Math.max(...y) - Math.min(...y)];
    const view = [Math.min(...x) - wide * ROOM, Math.min(...y) - high * ROOM, wide * (1 + 2 * ROOM), high * (1 + 2 * ROOM)];
    picture = svg("svg", { class: "flat-map", viewBox: view.map(Math.round).join(" "), role: "img", "aria-label": cockpit.say("平面示意") });
    for (const layer of LAYERS) {
      for (const one of ground[layer]) {
        const { kind = layer, code = "", rank = "" } = one.properties;
        picture.append(svg("path", { class: `flat-${layer} flat-${kind} flat-${rank}`, "data-code": String(code), d: path(one.geometry) }));
      }
    }
    names = ground.areas.map((one) => {
      const [at] = corners(one.geometry).map(project).sort((a, b) => b[1] - a[1]);
      return { at, text: cockpit.own(/** @type {{ name: string }} */ (one.properties)).name, className: "flat-name", size: SIZE.name, below: 0.8 };
    });
    signs = svg("g", {});
    picture.append(signs);
    document.getElementById("map")?.after(picture);
    const [, , width, height] = view;
    new ResizeObserver(([{ contentRect: seen }]) => {
      if (!seen.width) return;
      scale = Math.max(width / seen.width, height / seen.height);
      picture?.setAttribute("style", `--scale: ${scale}`);
      render();
    }).observe(picture);
    // What is said at the foot comes and grows: names move out from under it.
    const foot = cockpit.find(".map-foot");
    if (foot) new ResizeObserver(() => render()).observe(foot);
  }

  /** @param {any} geometry @returns {Maps.Position[]} */
  const corners = ({ type, coordinates }) => coordinates.flat({ Point: 0, LineString: 0, Polygon: 1, MultiLineString: 1, MultiPolygon: 2 }[/** @type {string} */ (type)] ?? 0);

  /** @param {any} geometry */
  function path({ type, coordinates }) {
    const rings = { LineString: [coordinates], Polygon: coordinates, MultiLineString: coordinates, MultiPolygon: coordinates.flat() }[/** @type {string} */ (type)] ?? [];
    const isClosed = type.endsWith("Polygon");
    return rings.map((/** @type {Maps.Position[]} */ ring) => {
      const points = ring.map((at) => toPlane && toPlane(at).map(Math.round).join(" "));
      return `M${points.join("L")}${isClosed ? "Z" : ""}`;
    }).join("");
  }

  function render() {
    if (!picture || !signs) return;
    const metric = cockpit.root.dataset.metric || "pm2_5";
    for (const area of Object.values(cockpit.state.areas || {})) {
      const mean = area.metrics[metric];
      const level = mean && typeof mean.value === "number" ? cockpit.level(metric, mean.value) : 0;
      picture.querySelector(`.flat-areas[data-code="${CSS.escape(area.code)}"]`)?.setAttribute("data-level", String(level));
    }
    signs.replaceChildren(...devices(), ...apart([...names, ...alarms(), ...events(), ...gates()]));
  }

  /** @typedef {{ at: [x: number, y: number], text: string, className: string, size: number, below?: number, more?: number }} Sign */

  /** @param {number | null} lon @param {number | null} lat @param {string} className @param {string} text @returns {Sign[]} */
  function sign(lon, lat, className, text, size = SIZE.sign) {
    return lon === null || lat === null || !toPlane ? [] : [{ at: toPlane([lon, lat]), text, className, size }];
  }

  /* None over another: a sign whose place is taken goes beside it, and where there is no room it is counted with what
     stands there. The loudest come first. */
  /** @param {Sign[]} all */
  function apart(all) {
    const u = cockpit.u() * scale;
    const [left, top, width, height] = (picture?.getAttribute("viewBox") ?? "0 0 0 0").split(" ").map(Number);
    /** @param {number} at @param {number} size @param {number} first @param {number} length */
    const within = (at, size, first, length) => Math.min(Math.max(at, first + size / 2), first + length - size / 2);
    /** @type {{ sign: Sign | null, x: number, y: number, wide: number, high: number }[]} */
    const placed = laidOver();
    for (const one of all) {
      const high = 1.3 * one.size * u;
      // With room for how many more there are, which nobody knows yet; a name stands for itself.
      const room = one.className.includes("flat-name") ? 1.6 : 3.2;
      const wide = ([...one.text].reduce((sum, letter) => sum + (letter > "\u2e80" ? 1 : 0.62), 0) + room) * one.size * u;
      const boxes = ASIDE.map(([dx, dy]) => ({ sign: one, x: within(one.at[0] + dx * wide, wide, left, width), y: within(one.at[1] + (dy + (one.below ?? 0)) * high, high, top, height), wide, high }));
      /** @param {typeof boxes[0]} box */
      const taken = (box) => placed.find((other) => 2 * Math.abs(box.x - other.x) < box.wide + other.wide && 2 * Math.abs(box.y - other.y) < box.high + other.high);
      const free = boxes.find((box) => !taken(box));
      const instead = taken(boxes[0])?.sign;
      if (free) placed.push(free);
      else if (instead) instead.more = (instead.more ?? 0) + 1;
    }
    return placed.flatMap(({ sign: one, x, y }) => {
      if (!one) return [];
      const more = one.more && !one.className.includes("flat-name") ? ` +${one.more}` : "";
      return [svg("text", { class: `flat-sign ${one.className}`, x, y, dy: "0.35em", style: `--size: ${one.size}rem` }, one.text + more)];
    });
  }

  /* The places that the alarms' banner and the map's foot take of the picture: what would lie under them goes beside. */
  function laidOver() {
    const plane = /** @type {SVGGraphicsElement | null} */ (picture)?.getScreenCTM();
    if (!plane) return [];
    return [...cockpit.findAll(".alarm-banner, .map-foot > *")].map((one) => one.getBoundingClientRect()).filter((box) => box.width).map((box) => {
      const [wide, high] = [box.width / plane.a, box.height / plane.d];
      return { sign: null, x: (box.left - plane.e) / plane.a + wide / 2, y: (box.top - plane.f) / plane.d + high / 2, wide, high };
    });
  }

  function devices() {
    const rows = cockpit.devices().map((one) => ({ one, status: cockpit.statusOf(one) }));
    rows.sort((a, b) => Number(a.status === "online") - Number(b.status === "online"));
    return rows.slice(0, MOST).flatMap(({ one, status }) => {
      if (one.lon === null || one.lat === null || !toPlane) return [];
      const [cx, cy] = toPlane([one.lon, one.lat]);
      return [svg("circle", { class: `flat-device flat-${status}`, cx, cy, r: 0.5 * cockpit.u() * scale })];
    });
  }

  const gates = () => Object.values(cockpit.state.visitors || {}).flatMap((site) => Object.values(site.gates))
    .flatMap((gate) => sign(gate.lon, gate.lat, "flat-gate", cockpit.number(gate.entered ?? null), SIZE.gate));

  /** @param {Live.GridEvent} a @param {Live.GridEvent} b */
  const graver = (a, b) => SEVERITY[b.severity] - SEVERITY[a.severity];
  const shownEvents = () => (cockpit.curtain.hides("grid_events") ? [] : cockpit.gridEvents());
  const events = () => shownEvents().filter((one) => one.open).sort(graver).flatMap((one) => {
    const level = SEVERITY[one.severity];
    return sign(one.lon, one.lat, `tone-${["", "low", "middle", "high"][level]}`, cockpit.MARKS[level]);
  });

  const alarms = () => (cockpit.alarms.words() && !cockpit.curtain.hides("alarms") ? cockpit.alarms.sounding() : []).flatMap((one) => {
    const { symbol, tone, name } = cockpit.alarms.look(one.priority);
    return sign(one.lon, one.lat, `flat-alarm tone-${tone}`, `${symbol} ${name}`);
  });
})();
