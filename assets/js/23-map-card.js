/* What lies under the pointer: a few words beside it; a click opens a card with values, a line of 24 h and a link. */
(function () {
  "use strict";

  /** @typedef {Record<string, any>} Properties of a feature, as the map has them */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const card = (cockpit.card = /** @type {Cockpit["card"]} */ ({}));
  const DAY_MS = 86400000;
  const MOST_VALUES = 8;
  const REACH = 8;   // pixels around the pointer
  const LAY_OUT_MS = 1000;
  let laidOut = -LAY_OUT_MS;

  cockpit.map.tools.push((handle) => {
    handle.on("click", (event) => {
      if (cockpit.drawing) return;
      const hit = found(handle, event.point);
      card.show(hit ? hit.said : null);
    });
    let asked = false;
    handle.on("mousemove", (event) => {
      if (asked || cockpit.drawing) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        hover(handle, event.point);
      });
    });
    handle.on("mouseout", () => hover(handle, null));
  });

  /* The topmost thing under a point that has something to say, as {said}. */
  /** @param {Maps.Handle} handle @param {Maps.Point} point */
  function found(handle, point) {
    if (!cockpit.map.isUp) return null;
    /** @type {[Maps.Position, Maps.Position]} */
    const around = [[point.x - REACH, point.y - REACH], [point.x + REACH, point.y + REACH]];
    const order = Object.keys(SAY);
    const hits = drawn(handle, around).filter((one) => SAY[one.source]);
    hits.sort((a, b) => order.indexOf(a.source) - order.indexOf(b.source));
    for (const hit of hits) {
      const said = SAY[hit.source](cockpit.own(hit.properties));
      if (said) return { said };
    }
    return null;
  }

  /* What is drawn there. MapLibre may have new features and still the old signs of them, above all after it lost the
     graphics processor, and then throws (maplibre-gl-js issue 7752): laid out once more, it has both alike. */
  /** @param {Maps.Handle} handle @param {[Maps.Position, Maps.Position]} around @returns {Maps.Hit[]} */
  function drawn(handle, around) {
    try {
      return handle.queryRenderedFeatures(around);
    } catch {
      if (cockpit.clock.since(laidOut) > LAY_OUT_MS) {
        laidOut = cockpit.clock.steady();
        cockpit.map.layOut();
      }
      return [];
    }
  }

  /** @param {Maps.Handle} handle @param {Maps.Point | null} point */
  function hover(handle, point) {
    const place = cockpit.find("[data-map-hover]");
    const hit = point && !cockpit.drawing ? found(handle, point) : null;
    handle.getCanvas().style.cursor = hit ? "pointer" : "";
    if (!place) return;
    place.hidden = !hit;
    if (!hit || !point) return;
    const first = hit.said.lines.filter(Boolean)[hit.said.lines.length > 1 ? 1 : 0] || "";
    place.replaceChildren(cockpit.element("b", "", hit.said.title), cockpit.element("span", "", first));
    const box = handle.getContainer();
    const room = box.clientWidth - place.offsetWidth - 4;
    place.style.left = `${Math.max(4, Math.min(point.x + 14, room))}px`;
    place.style.top = `${Math.max(4, Math.min(point.y + 14, box.clientHeight - place.offsetHeight - 4))}px`;
  }

  /* source -> what to say of a feature: {title, lines, link, trend, acts}, or null. The first that says something counts. */
  /** @type {Record<string, (of: Properties) => CardWords | null>} */
  const SAY = {
    alarms: (of) => cockpit.alarms.card(of.id),
    events: (of) => event(of.id),
    gates: (of) => gate(of.id),
    "devices-not-well": (of) => card.ofDevice(of.id),
    devices: (of) => card.ofDevice(of.id),
    facilities: (of) => ({ title: of.name, lines: [say("设施"), of.code] }),
    "rooms-labels": (of) => card.ofRoom(of),
    rooms: (of) => card.ofRoom(of),
    buildings: building,
    heat: (of) => ({ title: say("事件热力"), lines: [say("未结事件 {count} 件", { count: of.count })] }),
    "sites-labels": (of) => site(of),
    sites: (of) => site(of),
    grids: (of) => grid(of),
    areas: area,
  };

  /** @template {"devices" | "grid_events" | "visitors" | "areas"} Layer @param {Layer} layer @param {string} id @returns {Live.One[Layer] | undefined} */
  const own = (layer, id) => /** @type {Record<string, any>} */ (cockpit.state[layer] || {})[id];

  card.ofDevice = function (id) {
    const one = own("devices", id);
    if (!one) return null;
    const [mark, word] = cockpit.STATUS[cockpit.statusOf(one)];
    const values = cockpit.inOrder(one.latest).slice(0, MOST_VALUES).map(([code, [ts, value, quality]]) => {
      const metric = cockpit.metrics[code];
      const doubt = quality === "suspect" ? " ?" : "";
      return `${metric ? metric.name : code} ${cockpit.reading(code, value)}${doubt} · ${cockpit.time.short(ts)}`;
    });
    const drawn = cockpit.inOrder(one.latest).find(([, [, value]]) => typeof value === "number");
    return {
      title: one.name,
      lines: [`${one.kind_name} · ${mark} ${word}`, ...values],
      link: `/devices/${id}`,
      trend: drawn ? { device: id, metric: drawn[0] } : null,
    };
  };

  card.ofRoom = function (of) {
    const inside = cockpit.devices().filter((one) => one.room === of.code);
    const values = inside.map((one) => {
      const first = cockpit.inOrder(one.latest)[0];
      return first ? `${one.name} ${cockpit.reading(first[0], first[1][1])} · ${cockpit.time.short(first[1][0])}` : say("{name} 尚无读数", { name: one.name });
    });
    const trend = inside.flatMap((one) => cockpit.inOrder(one.latest).filter(([, [, value]]) => typeof value === "number")
      .map(([metric]) => ({ device: one.id, metric })))[0] || null;
    const storey = of.storey ? say("{storey} 层", { storey: of.storey }) : "";
    const use = of.kind === "corridor" ? "" : cockpit.rooms.words(of.code);
    return { title: of.name, lines: [storey, use, ...(values.length ? values : [say("没有设备")])], trend };
  };

  /** @param {Properties} of */
  function building(of) {
    const inside = cockpit.devices().filter((one) => one.building === of.code);
    const events = cockpit.gridEvents().filter((one) => one.open && one.building === of.code);
    const well = inside.filter((one) => cockpit.statusOf(one) === "online").length;
    const power = inside.reduce((sum, one) => sum + Number((one.latest.power || [0, 0])[1] || 0), 0);
    const metres = cockpit.colouring.metresToServices(of.code);
    return {
      title: of.name || say("建筑 {code}", { code: of.code }),
      lines: [
        of.floors ? say("{floors} 层，高 {height} m · {what}", { floors: of.floors, height: cockpit.number(of.height, 0), what: of.schematic === false ? say("测绘") : say("示意") }) : "",
        of.floor_area ? say("建筑面积约 {area} m²", { area: cockpit.number(of.floor_area) }) : "",
        of.origin || "",
        inside.length ? say("设备 {n}，在线 {well}", { n: inside.length, well }) : say("没有设备"),
        events.length ? say("未结事件 {n}", { n: events.length }) : "",
        power ? say("功率 {power} kW", { power: cockpit.number(power, 1) }) : "",
        metres === null ? "" : say("最近的居民服务设施 {metres} m", { metres: cockpit.number(metres) }),
      ],
      acts: cockpit.storeys.of(of.code).map((storey) => /** @type {[string, () => void]} */ ([say("打开 {storey} 层", { storey }), () => cockpit.storeys.open(of.code, storey)])),
    };
  }

  /** @param {string} id */
  function event(id) {
    const one = own("grid_events", id);
    if (!one) return null;
    const word = { minor: say("低"), major: say("中"), critical: say("高") }[one.severity];
    return {
      title: one.title,
      lines: [`${word} · ${one.category} · ${one.state_name}`, one.place || "", cockpit.time.full(one.occurred)],
      link: `/events/${id}`,
    };
  }

  /** @param {string} id */
  function gate(id) {
    for (const one of Object.values(cockpit.state.visitors || {})) {
      const here = Object.hasOwn(one.gates, id) ? one.gates[id] : undefined;
      if (here) return { title: here.name, lines: [one.name, entered(one, here.entered)], link: `/devices/${id}` };
    }
    return null;
  }

  /** @param {Properties} of */
  function site(of) {
    const one = own("visitors", of.code);
    if (!one) return of.kind === "car_park" ? { title: of.name, lines: [say("停车场")] } : null;
    const when = one.as_of ? ` · ${cockpit.time.short(one.as_of)}` : "";
    const doubts = cockpit.doubtsOf(one).map((doubt) => say("◇ 存疑：{text}", { text: doubt.text }));
    return { title: one.name, lines: [say("在场 {inside} 人{when}", { inside: cockpit.number(one.inside), when }), entered(one, one.since?.entered ?? null), ...doubts] };
  }

  /* Who entered, and since when: as the people inside. */
  /** @param {Live.Site} site @param {number | null} people */
  const entered = (site, people) => (site.since ? say("{ts} 起进入 {people} 人", { ts: cockpit.time.minute(site.since.ts), people: cockpit.number(people) }) : say("无闸机上报"));

  /** @param {Properties} of */
  function grid(of) {
    return { title: of.name || of.code, lines: [say("网格"), of.code], ask: `stewards`, told: (/** @type {{grids: Api.Grid[]}} */ answer) => {
      const mine = answer.grids.find((one) => one.grid === of.code);
      return [say("网格员 {mine}", { mine: (mine && cockpit.stewardOf(mine)) || say("未配置") })];
    } };
  }

  /** @param {Properties} of */
  function area(of) {
    const one = own("areas", of.code);
    const values = cockpit.inOrder((one && one.metrics) || {}).map(
      ([code, mean]) => `${cockpit.metrics[code].name} ${cockpit.reading(code, mean.value)} · ${cockpit.time.short(mean.ts)}`,
    );
    return { title: of.name, lines: values.length ? values : [say("还没有读数")] };
  }

  card.of = (source, of) => SAY[source](of);

  card.show = function (content) {
    const place = cockpit.find("[data-map-card]");
    if (!place) return;
    place.hidden = content === null;
    if (content === null) return;
    /** @type {HTMLElement[]} */
    const parts = [cockpit.element("h3", "", content.title), ...content.lines.filter(Boolean).map((line) => cockpit.element("p", "", line))];
    if (content.trend) parts.push(trend(content.trend));
    for (const [name, run] of content.acts || []) {
      const button = cockpit.element("button", "", name);
      button.type = "button";
      button.addEventListener("click", run);
      parts.push(button);
    }
    if (content.link) {
      const link = cockpit.element("a", "", say("详情"));
      link.href = cockpit.link(`${content.link}${content.link.includes("?") ? "&" : "?"}community=${cockpit.root.dataset.community}`);
      parts.push(link);
    }
    const close = cockpit.element("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", say("关闭"));
    close.addEventListener("click", () => { place.hidden = true; });
    place.replaceChildren(close, ...parts);
    if (content.ask) more(place, content);
  };

  /** @param {HTMLElement} place @param {CardWords} content */
  async function more(place, content) {
    const shown = place.firstChild;
    if (!content.ask || !content.told) return;
    const lines = content.told(await cockpit.ask(content.ask)).map((line) => cockpit.element("p", "", line));
    if (place.firstChild === shown) place.append(...lines);
  }

  /* A line of 24 h of one metric of a device, by its hours. */
  /** @param {{ device: string, metric: string }} given */
  function trend({ device, metric }) {
    const known = cockpit.metrics[metric];
    const figure = cockpit.element("figure", "card-trend");
    const line = cockpit.element("span", "spark");
    const caption = cockpit.element("figcaption", "", say("{what} · 24 小时", { what: known ? known.name : metric }));
    figure.append(line, caption);
    const until = cockpit.now();
    const query = { metric, every: "1h", from: new Date(until - DAY_MS).toISOString(), to: new Date(until).toISOString() };
    cockpit.ask(`devices/${device}/readings`, query).then((answer) => {
      const points = answer.readings.map((/** @type {{ts: string, mean: number}} */ one) => [Date.parse(one.ts), one.mean]).reverse();
      const [, now] = own("devices", device)?.latest[metric] || [];
      if (typeof now === "number") points.push([until, now]);
      if (points.length < 3) {
        cockpit.setText(caption, say("24 小时内读数不足以成线"));
        return;
      }
      const [low, high] = cockpit.extent(points);
      cockpit.drawLine(line, points, low, high);
      const unit = known && known.label ? ` ${known.label}` : "";
      /** @param {number} value */
      const word = (value) => cockpit.number(value, known ? known.precision : 1);
      cockpit.setText(caption, `${caption.textContent} · ${word(low)}–${word(high)}${unit}`);
    }, () => cockpit.setText(caption, say("走势读取失败")));
    return figure;
  }
})();
