/* Areas: one row each, and the ground coloured by the chosen metric. */
(function () {
  "use strict";

  const cockpit = window.cockpit;

  const BESIDE = 3;   // what else is told of an area

  const chosen = () => cockpit.root.dataset.metric || "pm2_5";
  /* An area's name by its code; what is no area's code is shown as it is. */
  cockpit.areaName = (code) => (cockpit.state.areas?.[code] || {}).name || code;

  /** @param {Live.Mean} mean */
  const sourcesOf = (mean) => (mean.sources.length ? mean.sources : [null]);

  const areas = () => Object.values(cockpit.state.areas || {});

  function render() {
    const code = chosen();
    const metric = cockpit.metrics[code];
    for (const panel of cockpit.findAll('[data-panel="areas"] .note')) {
      cockpit.setText(panel, `${metric.name} · ${metric.label}`);
    }
    const measured = areas().filter((area) => area.metrics[code]);
    const sources = cockpit.allSources(measured.map((area) => ({ sources: sourcesOf(area.metrics[code]) })));
    for (const area of areas()) {
      const row = cockpit.meanRow(code, area.metrics[code], sources.length > 1, area.code);
      cockpit.setRow(`areas.${area.code}`, row);
      cockpit.map.setState("areas", area.code, { level: row.level || 0 });
    }
    const newest = measured.map((area) => area.metrics[code].ts);
    cockpit.setPanel("areas", {
      waiting: areas().every((area) => Object.keys(area.metrics).length === 0),
      sources,
      ts: newest.length ? Math.max(...newest) : null,
    });
    lines();
  }

  function lines() {
    const code = chosen();
    const points = areas().map((area) => /** @type {[Live.Area, Line]} */ ([area, cockpit.trend(code, area.code, area.metrics[code])]));
    const all = points.flatMap(([, line]) => line);
    if (!all.length) return;
    // One scale for all areas, so that their lines can be compared.
    const [low, high] = cockpit.extent(all);
    for (const [area, line] of points) {
      cockpit.drawSpark(`areas.${area.code}`, line, low, high);
      cockpit.setMore(`areas.${area.code}`, [...(line.length ? [cockpit.extentWords(code, line)] : []), ...others(area)]);
    }
  }

  /* What else is measured in an area, in the order of the environment's panel. */
  /** @param {Live.Area} area @returns {[name: string, figure: string][]} */
  function others(area) {
    const listed = [...cockpit.findAll('[data-panel="devices"] [data-row]')].map((row) => (row.dataset.row || "").split(".").pop() || "");
    return listed.filter((code) => code !== chosen() && area.metrics[code] && area.metrics[code].stale_at >= cockpit.now()).slice(0, BESIDE).map((code) => {
      const { name, label, precision } = cockpit.metrics[code];
      return [name, [cockpit.number(area.metrics[code].value, precision), label].filter(Boolean).join("\u202f")];
    });
  }

  cockpit.layers.areas = {
    render,
    lines,
    tick: render,
    mapReady: render,
    metrics: () => [chosen()],
  };

  cockpit.chooseMetric = function (code) {
    cockpit.root.dataset.metric = code;
    render();
    cockpit.refreshTrends();
  };
})();
