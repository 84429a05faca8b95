/* The windows of the centres glow by how many people are inside the site that they belong to. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const FULL = 100;     // people inside a site without a capacity at whom its windows are as bright as they get
  const STEP = 0.05;    // the map is not drawn anew for less
  /** @type {Maps.Feature[]} */
  let bands = [];

  cockpit.map.always.push(async () => {
    const answer = await cockpit.request(cockpit.map.file("windows.geojson"));
    if (!answer.ok) return;
    bands = answer.body.features;
    glow();
    cockpit.root.addEventListener("rendered", glow);
  });

  function glow() {
    const sites = cockpit.state.visitors || {};
    for (const { properties } of bands) properties.glow = bright(sites[String(properties.site)]);
    cockpit.map.setFeatures("windows", bands);
  }

  /* By the square root: that few are inside must be seen too. */
  /** @param {Live.Site | undefined} site */
  function bright(site) {
    if (!site || !site.inside) return 0;
    const share = Math.sqrt(Math.min(1, site.inside / (site.capacity || FULL)));
    return Math.round(share / STEP) * STEP;
  }
})();
