/* A device's page: its newest readings, and its chart growing by each of them. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const ZONE_MS = 8 * 3600000;   // Asia/Shanghai has had no summer time since 1991
  let last = null;

  const device = () => (cockpit.state.devices || {})[cockpit.root.dataset.device];

  function render() {
    const one = device();
    if (!one) return;
    const [mark, word] = cockpit.STATUS[cockpit.statusOf(one)];
    cockpit.setText(cockpit.find("[data-device-status]"), `${mark} ${word}`);
    const order = Object.keys(cockpit.metrics);
    const latest = Object.entries(one.latest).sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
    const rows = latest.map(([code, [ts, value, quality]]) => {
      const metric = cockpit.metrics[code];
      const made = cockpit.element("tr");
      made.append(
        cockpit.element("th", "", metric ? metric.name : code),
        cockpit.element("td", "value", cockpit.reading(code, value)),
        cockpit.element("td", "when", cockpit.time.full(ts)),
        cockpit.element("td", "quality", { good: "", suspect: "? 存疑", unknown_metric: "未知指标" }[quality]),
      );
      made.dataset.metric = code;
      return made;
    });
    cockpit.find("[data-device-latest]").replaceChildren(...rows);
    extend(one);
  }

  /* Add the newest reading to the chart, without drawing the others again. */
  function extend(one) {
    const chosen = cockpit.find("#device-metric input:checked");
    const graph = document.querySelector("#device-chart .js-plotly-plot");
    if (!chosen || !graph || !window.Plotly || !graph.data || !graph.data.length) return;
    const code = metricOf(chosen, one);
    const newest = code && one.latest[code];
    if (!newest) return;
    const key = code + newest[0];
    if (last === null || !last.startsWith(code)) {
      last = key;   // the server drew it
      return;
    }
    if (key === last) return;
    last = key;
    const time = new Date(newest[0] + ZONE_MS).toISOString().slice(0, 23);
    window.Plotly.extendTraces(graph, { x: [[time]], y: [[newest[1]]] }, [0]);
  }

  function metricOf(input, one) {
    const word = input.closest("label").textContent.trim();
    return Object.keys(one.latest).find((code) => code === word || (cockpit.metrics[code] || {}).name === word);
  }

  cockpit.pages.device = {
    start: () => setInterval(() => cockpit.live.up && render(), 1000),
    render,
  };
})();
