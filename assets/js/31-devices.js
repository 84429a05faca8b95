/* Devices: the environment as a whole, each device on the map by its state, how many are well. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const ENVIRONMENT = "*";
  let places = "";

  cockpit.devices = () => Object.entries(cockpit.state.devices || {}).filter(([id]) => id !== ENVIRONMENT).map(([, one]) => one);

  cockpit.STATUS = {
    online: ["●", "在线"], stale: ["◌", "迟滞"], offline: ["○", "离线"], suspect: ["?", "存疑"],
  };

  /* A device's state at this moment: silence makes it stale without a message. */
  cockpit.statusOf = function (device) {
    if (device.last_seen === null || device.connected === false) return "offline";
    if (cockpit.now() > device.stale_at) return "stale";
    return device.suspect ? "suspect" : "online";
  };

  const environment = () => ((cockpit.state.devices || {})[ENVIRONMENT] || {}).metrics || {};

  const shown = () => [...cockpit.findAll('[data-panel="devices"] [data-row]')].map((row) => row.dataset.row.split(".").pop());

  function render() {
    const means = environment();
    for (const code of shown()) cockpit.setRow(`devices.*.${code}`, cockpit.meanRow(code, means[code]));
    for (const panel of cockpit.findAll('[data-panel="devices"]')) {
      // What nobody measures stands back, but keeps its place.
      panel.classList.toggle("has-values", Object.keys(means).length > 0);
    }
    const source = (cockpit.devices().find((one) => one.source && one.kind !== "gate") || {}).source;
    cockpit.setPanel("devices", {
      waiting: Object.keys(means).length === 0,
      source,
      ts: cockpit.newest(means),
    });
    states();
    lines();
  }

  function states() {
    const count = { online: 0, stale: 0, offline: 0, suspect: 0 };
    for (const device of cockpit.devices()) {
      const status = cockpit.statusOf(device);
      count[status] += 1;
      if (device.lon !== null) cockpit.map.setState("devices", device.id, { status });
    }
    const parts = [`在线 ${count.online}`, `迟滞 ${count.stale}`, `离线 ${count.offline}`];
    if (count.suspect) parts.push(`存疑 ${count.suspect}`);
    cockpit.setText(cockpit.find("[data-devices-line]"), cockpit.devices().length ? "设备 " + parts.join(" · ") : "设备 尚未接入");
    const replayed = cockpit.devices().some((one) => one.source);
    for (const mark of cockpit.findAll("[data-replay]")) mark.hidden = !replayed;
  }

  function move() {
    const now = cockpit.devices().map((one) => `${one.id}:${one.lon}:${one.lat}`).join(" ");
    if (cockpit.map.handle && now !== places) {
      places = now;
      cockpit.map.reload("devices");
    }
  }

  function lines() {
    const means = environment();
    for (const code of shown()) {
      const points = cockpit.trend(code, "", means[code]);
      if (points.length) cockpit.drawSpark(`devices.*.${code}`, points, ...cockpit.extent(points));
    }
  }

  cockpit.layers.devices = {
    render() {
      render();
      move();
    },
    lines,
    tick: render,
    mapReady() {
      // The style was read with the page; what changed since is seen by its places.
      places = cockpit.devices().map((one) => `${one.id}:${one.lon}:${one.lat}`).join(" ");
      if (places) cockpit.map.reload("devices");
      states();
    },
    metrics: shown,
  };
})();
