/* 复盘: a past day once more. What changed comes in windows, some ahead of what is shown, and goes the way of live deltas. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const TICK_MS = 100;
  const AHEAD_MS = 10000;         // of watching: how long a window is, and how far ahead there is one
  const WINDOW_MS = [60000, 3600000];
  const RETRY_MS = 2000;
  const HOUR_MS = 3600000;
  const LIGHT_MS = 600000;
  const STEPS_S = [60, 120, 300, 600];
  const RESUME_MS = 1000;         // of watching that must be there before it goes on
  const FIRST_MS = 2000;          // of watching that comes with a snapshot: it should be there soon
  const NOW_MS = 3000;            // so near to now nothing is replayed: it has hardly come in

  /** @type {Live.Frame[]} */
  let frames = [];                // fetched and not shown yet
  let reached = 0;                // up to when there are frames
  let generation = 0;             // of what was asked for: an answer to an older question is of no use
  let isFetching = false;
  let isRefused = false;          // until somebody goes elsewhere
  let isWhole = true;             // the next window begins with a snapshot
  let isPlaying = true;
  let isShort = false;            // it plays faster than frames come
  let speed = 60;
  let step = 0;                   // seconds between frames
  let lit = 0;
  let last = 0;
  let hour = -1;
  /** @type {Api.ReplayDay | null} */
  let day = null;

  const replay = (cockpit.replay = /** @type {ReplayScript} */ ({}));
  replay.isOn = () => Boolean(cockpit.root.dataset.replayAt);
  replay.state = () => ({ day, speed, isPlaying, isWaiting: isWhole || isShort, isOver: day !== null && now() >= end() });

  const now = () => Number(cockpit.at);
  const end = () => Math.min(day === null ? Infinity : day.ends, cockpit.clock.server() - NOW_MS);
  const begin = () => (day === null ? now() : Math.max(day.begins, Math.floor(day.first / 1000) * 1000));
  /** @param {number} ms */
  const iso = (ms) => new Date(ms).toISOString();
  const path = () => `/api/v1/${cockpit.root.dataset.community}/replay`;

  replay.start = async function () {
    const { dataset } = cockpit.root;
    speed = Number(dataset.speed);
    isPlaying = dataset.paused !== "1";
    pace();
    last = cockpit.clock.steady();
    setInterval(tick, TICK_MS);
    replay.begin?.();
    replay.seek(now());
    await readDay();
  };

  /* Which day it is, and what happened in it. */
  async function readDay() {
    const answer = await cockpit.request(`${path()}/day?date=${cockpit.root.dataset.replayDate}`);
    if (!answer.ok) {
      if (answer.status >= 400 && answer.status < 500) return cockpit.sayBand(answer.body.detail);
      setTimeout(readDay, RETRY_MS);
      return;
    }
    day = answer.body;
    replay.render?.();
  }

  /* Ten frames a second at most, and each at the end of a whole part of an hour. */
  function pace() {
    step = Math.max(1, speed / 10);
  }

  replay.play = function (isOn) {
    isPlaying = isOn;
    if (isOn && now() >= end()) replay.seek(begin());
    // What stands still is of that second, not of the end of the step before it.
    else if (!isOn) replay.seek(now());
    changed();
  };

  replay.setSpeed = function (times) {
    speed = times;
    pace();
    replay.seek(now());   // what is still to be shown came in other steps
  };

  /* Go to a time. */
  replay.seek = function (ms) {
    cockpit.at = Math.round(Math.min(Math.max(ms, begin()), Math.max(begin(), end())));
    generation += 1;
    [frames, reached, isWhole, isShort, isRefused] = [[], now(), true, false, false];
    cockpit.forgetTrends();
    fetchOn();
    changed();
  };

  /* --- what comes --- */

  const length = () => Math.min(Math.max(speed * AHEAD_MS, WINDOW_MS[0]), WINDOW_MS[1]);

  async function fetchOn() {
    const ahead = isWhole ? speed * FIRST_MS : length();
    const to = Math.max(reached, Math.min(reached + ahead, end()));
    // One question at a time, however fast somebody goes to and fro: the next is of where it then is.
    if (isFetching || isRefused || (to <= reached && !isWhole)) return;
    isFetching = true;
    const of = generation;
    const asked = new URLSearchParams({ from: iso(reached), to: iso(to), step: String(step), whole: String(isWhole) });
    /** @type {Answer<Api.ReplayWindow>} */
    const answer = await cockpit.request(`${path()}?${asked}`);
    if (!answer.ok && of === generation) return refused(answer);
    isFetching = false;
    if (of !== generation) return void fetchOn();
    if (!cockpit.live.up) {
      cockpit.live.up = true;
      cockpit.showConnection();
    }
    reached = Date.parse(answer.body.to);
    frames.push(...answer.body.frames);
    if (isWhole) {
      isWhole = false;
      show();
    }
    replay.render?.();
  }

  /** @param {Answer} answer */
  function refused(answer) {
    // What the server will never answer is said once; a line that is cut is tried again.
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      [isFetching, isRefused, isPlaying] = [false, true, false];
      cockpit.live.up = false;   // what comes next takes the band away
      cockpit.sayBand(answer.body.detail);
      return changed();
    }
    cockpit.live.up = false;
    cockpit.showConnection();
    setTimeout(() => {
      isFetching = false;
      fetchOn();
    }, answer.retryMs ?? RETRY_MS);
  }

  /* --- what is shown --- */

  function tick() {
    const passed = cockpit.clock.since(last);
    last = cockpit.clock.steady();
    if (isWhole) return;
    if (isPlaying) move(passed * speed);
    if (reached - now() < length()) fetchOn();
  }

  /** @param {number} ms */
  function move(ms) {
    if (isShort) isShort = reached < Math.min(end(), now() + speed * RESUME_MS);
    if (!isShort) {
      const to = Math.min(now() + ms, end());
      if (to > reached) {
        isShort = true;
        // Fewer frames from now on: what changes often is told once in each.
        if (speed === 600) step = STEPS_S.find((one) => one > step) ?? step;
      }
      cockpit.at = Math.max(now(), Math.min(to, reached));
      show();
      if (now() >= end()) replay.play(false);
    }
    replay.render?.();
  }

  function show() {
    const due = frames.filter((frame) => frame.now <= now());
    frames = frames.slice(due.length);
    if (due.length) cockpit.live.show(due);
    const [at, page] = [now(), cockpit.root];
    page.dataset.shown = String(at);
    for (const clock of cockpit.findAll("[data-clock]")) cockpit.setText(clock, cockpit.time.day(at) + " " + cockpit.time.clock(at));
    if (Math.abs(at - lit) > LIGHT_MS) {
      lit = at;
      cockpit.map.shine();
    }
    if (Math.floor(at / HOUR_MS) !== hour) {
      hour = Math.floor(at / HOUR_MS);
      cockpit.refreshTrends();
    }
  }

  /* Somebody chose something: it is said at once, and stands in the address. */
  function changed() {
    replay.render?.();
    replay.keep?.();
  }

  replay.word = () => say("非实时");
})();
