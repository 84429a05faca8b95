/* The wall's scenes in turn (?programme=1, or a display's programme), by the server's clock, so that several screens go in
   step. An alarm interrupts and shows its place, also while a scene is held. Steered by keys (arrows to the next and the one
   before, space holds, 1 to 9 go to a scene, c draws the curtain), or from afar where this is a display; what came last counts. */
(function () {
  "use strict";

  /** @typedef {{ code: string | null, until: number | null, at: number }} Choice a scene that somebody chose, and when; code null: none, until null: held */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const AROUND = 0.0018;       // degrees around a place that is shown by itself
  const INTERRUPTS_MS = 60000;
  const STEERED_MS = 60000;    // how long what somebody chose stays, if it is not held
  /** @type {Scene[]} */
  let scenes = [];
  /** @type {Choice} */
  let byHand = { code: null, until: null, at: 0 };
  /** @type {{ id: string, rank: number, at: number, until: number } | null} */
  let interrupt = null;
  /** @type {Map<string, number> | null} */
  let heard = null;            // alarms that were known as loud, and when they began to be
  /** @type {string | null} */
  let shown = null;
  /** @type {HTMLElement | null} */
  let strip = null;

  cockpit.pages.wall = {
    start() {
      scenes = cockpit.own(JSON.parse(cockpit.root.dataset.scenes ?? "[]"));
      document.addEventListener("keydown", steer);
      cockpit.curtain.apply();
    },
    render(changed) {
      if (changed === null || changed.alarms || changed.displays) cockpit.curtain.apply();
      if (changed === null || changed.alarms) listen();
      if (changed === null || changed.displays) show();
    },
  };

  cockpit.layers.programme = { tick: () => show(), render: () => null };

  const isOn = () => cockpit.at === null && (cockpit.root.dataset.programme === "1" || (cockpit.root.dataset.display !== undefined && cockpit.rounds.programme().turns));

  /* What was chosen last, at this screen or from afar, while it counts. */
  /** @param {number} now @returns {Choice | null} */
  function chosen(now) {
    const told = cockpit.told();
    const fromAfar = told && { code: told.scene, until: told.scene_until, at: told.scene_at };
    const last = fromAfar && fromAfar.at > byHand.at ? fromAfar : byHand;
    return last.code === null || (last.until !== null && last.until < now) ? null : last;
  }

  /* --- what is to be seen --- */

  /** @param {Maps.Position} at @returns {Maps.Position[]} */
  const box = ([lon, lat]) => [[lon - AROUND, lat - AROUND], [lon + AROUND, lat - AROUND], [lon + AROUND, lat + AROUND], [lon - AROUND, lat + AROUND]];

  /** @type {Record<string, () => { lon: number | null, lat: number | null }[]>} */
  const OPEN = {
    alarms: () => cockpit.alarms.sounding(),
    grid_events: () => cockpit.gridEvents().filter((one) => one.open),
  };

  /** @param {{ lon: number | null, lat: number | null }} one @returns {Maps.Position[]} */
  const around = ({ lon, lat }) => (lon === null || lat === null ? [] : box([lon, lat]));

  /** @param {Scene} scene */
  const isHidden = (scene) => cockpit.curtain.hides(scene.live) || cockpit.curtain.hides(scene.panel);

  /* What a scene looks at: null for the whole, undefined where it has nothing to show. */
  /** @param {Scene} scene */
  function corners(scene) {
    if (isHidden(scene)) return undefined;
    if (!scene.live) return scene.outline;
    const places = OPEN[scene.live]().flatMap(around);
    return places.length ? places : undefined;
  }

  function show() {
    if (!scenes.length || cockpit.at !== null) return;
    const now = cockpit.clock.server();
    const choice = chosen(now);
    const alarm = interrupting(now, choice);
    if (!isOn() && !choice && !alarm) return void (shown && leave());
    let scene = scenes.find((one) => choice && one.code === choice.code) || (isOn() ? cockpit.rounds.due(scenes, now) : scenes[0]);
    let looksAt = corners(scene);
    if (looksAt === undefined) [scene, looksAt] = [scenes[0], null];
    if (alarm) {
      scene = scenes.find((one) => one.live === "alarms") || scene;
      looksAt = alarm.lon === null ? looksAt : around(alarm);
    }
    bring(scene, looksAt, choice, Boolean(alarm));
  }

  /** @param {Scene} scene @param {Maps.Position[] | null} looksAt @param {Choice | null} choice @param {boolean} isInterrupted */
  function bring(scene, looksAt, choice, isInterrupted) {
    shown = scene.code;
    cockpit.root.dataset.scene = scene.code;
    cockpit.map.look(looksAt);
    for (const panel of cockpit.findAll("[data-panel]")) panel.classList.toggle("is-scene", panel.dataset.panel === scene.panel);
    for (const cover of cockpit.findAll("[data-cover]")) cover.hidden = cover.dataset.cover !== scene.cover;
    for (const row of cockpit.findAll("[data-row]")) row.classList.toggle("is-scene", row.dataset.row === scene.row);
    draw(scene, choice, isInterrupted);
  }

  function leave() {
    shown = null;
    delete cockpit.root.dataset.scene;
    cockpit.root.dataset.held = "";
    cockpit.map.look(null);
    for (const one of cockpit.findAll(".is-scene")) one.classList.remove("is-scene");
    for (const cover of cockpit.findAll("[data-cover]")) cover.hidden = true;
    if (strip) strip.hidden = true;
  }

  /* The names of the scenes, the present one brought out; while an alarm interrupts what is held, it does not stay here. */
  /** @param {Scene} scene @param {Choice | null} choice @param {boolean} isInterrupted */
  function draw(scene, choice, isInterrupted) {
    const isHeldHere = choice !== null && choice.until === null;
    cockpit.root.dataset.held = isHeldHere ? "1" : "";
    const names = strip || list();
    names.hidden = false;
    scenes.forEach((one, place) => {
      const name = /** @type {HTMLElement} */ (names.children[place]);
      name.hidden = isHidden(one);
      cockpit.setCurrent(name, one.code === scene.code);
    });
    const isStill = isHeldHere && choice.code === scene.code;
    cockpit.setText(names.children[scenes.length], isInterrupted ? say("▲ 先看告警") : isStill ? say("‖ 已停在此处") : "");
  }

  function list() {
    strip = cockpit.element("ol", "scenes");
    strip.append(...scenes.map((one) => cockpit.element("li", "", one.name)), cockpit.element("li", "held", ""));
    cockpit.need(".map-foot").append(strip);
    return strip;
  }

  /* --- alarms interrupt --- */

  /* The alarm that is shown before all else: for a while, until somebody saw it or chose what to look at. */
  /** @param {number} now @param {Choice | null} choice */
  function interrupting(now, choice) {
    if (!interrupt || interrupt.until < now || (choice && choice.at > interrupt.at) || cockpit.curtain.hides("alarms")) return undefined;
    const { id } = interrupt;
    return cockpit.alarms.unseen().find((one) => one.id === id);
  }

  function listen() {
    if (!cockpit.alarms.words() || !cockpit.state.alarms) return;
    const unseen = cockpit.alarms.unseen();
    const fresh = unseen.find((one) => heard && heard.get(one.id) !== one.raised);
    heard = new Map(unseen.map((one) => [one.id, one.raised]));
    const now = cockpit.clock.server();
    const choice = chosen(now);
    if (!fresh || !(isOn() || choice)) return;
    const rank = cockpit.alarms.rank(fresh);
    // One that is graver is looked at to its end.
    if (interrupt && interrupting(now, choice) && interrupt.rank < rank) return;
    interrupt = { id: fresh.id, rank, at: now, until: now + INTERRUPTS_MS };
    show();
  }

  /* --- by hand --- */

  /** @param {KeyboardEvent} event */
  function steer(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || cockpit.at !== null || !scenes.length) return;
    const act = KEYS[event.key] || (/^[1-9]$/.test(event.key) ? () => go(Number(event.key) - 1) : null);
    if (!act) return;
    event.preventDefault();
    act();
    show();
  }

  const place = () => Math.max(0, scenes.findIndex((one) => one.code === shown));
  const isHeld = () => chosen(cockpit.clock.server())?.until === null;

  /** @param {number} number @param {boolean} [isToStay] */
  function go(number, isToStay = isHeld()) {
    const scene = scenes[number];
    const at = cockpit.clock.server();
    if (scene) byHand = { code: scene.code, until: isToStay ? null : at + STEERED_MS, at };
  }

  /* To the next, or the one before, of those that may be seen. */
  /** @param {number} step */
  function move(step) {
    const many = scenes.length;
    let number = place();
    do number = (number + step + many) % many; while (number && isHidden(scenes[number]));
    go(number);
  }

  function letGo() {
    byHand = { code: null, until: null, at: cockpit.clock.server() };
  }

  /** @type {Record<string, () => void>} */
  const KEYS = {
    ArrowRight: () => move(1),
    ArrowLeft: () => move(-1),
    " ": () => (isHeld() ? letGo() : go(place(), true)),
    Escape: letGo,
    c: cockpit.curtain.toggle,
  };
})();
