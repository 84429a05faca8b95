/* The map: takes MapLibre's handle from the figure, fits the view, sets sizes in u, keeps sources and states. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const BASE = (cockpit.ICON_SIZE = 32);   // an icon's size in css pixels at icon-size 1
  const USUAL_U = 10;   // a wall of 1080 lines
  const SMALLEST_U = 6;
  const FIT_STEPS = 6;
  const FILL = 0.96;    // of the frame's height
  const BESIDE = 5;       // u on each side, for the names and gates at the edge
  const ABOVE = 6;      // u, for what stands up at the far edge
  const GATE = 2;       // u, for the pill of a gate at the far edge, under a banner
  const BELOW = 5;      // u, for the names before the areas
  const NAME = cockpit.language === "zh-CN" ? 3.8 : 6.8;   // u, of such a name, which in English has two lines
  const PATIENCE_MS = 5000;
  const FLIGHT_MS = 1200;

  const { map } = cockpit;

  map.start = () => begin(cockpit.clock.steady());

  /** @type {Maps.Handle | null} */
  let heard = null;

  /** @param {number | null} since */
  function begin(since) {
    const graph = /** @type {Graph | null} */ (document.querySelector("#map .js-plotly-plot"));
    const found = graph && graph._fullLayout && graph._fullLayout.map && graph._fullLayout.map._subplot;
    const handle = found && found.map;
    if (handle && heard !== handle) map.listen((heard = handle));
    // As soon as the style is there, before its sources are: what is set now need not be laid out twice.
    if (!handle || !handle.getStyle()) {
      if (since !== null && cockpit.clock.since(since) > PATIENCE_MS) {
        if (!map.canBegin()) return;
        since = null;   // it can, and is only slow
      }
      requestAnimationFrame(() => begin(since));
      return;
    }
    map.handle = handle;
    map.watch();
    map.raise();
    handle.getCanvas().setAttribute("aria-label", cockpit.say("地图"));
    map.put("icons", icons);
    map.put("sizes", size);
    map.always.forEach((start) => start(handle));
    if (cockpit.root.dataset.page === "wall") still(handle);
    else map.tools.forEach((start) => start(handle));
    map.put("view", () => { if (!movedByHand) fit(); });
    new ResizeObserver(() => map.isUp && resized()).observe(cockpit.need("#map"));
    handle.on("movestart", (event) => { movedByHand ||= Boolean(event.originalEvent); });
    // Plotly sets the view of its own layout whenever it has plotted, the first time or at a new size.
    handle.on("moveend", () => { if (!fitting && !movedByHand && !handle.isMoving()) fit(); });
    for (const layer of Object.values(cockpit.layers)) if (layer.mapReady) layer.mapReady(handle);
    // Complete: every source is read and drawn. In a tab in the background "load" may be over already.
    for (const event of ["load", "idle"]) handle.once(event, () => cockpit.root.classList.add("map-ready"));
    handle.triggerRepaint();
  }

  /** @param {Maps.Handle} handle */
  function icons(handle) {
    cockpit.drawIcons(handle);
    for (const layer of (handle.getStyle()?.layers ?? [])) {
      const icon = (layer.metadata || {}).icon;
      if (icon) handle.setLayoutProperty(layer.id, "icon-image", icon);
    }
  }

  function resized() {
    size();
    cockpit.root.dispatchEvent(new Event("map-resized"));
    if (!movedByHand) fit();
  }

  /* Set a source's features; nothing is sent to the map that it has already. */
  map.setFeatures = function (source, features) {
    const text = JSON.stringify(features);
    if (known[source] === text) return;
    known[source] = text;
    map.put(`data of ${source}`, (handle) => handle.getSource(source)?.setData({ type: "FeatureCollection", features }));
  };
  /** @type {Record<string, string>} */
  const known = {};

  /* Change some features of a source, null where one is gone: it costs what changed, not how many there are. */
  map.changeFeatures = function (source, changed) {
    const all = changing.get(source) ?? new Map();
    changing.set(source, all);
    const remove = [...changed.keys()].filter((id) => changed.get(id) === null && all.delete(id));
    /** @type {Maps.Feature[]} */
    const add = [];
    for (const [id, feature] of changed) {
      if (feature === null || JSON.stringify(all.get(id)) === JSON.stringify(feature)) continue;
      all.set(id, feature);
      add.push(feature);
    }
    if (!remove.length && !add.length) return;
    map.put(
      `data of ${source}`,
      (handle) => handle.getSource(source)?.setData({ type: "FeatureCollection", features: [...all.values()] }),
      (handle) => handle.getSource(source)?.updateData({ remove, add }),
    );
  };
  /** @type {Map<string, Map<string, Maps.Feature>>} */
  const changing = new Map();   // source -> id -> feature, of the sources that are changed in part

  /* Go to a place; from then on the view is the viewer's own. Plotly must know it, or it would set its own again. */
  map.goTo = function ([lon, lat], zoom) {
    movedByHand = true;
    const graph = /** @type {Graph} */ (document.querySelector("#map .js-plotly-plot"));
    map.whenUp((handle) => cockpit.plotly()?.relayout(graph, {
      "map.center": { lon, lat }, "map.zoom": Math.max(handle.getZoom(), zoom), "map.pitch": handle.getPitch(),
    }));
  };

  /* Go wherever another map is moved to by hand. */
  map.follow = function (other) {
    other.handle.on("move", (event) => {
      if (!event.originalEvent) return;
      movedByHand = true;
      const { handle } = other;
      map.handle.jumpTo({
        center: handle.getCenter(), zoom: handle.getZoom(), pitch: handle.getPitch(), bearing: handle.getBearing(),
      });
    });
  };

  /* The address of a file of the ground, which is that of now. */
  map.file = (name) => `/geo/${cockpit.root.dataset.community}/${name}`;

  /* A new event's ring: it widens once, then is gone. */
  map.pulse = function (source, id) {
    if (!map.isUp || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const began = performance.now();
    const widest = 5 * cockpit.u();
    (function step(at) {
      if (!map.isUp) return;
      const share = Math.min(1, Math.max(0, (at - began) / 1200));
      map.handle.setFeatureState({ source, id }, { pulse: widest * share, pulse_opacity: 1 - share });
      if (share < 1) requestAnimationFrame(step);
    })(began);
  };

  /** @param {Maps.Handle} handle */
  function still(handle) {
    // Nobody touches the wall; a touch must not move it for good.
    /** @type {("dragPan" | "scrollZoom" | "dragRotate" | "doubleClickZoom" | "touchZoomRotate" | "keyboard" | "boxZoom")[]} */
    const ways = ["dragPan", "scrollZoom", "dragRotate", "doubleClickZoom", "touchZoomRotate", "keyboard", "boxZoom"];
    for (const name of ways) {
      if (handle[name]) handle[name].disable();
    }
  }

  let movedByHand = false;
  let fitting = false;

  /** @type {Maps.Position[] | null} */
  let looksAt = null;   // corners in degrees; null: all that the page is about

  function fit(isFlight = false) {
    fitting = true;
    const before = isFlight ? cameraNow() : null;
    fitToOutline(looksAt || map.outline());
    const after = cameraNow();
    if (before) {
      map.handle.jumpTo(before);
      map.handle.easeTo({ ...after, duration: FLIGHT_MS });
    }
    fitting = false;
  }

  function cameraNow() {
    const { handle } = map;
    return { center: handle.getCenter(), zoom: handle.getZoom(), pitch: handle.getPitch(), bearing: handle.getBearing() };
  }

  /* Look at what lies within these corners, null for the whole, and go there. */
  map.look = function (corners) {
    if (JSON.stringify(corners) === JSON.stringify(looksAt)) return;
    looksAt = corners;
    map.whenUp(() => movedByHand || fit(!matchMedia("(prefers-reduced-motion: reduce)").matches));
  };

  /* The view in which an outline fills the frame. */
  /** @param {Maps.Position[]} outline */
  function fitToOutline(outline) {
    if (!map.isUp) return;
    const box = map.handle.getContainer().getBoundingClientRect();
    if (!box.width || !box.height) return;
    const [lons, lats] = [0, 1].map((axis) => outline.map((corner) => corner[axis]));
    const { bearing, pitch } = cockpit.map.camera();
    // fitBounds leaves much room on a tilted map: the frame is fitted to the corners as they are seen.
    /** @type {[Maps.Position, Maps.Position]} */
    const bounds = [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
    map.handle.fitBounds(bounds, { pitch, bearing, duration: 0 });
    const above = Math.max(ABOVE * sizeOfU(), covered(box) + GATE * sizeOfU());
    const below = Math.max(BELOW * sizeOfU(), foot(box) + NAME * sizeOfU());
    for (let step = 0; step < FIT_STEPS; step += 1) {
      const seen = outline.map((corner) => map.handle.project(corner));
      const [x, y] = /** @type {("x" | "y")[]} */ (["x", "y"]).map((axis) => seen.map((point) => point[axis]));
      const [top, bottom] = [Math.min(...y) - above, Math.max(...y) + below];
      const middle = [(Math.min(...x) + Math.max(...x)) / 2, (top + bottom) / 2];
      const room = Math.min((box.width - 2 * BESIDE * sizeOfU()) / (Math.max(...x) - Math.min(...x)), (box.height * FILL) / (bottom - top));
      map.handle.jumpTo({ center: map.handle.unproject(/** @type {Maps.Position} */ (middle)), zoom: map.handle.getZoom() + Math.log2(room) });
    }
  }

  /* How much of the frame's top lies under a banner, in pixels. */
  /** @param {DOMRect} box */
  function covered(box) {
    const banner = cockpit.find(".alarm-banner");
    return banner && !banner.hidden ? Math.max(0, banner.getBoundingClientRect().bottom - box.top) : 0;
  }

  /* How much of its bottom lies under what stands at the foot. */
  /** @param {DOMRect} box */
  function foot(box) {
    const { top, height } = cockpit.find(".map-foot")?.getBoundingClientRect() ?? { top: 0, height: 0 };
    return height ? Math.max(0, box.bottom - top) : 0;
  }

  /* What lies over the map came or went: what must be seen is brought out from under it. */
  map.uncover = () => map.isUp && !movedByHand && fit();

  /* The corners of all that the page is about, in degrees. */
  map.outline = () => JSON.parse(cockpit.root.dataset.outline ?? "[]");

  /* How the map looks at the community by itself. */
  map.camera = () => JSON.parse(cockpit.root.dataset.camera);

  /* On a small screen the map's signs shrink with it, down to what can still be read. */
  function sizeOfU() {
    const { clientWidth, clientHeight } = map.handle.getContainer();
    return Math.min(cockpit.u(), Math.max(SMALLEST_U, Math.min(clientWidth / 90, clientHeight / 45)));
  }

  /** @type {Map<string, Maps.Style>} */
  const widths = new Map();   // layer and property -> its width where u is 10 px, as the style has it

  map.u = () => (map.isUp ? sizeOfU() : cockpit.u());

  function size() {
    const u = sizeOfU();
    for (const layer of (map.handle.getStyle()?.layers ?? [])) {
      for (const property of ["line-width", "text-halo-width"]) {
        const key = `${layer.id} ${property}`;
        const width = widths.get(key) ?? (layer.paint || {})[property];
        if (width === undefined || (u === USUAL_U && !widths.has(key))) continue;
        widths.set(key, width);
        map.handle.setPaintProperty(layer.id, property, ["*", width, u / USUAL_U]);
      }
      const sizes = (layer.metadata || {}).u || {};
      for (const [property, value] of Object.entries(sizes)) {
        const pixels = value * u;
        map.handle.setLayoutProperty(layer.id, property, property === "icon-size" ? pixels / BASE : pixels);
      }
    }
  }
})();
