/* A screen that is a display: it tells how it fares, does what the server says of it (36-programme.js and 36-curtain.js do
   the rest), is dimmed by the hour and moved by a few pixels, so that nothing burns in. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const BEAT_MS = 30000;
  const FIRST_MS = 3000;
  const PAST_MS = 5000;        // where a past time is shown, and no live channel tells what is said of it
  const SOON_MS = 1500;        // after it was steered
  const COUNTED_MS = 1000;     // of frames
  const PATIENCE_MS = 10000;
  const LONGEST = 300;         // characters of an error
  const SHIFTS_MS = 240000;
  const SHIFT_U = 0.4;         // so far, and no further than the room that the style leaves
  const AROUND = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];
  const TRIED = "cockpit-language-tried";   // of this tab
  const AGAIN_MS = 600000;

  const display = (cockpit.display = /** @type {Cockpit["display"]} */ ({}));
  /** @type {{ text: string, at: number } | null} */
  let error = null;
  let due = FIRST_MS;          // when to tell next, by the monotonic clock
  let isTelling = false;
  let lastTold = { curtain: false, held: false };
  /** @type {string | undefined} */
  let lastHeld;                // the scene that it stayed at when it was last told
  /** @type {number | null} */
  let began = null;            // the scene that was chosen last before this page showed a past time
  /** @type {number | null} */
  let reloaded = null;         // the reload that the server last asked for before this page was there

  /* Keep the last thing that went wrong, for whoever looks after the screens. */
  display.note = function (text) {
    error = { text: String(text).slice(0, LONGEST), at: cockpit.clock.steady() };
  };
  window.addEventListener("error", ({ message }) => display.note(message));
  window.addEventListener("unhandledrejection", ({ reason }) => display.note(reason instanceof Error ? reason.message : reason));

  const isDisplay = () => Boolean(cockpit.root && cockpit.root.dataset.display !== undefined);

  setInterval(() => {
    if (!isDisplay()) return;
    look();
    const { curtain, held } = stands();
    // What was done by hand is told at once, so that nobody far away believes otherwise.
    const isElsewhere = held && cockpit.root.dataset.scene !== lastHeld;
    if (curtain !== lastTold.curtain || held !== lastTold.held || isElsewhere) due = Math.min(due, cockpit.clock.steady() + SOON_MS);
    if (cockpit.clock.steady() >= due) tell();
  }, 1000);

  cockpit.layers.displays = {
    render(changed) {
      const told = isDisplay() ? cockpit.told() : null;
      if (!told || (changed && !((cockpit.root.dataset.display ?? "") in changed))) return;
      look();
      if (changed) due = Math.min(due, cockpit.clock.steady() + SOON_MS);
      obey(told);
    },
  };

  /* --- what the server says --- */

  /** @param {Live.Display} told */
  function obey(told) {
    if (reloaded !== null && told.reload_at > reloaded) location.reload();
    reloaded = told.reload_at;
    if (told.language && told.language !== cockpit.language) speak(told.language);
  }

  const isPast = () => cockpit.at !== null;

  /* What is said of a screen that shows a past time: the curtain, a language and a reload as on any other; a scene that
     was chosen since leads back to what is live. */
  /** @param {Live.Display} told */
  function comeBack(told) {
    cockpit.state.displays = { [cockpit.root.dataset.display ?? ""]: told };
    began = began ?? told.scene_at;
    if (told.scene_at > began) return location.assign(location.pathname);
    obey(told);
    cockpit.curtain.apply();
  }

  /* A browser that keeps no cookie, or an address that names a language, does not lead round in circles. */
  /** @param {string} language */
  async function speak(language) {
    const now = cockpit.clock.server();
    const [tried, at] = (sessionStorage.getItem(TRIED) || "").split(" ");
    if (tried === language && now - Number(at) < AGAIN_MS) return;
    sessionStorage.setItem(TRIED, `${language} ${now}`);
    const answer = await cockpit.post("/api/v1/session/language", { language });
    if (!answer.ok) return;
    const here = new URL(location.href);
    here.searchParams.delete("lang");
    location.replace(here);
  }

  /* --- how it looks --- */

  function look() {
    const now = cockpit.clock.server();
    const programme = cockpit.rounds.programme();
    // What nobody has seen yet is not dimmed, nor is that the line is cut.
    const isCalm = cockpit.live.up && cockpit.alarms.unseen().length === 0;
    const percent = isCalm ? cockpit.rounds.brightness(now) : 100;
    const { style, classList } = cockpit.root;
    classList.toggle("is-dimmed", percent < 100);
    style.setProperty("--dim", String((100 - percent) / 100));
    classList.toggle("is-shifting", programme.pixel_shift);
    const [x, y] = AROUND[Math.floor(now / SHIFTS_MS) % AROUND.length];
    const far = Math.floor(SHIFT_U * cockpit.u());
    style.setProperty("--shift-x", `${x * far}px`);
    style.setProperty("--shift-y", `${y * far}px`);
  }

  /* --- what it tells --- */

  async function tell() {
    due = cockpit.clock.steady() + (isPast() ? PAST_MS : BEAT_MS);
    if (isTelling) return;
    isTelling = true;
    lastTold = stands();
    lastHeld = cockpit.root.dataset.scene;
    try {
      const frames = document.visibilityState === "visible" ? await framesInASecond() : null;
      const { community, scene, build } = cockpit.root.dataset;
      const { memory } = /** @type {Performance & { memory?: { usedJSHeapSize: number } }} */ (performance);
      const told = {
        page: (location.pathname + location.search).slice(0, 200), scene: scene ?? null, language: cockpit.language,
        ...lastTold,
        age: Math.round(performance.now()), frames, memory: memory ? memory.usedJSHeapSize : null,
        error: error && error.text, error_age: error && Math.round(cockpit.clock.since(error.at)),
        width: Math.round(innerWidth * devicePixelRatio), height: Math.round(innerHeight * devicePixelRatio), version: (build ?? "").slice(0, 80),
      };
      const answer = await cockpit.request(`/api/v1/${community}/displays/heartbeat`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told), patience: PATIENCE_MS,
      });
      if (answer.ok && answer.body.display && isPast()) comeBack(answer.body.display);
    } finally {
      isTelling = false;
    }
  }

  const stands = () => ({ curtain: cockpit.curtain.isDrawn(), held: cockpit.root.dataset.held === "1" });

  /* How many frames the browser would draw; none in twice the time are none at all. */
  /** @returns {Promise<number>} */
  function framesInASecond() {
    return new Promise((done) => {
      const began = performance.now();
      let many = 0;
      setTimeout(() => done(0), 2 * COUNTED_MS);
      requestAnimationFrame(function count(at) {
        const passed = at - began;
        if (passed >= COUNTED_MS) return done(Math.round((many / passed) * 10000) / 10);
        many += 1;
        requestAnimationFrame(count);
      });
    });
  }
})();
