/* The map's signs, drawn with the tokens of the theme. */
(function () {
  "use strict";

  /** @typedef {CanvasRenderingContext2D} Pen */

  const cockpit = window.cockpit;
  const BASE = cockpit.ICON_SIZE;
  const RATIO = 4;   // drawn larger, so that it is crisp on a wall

  /** @param {string} name */
  function token(name) {
    return getComputedStyle(cockpit.root).getPropertyValue("--" + name).trim();
  }

  /** @param {number} width @param {number} height */
  function canvas(width, height) {
    const made = document.createElement("canvas");
    made.width = width * RATIO;
    made.height = height * RATIO;
    const pen = /** @type {Pen} */ (made.getContext("2d", { willReadFrequently: true }));   // read back at once
    pen.scale(RATIO, RATIO);
    return pen;
  }

  /** @param {Pen} pen @param {number} radius @param {string | null} fill @param {string} [stroke] @param {number} [width] @param {number[]} [dash] */
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
      pen.lineWidth = width ?? 1;
      pen.stroke();
    }
  }

  /** @param {Pen} pen @param {number} radius @param {string} tone @param {number} width @param {number[]} [dash] */
  function ring(pen, radius, tone, width, dash) {
    disc(pen, radius, null, token("ground"), width + 2);
    disc(pen, radius, null, token(tone), width, dash);
  }

  /** @param {Pen} pen @param {[x: number, y: number][]} points @param {string} fill */
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

  /** @type {Record<string, (pen: Pen) => void>} */
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
    // Rings: what stands in them stays to be seen. The louder, the heavier.
    "alarm-critical": (pen) => {
      ring(pen, 13, "high", 3);
      ring(pen, 9, "high", 1.5);
    },
    "alarm-high": (pen) => ring(pen, 13, "high", 3),
    "alarm-medium": (pen) => ring(pen, 13, "middle", 2.5, [7, 3.2]),
    "alarm-low": (pen) => ring(pen, 13, "low", 2, [3, 3.8]),
    "alarm-acknowledged": (pen) => ring(pen, 13, "second", 1.2, [2, 2]),
    facility: (pen) => {
      pen.fillStyle = token("ground");
      pen.fillRect(6, 6, 20, 20);
      pen.fillStyle = token("second");
      pen.fillRect(9, 9, 14, 14);
    },
    clear: () => {},   // seen by nobody: it takes a place
    pill: (pen) => pill(pen, []),
    "pill-stale": (pen) => pill(pen, [3, 3]),
  };

  const PILL = { width: 40, height: 24 };

  /** @param {Pen} pen @param {number[]} dash */
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

  cockpit.drawIcons = (handle) => Object.keys(ICONS).filter((name) => !handle.hasImage(name)).forEach((name) => draw(handle, name));

  /* The legend has the signs as the map draws them; where no map is drawn, those of the flat picture. */
  cockpit.map.always.push(() => {
    for (const place of cockpit.findAll(".legend [data-icon]")) {
      const { pen } = drawn(place.dataset.icon ?? "");
      pen.canvas.setAttribute("aria-hidden", "true");
      const text = cockpit.element("span", "", place.textContent ?? "");
      place.replaceChildren(pen.canvas, text);
    }
  });

  /* Of a group of the wall's legend only the signs that stand on the map. */
  cockpit.legendShows = function (group, icons) {
    for (const place of cockpit.findAll(`.wall .legend [data-legend-group="${group}"]`)) {
      const entries = [...place.querySelectorAll(".entry")];
      for (const entry of entries) entry.hidden = !icons.has(cockpit.need("[data-icon]", entry).dataset.icon ?? "");
      place.hidden = entries.every((entry) => entry.hidden);
    }
  };

  /** @param {string} name */
  function drawn(name) {
    const isPill = name.startsWith("pill");
    const [width, height] = isPill ? [PILL.width, PILL.height] : [BASE, BASE];
    const pen = canvas(width, height);
    ICONS[name](pen);
    return { pen, isPill, width, height };
  }

  /** @param {Maps.Handle} handle @param {string} name */
  function draw(handle, name) {
    const { pen, isPill, width, height } = drawn(name);
    const image = pen.getImageData(0, 0, width * RATIO, height * RATIO);
    const stretch = isPill
      ? { stretchX: [[12 * RATIO, 28 * RATIO]], stretchY: [[11 * RATIO, 13 * RATIO]], content: [6 * RATIO, 3 * RATIO, 34 * RATIO, 21 * RATIO] }
      : {};
    handle.addImage(name, image, { pixelRatio: RATIO, ...stretch });
  }
})();
