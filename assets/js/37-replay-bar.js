/* The bar of 复盘: its controls, the timeline of the day with what happened in it, its keys, and what of it the address
   keeps. Keys: space plays and pauses, arrows go a minute, with shift an hour, Home and End to the ends of the day. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { replay, element } = cockpit;
  const MINUTE_MS = 60000;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;
  const WIDE_U = 2.4;           // a mark; those that would lie over one another stand together
  const NAMED = 5;              // of them that are named
  const KEPT_MS = 2000;
  const LANES = { alarm: 0, event: 1 };

  /** @type {number | null} */
  let dragged = null;           // the time under the pointer while it is held
  let kept = -Infinity;
  /** @type {Api.ReplayDay | null} */
  let drawn = null;

  const local = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
  /** @param {number} ms */
  const written = (ms) => local.format(ms).replace(" ", "T");
  /** @param {string} name @returns {any} */
  const part = (name) => cockpit.need(`[data-replay-${name}]`);
  const midnight = () => Date.parse(`${cockpit.root.dataset.replayDate}T00:00:00+08:00`);
  /** @param {number} ms */
  const share = (ms) => `${Math.min(100, Math.max(0, (100 * (ms - midnight())) / DAY_MS)).toFixed(3)}%`;

  replay.begin = function () {
    part("play").addEventListener("click", toggle);
    for (const button of cockpit.findAll("[data-replay-step]")) button.addEventListener("click", () => go(Number(button.dataset.replayStep)));
    for (const button of cockpit.findAll("[data-replay-speed]")) button.addEventListener("click", () => replay.setSpeed(Number(button.dataset.replaySpeed)));
    for (const button of cockpit.findAll("[data-replay-day]")) button.addEventListener("click", () => otherDay(Number(button.dataset.replayDay)));
    chooseDay(part("date"));
    part("leave").href = away().href;
    const track = part("track");
    track.append(element("div", "none"), element("div", "to-come"), element("div", "done"), element("div", "handle"));
    track.setAttribute("aria-valuemin", "0");
    track.setAttribute("aria-valuemax", String(DAY_MS / 1000));
    track.addEventListener("pointerdown", take);
    for (let hour = 0; hour < 24; hour += 1) {
      const mark = element("span", hour % 6 ? "minor" : "major", hour % 2 ? "" : String(hour).padStart(2, "0"));
      mark.style.left = share(midnight() + hour * HOUR_MS);
      part("hours").append(mark);
    }
    document.addEventListener("keydown", key);
    for (const foot of cockpit.findAll(".panel .foot")) cockpit.setText(foot, replay.word());
    new ResizeObserver(() => drawn && marks(drawn)).observe(part("marks"));
  };

  const toggle = () => replay.play(!replay.state().isPlaying);
  /** @param {number} ms */
  const go = (ms) => replay.seek(Number(cockpit.at) + ms);

  /* The wall as it is now. */
  function away() {
    const live = new URL(location.href);
    for (const name of ["replay", "speed", "paused"]) live.searchParams.delete(name);
    return live;
  }

  /** @param {number} days */
  const otherDay = (days) => toDay(written(midnight() + days * DAY_MS).slice(0, 10));

  /** @param {string} day */
  function toDay(day) {
    const there = new URL(location.href);
    there.searchParams.set("replay", day);
    location.assign(there);
  }

  /* The day that is shown opens the days that can be. */
  /** @param {HTMLElement} button */
  function chooseDay(button) {
    const day = cockpit.root.dataset.replayDate ?? "";
    const place = part("days");
    /** @param {boolean} isOpen */
    const open = (isOpen) => {
      button.setAttribute("aria-expanded", String(isOpen));
      place.replaceChildren(...(isOpen ? [cockpit.monthOfDays(day, toDay)] : []));
      place.hidden = !isOpen;
    };
    cockpit.setText(button, `▦ ${day}`);
    button.addEventListener("click", () => open(place.hidden));
    document.addEventListener("click", ({ target }) => {
      if (!place.hidden && target instanceof Node && target.isConnected && !place.parentElement?.contains(target)) open(false);
    });
    place.parentElement?.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();   // its keys are not those of the timeline
      if (event.key !== "Escape" || place.hidden) return;
      open(false);
      button.focus();
    });
  }

  /* --- by hand --- */

  /** @param {PointerEvent} event */
  function take(event) {
    const track = /** @type {HTMLElement} */ (event.currentTarget);
    const box = track.getBoundingClientRect();
    /** @param {PointerEvent} at */
    const under = (at) => midnight() + (DAY_MS * Math.min(Math.max(at.clientX - box.left, 0), box.width)) / box.width;
    /** @param {PointerEvent} at */
    const move = (at) => {
      dragged = under(at);
      draw();
    };
    const drop = () => {
      track.removeEventListener("pointermove", move);
      const to = dragged;
      dragged = null;
      if (to !== null) replay.seek(Math.round(to / 1000) * 1000);
    };
    event.preventDefault();
    track.focus({ preventScroll: true });
    track.setPointerCapture(event.pointerId);
    track.addEventListener("pointermove", move);
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) track.addEventListener(name, drop, { once: true });
    move(event);
  }

  /** @type {Record<string, (step: number) => void>} */
  const KEYS = {
    " ": toggle,
    ArrowRight: (step) => go(step),
    ArrowLeft: (step) => go(-step),
    Home: () => replay.seek(midnight()),
    End: () => replay.seek(midnight() + DAY_MS),
    c: () => cockpit.curtain.toggle(),
  };

  /** @param {KeyboardEvent} event */
  function key(event) {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    // Who came to a button by keys presses that one.
    if (event.key === " " && event.target instanceof Element && event.target.matches("button:focus-visible, a:focus-visible")) return;
    event.preventDefault();
    act(event.shiftKey ? HOUR_MS : MINUTE_MS);
  }

  /* --- what is seen --- */

  replay.render = function () {
    draw();
    if (replay.state().isPlaying && cockpit.clock.since(kept) > KEPT_MS) replay.keep?.();
  };

  function draw() {
    const { day, speed, isPlaying } = replay.state();
    const at = dragged ?? Number(cockpit.at);
    const track = part("track");
    cockpit.need(".done", track).style.width = share(at);
    const handle = cockpit.need(".handle", track);
    handle.style.left = share(at);
    cockpit.setText(handle, cockpit.time.clock(at));
    track.setAttribute("aria-valuenow", String(Math.round((at - midnight()) / 1000)));
    track.setAttribute("aria-valuetext", cockpit.time.full(at));
    cockpit.setText(part("play"), isPlaying ? say("‖ 暂停") : say("▶ 播放"));
    for (const button of cockpit.findAll("[data-replay-speed]")) button.setAttribute("aria-pressed", String(Number(button.dataset.replaySpeed) === speed));
    cockpit.setText(part("said"), words());
    if (day === null) return;
    cockpit.need(".none", track).style.width = share(day.first);
    cockpit.need(".to-come", track).style.left = share(Math.min(day.ends, cockpit.clock.server()));
    for (const button of /** @type {Iterable<HTMLButtonElement>} */ (cockpit.findAll("[data-replay-day]"))) {
      button.disabled = Number(button.dataset.replayDay) < 0 ? day.first >= day.begins : cockpit.clock.server() < day.ends;
    }
    if (drawn !== day) marks((drawn = day));
  }

  /* What else must be known of what is shown. */
  function words() {
    const { day, isWaiting, isOver } = replay.state();
    if (day !== null && !day.observed) return say("◇ 这一天没有数据");
    if (isWaiting) return say("◌ 正在读取");
    if (isOver) return day !== null && cockpit.clock.server() < day.ends ? say("已到现在") : say("这一天结束");
    return day !== null && day.left_out ? say("标记太多，只显示较重的") : "";
  }

  /** @param {Api.ReplayDay} day */
  function marks(day) {
    const line = part("marks");
    const apart = (DAY_MS * WIDE_U * cockpit.u()) / (line.clientWidth || 1);
    /** @type {Record<string, Api.ReplayMark[][]>} */
    const lanes = { alarm: [], event: [] };
    for (const mark of day.marks) {
      const lane = lanes[mark.kind];
      const before = lane[lane.length - 1];
      if (before && mark.at - before[0].at < apart) before.push(mark);
      else lane.push([mark]);
    }
    line.replaceChildren(...[...lanes.alarm, ...lanes.event].map(button));
  }

  /* One for all that stand in a place, as the gravest of them looks; it leads there. */
  /** @param {Api.ReplayMark[]} several */
  function button(several) {
    const gravest = several.reduce((one, other) => (other.rank < one.rank ? other : one));
    const made = element("button", `tone-${gravest.tone} lane-${LANES[gravest.kind]}`, gravest.symbol);
    made.type = "button";
    made.style.left = share(several[0].at);
    const lines = [gravest, ...several.filter((one) => one !== gravest)].slice(0, NAMED).map(sentence);
    if (several.length > NAMED) lines.push(say("另有 {n} 件", { n: several.length - NAMED }));
    made.setAttribute("aria-label", lines.join(say("；")));
    made.addEventListener("click", () => replay.seek(Math.ceil(gravest.at / 1000) * 1000));
    for (const name of ["pointerenter", "focus"]) made.addEventListener(name, () => tell(made, lines));
    for (const name of ["pointerleave", "blur"]) made.addEventListener(name, () => (word().hidden = true));
    return made;
  }

  /** @param {Api.ReplayMark} mark */
  const sentence = (mark) => [
    cockpit.time.clock(mark.at), `${mark.symbol} ${mark.level}`, mark.kind === "alarm" ? say("告警¦一条") : say("网格事件¦一件"), mark.name, mark.subject,
  ].filter(Boolean).join(" · ");

  const word = () => cockpit.need("#replay-word");

  /** @param {HTMLElement} mark @param {string[]} lines */
  function tell(mark, lines) {
    const place = word();
    place.replaceChildren(...lines.map((line) => element("div", "", line)));
    place.hidden = false;
    place.classList.toggle("is-late", parseFloat(mark.style.left) > 50);
    place.style.left = mark.style.left;
  }

  /* --- the address: what is shown can be reloaded and sent --- */

  replay.keep = function () {
    kept = cockpit.clock.steady();
    const { speed, isPlaying } = replay.state();
    const here = new URL(location.href);
    // The end of a day is written as its last second: the midnight after it is another day.
    here.searchParams.set("replay", written(Math.min(Number(cockpit.at), midnight() + DAY_MS - 1000)));
    here.searchParams.set("speed", String(speed));
    if (isPlaying) here.searchParams.delete("paused");
    else here.searchParams.set("paused", "1");
    history.replaceState(history.state, "", here);
  };
})();
