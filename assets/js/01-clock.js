/* Time is the server's. What passed since it was told is measured by the monotonic clock: whoever sets the
   machine's own clock moves nothing. */
(function () {
  "use strict";

  /** @typedef {{wall: number, steady: number}} Reading */

  const cockpit = window.cockpit;
  const clock = (cockpit.clock = /** @type {Clock} */ ({}));
  const COARSE_MS = 30000;    // the header Date has whole seconds: only where no frame told the time of late
  const AGREE_MS = 120000;    // two clocks that differ by more were set, or one of them slept

  /* The monotonic clock, and how many ms passed since a reading of it. */
  clock.steady = () => performance.now();
  clock.since = (steady) => clock.steady() - steady;

  const AHEAD = "cockpit-ahead";
  const KEPT_APART_MS = 1000;
  /** @type {number | null} */
  let kept = null;
  let seen = reading();
  /** @type {(Reading & {ahead: number}) | null} */
  let told = null;            // our clocks when the server last told its time, and how far it was ahead of the wall clock

  // The server's time less the monotonic clock, in ms; the machine's own time until the server has told its.
  cockpit.offset = seen.wall - seen.steady;
  cockpit.now = () => cockpit.at ?? clock.server();

  function reading() {
    return { wall: Date.now(), steady: clock.steady() };
  }

  /* The server's time of this moment, whatever time the page shows. */
  clock.server = () => clock.steady() + cockpit.offset;

  /* The server told its time. */
  clock.told = function (ms) {
    told = { ...reading(), ahead: ms - Date.now() };
    cockpit.offset = ms - told.steady;
    remember(told.ahead);
  };

  /* How far the server was ahead when it last told: what a page that opens without a line goes by, until it is told. */
  /** @param {number} ahead */
  function remember(ahead) {
    if (kept !== null && Math.abs(kept - ahead) < KEPT_APART_MS) return;
    kept = ahead;
    try { localStorage.setItem(AHEAD, String(Math.round(ahead))); } catch (error) { /* a browser that keeps nothing */ }
  }

  function remembered() {
    try {
      const found = localStorage.getItem(AHEAD);
      return found === null ? null : Number(found);
    } catch (error) {
      return null;
    }
  }

  /* An answer's header tells it by the second; without one nothing is learnt. */
  clock.toldBy = function (answer) {
    const ms = Date.parse(answer.headers.get("Date") ?? "");
    const isFresh = told && clock.since(told.steady) < COARSE_MS && agree(told);
    if (!Number.isNaN(ms) && !isFresh) clock.told(ms);
  };

  /* How many ms the wall clock is ahead of the monotonic one since the server told: set forward, or asleep; below 0 set back. */
  /** @param {Reading} given */
  const astray = ({ wall, steady }) => Date.now() - wall - clock.since(steady);
  /** @param {Reading} before */
  const agree = (before) => Math.abs(astray(before)) < AGREE_MS;

  /* How many ms the wall clock went ahead of the monotonic one since it was last asked: the machine slept, or its
     clock was set forward. That it was set back is no sleep. */
  clock.leapt = function () {
    const before = seen;
    seen = reading();
    return Math.max(0, seen.wall - before.wall - (seen.steady - before.steady));
  };

  /* What the machine's clock shows now, how far the server's is ahead of it, and whether that is sure. */
  clock.stamp = function () {
    const wall = Date.now();
    // Unsure until the server tells its time again: where it is as far ahead then, nobody set the clock in between.
    if (told === null) return { wall, ahead: remembered(), isSure: false };
    // Asleep the wall clock runs ahead, never behind: one that is behind was set, and the monotonic one counts.
    const isSetBack = astray(told) <= -AGREE_MS;
    return { wall, ahead: isSetBack ? clock.server() - wall : told.ahead, isSure: isSetBack || agree(told) };
  };

  /* The server's time of a stamp; null where the machine's clock was set meanwhile, so that it tells nothing. */
  clock.timeOf = function ({ wall, ahead, isSure }) {
    if (ahead === null) return null;
    const present = clock.stamp();
    const stood = present.isSure && present.ahead !== null && Math.abs(present.ahead - ahead) < AGREE_MS;
    return isSure || stood ? Math.round(Math.min(wall + ahead, clock.server())) : null;
  };
})();
