/* An offline base map below everything, where the server has one. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const LOWEST = "parks";   // of our own layers but for the hills, which a base map hides

  cockpit.map.always.push(async () => {
    const { community, theme } = cockpit.root.dataset;
    const answer = await cockpit.request(`/geo/${community}/base.json?theme=${theme}`);
    if (answer.status !== 200) return;
    const { source, layers, hides } = answer.body;
    // MapLibre's workers know no address of the page.
    const tiles = source.tiles.map((/** @type {string} */ tile) => location.origin + tile);
    cockpit.map.put("base", (handle) => {
      if (handle.getSource("base")) return;
      handle.addSource("base", { ...source, tiles });
      for (const layer of layers) handle.addLayer(layer, LOWEST);
      for (const id of hides) if (handle.getLayer(id)) handle.setLayoutProperty(id, "visibility", "none");
    });
  });
})();
