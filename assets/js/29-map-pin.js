/* A pin on the map that a finger, a pointer or the arrow keys move: where something is to stand. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, map } = cockpit;
  const STEP_PX = 2;
  const FAR_PX = 20;
  const KEYS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

  /* Have the map take a place: ``moved`` hears where it was put by hand, in degrees of the map's own system. */
  map.pin = function (moved) {
    /** @type {Maps.Position | null} */
    let at = null;
    const button = cockpit.element("button", "map-pin");
    button.type = "button";
    button.hidden = true;
    button.setAttribute("aria-label", say("位置标记：拖动，或用方向键移动"));
    cockpit.drawing = true;   // a click on the map is for the pin

    function place() {
      button.hidden = at === null || !map.isUp;
      if (at === null || !map.isUp) return;
      const { x, y } = map.handle.project(at);
      button.style.left = `${x}px`;
      button.style.top = `${y}px`;
    }

    /** @param {Maps.Position} to @param {boolean} isOver */
    function put(to, isOver) {
      at = to;
      place();
      moved(to, isOver);
    }

    /** @param {number} x @param {number} y @returns {Maps.Position} */
    function there(x, y) {
      const { lng, lat } = map.handle.unproject(/** @type {Maps.Position} */ ([x, y]));
      return [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
    }

    button.addEventListener("pointerdown", (down) => {
      if (at === null || !map.isUp) return;
      down.preventDefault();
      button.focus({ preventScroll: true });
      button.setPointerCapture(down.pointerId);
      const from = map.handle.project(at);
      const [x0, y0] = [from.x - down.clientX, from.y - down.clientY];
      /** @param {PointerEvent} event */
      const drag = (event) => put(there(event.clientX + x0, event.clientY + y0), false);
      const end = () => {
        button.removeEventListener("pointermove", drag);
        if (at) moved(at, true);
      };
      button.addEventListener("pointermove", drag);
      button.addEventListener("pointerup", end, { once: true });
      button.addEventListener("pointercancel", end, { once: true });
    });

    button.addEventListener("keydown", (event) => {
      const way = KEYS[event.key];
      if (!way || at === null || !map.isUp) return;
      event.preventDefault();
      const { x, y } = map.handle.project(at);
      const step = event.shiftKey ? FAR_PX : STEP_PX;
      put(there(x + way[0] * step, y + way[1] * step), true);
    });

    map.whenUp((handle) => {
      handle.getContainer().append(button);
      handle.on("move", place);
      handle.on("click", ({ point }) => put(there(point.x, point.y), true));
      place();
    });
    return {
      /** @param {Maps.Position | null} to */
      set(to) {
        at = to;
        place();
      },
    };
  };
})();
