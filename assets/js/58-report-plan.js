/* A plan of the houses around a place, to put a pin on: lines only, of ground that the phone keeps, so that it needs neither
   a map's engine nor a line. In CGCS2000, as all our ground. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const METRES = { lon: 111320, lat: 110574 };   // of a degree; along a latitude times its cosine
  const HALVES = [30, 60, 120, 240, 480, 960, 1920];   // metres from the middle to the edge
  const FIRST = 2;
  const NAMED_BELOW = 240;
  const PAN_PX = 8;
  /** @type {Record<string, [x: number, y: number]>} */
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /* Draw a plan in a place: of what ``drawn`` answers, around ``centre``; ``chosen`` is told of each pin. */
  cockpit.reportPlan = function (ground, centre, pin, here, chosen) {
    let step = FIRST;
    let middle = centre;
    let at = pin;
    const made = element("div", "plan");
    const svg = /** @type {SVGSVGElement} */ (document.createElementNS(SVG, "svg"));
    svg.setAttribute("role", "application");
    svg.setAttribute("aria-label", say("平面图：点一下放大头针，方向键移动它"));
    svg.setAttribute("tabindex", "0");
    const bar = element("div", "buttons");
    bar.append(zoom(say("＋ 放大"), -1), zoom(say("－ 缩小"), 1));
    made.append(svg, bar);

    /** @param {string} name @param {number} by */
    function zoom(name, by) {
      const button = element("button", "quiet", name);
      button.type = "button";
      button.addEventListener("click", () => {
        step = Math.min(HALVES.length - 1, Math.max(0, step + by));
        draw();
      });
      return button;
    }

    const across = () => METRES.lon * Math.cos((middle.lat * Math.PI) / 180);
    /** @param {LonLat} place @returns {[x: number, y: number]} */
    const metres = ({ lon, lat }) => [(lon - middle.lon) * across(), (middle.lat - lat) * METRES.lat];
    /** @param {number} x @param {number} y @returns {LonLat} */
    const place = (x, y) => ({ lon: middle.lon + x / across(), lat: middle.lat - y / METRES.lat });

    /** @param {string} tag @param {Record<string, string | number>} attributes */
    function shape(tag, attributes) {
      const one = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, String(value));
      svg.append(one);
      return one;
    }

    function draw() {
      const half = HALVES[step];
      svg.setAttribute("viewBox", `${-half} ${-half} ${2 * half} ${2 * half}`);
      svg.replaceChildren();
      for (const one of ground) outline(one, half);
      if (here) {
        const [x, y] = metres(here);
        shape("circle", { class: "around", cx: x, cy: y, r: Math.max(here.accuracy ?? 0, half / 40) });
        shape("circle", { class: "here", cx: x, cy: y, r: half / 40 });
      }
      if (at) pinned(at, half / 12);
    }

    /** @param {Outlined} one @param {number} half */
    function outline({ rings, label: word, kind }, half) {
      const lines = rings.map((ring) => ring.map(([lon, lat]) => metres({ lon, lat })));
      const xs = lines[0].map(([x]) => x);
      const ys = lines[0].map(([, y]) => y);
      const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      if (west > half || east < -half || north > half || south < -half) return;
      const d = lines.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`).join("");
      shape("path", { class: kind, d });
      if (kind !== "building" || half >= NAMED_BELOW) return;
      const label = shape("text", { x: (west + east) / 2, y: (north + south) / 2, "font-size": half / 14 });
      label.textContent = word;
    }

    /** @param {LonLat} where @param {number} size */
    function pinned(where, size) {
      const [x, y] = metres(where);
      shape("path", { class: "pin", d: `M${x} ${y}l${-size * 0.6} ${-size * 1.4}a${size * 0.65} ${size * 0.65} 0 1 1 ${size * 1.2} 0Z` });
    }

    /** @param {LonLat} where */
    function put(where) {
      at = where;
      draw();
      chosen(where);
    }

    /** @param {{clientX: number, clientY: number}} event @returns {[x: number, y: number]} */
    function onPlan({ clientX, clientY }) {
      const box = svg.getBoundingClientRect();
      const scale = (2 * HALVES[step]) / Math.min(box.width, box.height);
      return [(clientX - box.left - box.width / 2) * scale, (clientY - box.top - box.height / 2) * scale];
    }

    /** @type {{x: number, y: number, from: LonLat, isPan: boolean} | null} */
    let held = null;
    svg.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, y: event.clientY, from: middle, isPan: false };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
      held.isPan = held.isPan || Math.hypot(dx, dy) > PAN_PX;
      if (!held.isPan) return;
      const scale = (2 * HALVES[step]) / svg.getBoundingClientRect().width;
      middle = held.from;
      middle = place(-dx * scale, -dy * scale);
      draw();
    });
    svg.addEventListener("pointerup", (event) => {
      if (held && !held.isPan) put(place(...onPlan(event)));
      held = null;
    });
    svg.addEventListener("pointercancel", () => { held = null; });
    svg.addEventListener("keydown", (event) => {
      const way = WAYS[event.key];
      if (!way) return;
      event.preventDefault();
      const [x, y] = metres(at ?? middle);
      const far = HALVES[step] / 20;
      put(place(x + way[0] * far, y + way[1] * far));
    });
    draw();
    return made;
  };
})();
