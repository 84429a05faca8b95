/* Devices: the environment as a whole, each device on the map by its state, how many are well. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const ENVIRONMENT = "*";
  const DOT = { radius: 0.36, stroke: 0.15 };   // u
  const FEW = 1000;            // devices up to which a dot has its size
  const LEAST_DOT = 0.45;      // of its size
  const [FAR_ZOOM, NEAR_ZOOM] = [15, 17];
  /** @type {Map<string, {status: Status, lon: number | null, lat: number | null, room: string | null, name: string}>} */
  const known = new Map();   // id -> {status, place, name} as the map, the counts and other panels have them
  const counts = { online: 0, stale: 0, offline: 0, suspect: 0 };
  /** @type {Set<string>} */
  const suspects = new Set();   // ids
  /** @type {Live.Device[] | null} */
  let list = null;
  /** @type {Map<string, number>} */
  const places = new Map();   // id -> its place in the list

  /* Every device's record. */
  cockpit.devices = function () {
    if (list === null) {
      list = Object.entries(cockpit.state.devices || {}).filter(([id]) => id !== ENVIRONMENT).map(([, one]) => /** @type {Live.Device} */ (one));
      places.clear();
      list.forEach((one, place) => places.set(one.id, place));
    }
    return list;
  };

  /* Put changed records in their place; a device that is new makes the list anew. */
  /** @param {Live.Device[]} changed */
  function relist(changed) {
    if (list === null) return;
    if (changed.every((one) => places.has(one.id))) for (const one of changed) list[Number(places.get(one.id))] = one;
    else list = null;
  }

  cockpit.STATUS = {
    online: ["●", say("在线")], stale: ["◌", say("迟滞")], offline: ["○", say("离线")], suspect: ["?", say("存疑")],
  };

  /* Devices within a metre or so are on one spot: of them each is drawn beside it, in the order of their ids. */
  const SPOT = 5;   // digits of a degree
  const APART_PX = 22;   // of an icon's 32
  /** @type {Map<string, Live.Device[]>} */
  let spots = new Map();   // spot -> those on it
  /** @type {Map<string, [number, number]>} */
  let apart = new Map();   // id -> pixels beside its place, of those that share it

  /** @param {number} lon @param {number} lat */
  const spotOf = (lon, lat) => `${lon.toFixed(SPOT)} ${lat.toFixed(SPOT)}`;

  cockpit.onSpot = (lon, lat) => spots.get(spotOf(lon, lat)) ?? [];

  /* Who shares a spot with whom; returns the ids of those that are drawn elsewhere than before. */
  function spread() {
    const before = apart;
    [spots, apart] = [new Map(), new Map()];
    for (const one of cockpit.devices()) {
      if (one.lon === null) continue;
      const spot = spotOf(Number(one.lon), Number(one.lat));
      spots.set(spot, [...(spots.get(spot) ?? []), one]);
    }
    for (const all of spots.values()) {
      // Gates have signs of their own.
      const some = all.filter(({ kind }) => kind !== "gate");
      if (some.length < 2) continue;
      some.sort((a, b) => (a.id < b.id ? -1 : 1));
      const radius = Math.max(APART_PX, (APART_PX * some.length) / Math.PI);
      some.forEach((one, place) => {
        const angle = (2 * Math.PI * place) / some.length - Math.PI / 2;
        apart.set(one.id, [Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))]);
      });
    }
    return [...new Set([...before.keys(), ...apart.keys()])].filter((id) => String(before.get(id)) !== String(apart.get(id)));
  }

  /* A device's state at this moment: silence makes it stale without a message. */
  cockpit.statusOf = function (device) {
    if (device.last_seen === null || device.connected === false) return "offline";
    if (cockpit.now() > device.last_seen + device.silence) return "stale";
    return device.suspect ? "suspect" : "online";
  };

  /* Those that speak and say something that is in doubt. */
  cockpit.suspects = () => [...suspects].flatMap((id) => cockpit.state.devices?.[id] ?? []);

  const STATUSES = /** @type {Status[]} */ (Object.keys(counts));

  const environment = () => (cockpit.state.devices?.[ENVIRONMENT] || {}).metrics || {};

  const shown = () => [...cockpit.findAll('[data-panel="devices"] [data-row]')].map((row) => (row.dataset.row || "").split(".").pop() || "");

  function means() {
    const found = environment();
    const sources = cockpit.allSources([cockpit.state.devices?.[ENVIRONMENT] || {}]);
    const isMixed = sources.length > 1;
    for (const code of shown()) cockpit.setRow(`devices.*.${code}`, cockpit.meanRow(code, found[code], isMixed));
    for (const panel of cockpit.findAll('[data-panel="devices"]')) {
      // What nobody measures stands back, but keeps its place.
      panel.classList.toggle("has-values", Object.keys(found).length > 0);
    }
    cockpit.setPanel("devices", { waiting: Object.keys(found).length === 0, sources, ts: cockpit.newest(found) });
    lines();
  }

  /* Bring these devices to the map and into the counts; only what differs costs anything. ``isMoved``: others are gone. */
  /** @param {Live.Device[]} devices @param {boolean} isMoved */
  function bring(devices, isMoved = false) {
    /** @type {string[]} */
    const changed = [];
    /** @type {string[]} */
    const named = [];
    for (const one of devices) {
      const status = cockpit.statusOf(one);
      const before = known.get(one.id);
      if (!before || before.name !== one.name) named.push(one.id);
      else if (before.status === status && before.lon === one.lon && before.lat === one.lat && before.room === one.room) continue;
      if (before) counts[before.status] -= 1;
      counts[status] += 1;
      suspects[status === "suspect" ? "add" : "delete"](one.id);
      isMoved ||= !before || before.name !== one.name || before.lon !== one.lon || before.lat !== one.lat || before.room !== one.room;
      known.set(one.id, { status, lon: one.lon, lat: one.lat, room: one.room, name: one.name });
      changed.push(one.id);
    }
    sign(isMoved ? new Set([...changed, ...spread()]) : changed);
    if (isMoved) {
      everywhere();
      dots();
    }
    // What happened to a device may be told before it is: whoever calls it by its name hears of that later.
    if (named.length) cockpit.root.dispatchEvent(new CustomEvent("devices-named", { detail: new Set(named) }));
    return changed;
  }

  /* Give devices their signs: who is well and has a spot for itself is a dot in the layer of all, the others stand beside
     that, since each state as a layer of all devices would draw every one of them four times over. */
  /** @param {Iterable<string>} ids */
  function sign(ids) {
    /** @type {Map<string, Maps.Feature | null>} */
    const odd = new Map();   // null: it is a dot, or has no place
    for (const id of ids) {
      const one = /** @type {Live.Device | undefined} */ (cockpit.state.devices?.[id]);
      if (!one) continue;
      const status = cockpit.statusOf(one);
      const isDot = status === "online" && !apart.has(id);
      odd.set(id, isDot || one.lon === null ? null : feature(one, status));
      if (one.lon !== null) cockpit.map.setFeatureState("devices", id, { status: isDot || status !== "online" ? status : "apart" });
    }
    cockpit.map.changeFeatures("devices-not-well", odd);
  }

  const located = () => cockpit.devices().filter((one) => one.lon !== null);

  /** @param {Live.Device} one @param {Status} [status] @returns {Maps.Feature} */
  function feature({ id, name, kind, lon, lat, building, room, storey }, status) {
    const at = /** @type {Maps.Position} */ ([lon, lat]);
    const more = status && { status, offset: apart.get(id) ?? [0, 0] };
    return { type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { id, name, kind, building, room, storey, ...more } };
  }

  /* Every device in its place, as the live channel tells them: what was asked for beside it might hang. */
  const everywhere = () => cockpit.map.setFeatures("devices", located().map((one) => feature(one)));

  /* Those that are well are dots: the more there are, the smaller from afar, where they would hide the map. */
  function dots() {
    const share = Math.max(LEAST_DOT, Math.min(1, Math.sqrt(FEW / Math.max(1, known.size))));
    /** @param {number} u @returns {Maps.Style} */
    const well = (u) => ["case", ["==", ["coalesce", ["feature-state", "status"], ""], "online"], u * cockpit.map.u(), 0];
    /** @param {number} u @returns {Maps.Style} */
    const sized = (u) => ["interpolate", ["linear"], ["zoom"], FAR_ZOOM, well(u * share), NEAR_ZOOM, well(u)];
    const wanted = { "circle-radius": sized(DOT.radius), "circle-stroke-width": sized(DOT.stroke) };
    const text = JSON.stringify(wanted);
    if (text === dotted) return;
    dotted = text;
    cockpit.map.put("dots of devices", (handle) => {
      for (const [property, value] of Object.entries(wanted)) handle.setPaintProperty("devices-online", property, value);
    });
  }
  let dotted = "";

  cockpit.map.always.push(() => {
    dots();
    cockpit.root.addEventListener("map-resized", dots);
  });

  function summary() {
    const parts = [say("在线 {online}", { online: counts.online }), say("迟滞 {stale}", { stale: counts.stale }), say("离线 {offline}", { offline: counts.offline })];
    if (counts.suspect) parts.push(say("存疑 {suspect}", { suspect: counts.suspect }));
    // One that is online is what the others are told from.
    cockpit.legendShows("devices", new Set(["device-online", ...STATUSES.filter((one) => counts[one]).map((one) => `device-${one}`)]));
    cockpit.setText(cockpit.find("[data-devices-line]"), known.size ? say("设备 ") + parts.join(" · ") : say("设备 尚未接入"));
  }

  /* Say which devices changed, null for all, to whatever shows them. */
  /** @param {string[] | null} ids */
  const tell = (ids) => (ids === null || ids.length) && cockpit.root.dispatchEvent(new CustomEvent("devices-changed", { detail: ids }));

  function all() {
    const gone = [...known.keys()].filter((id) => !cockpit.state.devices?.[id]);
    for (const id of gone) {
      const before = known.get(id);
      if (before) counts[before.status] -= 1;
      known.delete(id);
      suspects.delete(id);
    }
    cockpit.map.changeFeatures("devices-not-well", new Map(gone.map((id) => [id, null])));
    bring(cockpit.devices(), gone.length > 0);
    const replayed = cockpit.devices().some((one) => one.source && one.source !== "demonstration");
    for (const mark of cockpit.findAll("[data-replay]")) mark.hidden = !replayed;
    tell(null);
  }

  function lines() {
    const found = environment();
    for (const code of shown()) {
      const points = cockpit.trend(code, "", found[code]);
      if (!points.length) continue;
      cockpit.drawSpark(`devices.*.${code}`, points, ...cockpit.extent(points));
      cockpit.setMore(`devices.*.${code}`, [cockpit.extentWords(code, points)]);
    }
  }

  cockpit.layers.devices = {
    /** @param {Record<string, Live.Device> | null} changed */
    render(changed) {
      if (changed === null) {
        list = null;
        all();
      } else {
        const ids = Object.keys(changed).filter((id) => id !== ENVIRONMENT);
        const devices = ids.map((id) => changed[id]);
        relist(devices);
        bring(devices);
        tell(ids);
      }
      if (changed === null || ENVIRONMENT in changed) means();
      summary();
    },
    lines,
    tick() {
      tell(bring(cockpit.devices()));
      summary();
      means();
    },
    metrics: shown,
  };
})();
