/* Visitors: people inside, in and out today, the gates on the map, entries by the hour. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const HOUR_MS = 3600000;

  const sites = () => Object.values(cockpit.state.visitors || {});
  const word = { normal: "正常", near: "接近承载量", full: "达到承载量" };
  const concern = { near: 2, full: 3 };

  function render() {
    for (const site of sites()) {
      const key = `visitors.${site.site}`;
      const stale = site.stale_at !== null && site.stale_at < cockpit.now() ? site.as_of : null;
      const figure = (value) => ({ text: cockpit.number(value), staleSince: null });
      cockpit.setRow(`${key}.inside`, {
        text: cockpit.number(site.inside), unit: "人", level: concern[site.level] || 0, staleSince: stale,
      });
      cockpit.setRow(`${key}.entered_today`, figure(site.entered_today));
      cockpit.setRow(`${key}.left_today`, figure(site.left_today));
      cockpit.setRow(`${key}.capacity`, capacity(site));
      cockpit.setRow(`${key}.year`, year(site));
    }
    const counted = sites().filter((site) => site.as_of !== null);
    cockpit.setPanel("visitors", {
      waiting: counted.length === 0,
      sources: cockpit.allSources(counted.map((site) => ({ sources: [site.source] }))),
      ts: counted.length ? Math.max(...counted.map((site) => site.as_of)) : null,
    });
    gates();
    bars();
  }

  function capacity(site) {
    if (site.capacity === null) return { text: "未配置", unit: "" };
    const share = site.ratio === null ? "" : ` · ${Math.round(site.ratio * 100)}% ${word[site.level]}`;
    return { text: cockpit.number(site.capacity), unit: "人" + share, level: concern[site.level] || 0 };
  }

  function year(site) {
    const baseline = site.baseline ? `人 · ${site.baseline.year} 年 ${cockpit.number(site.baseline.visits / 10000)} 万` : "人";
    return { text: cockpit.number(site.entered_year), unit: baseline };
  }

  function gates() {
    const features = [];
    for (const site of sites()) {
      for (const [id, gate] of Object.entries(site.gates)) {
        if (gate.lon === null) continue;
        const stale = gate.stale_at === null || gate.stale_at < cockpit.now();
        features.push({
          type: "Feature",
          geometry: { type: "Point", coordinates: [gate.lon, gate.lat] },
          properties: { id, label: cockpit.number(gate.entered_today), stale },
        });
      }
    }
    cockpit.map.setFeatures("gates", features);
  }

  function bars() {
    for (const place of cockpit.findAll("[data-bars]")) {
      const site = (cockpit.state.visitors || {})[place.dataset.bars];
      if (!site || !site.hours.length || !(window.Plotly || {}).react) continue;
      const now = cockpit.now();
      const start = now - (now % HOUR_MS) - 23 * HOUR_MS;
      const entered = new Map(site.hours);
      const hours = Array.from({ length: 24 }, (_, index) => start + index * HOUR_MS);
      paint(place.querySelector(".bars"), hours, hours.map((hour) => entered.get(hour) ?? null));
    }
  }

  function paint(target, hours, values) {
    const drawn = JSON.stringify([hours[0], values, target.clientWidth, target.clientHeight]);
    if (target.dataset.drawn === drawn || !target.clientHeight) return;
    target.dataset.drawn = drawn;
    const style = getComputedStyle(cockpit.root);
    const u = cockpit.u();
    const token = (name) => style.getPropertyValue("--" + name).trim();
    const colours = hours.map((_, index) => (index === 23 ? token("text") : token("normal")));
    // A label at the last bars would be cut off by the edge.
    const ticks = hours.slice(0, -2).filter((hour) => cockpit.time.hour(hour) % 6 === 0);
    window.Plotly.react(
      target,
      [{ type: "bar", x: hours.map(String), y: values, marker: { color: colours }, hoverinfo: "skip" }],
      {
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", bargap: 0.25,
        margin: { l: 5.6 * u, r: 0, t: 0.6 * u, b: 2.8 * u },
        width: target.clientWidth, height: target.clientHeight,
        font: { size: 1.8 * u, color: token("second"), family: style.fontFamily },
        xaxis: { type: "category", tickvals: ticks.map(String), ticktext: ticks.map((hour) => cockpit.time.minute(hour)), fixedrange: true, tickangle: 0 },
        yaxis: { gridcolor: token("line"), nticks: 3, rangemode: "tozero", fixedrange: true, zeroline: false },
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
