/* The manager's map: layers on and off, a search by name or code, a card for what is clicked. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const NAMED = { facilities: "设施", areas: "片区", sites: "场所" };
  const CLICKABLE = ["devices", "gates", "grid_events", "facilities", "buildings", "areas"];
  const MOST = 8;
  const NEAR_ZOOM = 16;
  const places = [];   // {kind, code, name, at}

  cockpit.mapTools = function (handle) {
    groups(handle);
    search();
    loadPlaces();
    handle.on("click", (event) => card(handle, event));
    handle.on("mousemove", (event) => {
      handle.getCanvas().style.cursor = found(handle, event.point) ? "pointer" : "";
    });
  };

  function groups(handle) {
    const bar = cockpit.find("[data-map-groups]");
    if (!bar) return;
    for (const [code, name] of Object.entries(JSON.parse(bar.dataset.mapGroups))) {
      const box = cockpit.element("input");
      box.type = "checkbox";
      box.checked = true;
      box.dataset.group = code;
      box.addEventListener("change", () => show(handle, code, box.checked));
      const label = cockpit.element("label");
      label.append(box, " " + name);
      bar.append(label);
    }
  }

  function show(handle, group, isShown) {
    for (const layer of handle.getStyle().layers) {
      if ((layer.metadata || {}).group === group) {
        handle.setLayoutProperty(layer.id, "visibility", isShown ? "visible" : "none");
      }
    }
  }

  async function loadPlaces() {
    for (const [layer, kind] of Object.entries(NAMED)) {
      const answer = await fetch(`/geo/${cockpit.root.dataset.community}/${layer}-labels.geojson`);
      if (!answer.ok) continue;
      for (const { geometry, properties } of (await answer.json()).features) {
        places.push({ kind, code: properties.code, name: properties.name, at: geometry.coordinates });
      }
    }
  }

  const devices = () => cockpit.devices().filter((one) => one.lon !== null).map((one) => ({
    kind: one.kind_name, code: one.id, name: one.name, at: [one.lon, one.lat], device: one.id,
  }));

  function search() {
    const place = cockpit.find("[data-map-search]");
    if (!place) return;
    const field = cockpit.element("input");
    Object.assign(field, { type: "search", placeholder: "搜索名称或编号", autocomplete: "off" });
    field.setAttribute("aria-label", "搜索地图");
    const list = cockpit.element("ul");
    list.hidden = true;
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      const hits = !wanted ? [] : [...places, ...devices()].filter(
        (one) => one.name.toLowerCase().includes(wanted) || one.code.toLowerCase().includes(wanted),
      );
      list.replaceChildren(...hits.slice(0, MOST).map((hit) => item(hit, list, field)));
      if (wanted && !hits.length) list.append(cockpit.element("li", "none", "没有找到"));
      list.hidden = !wanted;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && list.querySelector("button")) list.querySelector("button").click();
      if (event.key === "Escape") list.hidden = true;
    });
    place.append(field, list);
  }

  function item(hit, list, field) {
    const button = cockpit.element("button", "", `${hit.name} · ${hit.kind}`);
    button.type = "button";
    button.addEventListener("click", () => {
      list.hidden = true;
      field.value = hit.name;
      cockpit.map.goTo(hit.at, NEAR_ZOOM);
      fill(hit.device ? deviceCard(hit.device) : { title: hit.name, lines: [hit.kind, hit.code] });
    });
    const made = cockpit.element("li");
    made.append(button);
    return made;
  }

  /* The topmost thing under a point that has something to say. */
  function found(handle, point) {
    const around = [[point.x - 8, point.y - 8], [point.x + 8, point.y + 8]];
    const hits = handle.queryRenderedFeatures(around).filter((one) => CLICKABLE.includes((one.layer.metadata || {}).group || one.source));
    hits.sort((a, b) => rank(a) - rank(b));
    return hits.find((one) => describe(one));
  }

  const rank = (one) => CLICKABLE.indexOf(one.source === "devices" ? "devices" : (one.layer.metadata || {}).group);

  function card(handle, event) {
    const hit = found(handle, event.point);
    fill(hit ? describe(hit) : null);
  }

  function describe(hit) {
    const { properties, source } = hit;
    if (source === "devices") {
      // Of the four layers of a device only the one of its state is seen.
      return deviceCard(properties.id);
    }
    if (source === "facilities") return { title: properties.name, lines: ["设施", properties.code] };
    if (source === "buildings") {
      const floors = properties.floors ? `${properties.floors} 层，高 ${cockpit.number(properties.height, 0)} m` : "";
      return { title: properties.name || `建筑 ${properties.code}`, lines: [floors, properties.schematic === false ? "测绘" : "示意"] };
    }
    if (source === "areas") {
      const area = (cockpit.state.areas || {})[properties.code];
      const values = Object.entries((area && area.metrics) || {}).map(
        ([code, mean]) => `${cockpit.metrics[code].name} ${cockpit.reading(code, mean.value)} · ${cockpit.time.short(mean.ts)}`,
      );
      return { title: properties.name, lines: values.length ? values : ["还没有读数"] };
    }
    return null;
  }

  function deviceCard(id) {
    const one = (cockpit.state.devices || {})[id];
    if (!one) return null;
    const [mark, word] = cockpit.STATUS[cockpit.statusOf(one)];
    const values = Object.entries(one.latest).slice(0, 8).map(([code, [ts, value, quality]]) => {
      const metric = cockpit.metrics[code];
      const doubt = quality === "suspect" ? " ?" : "";
      return `${metric ? metric.name : code} ${cockpit.reading(code, value)}${doubt} · ${cockpit.time.short(ts)}`;
    });
    return { title: one.name, lines: [`${one.kind_name} · ${mark} ${word}`, ...values], link: `/devices/${id}` };
  }

  function fill(content) {
    const place = cockpit.find("[data-map-card]");
    if (!place) return;
    place.hidden = content === null;
    if (content === null) return;
    const parts = [cockpit.element("h3", "", content.title), ...content.lines.filter(Boolean).map((line) => cockpit.element("p", "", line))];
    if (content.link) {
      const link = cockpit.element("a", "", "详情");
      link.href = content.link;
      parts.push(link);
    }
    const close = cockpit.element("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "关闭");
    close.addEventListener("click", () => { place.hidden = true; });
    place.replaceChildren(close, ...parts);
  }
})();
