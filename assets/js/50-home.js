/* The manager's table of devices: rows are added, changed and removed one by one. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  /** @type {Set<string>} */
  const shown = new Set();   // ids that the table has
  /** @type {Set<string> | null} */
  let waiting = null;        // ids that it has not seen as they are now; null: all

  /** @param {Live.Device} device */
  function row(device) {
    const status = cockpit.statusOf(device);
    const area = cockpit.state.areas?.[device.area || ""];
    const first = cockpit.inOrder(device.latest).slice(0, 2).map(([code, [, value]]) => `${(cockpit.metrics[code] || { name: code }).name} ${cockpit.reading(code, value)}`);
    return {
      id: device.id,
      name: device.name,
      kind: device.kind_name,
      area: area ? area.name : "—",
      status: cockpit.STATUS[status].join(" "),
      reading: first.join(say("，")) || "—",
      seen: device.last_seen === null ? say("从未") : cockpit.time.full(device.last_seen),
      source: device.source ? cockpit.replayed(device.source) : say("传感器"),
    };
  }

  /* Bring the devices that wait to the table, all of them where ``waiting`` is null. */
  async function update() {
    const api = await /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync("devices-table");
    const devices = waiting === null ? cockpit.devices() : [...waiting].flatMap((id) => cockpit.state.devices?.[id] || []);
    const isAll = waiting === null;
    waiting = new Set();
    if (isAll) {
      shown.clear();
      devices.forEach(({ id }) => shown.add(id));
      return api.setGridOption("rowData", devices.map(row));
    }
    /** @type {{add: GridRow[], update: GridRow[], remove: GridRow[]}} */
    const change = { add: [], update: [], remove: [] };   // who is gone is told with all that are left
    for (const device of devices) {
      const next = row(device);
      (shown.has(device.id) ? change.update : change.add).push(next);
      shown.add(device.id);
    }
    if (change.add.length || change.update.length) api.applyTransaction(change);
  }

  /* True once the table shows what the state says; a table that is not there yet is tried again. */
  let running = false;
  /** @param {{ detail: string[] | null }} given */
  async function changed({ detail }) {
    waiting = detail === null || waiting === null ? null : new Set([...waiting, ...detail]);
    if (running || !document.getElementById("devices-table") || !window.dash_ag_grid) return false;
    running = true;
    try {
      while (waiting === null || waiting.size) await update();
      return true;
    } catch (error) {
      waiting = null;
      return false;
    } finally {
      running = false;
    }
  }

  cockpit.pages.home = {
    start() {
      cockpit.root.addEventListener("devices-changed", changed);
      // What came before the table was there is brought with the next change, or by this: a past page has no next one.
      const again = setInterval(async () => {
        if (cockpit.state.devices && (await changed({ detail: null }))) clearInterval(again);
      }, 200);
    },
  };
})();
