/* Open events by hexagon: read when somebody wants to see them, and again when events changed meanwhile. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const AGAIN_MS = 2000;
  let shown = false;
  /** @type {number | null} */
  let waiting = null;

  cockpit.map.tools.push(() => {
    cockpit.root.addEventListener("map-group", ({ detail }) => {
      if (detail.group !== "heat") return;
      shown = detail.isShown;
      if (shown) read();
    });
    // At most one question in so many seconds, and none while nobody looks.
    cockpit.root.addEventListener("rendered", ({ detail }) => {
      const changed = detail === null || detail.grid_events;
      if (changed && shown && waiting === null) waiting = setTimeout(read, AGAIN_MS);
    });
  });

  async function read() {
    waiting = null;
    cockpit.map.setFeatures("heat", (await cockpit.ask("heat", { layer: "grid_events" })).features);
  }
})();
