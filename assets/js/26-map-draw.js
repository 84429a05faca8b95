/* Measuring, and choosing by a drawn shape. The drawing itself is terra-draw's, loaded when somebody first draws. */
(function () {
  "use strict";

  /** @typedef {"line" | "area" | "polygon" | "circle"} Tool */

  const cockpit = window.cockpit;
  cockpit.drawing = false;
  const SCRIPTS = ["vendor/terra-draw.umd.js", "vendor/terra-draw-maplibre-gl-adapter.umd.js"];
  const MODES = { line: "linestring", area: "polygon", polygon: "polygon", circle: "circle" };
  const HINTS = {
    line: cockpit.say("依次点击各点，再点最后一点结束"), area: cockpit.say("依次点击各角，再点起点结束"),
    polygon: cockpit.say("依次点击各角，再点起点结束"), circle: cockpit.say("点击圆心，移动后再点击"),
  };
  // The ellipsoid of CGCS2000 (GB 22021-2008, 4.2).
  const MAJOR_M = 6378137;
  const ECCENTRICITY_SQ = 0.0066943800229;
  /** @type {Drawing | null} */
  let draw = null;
  /** @type {Tool | null} */
  let tool = null;
  /** @type {Record<string, {code: string, name: string, unit: string}>} */
  let named = {};

  cockpit.map.tools.push((handle) => {
    const bar = cockpit.find("[data-figures]");
    if (!bar) return;
    named = Object.fromEntries(JSON.parse(bar.dataset.figures).map((/** @type {{code: string, name: string, unit: string}} */ one) => [one.code, one]));
    for (const button of bar.querySelectorAll("[data-tool]")) {
      button.addEventListener("click", () => begin(handle, button.dataset.tool));
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && begin(handle, "clear"));
  });

  /** @param {Maps.Handle} handle @param {string | undefined} asked */
  async function begin(handle, asked) {
    if (asked === "clear" && !draw) return;
    draw ||= await terraDraw(handle);
    draw.clear();
    tool = asked === "clear" ? null : /** @type {Tool} */ (asked);
    cockpit.drawing = tool !== null;
    for (const button of cockpit.findAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    draw.setMode(tool ? MODES[tool] : "static");
    say(tool ? [HINTS[tool]] : null);
  }

  /** @param {Maps.Handle} handle */
  async function terraDraw(handle) {
    for (const script of SCRIPTS) await load("/assets/" + script);
    const T = /** @type {TerraDrawBundle} */ (window.terraDraw);
    const colour = getComputedStyle(cockpit.root).getPropertyValue("--low").trim();
    const outline = { outlineColor: colour, outlineWidth: 2.5, fillColor: colour, fillOpacity: 0.15 };
    const point = { closingPointColor: colour, closingPointWidth: 5 };
    const modes = [
      new T.TerraDrawLineStringMode({ styles: { lineStringColor: colour, lineStringWidth: 3, ...point } }),
      new T.TerraDrawPolygonMode({ styles: { ...outline, ...point } }),
      new T.TerraDrawCircleMode({ styles: outline }),
    ];
    const adapter = new /** @type {NonNullable<Window["terraDrawMaplibreGlAdapter"]>} */ (window.terraDrawMaplibreGlAdapter).TerraDrawMapLibreGLAdapter({ map: handle });
    const made = new T.TerraDraw({ adapter, modes });
    made.start();
    made.on("change", () => tool && measured(made));
    made.on("finish", () => finish(made));
    return made;
  }

  /** @param {string} path */
  function load(path) {
    return new Promise((resolve, reject) => {
      const script = cockpit.element("script");
      script.src = path;
      script.onload = resolve;
      script.onerror = () => reject(new Error(cockpit.say("{path} 无法载入", { path })));
      document.head.append(script);
    });
  }

  /** @param {Drawing} of */
  const shape = (of) => of.getSnapshot().find((one) => one.properties.mode === (tool && MODES[tool]) && one.geometry.type !== "Point");

  /* Say while it is drawn how long or large it is. */
  /** @param {Drawing} of */
  function measured(of) {
    const drawn = shape(of);
    if (drawn) say(words(drawn.geometry));
  }

  /** @param {Drawn["geometry"]} drawn */
  function words(drawn) {
    if (drawn.type === "Point") return [];
    if (drawn.type === "LineString") return [cockpit.say("长度 {coordinates}", { coordinates: metres(length(drawn.coordinates)) })];
    return [cockpit.say("面积 {coordinates}", { coordinates: squareMetres(area(drawn.coordinates[0])) }), cockpit.say("周长 {coordinates}", { coordinates: metres(length(drawn.coordinates[0])) })];
  }

  /** @param {Drawing} of */
  function finish(of) {
    const drawn = shape(of);
    if (!drawn) return;
    of.setMode("static");
    // The click that ended it must not open a card.
    setTimeout(() => { cockpit.drawing = false; });
    for (const button of cockpit.findAll("[data-tool]")) button.setAttribute("aria-pressed", "false");
    say(words(drawn.geometry));
    if ((tool === "polygon" || tool === "circle") && drawn.geometry.type === "Polygon") choose(drawn.geometry.coordinates[0]);
  }

  /** @param {Maps.Position[]} ring */
  async function choose(ring) {
    const polygon = ring.slice(0, -1).map((corner) => corner.map((value) => value.toFixed(7)).join(",")).join(" ");
    try {
      const answer = await cockpit.ask("within", { polygon });
      // What is nought says nothing.
      const sums = Object.entries(answer.figures).filter(([, value]) => value).map(([code, value]) => `${named[code].name} ${cockpit.number(value, Number.isInteger(value) ? 0 : 1)} ${named[code].unit}`);
      say([cockpit.say("面积 {area}", { area: squareMetres(answer.area_m2) }), cockpit.say("周长 {perimeter}", { perimeter: metres(answer.perimeter_m) }), ...sums], answer.things);
    } catch (error) {
      say([`▲ ${error.message}`]);
    }
  }

  /* The measures of a ring or line, on the plane that touches the ellipsoid in its middle: to 1 in 100,000 within 5 km. */
  /** @param {Maps.Position[]} points */
  function plane(points) {
    const middle = points.reduce((sum, point) => sum + point[1], 0) / points.length;
    const phi = (middle * Math.PI) / 180;
    const w = 1 - ECCENTRICITY_SQ * Math.sin(phi) ** 2;
    const [east, north] = [(MAJOR_M / Math.sqrt(w)) * Math.cos(phi), (MAJOR_M * (1 - ECCENTRICITY_SQ)) / w ** 1.5];
    const [lon, lat] = points[0];
    return points.map((point) => [((point[0] - lon) * Math.PI * east) / 180, ((point[1] - lat) * Math.PI * north) / 180]);
  }

  /** @param {Maps.Position[]} points */
  function length(points) {
    const flat = plane(points);
    return flat.slice(1).reduce((sum, [x, y], index) => sum + Math.hypot(x - flat[index][0], y - flat[index][1]), 0);
  }

  /** @param {Maps.Position[]} ring */
  function area(ring) {
    const flat = plane(ring);
    return Math.abs(flat.slice(1).reduce((sum, [x, y], index) => sum + flat[index][0] * y - x * flat[index][1], 0)) / 2;
  }

  /** @param {number} value */
  const metres = (value) => (value < 1000 ? `${cockpit.number(value, 1)} m` : `${cockpit.number(value / 1000, 3)} km`);
  /** @param {number} value */
  const squareMetres = (value) => (value < 1e6 ? `${cockpit.number(value)} m²` : `${cockpit.number(value / 1e6, 3)} km²`);

  /** @param {string[] | null} lines @param {Api.Things} [things] */
  function say(lines, things) {
    const place = cockpit.need("[data-map-result]");
    place.hidden = lines === null;
    if (lines === null) return;
    place.replaceChildren(...lines.map((line) => cockpit.element("p", "", line)));
    const devices = (things && things.devices) || [];
    if (devices.length) place.append(list(cockpit.say("设备"), devices.map((one) => [one.name, `/devices/${one.id}`])));
    const events = (things && things.grid_events) || [];
    if (events.length) place.append(list(cockpit.say("未结事件"), events.map((one) => [one.name, "/events"])));
  }

  /** @param {string} title @param {string[][]} rows */
  function list(title, rows) {
    const made = cockpit.element("details");
    made.append(cockpit.element("summary", "", `${title} ${rows.length}`));
    for (const [text, path] of rows) {
      const link = cockpit.element("a", "", text);
      link.href = `${path}?community=${cockpit.root.dataset.community}`;
      made.append(link);
    }
    return made;
  }
})();
