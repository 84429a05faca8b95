/* The wall's scenes in turn (?programme=1), by the server's clock, so that several screens go in step. An alarm interrupts
   and shows its place. Keys: arrows to the next and the one before, space holds, 1 to 9 go to a scene, c draws the curtain. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const AROUND = 0.0018;       // degrees around a place that is shown by itself
  const INTERRUPTS_MS = 60000;
  const STEERED_MS = 60000;    // how long what somebody chose stays, if it is not held
  const COVERED = '[data-panel="alarms"], [data-panel="grid_events"]';
  /** @type {Scene[]} */
  let scenes = [];
  /** @type {{ code: string, until: number | null } | null} */
  let steered = null;          // what somebody chose; until null: held
  /** @type {{ id: string, until: number } | null} */
  let interrupt = null;
  /** @type {Map<string, number> | null} */
  let heard = null;            // alarms that were known as loud, and when they began to be
  let curtain = false;
  /** @type {string | null} */
  let shown = null;
  /** @type {HTMLElement | null} */
  let strip = null;

  cockpit.pages.wall = {
    start() {
      scenes = cockpit.own(JSON.parse(cockpit.root.dataset.scenes ?? "[]"));
      document.addEventListener("keydown", steer);
    },
    render(changed) {
      if (changed === null || changed.alarms) listen();
    },
  };

  cockpit.layers.programme = { tick: () => show(), render: () => null };

  const isOn = () => cockpit.root.dataset.programme === "1" && cockpit.at === null;

  /* Which scene the clock has on: the same one on every screen. */
  /** @param {number} ms */
  function due(ms) {
    const total = scenes.reduce((sum, scene) => sum + scene.seconds * 1000, 0);
    let at = ms % total;
    return scenes.find((scene) => (at -= scene.seconds * 1000) < 0) || scenes[0];
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

  /* What a scene looks at: null for the whole, undefined where it has nothing to show. */
  /** @param {Scene} scene */
  function corners(scene) {
    if (!scene.live) return scene.outline;
    const places = OPEN[scene.live]().flatMap(around);
    return places.length ? places : undefined;
  }

  function show() {
    if (!scenes.length || cockpit.at !== null) return;
    const now = cockpit.clock.server();
    if (steered && steered.until !== null && steered.until < now) steered = null;
    if (interrupt && interrupt.until < now) interrupt = null;
    if (!isOn() && !steered) return void (shown && leave());
    let scene = scenes.find((one) => steered && one.code === steered.code) || due(now);
    let looksAt = corners(scene);
    if (looksAt === undefined) [scene, looksAt] = [scenes[0], null];
    const alarm = steered ? undefined : loud().find((one) => interrupt && one.id === interrupt.id);
    if (alarm) {
      scene = scenes.find((one) => one.live === "alarms") || scene;
      looksAt = alarm.lon === null ? looksAt : around(alarm);
    }
    bring(scene, looksAt);
  }

  /** @param {Scene} scene @param {Maps.Position[] | null} looksAt */
  function bring(scene, looksAt) {
    shown = scene.code;
    cockpit.root.dataset.scene = scene.code;
    cockpit.map.look(looksAt);
    for (const panel of cockpit.findAll("[data-panel]")) panel.classList.toggle("is-scene", panel.dataset.panel === scene.panel);
    for (const row of cockpit.findAll("[data-row]")) row.classList.toggle("is-scene", row.dataset.row === scene.row);
    draw(scene);
  }

  function leave() {
    shown = null;
    delete cockpit.root.dataset.scene;
    cockpit.map.look(null);
    for (const one of cockpit.findAll(".is-scene")) one.classList.remove("is-scene");
    if (strip) strip.hidden = true;
  }

  /* The names of the scenes, the present one brought out. */
  /** @param {Scene} scene */
  function draw(scene) {
    const names = strip || list();
    names.hidden = false;
    scenes.forEach((one, place) => names.children[place].toggleAttribute("aria-current", one.code === scene.code));
    cockpit.setText(names.children[scenes.length], steered && steered.until === null ? say("‖ 已停在此处") : "");
  }

  function list() {
    strip = cockpit.element("ol", "scenes");
    strip.append(...scenes.map((one) => cockpit.element("li", "", one.name)), cockpit.element("li", "held", ""));
    cockpit.need(".map-foot").append(strip);
    return strip;
  }

  /* --- alarms interrupt --- */

  const loud = () => cockpit.alarms.sounding().filter((one) => one.state === "unacknowledged" && cockpit.alarms.LOUDEST.includes(one.priority));

  function listen() {
    if (!cockpit.alarms.words() || !cockpit.state.alarms) return;
    const now = loud();
    const fresh = now.filter((one) => heard && heard.get(one.id) !== one.raised);
    heard = new Map(now.map((one) => [one.id, one.raised]));
    if (!fresh.length || !isOn()) return;
    interrupt = { id: fresh[0].id, until: cockpit.clock.server() + INTERRUPTS_MS };
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

  /** @param {number} number @param {number | null} until */
  function go(number, until = cockpit.clock.server() + STEERED_MS) {
    const scene = scenes[(number + scenes.length) % scenes.length];
    if (scene) steered = { code: scene.code, until };
  }

  function letGo() {
    steered = null;
  }

  /** @type {Record<string, () => void>} */
  const KEYS = {
    ArrowRight: () => go(place() + 1),
    ArrowLeft: () => go(place() - 1),
    " ": () => (steered && steered.until === null ? letGo() : go(place(), null)),
    Escape: letGo,
    c: draws,
  };

  /* What visitors should not see is covered: what goes wrong, and where. */
  function draws() {
    curtain = !curtain;
    cockpit.root.classList.toggle("is-curtained", curtain);
    for (const panel of cockpit.findAll(COVERED)) panel.dataset.curtain = say("访客参观 · 此处不显示");
    cockpit.map.put("curtain", (handle) => {
      for (const layer of handle.getStyle()?.layers ?? []) {
        if (["alarms", "grid_events"].includes((layer.metadata || {}).group ?? "")) {
          handle.setLayoutProperty(layer.id, "visibility", curtain ? "none" : "visible");
        }
      }
    });
  }
})();
