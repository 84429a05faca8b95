/* The live channel: a snapshot, then deltas in sequence; it says so when it is cut and mends itself. It comes by
   WebSocket, or where none comes through as server-sent events. */
(function () {
  "use strict";

  /** @typedef {WebSocket | EventSource} Channel */

  const cockpit = window.cockpit;
  const SILENCE_MS = 4500;   // the server beats every 2 s
  const LEAP_MS = 1500;      // the clocks went apart by more: the machine may have slept
  const DOUBT_MS = 2000;     // for the server to say that what is shown is still so
  const ANSWER_MS = 10000;   // for a snapshot that was asked for; a busy server may take its time
  const ENDED = 4001;
  const RENEWED = "cockpit-renewed";   // of this tab: the build for which it was last loaded anew, and when
  const RENEW_AGAIN_MS = 600000;       // where that brought another one, as from a server that stands beside it
  const SPREAD_MS = 8000;    // over which walls are loaded anew: not all in the same moment
  const RETRY_MS = [250, 500, 1000, 2000];
  const SPREAD = [0.7, 1.3];   // of it, by lot: not all walls of a house come at once
  const HUNG_MOST = 2;         // attempts in turn that hung before the other way is tried

  const live = (cockpit.live = /** @type {Cockpit["live"]} */ ({ up: false, isDoubted: false, isOutdated: false, owed: null }));
  let isThrough = false;   // whether a WebSocket ever brought a frame
  let way = "socket";
  /** @type {Channel | null} */
  let socket = null;    // a WebSocket, or an EventSource where such do not come through
  let isHeard = false;  // on this connection
  let heard = 0;        // by the monotonic clock
  let answerBy = Infinity;
  /** @type {number | null} */
  let seq = null;
  let attempt = 0;
  let hung = 0;         // attempts in turn to which nobody said anything, neither yes nor no
  /** @type {number | null} */
  let retryTimer = null;
  let newest = "";      // the build that the server last named
  let renewAt = 0;      // by the monotonic clock

  live.start = function () {
    connect();
    // Timers of a tab that nobody sees are late; on waking nothing old may pass for new.
    /** @type {[EventTarget, string][]} */
    const signs = [[document, "visibilitychange"], [document, "resume"], [window, "pageshow"]];
    for (const [target, name] of signs) target.addEventListener(name, live.check);
  };

  /* Called every second: a channel that fell silent is as good as cut, and so is one that does not answer when asked. */
  live.check = function () {
    const leapt = cockpit.clock.leapt();
    if (!socket) return;
    if (cockpit.clock.since(heard) > SILENCE_MS || cockpit.clock.steady() > answerBy) fellSilent();
    else if (live.up && leapt > LEAP_MS) doubt();
  };

  /* Load the page anew, once, where the server was renewed and nothing would be lost by it. */
  live.renew = function () {
    const isDue = live.isOutdated && !cockpit.hasUnsaved() && cockpit.clock.steady() >= renewAt && isFirstTime();
    if (isDue) location.reload();
    return isDue;
  };

  /* Whether this page was not loaded just now for the same build, in vain; from now on it was. */
  function isFirstTime() {
    try {
      const [build, at] = (sessionStorage.getItem(RENEWED) || "").split(" ");
      if (build === newest && cockpit.clock.server() - Number(at) < RENEW_AGAIN_MS) return false;
      sessionStorage.setItem(RENEWED, `${newest} ${cockpit.clock.server()}`);
    } catch (error) { /* a browser that keeps nothing */ }
    return true;
  }

  /* The server, or the ground, may have been renewed while this page stood: it goes with it, as soon as nothing is being
     written; the walls one after the other. */
  /** @param {string} build */
  function compare(build) {
    const isOutdated = build !== cockpit.root.dataset.build;
    if (isOutdated && build !== newest) {
      const isWall = cockpit.root.dataset.page === "wall";
      renewAt = cockpit.clock.steady() + (isWall ? Math.random() * SPREAD_MS : 0);
    }
    newest = build;
    live.isOutdated = isOutdated;
    return live.renew();
  }

  /* The machine may have slept: what stands here may be old by any time. Asleep most monotonic clocks stand still. */
  function doubt() {
    askAgain(DOUBT_MS);
    setUp(false, true);
  }

  /* A new snapshot. One who only listens gets it by listening anew. */
  /** @param {number} patience */
  function askAgain(patience) {
    seq = null;
    answerBy = cockpit.clock.steady() + patience;
    if (socket instanceof WebSocket) return socket.send(JSON.stringify({ type: "snapshot" }));
    socket?.close();
    listen();
  }

  function connect() {
    retryTimer = null;
    isHeard = false;
    heard = cockpit.clock.steady();
    if (way === "socket") open();
    else listen();
  }

  const address = () => location.host + "/live/" + cockpit.root.dataset.community;

  /** @template {Channel} Opened @param {Opened} opened @returns {Opened} */
  function follow(opened) {
    socket = opened;
    /** @type {Promise<unknown>} */
    let before = Promise.resolve();
    opened.onmessage = ({ data }) => {
      if (socket !== opened) return;
      heard = cockpit.clock.steady();
      if (typeof data === "string") return receive(JSON.parse(data));
      // Frames keep their order, whichever of them takes longer to unpack.
      const unpacked = unpack(data);
      before = before.then(() => unpacked).then(
        (frame) => socket === opened && receive(frame),
        () => socket === opened && drop(),
      ).catch((error) => setTimeout(() => { throw error; }));  // told as any other, and the next frame goes its way
    };
    return opened;
  }

  /* Frames are compressed once for all who take them so. */
  const canUnpack = "DecompressionStream" in window;

  /** @param {ArrayBuffer} data */
  function unpack(data) {
    return new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).json();
  }

  function open() {
    const where = (location.protocol === "https:" ? "wss://" : "ws://") + address();
    const opened = follow(new WebSocket(where + (canUnpack ? "?packed=deflate" : "")));
    opened.binaryType = "arraybuffer";
    opened.onclose = ({ code }) => over(opened, code === ENDED);
  }

  function listen() {
    const opened = follow(new EventSource(location.protocol + "//" + address() + "/events"));
    // By itself it would come again for ever; when to come again is said here.
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) isRefused().then((refused) => over(opened, refused));
      else over(opened, false);
    };
    opened.addEventListener("ended", () => over(opened, true));
  }

  /* An EventSource does not tell why it was not let in. */
  async function isRefused() {
    try {
      const answer = await fetch(location.protocol + "//" + address() + "/events");
      await answer.body?.cancel();
      return answer.status === 401 || answer.status === 403;
    } catch {
      return false;
    }
  }

  /* A connection came to its end; ``hasEnded``: what let it in did. */
  /** @param {Channel} opened @param {boolean} hasEnded */
  function over(opened, hasEnded) {
    // A wall that is let in no more has nothing to show; at a desk somebody may be writing.
    if (hasEnded && cockpit.root.dataset.page === "wall") location.reload();
    else if (socket === opened) drop();
  }

  /* What let WebSockets through once may do so no more, and say nothing. */
  function fellSilent() {
    hung = isHeard ? 0 : hung + 1;
    if (isThrough && hung >= HUNG_MOST) turn();
    drop();
  }

  function turn() {
    hung = 0;
    way = way === "socket" ? "events" : "socket";
  }

  function drop() {
    const old = socket;
    socket = null;
    seq = null;
    answerBy = Infinity;
    if (old) {
      old.onmessage = old.onerror = null;
      if (old instanceof WebSocket) old.onclose = null;
      old.close();
    }
    // A way that brought nothing, and never has: a proxy may stand in it. Then the other one is tried.
    if (!isHeard && !isThrough) turn();
    setUp(false);
    if (retryTimer === null) {
      const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
      retryTimer = setTimeout(connect, wait * (SPREAD[0] + Math.random() * (SPREAD[1] - SPREAD[0])));
      attempt += 1;
    }
  }

  /** @param {Live.Frame} frame */
  function receive(frame) {
    heard = cockpit.clock.steady();
    isHeard = true;
    isThrough = isThrough || way === "socket";
    cockpit.clock.told(frame.now);
    if (frame.build && compare(frame.build)) return;
    if (frame.type === "snapshot") {
      attempt = hung = 0;
      seq = frame.seq;
      answerBy = Infinity;
      setUp(true);
      live.show([frame]);
      return;
    }
    if (seq === null) return;
    const missed = frame.type === "delta" ? frame.seq !== seq + 1 : frame.seq !== seq;
    if (missed) {
      askAgain(ANSWER_MS);
      return;
    }
    seq = frame.seq;
    if (frame.type === "delta") live.show([frame]);
  }

  /* Bring frames to the screen, one after the other, and draw once what they changed; since when something is owed to
     it the watchdog wants to know. */
  live.show = function (frames) {
    /** @type {Live.Told | null} */
    let changed = {};
    for (const frame of frames) {
      if (frame.type === "snapshot") {
        cockpit.state = live.state(frame.layers);
        changed = null;
      } else if (frame.type === "delta") {
        const more = merge(frame.layers, frame.anew);
        changed = changed === null || more === null ? null : both(changed, more);
      }
    }
    live.owed = live.owed ?? cockpit.clock.steady();
    cockpit.render(/** @type {Live.Changed} */ (changed));
    live.owed = null;
  };

  /* The state that a snapshot tells: layer -> key -> record. */
  live.state = (layers) => Object.fromEntries(Object.entries(cockpit.own(layers)).map(([layer, records]) => [layer, cockpit.keyed(records)]));

  /** @param {Live.Told} one @param {Live.Told} other @returns {Live.Told} */
  function both(one, other) {
    const found = { ...one };
    for (const [layer, records] of Object.entries(other)) found[layer] = { ...found[layer], ...records };
    return found;
  }

  /* A record that is told as nothing is gone; of one that is known the fields that changed are told. ``isAnew``: what
     the server read anew, with what no message brings: names, places, devices that were not there. */
  /** @param {Live.Told} layers @param {boolean} isAnew */
  function merge(layers, isAnew = false) {
    let isGone = isAnew;
    const state = /** @type {Live.Told} */ (cockpit.state);
    for (const [layer, records] of Object.entries(layers)) {
      const known = (state[layer] = state[layer] || cockpit.keyed({}));
      for (const [key, record] of Object.entries(records)) {
        if (record === null) {
          delete known[key];
          isGone = true;
        } else known[key] = records[key] = cockpit.own(merged(known[key] ?? undefined, record));
      }
    }
    return isGone ? null : layers;
  }

  /* The server has sorted out what is newer; here it is only put in its place. */
  /** @param {Live.AnyRecord | undefined} known @param {Live.AnyRecord} record */
  function merged(known = {}, record) {
    const one = { ...known, ...record };
    for (const name of ["latest", "metrics"]) {
      if (!record[name]) continue;
      one[name] = cockpit.keyed({ ...known[name], ...record[name] });
      for (const [code, value] of Object.entries(record[name])) if (value === null) delete one[name][code];
    }
    if (record.latest) one.suspect = Object.values(one.latest).some(([, , quality]) => quality === "suspect");
    return one;
  }

  /** @param {boolean} up @param {boolean} isDoubted */
  function setUp(up, isDoubted = false) {
    live.up = up;
    live.isDoubted = isDoubted;
    cockpit.showConnection();
  }
})();
