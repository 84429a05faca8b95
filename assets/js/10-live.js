/* The live channel: a snapshot, then deltas in sequence; it says so when it is cut and mends itself. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const SILENCE_MS = 4500;   // the server beats every 2 s
  const RETRY_MS = [250, 500, 1000, 2000];

  const live = (cockpit.live = { up: false, lastFrame: 0, lastData: null });
  let socket = null;
  let seq = null;
  let attempt = 0;
  let retryTimer = null;

  live.start = function () {
    connect();
  };

  /* Called every second: a channel that fell silent is as good as cut. */
  live.check = function () {
    if (socket && live.lastFrame && Date.now() - live.lastFrame > SILENCE_MS) drop();
  };

  function connect() {
    retryTimer = null;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const opened = new WebSocket(scheme + "//" + location.host + "/live/" + cockpit.root.dataset.community);
    socket = opened;
    live.lastFrame = Date.now();
    opened.onmessage = (message) => {
      if (socket === opened) receive(JSON.parse(message.data));
    };
    opened.onclose = () => {
      if (socket === opened) drop();
    };
  }

  function drop() {
    const old = socket;
    socket = null;
    seq = null;
    if (old) {
      old.onclose = old.onmessage = null;
      old.close();
    }
    setUp(false);
    if (retryTimer === null) {
      retryTimer = setTimeout(connect, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      attempt += 1;
    }
  }

  function receive(frame) {
    live.lastFrame = Date.now();
    cockpit.offset = frame.now - Date.now();
    if (frame.type === "snapshot") {
      if (frame.build !== cockpit.root.dataset.build) {
        // The server was renewed while this page stood: its pages go with it.
        location.reload();
        return;
      }
      attempt = 0;
      seq = frame.seq;
      cockpit.state = frame.layers;
      setUp(true);
      cockpit.render(null);
      return;
    }
    if (seq === null) return;
    const missed = frame.type === "delta" ? frame.seq !== seq + 1 : frame.seq !== seq;
    if (missed) {
      seq = null;
      socket.send(JSON.stringify({ type: "snapshot" }));
      return;
    }
    seq = frame.seq;
    if (frame.type === "delta") merge(frame.layers);
  }

  function merge(layers) {
    for (const [layer, records] of Object.entries(layers)) {
      cockpit.state[layer] = Object.assign(cockpit.state[layer] || {}, records);
    }
    live.lastData = cockpit.now();
    cockpit.render(layers);
  }

  function setUp(up) {
    live.up = up;
    cockpit.showConnection();
  }
})();
