/* A building opened storey by storey: its block gives way to the plan of one storey, with that storey's devices. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const storeys = (cockpit.storeys = /** @type {Cockpit["storeys"]} */ ({}));
  const PLAN = ["rooms-floor", "rooms-walls", "rooms-name"];
  const ZOOM_MOST = 20;
  /** @type {Record<string, Maps.Style>} */
  const before = {};   // style layer -> its filter while nothing is open
  /** @type {HTMLSelectElement | null} */
  let menu = null;

  cockpit.map.tools.push(() => {
    menu = /** @type {HTMLSelectElement | null} */ (cockpit.find("[data-storeys]"));
    if (menu) menu.addEventListener("change", () => choose(menu?.value ?? ""));
  });

  const options = () => (menu ? [...menu.options].map((one) => one.value).filter(Boolean) : []);

  /* The storeys of a building that have rooms. */
  storeys.of = (building) => options().map(parse).filter(([code]) => code === building).map(([, storey]) => storey);

  storeys.open = (building, storey) => choose(`${building}/${storey}`);

  /** @param {string} value @returns {[building: string, storey: number]} */
  function parse(value) {
    const cut = value.lastIndexOf("/");
    return [value.slice(0, cut), Number(value.slice(cut + 1))];
  }

  /** @param {string} value */
  function choose(value) {
    if (!options().includes(value)) value = "";
    if (menu) menu.value = value;
    cockpit.map.put("storey", (handle) => open(handle, value));
    if (value) cockpit.map.whenUp((handle) => look(handle, parse(value)[0]));
  }

  /** @param {Maps.Handle} handle @param {string} value */
  function open(handle, value) {
    const [building, storey] = value ? parse(value) : ["", null];
    const here = ["all", ["==", ["get", "parent"], building], ["==", ["get", "storey"], storey]];
    for (const id of PLAN) {
      if (value) handle.setFilter(id, here);
      handle.setLayoutProperty(id, "visibility", value ? "visible" : "none");
    }
    narrow(handle, "buildings", value ? ["!=", ["get", "code"], building] : null);
    narrow(handle, "windows", value ? ["!=", ["get", "building"], building] : null);
    // Of the devices in the building those on this storey, and those of no storey.
    const others = ["any", ["!=", ["get", "building"], building], ["==", ["coalesce", ["get", "storey"], storey], storey]];
    for (const layer of (handle.getStyle()?.layers ?? [])) {
      if ((layer.source ?? "").startsWith("devices")) narrow(handle, layer.id, value ? others : null);
    }
  }

  /* Add a condition to a layer's own filter; null takes it off again. */
  /** @param {Maps.Handle} handle @param {string} id @param {Maps.Style} condition */
  function narrow(handle, id, condition) {
    if (!(id in before)) before[id] = handle.getFilter(id) || null;
    const both = condition && before[id] ? ["all", before[id], condition] : condition || before[id];
    handle.setFilter(id, both);
  }

  /** @param {Maps.Handle} handle @param {string} building */
  async function look(handle, building) {
    const answer = await cockpit.request(cockpit.map.file("rooms.geojson"));
    if (!answer.ok) return;
    const corners = /** @type {Maps.Feature[]} */ (answer.body.features).filter((one) => one.properties.parent === building)
      .flatMap((one) => /** @type {Maps.Position[]} */ (one.geometry.coordinates.flat(one.geometry.type === "Polygon" ? 1 : 2)));
    const [lons, lats] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
    /** @type {[Maps.Position, Maps.Position]} */
    const bounds = [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
    const camera = handle.cameraForBounds(bounds, { padding: 40, maxZoom: ZOOM_MOST, pitch: 0 });
    if (camera) cockpit.map.goTo([camera.center.lng, camera.center.lat], camera.zoom);
  }
})();
