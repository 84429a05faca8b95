/* The map: takes MapLibre's handle from the figure, draws the icons, sets sizes in u. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const BASE = 32;      // an icon's size in css pixels at icon-size 1
  const RATIO = 4;      // drawn larger, so that it is crisp on a wall
  const SMALLEST_U = 6;
  const FIT_STEPS = 4;
  const FILL = 0.98;    // of the frame's width or height

  const map = (cockpit.map = { handle: null });

  map.start = function () {
    const graph = document.querySelector("#map .js-plotly-plot");
    const found = graph && graph._fullLayout && graph._fullLayout.map && graph._fullLayout.map._subplot;
    const handle = found && found.map;
    if (!handle || !handle.isStyleLoaded()) {
      setTimeout(map.start, 50);
      return;
    }
    map.handle = handle;
    Object.keys(ICONS).forEach(draw);
    for (const layer of handle.getStyle().layers) {
      const icon = (layer.metadata || {}).icon;
      if (icon) handle.setLayoutProperty(layer.id, "icon-image", icon);
    }
    if (cockpit.root.dataset.page === "wall") still(handle);
    else cockpit.mapTools(handle);
    size();
    fit();
    new ResizeObserver(() => {
      size();
      if (!movedByHand) fit();
    }).observe(document.getElementById("map"));
    handle.on("movestart", (event) => { movedByHand ||= Boolean(event.originalEvent); });
    // Plotly sets the view of its own layout whenever it has plotted, the first time or at a new size.
    handle.on("moveend", () => { if (!fitting && !movedByHand) fit(); });
    for (const layer of Object.values(cockpit.layers)) if (layer.mapReady) layer.mapReady(handle);
    cockpit.root.classList.add("map-ready");
  };

  /* Set a source's features; nothing is sent to the map that it has already. */
  map.setFeatures = function (source, features) {
    if (!map.handle) return;
    const text = JSON.stringify(features);
    if (known[source] === text) return;
    known[source] = text;
    map.handle.getSource(source).setData({ type: "FeatureCollection", features });
  };
  const known = {};

  /* Go to a place; from then on the view is the viewer's own. Plotly must know it, or it would set its own again. */
  map.goTo = function ([lon, lat], zoom) {
    movedByHand = true;
    const graph = document.querySelector("#map .js-plotly-plot");
    window.Plotly.relayout(graph, {
      "map.center": { lon, lat }, "map.zoom": Math.max(map.handle.getZoom(), zoom), "map.pitch": map.handle.getPitch(),
    });
  };

  /* Read a source from the server again. */
  map.reload = function (source, url) {
    if (map.handle) map.handle.getSource(source).setData(url);
  };

  /* Set a feature's state where it differs. */
  map.setState = function (source, id, state) {
    if (!map.handle) return;
    const key = source + "\n" + id;
    const text = JSON.stringify(state);
    if (states[key] === text) return;
    states[key] = text;
    map.handle.setFeatureState({ source, id }, state);
  };
  const states = {};

  /* A new event's ring: it widens once, then is gone. */
  map.pulse = function (source, id) {
    if (!map.handle || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const began = performance.now();
    const widest = 5 * cockpit.u();
    (function step(at) {
      const share = Math.min(1, Math.max(0, (at - began) / 1200));
      map.handle.setFeatureState({ source, id }, { pulse: widest * share, pulse_opacity: 1 - share });
      if (share < 1) requestAnimationFrame(step);
    })(began);
  };

  function still(handle) {
    // Nobody touches the wall; a touch must not move it for good.
    for (const name of ["dragPan", "scrollZoom", "dragRotate", "doubleClickZoom", "touchZoomRotate", "keyboard", "boxZoom"]) {
      if (handle[name]) handle[name].disable();
    }
  }

  let movedByHand = false;
  let fitting = false;

  function fit() {
    fitting = true;
    fitToBounds();
    fitting = false;
  }

  function fitToBounds() {
    const [west, south, east, north] = JSON.parse(cockpit.root.dataset.bounds);
    const box = map.handle.getContainer().getBoundingClientRect();
    if (!box.width || !box.height) return;
    const corners = [[west, south], [east, south], [east, north], [west, north]];
    // fitBounds leaves much room on a tilted map: the frame is fitted to the corners as they are seen.
    map.handle.fitBounds([[west, south], [east, north]], { pitch: map.handle.getPitch(), bearing: 0, duration: 0 });
    for (let step = 0; step < FIT_STEPS; step += 1) {
      const seen = corners.map((corner) => map.handle.project(corner));
      const [x, y] = ["x", "y"].map((axis) => seen.map((point) => point[axis]));
      const middle = [(Math.min(...x) + Math.max(...x)) / 2, (Math.min(...y) + Math.max(...y)) / 2];
      const room = Math.min(
        (box.width * FILL) / (Math.max(...x) - Math.min(...x)), (box.height * FILL) / (Math.max(...y) - Math.min(...y)),
      );
      map.handle.jumpTo({ center: map.handle.unproject(middle), zoom: map.handle.getZoom() + Math.log2(room) });
    }
  }

  /* On a small screen the map's signs shrink with it, down to what can still be read. */
  function sizeOfU() {
    return Math.min(cockpit.u(), Math.max(SMALLEST_U, map.handle.getContainer().clientWidth / 90));
  }

  function size() {
    const u = sizeOfU();
    for (const layer of map.handle.getStyle().layers) {
      const sizes = (layer.metadata || {}).u || {};
      for (const [property, value] of Object.entries(sizes)) {
        const pixels = value * u;
        map.handle.setLayoutProperty(layer.id, property, property === "icon-size" ? pixels / BASE : pixels);
      }
    }
  }

  function token(name) {
    return getComputedStyle(cockpit.root).getPropertyValue("--" + name).trim();
  }

  function canvas(width, height) {
    const made = document.createElement("canvas");
    made.width = width * RATIO;
    made.height = height * RATIO;
    const pen = made.getContext("2d");
    pen.scale(RATIO, RATIO);
    return pen;
  }

  function disc(pen, radius, fill, stroke, width, dash) {
    pen.beginPath();
    pen.arc(BASE / 2, BASE / 2, radius, 0, 2 * Math.PI);
    pen.setLineDash(dash || []);
    if (fill) {
      pen.fillStyle = fill;
      pen.fill();
    }
    if (stroke) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.stroke();
    }
  }

  function polygon(pen, points, fill) {
    pen.beginPath();
    points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = token("ground");
    pen.stroke();
    pen.fillStyle = fill;
    pen.fill();
  }

  const ICONS = {
    "device-online": (pen) => disc(pen, 11, token("normal"), token("ground"), 4),
    "device-stale": (pen) => {
      disc(pen, 12, token("ground"));
      disc(pen, 12, null, token("second"), 4, [5, 4]);
    },
    "device-offline": (pen) => disc(pen, 11, token("ground"), token("text"), 4),
    "device-suspect": (pen) => {
      disc(pen, 14, token("ground"), token("middle"), 3);
      pen.fillStyle = token("middle");
      pen.font = "bold 22px sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText("?", BASE / 2, BASE / 2 + 1);
    },
    "event-low": (pen) => disc(pen, 11, token("low"), token("ground"), 3),
    "event-middle": (pen) => polygon(pen, [[16, 3], [29, 16], [16, 29], [3, 16]], token("middle")),
    "event-high": (pen) => polygon(pen, [[16, 3], [30, 28], [2, 28]], token("high")),
    facility: (pen) => {
      pen.fillStyle = token("ground");
      pen.fillRect(6, 6, 20, 20);
      pen.fillStyle = token("second");
      pen.fillRect(9, 9, 14, 14);
    },
    pill: (pen) => pill(pen, []),
    "pill-stale": (pen) => pill(pen, [3, 3]),
  };

  const PILL = { width: 40, height: 24 };

  function pill(pen, dash) {
    pen.beginPath();
    pen.roundRect(1.5, 1.5, PILL.width - 3, PILL.height - 3, 10);
    pen.fillStyle = token("panel");
    pen.fill();
    pen.setLineDash(dash);
    pen.lineWidth = 1.5;
    pen.strokeStyle = token("normal");
    pen.stroke();
  }

  function draw(name) {
    const isPill = name.startsWith("pill");
    const [width, height] = isPill ? [PILL.width, PILL.height] : [BASE, BASE];
    const pen = canvas(width, height);
    ICONS[name](pen);
    const image = pen.getImageData(0, 0, width * RATIO, height * RATIO);
    const stretch = isPill
      ? { stretchX: [[12 * RATIO, 28 * RATIO]], stretchY: [[11 * RATIO, 13 * RATIO]], content: [6 * RATIO, 3 * RATIO, 34 * RATIO, 21 * RATIO] }
      : {};
    map.handle.addImage(name, image, { pixelRatio: RATIO, ...stretch });
  }
})();
