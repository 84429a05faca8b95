/* The manager's map: what of it is shown, and a search by name or code. */
(function () {
  "use strict";

  /** @typedef {{kind: string, code: string, name: string, at: Maps.Position, room?: RoomOfMap | null, device?: string}} Place */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const NAMED = { facilities: say("设施"), areas: say("片区"), sites: say("场所"), rooms: say("房间") };
  const MOST = 8;
  const NEAR_ZOOM = 16;
  /** @type {Place[]} */
  const places = [];   // {kind, code, name, at, room}

  cockpit.map.tools.push((handle) => {
    groups();
    search();
    const loaded = loadPlaces();
    const asked = new URLSearchParams(location.search);
    const [event, site] = [asked.get("event"), asked.get("site")];
    // Plotly sets its own view when it has plotted for the first time.
    if (event) handle.once("idle", () => goToEvent(event));
    if (site) handle.once("idle", () => loaded.then(() => places.filter((one) => one.code === site && one.kind === NAMED.sites).forEach(go)));
  });

  /* /map?event=...: an event's own page leads here. */
  /** @param {string} id */
  async function goToEvent(id) {
    let found = null;
    try {
      found = await cockpit.ask(`events/${encodeURIComponent(id)}`, {});
    } catch (error) {
      return cockpit.card.show({ title: say("事件 {id}", { id }), lines: [`▲ ${error.message}`] });
    }
    const { geometry, properties } = found;
    if (geometry) cockpit.map.goTo(geometry.coordinates, NEAR_ZOOM);
    const lines = [`${properties.category_name} · ${properties.state_name}`, cockpit.time.full(Date.parse(properties.ts))];
    cockpit.card.show({ title: properties.title, lines, link: `/events/${properties.id}` });
  }

  /* A box before each group of the legend: the legend and the switch are one. */
  function groups() {
    for (const group of cockpit.findAll("[data-map-groups] [data-legend-group]")) {
      const box = cockpit.element("input");
      box.type = "checkbox";
      box.checked = group.dataset.startsHidden === undefined;
      box.dataset.group = group.dataset.legendGroup;
      box.addEventListener("change", () => show(box.dataset.group ?? "", box.checked));
      const label = cockpit.element("label");
      label.append(box, cockpit.need("b", group));
      group.prepend(label);
    }
  }

  /** @param {string} group @param {boolean} isShown */
  function show(group, isShown) {
    cockpit.map.put(`group ${group}`, (handle) => {
      for (const layer of (handle.getStyle()?.layers ?? [])) {
        if ((layer.metadata || {}).group === group) {
          handle.setLayoutProperty(layer.id, "visibility", isShown ? "visible" : "none");
        }
      }
    });
    cockpit.root.dispatchEvent(new CustomEvent("map-group", { detail: { group, isShown } }));
  }

  async function loadPlaces() {
    for (const [layer, kind] of Object.entries(NAMED)) {
      const answer = await cockpit.request(cockpit.map.file(`${layer}-labels.geojson`));
      if (!answer.ok) continue;
      for (const { geometry, properties } of answer.body.features) {
        const room = layer === "rooms" ? properties : null;
        places.push({ kind, code: properties.code, name: properties.name, at: geometry.coordinates, room });
      }
    }
  }

  const devices = () => cockpit.devices().filter((one) => one.lon !== null).map((one) => ({
    kind: one.kind_name, code: one.id, name: one.name, at: /** @type {Maps.Position} */ ([one.lon, one.lat]), device: one.id,
  }));

  function search() {
    const place = cockpit.find("[data-map-search]");
    if (!place) return;
    const field = cockpit.element("input");
    Object.assign(field, { type: "search", placeholder: say("搜索名称或编号"), autocomplete: "off" });
    field.setAttribute("aria-label", say("搜索地图"));
    const list = cockpit.element("ul");
    list.hidden = true;
    const look = () => {
      const wanted = field.value.trim().toLowerCase();
      const hits = !wanted ? [] : [...places, ...devices()].filter(
        (one) => one.name.toLowerCase().includes(wanted) || one.code.toLowerCase().includes(wanted),
      );
      list.replaceChildren(...hits.slice(0, MOST).map((hit) => item(hit, list, field)));
      if (wanted && !hits.length) list.append(cockpit.element("li", "none", say("没有找到")));
      list.hidden = !wanted;
    };
    field.addEventListener("input", look);
    // A device that is sought may be told after it was sought.
    cockpit.root.addEventListener("devices-named", () => list.hidden || look());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && list.querySelector("button")) cockpit.need("button", list).click();
      if (event.key === "Escape") list.hidden = true;
    });
    place.append(field, list);
  }

  /** @param {Place} hit @param {HTMLElement} list @param {HTMLInputElement} field */
  function item(hit, list, field) {
    const button = cockpit.element("button", "", `${hit.name} · ${hit.kind}`);
    button.type = "button";
    button.addEventListener("click", () => {
      list.hidden = true;
      field.value = hit.name;
      go(hit);
    });
    const made = cockpit.element("li");
    made.append(button);
    return made;
  }

  /** @param {Place} hit */
  function go(hit) {
    const indoors = hit.room || (hit.device && cockpit.state.devices?.[hit.device]);
    if (indoors && indoors.storey) cockpit.storeys.open(("parent" in indoors && indoors.parent) || indoors.building || "", indoors.storey);
    cockpit.map.goTo(hit.at, NEAR_ZOOM);
    if (hit.device) cockpit.card.show(cockpit.card.ofDevice(hit.device));
    else if (hit.room) cockpit.card.show(cockpit.card.ofRoom(hit.room));
    else cockpit.card.show({ title: hit.name, lines: [hit.kind, hit.code] });
  }
})();
