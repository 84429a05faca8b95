/* A scene's page: its figures, the one that is chosen along the ground, and what makes each. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element, sceneFigures: figures } = cockpit;
  const page = (cockpit.pages.scenes = /** @type {PageScript} */ ({}));
  const SVG = "http://www.w3.org/2000/svg";
  const STEPS = 5;
  /** @type {Api.SceneAnswer} */
  let told;
  /** @type {Record<string, string>} */
  let areas;
  /** @type {any} */
  let ground = null;
  let chosen = "";

  page.start = async function () {
    areas = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    const outcome = cockpit.need("[data-outcome]");
    try {
      told = await cockpit.ask(`scenes/${cockpit.root.dataset.scene}`);
      ground = (await cockpit.request(`/geo/${cockpit.root.dataset.community}/areas.geojson`)).body;
    } catch (error) {
      return void cockpit.sayOutcome(outcome, false, /** @type {Error} */ (error).message);
    }
    outcome.remove();
    const first = told.indicators.find((one) => one.by_area && Object.keys(one.areas).length) || told.indicators.find((one) => one.by_area);
    chosen = first ? first.code : "";
    showHead();
    show();
  };

  function showHead() {
    const { scene } = told;
    cockpit.setText(cockpit.need("[data-scene-note]"), scene.mentioned ? "" : say("来源文章未提及"));
    cockpit.need("[data-scene-labels]").replaceChildren(...scene.labels.map((one) => {
      const label = element("li", "", "");
      label.append(element("strong", "", one.text), element("span", "second", one.about));
      return label;
    }));
  }

  function show() {
    cockpit.need("[data-scene-figures]").replaceChildren(...told.indicators.map(card));
    showGround();
    showRows();
  }

  /** @param {string} code */
  const toIndicator = (code) => cockpit.link(`/indicators?community=${cockpit.root.dataset.community}${figures.theme()}&indicator=${code}`);

  /** @param {Api.Indicator} one */
  function card(one) {
    const made = element("article", "scene-figure");
    const title = element("h3", "");
    const link = element("a", "", one.name);
    link.href = toIndicator(one.code);
    title.append(link);
    made.append(title, figures.value(one));
    const line = figures.line(one);
    if (line) made.append(line);
    const target = figures.target(one);
    if (target) made.append(element("p", "scene-target", target), bar(one));
    const baseline = figures.baseline(one);
    if (baseline) made.append(element("p", "second", baseline));
    if (one.factor) made.append(element("p", "second", say("{name}，{source}", { name: one.factor.name, source: one.factor.source })));
    const foot = element("footer", "foot");
    // Broken between its parts only, never within a time.
    foot.append(...figures.foot(one).split(" · ").flatMap((part, place) => [place ? " · " : "", element("span", "", part)]));
    made.append(foot);
    return made;
  }

  /** @param {Api.Indicator} one */
  function bar(one) {
    const made = element("span", "scene-bar");
    made.setAttribute("aria-hidden", "true");
    const filled = element("span", "");
    filled.style.width = `${Math.max(0, Math.min(100, 100 * (one.share ?? 0)))}%`;
    made.append(filled);
    return made;
  }

  /* --- along the ground --- */

  function showGround() {
    const place = cockpit.need("[data-scene-ground]");
    const along = told.indicators.filter((one) => one.by_area);
    const one = along.find((each) => each.code === chosen) || null;
    cockpit.setText(cockpit.need("[data-scene-tinted]"), one ? one.name : say("这一场景的指标不按片区分"));
    /** @type {HTMLElement[]} */
    const parts = [];
    if (along.length > 1) {
      const taps = element("div", "buttons");
      for (const each of along) {
        const button = element("button", "tap", each.name);
        button.type = "button";
        button.setAttribute("aria-pressed", String(each.code === chosen));
        button.addEventListener("click", () => {
          chosen = each.code;
          showGround();
        });
        taps.append(button);
      }
      parts.push(taps);
    }
    const beside = element("div", "scene-beside");
    beside.append(picture(one), list(one));
    parts.push(beside);
    const link = element("a", "", say("在地图上看"));
    link.href = cockpit.link(`/map?community=${cockpit.root.dataset.community}${figures.theme()}`);
    parts.push(link);
    place.replaceChildren(...parts);
  }

  /* Which of the five steps a value has, of those from the least to the greatest. */
  /** @param {number} value @param {number[]} among */
  function step(value, among) {
    const [low, high] = [Math.min(0, ...among), Math.max(...among)];
    return high > low ? Math.min(STEPS - 1, Math.floor((STEPS * (value - low)) / (high - low))) : 0;
  }

  /** @param {any} geometry @returns {number[][][][]} */
  const polygons = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

  /* The areas, tinted by the figure, with the facilities of the scene; north is up. */
  /** @param {Api.Indicator | null} one */
  function picture(one) {
    const place = element("div", "scene-picture");
    const features = ground && ground.features ? ground.features : [];
    const corners = features.flatMap((/** @type {any} */ each) => polygons(each.geometry).flat(2));
    const sites = told.scene.facilities;
    corners.push(...sites.map((each) => [each.lon, each.lat]));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", one ? say("各片区的{name}", { name: one.name }) : say("片区与设施"));
    if (!corners.length) return place;
    const lons = corners.map((/** @type {number[]} */ each) => each[0]);
    const lats = corners.map((/** @type {number[]} */ each) => each[1]);
    const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
    const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
    const width = 1000;
    const scale = width / ((east - west) * narrow || 1);
    const height = Math.max(1, (north - south) * scale);
    const margin = 60;
    const [whole, high] = [width + 2 * margin, height + 2 * margin];
    svg.setAttribute("viewBox", `${-margin} ${-margin} ${whole} ${high}`);
    place.style.aspectRatio = `${whole} / ${high}`;
    place.style.maxWidth = `calc(60vh * ${(whole / high).toFixed(3)})`;
    place.append(svg);
    /** @param {number} lon @param {number} lat @returns {[number, number]} */
    const at = (lon, lat) => [(lon - west) * narrow * scale, (north - lat) * scale];
    const values = one ? Object.values(one.areas) : [];
    for (const each of features) {
      const path = document.createElementNS(SVG, "path");
      const rings = polygons(each.geometry).flat();
      path.setAttribute("d", rings.map((ring) => `M${ring.map(([lon, lat]) => at(lon, lat).map((part) => part.toFixed(1)).join(" ")).join("L")}Z`).join(""));
      const value = one ? one.areas[each.properties.code] : undefined;
      path.setAttribute("class", value === undefined ? "scene-area" : `scene-area step-${step(value, values)}`);
      const title = document.createElementNS(SVG, "title");
      title.textContent = [areas[each.properties.code], one && value !== undefined ? figures.number(one, value) : ""].filter(Boolean).join(" ");
      path.append(title);
      svg.append(path);
      const spots = rings.flat().map(([lon, lat]) => at(lon, lat));
      const name = element("span", "scene-name", areas[each.properties.code] ?? "");
      /** @param {0 | 1} axis */
      const middle = (axis) => (Math.min(...spots.map((spot) => spot[axis])) + Math.max(...spots.map((spot) => spot[axis]))) / 2;
      name.style.left = `${(100 * (middle(0) + margin)) / whole}%`;
      name.style.top = `${(100 * (middle(1) + margin)) / high}%`;
      name.setAttribute("aria-hidden", "true");
      place.append(name);
    }
    for (const each of sites) {
      const [x, y] = at(each.lon, each.lat);
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("class", "scene-site");
      for (const [name, value] of Object.entries({ cx: x, cy: y, r: 9 })) dot.setAttribute(name, String(value));
      const title = document.createElementNS(SVG, "title");
      title.textContent = each.name;
      dot.append(title);
      svg.append(dot);
    }
    return place;
  }

  /* Each area with its value, as text: colour is never alone. */
  /** @param {Api.Indicator | null} one */
  function list(one) {
    const made = element("div", "scene-list");
    if (one) {
      const values = Object.values(one.areas);
      const rows = element("ul", "");
      for (const [code, name] of Object.entries(areas)) {
        const value = one.areas[code];
        const row = element("li", "");
        row.append(element("span", value === undefined ? "swatch" : `swatch step-${step(value, values)}`), element("span", "", name),
          element("strong", "", value === undefined ? "—" : `${figures.number(one, value)}${one.unit ? `\u2009${one.unit}` : ""}`));
        rows.append(row);
      }
      made.append(rows);
    }
    if (told.scene.facilities.length) {
      made.append(element("p", "second", say("● 设施：{names}", { names: told.scene.facilities.map((each) => each.name).join(say("、")) })));
    }
    return made;
  }

  /* --- what makes each --- */

  function showRows() {
    const table = element("table", "");
    const head = element("tr", "");
    for (const name of [say("指标¦场景"), say("数值"), say("时段"), say("口径"), say("明细")]) head.append(element("th", "", name));
    const top = element("thead", "");
    top.append(head);
    const body = element("tbody", "");
    for (const one of told.indicators) {
      const row = element("tr", "");
      const name = element("a", "", one.name);
      name.href = toIndicator(one.code);
      const rows = element("a", "", say("看明细"));
      rows.href = one.page + figures.theme();
      rows.setAttribute("aria-label", say("看明细：{name}", { name: one.name }));
      const first = element("td", "");
      first.append(name);
      const last = element("td", "");
      last.append(rows);
      const value = one.value === null ? one.source_name : `${figures.number(one, one.value)}${one.unit ? `\u2009${one.unit}` : ""}`;
      const said = one.value === null ? value : [value, figures.unreal(one)].filter(Boolean).join(" · ");
      row.append(first, element("td", "", said), element("td", "", one.period_name), element("td", "second", one.about), last);
      body.append(row);
    }
    table.append(top, body);
    const all = element("a", "", say("全部指标"));
    all.href = cockpit.link(`/indicators?community=${cockpit.root.dataset.community}${figures.theme()}`);
    cockpit.need("[data-scene-rows]").replaceChildren(table, all);
  }
})();
