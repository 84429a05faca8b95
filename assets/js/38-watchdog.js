/* A wall that is stuck is loaded anew: one that was never laid out, that draws no more, that shows nothing of what comes, or
   that finds no channel though the server answers. By the monotonic clock; never where there is only nothing new, and not
   before the page is ten minutes old, so that what a reload does not mend is not loaded over and over. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const CHECK_MS = 10000;
  const SLEPT_MS = 3 * CHECK_MS;   // between two checks: the machine slept, and nothing is known
  const YOUNG_MS = 600000;
  const WHY = "cockpit-watchdog";  // of this tab: why the page before this one was loaded anew
  const { clock } = cockpit;

  const isWall = () => location.pathname.startsWith("/wall/");
  const isSeen = () => document.visibilityState === "visible";
  let drawn = clock.steady();

  /** @type {Record<string, { isWell: () => boolean, patience: number, isAtOnce?: boolean }>} */
  const SIGNS = {
    "not laid out": { isWell: () => Boolean(cockpit.root), patience: 60000, isAtOnce: true },
    "not drawing": { isWell: () => !isSeen() || clock.since(drawn) < 2 * CHECK_MS, patience: 120000 },
    "not showing what comes": { isWell: () => cockpit.live.owed === null || clock.since(cockpit.live.owed) < CHECK_MS, patience: 60000 },
    "no channel": { isWell: () => cockpit.at !== null || cockpit.live.up, patience: 300000 },
  };

  const born = clock.steady();
  let checked = born;
  /** @type {Record<string, number>} */
  const well = Object.fromEntries(Object.keys(SIGNS).map((sign) => [sign, born]));   // when each was last so

  /* What is wrong, for longer than it may be; null where nothing is. */
  function wrong() {
    const now = clock.steady();
    const slept = now - checked > SLEPT_MS;
    checked = now;
    if (slept) drawn = now;
    for (const [sign, { isWell }] of Object.entries(SIGNS)) if (slept || isWell()) well[sign] = now;
    if (isSeen()) requestAnimationFrame(() => { drawn = clock.steady(); });
    else drawn = now;
    const late = Object.entries(SIGNS).find(([sign, { patience, isAtOnce }]) => now - well[sign] > patience && (isAtOnce || now - born > YOUNG_MS));
    return late ? late[0] : null;
  }

  async function check() {
    if (!isWall()) return;
    const sign = wrong();
    // Where the server is away a browser would show its own page, for good.
    if (sign === null || !(await answers())) return;
    try {
      sessionStorage.setItem(WHY, sign);
    } catch (error) { /* a browser that keeps nothing */ }
    location.reload();
  }
  cockpit.watchdog = { check };

  async function answers() {
    try {
      return (await fetch("/healthz", { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  try {
    const why = sessionStorage.getItem(WHY);
    if (why) cockpit.display.note(`watchdog: ${why}`);
    sessionStorage.removeItem(WHY);
  } catch (error) { /* a browser that keeps nothing */ }
  setInterval(check, CHECK_MS);
})();
