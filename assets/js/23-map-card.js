/* What lies under the pointer: a few words beside it; a click opens a card with values, a line of 24 h and a link. */
(function () {
  "use strict";

  /** @typedef {Record<string, any>} Properties of a feature, as the map has them */

  const cockpit = window.cockpit;
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
      const said = SAY[hit.source](hit.properties);
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
    devices: (of) => card.ofDevice(of.id),
    facilities: (of) => ({ title: of.name, lines: ["设施", of.code] }),
    "rooms-labels": (of) => card.ofRoom(of),
    rooms: (of) => card.ofRoom(of),
    buildings: building,
    heat: (of) => ({ title: "事件热力", lines: [`未结事件 ${of.count} 件`] }),
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
      return first ? `${one.name} ${cockpit.reading(first[0], first[1][1])} · ${cockpit.time.short(first[1][0])}` : `${one.name} 尚无读数`;
    });
    const trend = inside.flatMap((one) => cockpit.inOrder(one.latest).filter(([, [, value]]) => typeof value === "number")
      .map(([metric]) => ({ device: one.id, metric })))[0] || null;
    const storey = of.storey ? `${of.storey} 层` : "";
    return { title: of.name, lines: [storey, ...(values.length ? values : ["没有设备"])], trend };
  };

  /** @param {Properties} of */
  function building(of) {
    const inside = cockpit.devices().filter((one) => one.building === of.code);
    const events = cockpit.gridEvents().filter((one) => one.open && one.building === of.code);
    const well = inside.filter((one) => cockpit.statusOf(one) === "online").length;
    const power = inside.reduce((sum, one) => sum + Number((one.latest.power || [0, 0])[1] || 0), 0);
    const metres = cockpit.colouring.metresToServices(of.code);
    return {
      title: of.name || `建筑 ${of.code}`,
      lines: [
        of.floors ? `${of.floors} 层，高 ${cockpit.number(of.height, 0)} m · ${of.schematic === false ? "测绘" : "示意"}` : "",
        inside.length ? `设备 ${inside.length}，在线 ${well}` : "没有设备",
        events.length ? `未结事件 ${events.length}` : "",
        power ? `功率 ${cockpit.number(power, 1)} kW` : "",
        metres === null ? "" : `最近的居民服务设施 ${cockpit.number(metres)} m`,
      ],
      acts: cockpit.storeys.of(of.code).map((storey) => /** @type {[string, () => void]} */ ([`打开 ${storey} 层`, () => cockpit.storeys.open(of.code, storey)])),
    };
  }

  /** @param {string} id */
  function event(id) {
    const one = own("grid_events", id);
    if (!one) return null;
    const word = { minor: "低", major: "中", critical: "高" }[one.severity];
    return {
      title: one.title,
      lines: [`${word} · ${one.category} · ${one.state_name}`, one.area || "", cockpit.time.full(one.occurred)],
      link: `/events/${id}`,
    };
  }

  /** @param {string} id */
  function gate(id) {
    for (const one of Object.values(cockpit.state.visitors || {})) {
      const here = one.gates[id];
      if (here) return { title: here.name, lines: [one.name, `今日进入 ${cockpit.number(here.entered_today)} 人`], link: `/devices/${id}` };
    }
    return null;
  }

  /** @param {Properties} of */
  function site(of) {
    const one = own("visitors", of.code);
    if (!one) return of.kind === "car_park" ? { title: of.name, lines: ["停车场"] } : null;
    const when = one.as_of ? ` · ${cockpit.time.short(one.as_of)}` : "";
    const doubts = cockpit.doubtsOf(one).map((doubt) => `◇ 存疑：${doubt.text}`);
    return { title: one.name, lines: [`在场 ${cockpit.number(one.inside)} 人${when}`, `今日进入 ${cockpit.number(one.entered_today)} 人`, ...doubts] };
  }

  /** @param {Properties} of */
  function grid(of) {
    return { title: of.name || of.code, lines: ["网格", of.code], ask: `stewards`, told: (/** @type {{grids: Api.Grid[]}} */ answer) => {
      const mine = answer.grids.find((one) => one.grid === of.code);
      return [`网格员 ${(mine && cockpit.stewardOf(mine)) || "未配置"}`];
    } };
  }

  /** @param {Properties} of */
  function area(of) {
    const one = own("areas", of.code);
    const values = cockpit.inOrder((one && one.metrics) || {}).map(
      ([code, mean]) => `${cockpit.metrics[code].name} ${cockpit.reading(code, mean.value)} · ${cockpit.time.short(mean.ts)}`,
    );
    return { title: of.name, lines: values.length ? values : ["还没有读数"] };
  }

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
      const link = cockpit.element("a", "", "详情");
      link.href = cockpit.link(`${content.link}${content.link.includes("?") ? "&" : "?"}community=${cockpit.root.dataset.community}`);
      parts.push(link);
    }
    const close = cockpit.element("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "关闭");
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
    const caption = cockpit.element("figcaption", "", `${known ? known.name : metric} · 24 小时`);
    figure.append(line, caption);
    const until = cockpit.now();
    const query = { metric, every: "1h", from: new Date(until - DAY_MS).toISOString(), to: new Date(until).toISOString() };
    cockpit.ask(`devices/${device}/readings`, query).then((answer) => {
      const points = answer.readings.map((/** @type {{ts: string, mean: number}} */ one) => [Date.parse(one.ts), one.mean]).reverse();
      const [, now] = own("devices", device)?.latest[metric] || [];
      if (typeof now === "number") points.push([until, now]);
      if (points.length < 3) {
        cockpit.setText(caption, "24 小时内读数不足以成线");
        return;
      }
      const [low, high] = cockpit.extent(points);
      cockpit.drawLine(line, points, low, high);
      const unit = known && known.label ? ` ${known.label}` : "";
      /** @param {number} value */
      const word = (value) => cockpit.number(value, known ? known.precision : 1);
      cockpit.setText(caption, `${caption.textContent} · ${word(low)}–${word(high)}${unit}`);
    }, () => cockpit.setText(caption, "走势读取失败"));
    return figure;
  }
})();
