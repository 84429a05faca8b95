/* Visitors: people inside, in and out today, the gates on the map, entries by the hour. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, sayN } = cockpit;
  const HOUR_MS = 3600000;

  const sites = () => Object.values(cockpit.state.visitors || {});
  const CLOSED = "closed";
  // How loud a level is, and so its shape; levels.toml has their words.
  const concern = /** @type {Record<string, number>} */ ({ yellow: 1, orange: 2, red: 3 });

  /* Why a site's figures are doubtful: [{figures, word, where, text}]; a gate falls silent without a word from it.
     ``where`` is the gate and since when. */
  cockpit.doubtsOf = function (site) {
    if (site.as_of === null) return [];
    const silent = Object.values(site.gates).filter((gate) => gate.stale_at === null || gate.stale_at < cockpit.now());
    const found = site.doubt.filter((one) => one.code !== "gate_silent").map((one) => {
      // How many the sum has more than those who entered less those who left.
      const word = one.code === "clamped" ? say("多离开 {n} 人", { n: cockpit.number(site.since?.corrected ?? site.clamped) }) : one.name;
      const names = one.gates.map((id) => (site.gates[id] || { name: id }).name);
      return { figures: one.figures, word, where: where(names, one.since), text: [one.name, one.code === "clamped" ? say("：{word}", { word }) : "", beside(names)].join("") };
    });
    if (!silent.length) return found;
    const word = silent.length > 1 ? sayN("{n} 台闸机无数据", silent.length) : say("有闸机无数据");
    const names = silent.map((gate) => gate.name);
    const since = site.doubt.find((one) => one.code === "gate_silent")?.since ?? null;
    return [{ figures: ["inside", "entered_today", "left_today"], word, where: where(names, since), text: word + beside(names) }, ...found];
  };

  /** @param {string[]} names */
  const beside = (names) => (names.length ? say("（{known}）", { known: names.join(say("、")) }) : "");

  /* A date is not broken at its hyphen. */
  /** @param {string} date */
  const unbroken = (date) => date.replace(/-/g, "\u2060-\u2060");

  /* The first of them, how many there are, and since when. */
  /** @param {string[]} names @param {number | null} since */
  function where(names, since) {
    const of = names.length > 1 ? say("{name} 等 {n} 台", { name: names[0], n: names.length }) : names[0] ?? "";
    return [of, since === null ? "" : unbroken(cockpit.time.brief(since))].filter(Boolean).join(" ");
  }

  /* What a row says of a doubtful figure: a shape and a word, where and since when, and all of it where somebody points. */
  /** @param {Live.Site} site @param {Live.CountFigure} figure @param {boolean} isBrief */
  function doubted(site, figure, isBrief) {
    const found = cockpit.doubtsOf(site).filter((one) => one.figures.includes(figure));
    if (!found.length) return {};
    const [first] = found;
    const further = found.length > 1 ? say(" 等 {n} 项", { n: found.length }) : "";
    // Where a festival or a closing has to be said too, the gate's name is for who points.
    const of = first.where && !sites().some((one) => one.festival || one.closing) ? say("（{known}）", { known: first.where }) : "";
    return { note: say("◇ 存疑") + (isBrief ? "" : ` · ${first.word}${of}${further}`), title: found.map((one) => one.text).join("\n") };
  }

  function render() {
    for (const site of sites()) {
      const key = `visitors.${site.site}`;
      const stale = site.stale_at !== null && site.stale_at < cockpit.now() ? site.as_of : null;
      // Since when nothing comes is said once.
      const inside = { staleSince: stale, ...doubted(site, "inside", stale !== null) };
      cockpit.setRow(`${key}.inside`, site.inside === null
        ? { text: "—", unit: Object.keys(site.gates).length ? say("无数据") : say("无设备"), note: Object.keys(site.gates).length ? unheard(site) : "" }
        : { text: cockpit.number(site.inside), unit: say("人") + cockpit.bandOf(site), level: cockpit.crowding(site), ...inside, note: [counted(site), inside.note].filter(Boolean).join(" · ") });
      cockpit.setRow(`${key}.entered`, { text: cockpit.number(site.since?.entered), ...doubted(site, "entered_today", true) });
      cockpit.setRow(`${key}.left`, { text: cockpit.number(site.since?.left), ...doubted(site, "left_today", true) });
      for (const place of cockpit.findAll(`[data-since="${CSS.escape(site.site)}"]`)) period(place, site);
      cockpit.setRow(`${key}.capacity`, capacity(site));
      cockpit.setRow(`${key}.year`, year(site));
      for (const place of cockpit.findAll(`[data-closed="${CSS.escape(site.site)}"]`)) closed(place, site);
      for (const place of cockpit.findAll(`[data-on-today="${CSS.escape(site.site)}"]`)) onToday(place, site);
      for (const name of ["inside", "capacity"]) colour(`${key}.${name}`, site);
    }
    const withGates = sites().filter((site) => site.as_of !== null);
    cockpit.setPanel("visitors", {
      waiting: withGates.length === 0,
      sources: cockpit.allSources(withGates.map((site) => ({ sources: site.sources.map((one) => one.source) }))),
      ts: withGates.length ? Math.max(...withGates.map((site) => Number(site.as_of))) : null,
    });
    gates();
    bars();
  }

  /* Since when nobody tells how many are inside. */
  /** @param {Live.Site} site */
  const unheard = ({ as_of: asOf }) => (asOf === null ? say("从未上报") : say("自 {raised}", { raised: cockpit.time.short(asOf) }));

  /* What was counted on the spot, from which the gates go on. */
  /** @param {Live.Site} site */
  const counted = ({ since }) => (since?.is_counted ? say("{ts} 清点 {base} 人", { ts: cockpit.time.brief(since.ts), base: cockpit.number(since.base) }) : "");

  /* Since when those who entered and left are told: as the people inside, so that the sum can be done. */
  /** @param {HTMLElement} place @param {Live.Site} site */
  const period = (place, { since }) => since && cockpit.setText(place, say("{ts} 起计", { ts: cockpit.time.minute(since.ts) }));

  /* What is on at a site today: its programme, and the festival that is on there. */
  /** @param {HTMLElement} place @param {Live.Site} site */
  function onToday(place, site) {
    /** @type {Programme[]} */
    const rows = cockpit.own(JSON.parse(place.dataset.programme ?? "[]"));
    const today = new Date(cockpit.now() + 28800000);
    const [month, weekday] = [today.getUTCMonth() + 1, today.getUTCDay() || 7];
    const words = rows.filter((one) => one.months.includes(month) && one.weekdays.includes(weekday)).map((one) => {
      const when = one.until ? `${one.from}–${one.until}` : one.from;
      // What a newspaper told of once is no plan of today.
      const words = one.said ? say("{when} {name}（{said}）", { when, name: one.name, said: one.said }) : say("今日 {when} {name}", { when, name: one.name });
      return [words, one.people].filter(Boolean).join(" · ");
    });
    // The main site tells its festival with who is on duty.
    if (site.festival && !cockpit.find(`[data-surge="${CSS.escape(site.site)}"]`)) words.unshift(`◆ ${site.festival.name}`);
    place.hidden = !words.length || Boolean(site.closing);
    cockpit.setText(place, words.join(say("；")));
  }

  /* That a site is closed, since when, why, and who is inside still; "" where it is open. */
  cockpit.closedWords = function (closing, inside) {
    if (!closing) return { head: "", more: "" };
    const still = inside ? say("仍有 {inside} 人在内", { inside: cockpit.number(inside) }) : inside === 0 ? say("已无人在内") : say("在内人数未知");
    return { head: say("✕ 已关闭 · 自 {since}", { since: cockpit.time.short(closing.since) }), more: `${still} · ${closing.reason}` };
  };

  /** @param {HTMLElement} place @param {Live.Site} site */
  function closed(place, site) {
    const words = cockpit.closedWords(site.closing, site.inside);
    const { named } = place.dataset;
    const doubt = named && site.inside !== null ? doubted(site, "inside", true).note : "";
    place.hidden = !words.head;
    cockpit.setText(place.querySelector("strong"), named ? `${named} ${words.head}` : words.head);
    cockpit.setText(place.querySelector("div"), doubt ? `${doubt} · ${words.more}` : words.more);
    place.title = words.more;
  }

  /* Between how many and how many are inside, by what the gates err by. */
  cockpit.bandOf = function (site) {
    if (site.low === null || site.low === undefined || site.low === site.high) return "";
    return say("（{low}–{high}）", { low: cockpit.number(site.low), high: cockpit.number(site.high) });
  };

  cockpit.crowding = (site) => concern[site.level ?? ""] || 0;

  /* The level in a word with its shape; nothing where all is well or nobody configured a capacity. */
  cockpit.levelOf = (site) => (concern[site.level ?? ""] || site.level === CLOSED ? `${site.level_mark} ${site.level_name}` : site.level_name || "");

  // Yellow, orange and red are what the levels are called: they are those colours.
  /** @param {string} key @param {Live.Site} site */
  function colour(key, site) {
    for (const row of cockpit.findAll(`[data-row="${CSS.escape(key)}"]`)) row.dataset.crowd = site.level || "";
  }

  /** @param {Live.Site} site @returns {RowWords} */
  function capacity(site) {
    const level = site.level === CLOSED ? cockpit.levelOf(site) : site.level_name;
    if (site.capacity === null) return { text: say("未配置"), unit: site.level === CLOSED ? level ?? "" : "" };
    // The share that decides the level: of the day where that is the greater one.
    const isOfDay = site.ratio_daily !== null && site.ratio_daily > (site.ratio ?? 0);
    const part = Math.round(Number(isOfDay ? site.ratio_daily : site.ratio) * 100);
    const isPast = cockpit.at !== null || cockpit.replay.isOn();
    const words = isPast ? say("当时 {share}%", { share: part }) : say("现 {share}%", { share: part });
    const share = site.ratio === null ? "" : ` · ${words}${isOfDay ? say("（日）") : ""}`;
    return { text: cockpit.number(site.capacity), unit: say("人{share}{what}", { share, what: level ? " " + level : "" }), level: cockpit.crowding(site) };
  }

  /** @param {Live.Site} site */
  function year(site) {
    const { baseline } = site;
    const before = baseline && { year: baseline.year, visits: cockpit.compact(baseline.visits) };
    const title = before ? say("基线：{year} 全年游客 {visits}+ 人次（录入）", before) : "";
    if (site.entered_year === undefined) return { text: "—", unit: say("未配置"), title };
    return { text: cockpit.number(site.entered_year), unit: before ? say("· {year} 年为 {visits}+", before) : say("人"), title };
  }

  function gates() {
    /** @type {Maps.Feature[]} */
    const features = [];
    for (const site of sites()) {
      for (const [id, gate] of Object.entries(site.gates)) {
        if (gate.lon === null || gate.lat === null) continue;
        const stale = gate.stale_at === null || gate.stale_at < cockpit.now();
        features.push({
          type: "Feature",
          geometry: { type: "Point", coordinates: [gate.lon, gate.lat] },
          properties: { id, label: cockpit.number(gate.entered), stale },
        });
      }
    }
    cockpit.map.setFeatures("gates", features);
  }

  function bars() {
    for (const place of cockpit.findAll("[data-bars]")) {
      const site = cockpit.state.visitors?.[place.dataset.bars ?? ""];
      if (!site || !site.hours.length || !cockpit.plotly()) continue;
      const now = cockpit.now();
      const start = now - (now % HOUR_MS) - 23 * HOUR_MS;
      const entered = new Map(site.hours.map(([hour, people]) => [hour, people]));
      const spread = new Map(site.hours.map(([hour, , people]) => [hour, people > 0]));
      const hours = Array.from({ length: 24 }, (_, index) => start + index * HOUR_MS);
      const isSpread = hours.map((hour) => spread.get(hour) || false);
      const caption = say("近 24 小时进入（人/时）") + (isSpread.includes(true) ? say(" · ▨ 停报时段分摊") : "");
      cockpit.setText(place.querySelector(".caption"), caption);
      const target = cockpit.need(".bars", place);
      const values = hours.map((hour) => entered.get(hour) ?? null);
      cockpit.fit(target, () => paint(target, hours, values, isSpread));
    }
  }

  /** @param {HTMLElement} target @param {number[]} hours @param {(number | null)[]} values @param {boolean[]} isSpread */
  function paint(target, hours, values, isSpread) {
    const drawn = JSON.stringify([hours[0], values, isSpread, target.clientWidth, target.clientHeight]);
    if (target.dataset.drawn === drawn || !target.clientHeight) return;
    target.dataset.drawn = drawn;
    const style = getComputedStyle(cockpit.root);
    const u = cockpit.u();
    /** @param {string} name */
    const token = (name) => style.getPropertyValue("--" + name).trim();
    const colours = hours.map((_, index) => (index === 23 ? token("text") : token("normal")));
    // A label at the last bars would be cut off by the edge.
    const ticks = hours.slice(0, -2).filter((hour) => cockpit.time.hour(hour) % 6 === 0);
    cockpit.plotly()?.react(
      target,
      [{ type: "bar", x: hours.map(String), y: values, marker: { color: colours, pattern: { shape: isSpread.map((one) => (one ? "/" : "")), fillmode: "replace" } }, hoverinfo: "skip" }],
      {
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", bargap: 0.25,
        margin: { l: 5.6 * u, r: 0, t: 0.6 * u, b: 2.8 * u },
        width: target.clientWidth, height: target.clientHeight,
        font: { size: 1.8 * u, color: token("second"), family: style.fontFamily },
        xaxis: { type: "category", tickvals: ticks.map(String), ticktext: ticks.map((hour) => cockpit.time.minute(hour)), fixedrange: true, tickangle: 0 },
        yaxis: { gridcolor: token("line"), nticks: target.clientHeight < 9 * u ? 2 : 3, rangemode: "tozero", fixedrange: true, zeroline: false },
      },
      { staticPlot: true, displayModeBar: false },
    );
  }

  cockpit.layers.visitors = {
    render,
    tick: render,
    mapReady: gates,
  };
})();
