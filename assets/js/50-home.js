/* The manager's table of devices: rows are added, changed and removed one by one. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const shown = new Map();   // id -> the row as it was last given to the table

  function row(device) {
    const status = cockpit.statusOf(device);
    const area = (cockpit.state.areas || {})[device.area];
    const first = cockpit.inOrder(device.latest).slice(0, 2).map(([code, [, value]]) => `${(cockpit.metrics[code] || { name: code }).name} ${cockpit.reading(code, value)}`);
    return {
      id: device.id,
      name: device.name,
      kind: device.kind_name,
      area: area ? area.name : "—",
      status: cockpit.STATUS[status].join(" "),
      reading: first.join("，") || "—",
      seen: device.last_seen === null ? "从未" : cockpit.time.full(device.last_seen),
      source: device.source ? "回放 · " + device.source : "传感器",
    };
  }

  async function update() {
    const table = document.getElementById("devices-table");
    if (!table || !window.dash_ag_grid || !cockpit.state.devices) return;
    const api = await window.dash_ag_grid.getApiAsync("devices-table");
    const change = { add: [], update: [], remove: [] };
    const present = new Set();
    for (const device of cockpit.devices()) {
      const next = row(device);
      const text = JSON.stringify(next);
      present.add(device.id);
      if (!shown.has(device.id)) change.add.push(next);
      else if (shown.get(device.id) !== text) change.update.push(next);
      shown.set(device.id, text);
    }
    for (const id of [...shown.keys()]) {
      if (present.has(id)) continue;
      shown.delete(id);
      change.remove.push({ id });
    }
    if (change.add.length || change.update.length || change.remove.length) api.applyTransaction(change);
  }

  let running = false;
  async function once() {
    if (running) return;
    running = true;
    try {
      await update();
    } finally {
      running = false;
    }
  }

  cockpit.pages.home = {
    start: () => setInterval(once, 1000),
    render: once,
  };
})();
