/* How rooms are used, by the spans that the live channel tells and the clock: on the plan of an opened storey, and in a
   room's card. Who has booked what is told to nobody here. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const rooms = (cockpit.rooms = /** @type {Cockpit["rooms"]} */ ({}));
  const AHEAD_MS = 86400000;      // spans are told some days ahead; with less than one left they are asked for again
  const ASK_AGAIN_MS = 3600000;
  const UNUSED = "corridor";
  /** @type {Maps.Feature[]} */
  let names = [];
  let shown = "";
  let askedAt = -Infinity;

  const TALLY = "*";

  const records = () => Object.entries(cockpit.state.services || {}).filter(([key]) => key !== TALLY).map(([, one]) => /** @type {Live.RoomUse} */ (one));

  rooms.use = function (code) {
    const record = /** @type {Live.RoomUse | undefined} */ (cockpit.state.services?.[`rooms/${code}`]);
    if (!record) return null;
    const now = cockpit.now();
    const span = record.busy.find(([, ends]) => ends > now);
    const isBusy = span !== undefined && span[0] <= now;
    return { isBusy, until: span ? span[isBusy ? 1 : 0] : null };
  };

  rooms.words = function (code) {
    const use = rooms.use(code);
    if (!use) return "";
    const until = use.until === null ? "" : cockpit.time.short(use.until);
    if (use.isBusy) return say("■ 使用中，至 {until}", { until });
    return until ? say("□ 空闲，至 {until}", { until }) : say("□ 空闲");
  };

  cockpit.map.always.push(async () => {
    const answer = await cockpit.request(cockpit.map.file("rooms-labels.geojson"));
    if (!answer.ok) return;
    names = answer.body.features;
    draw();
  });

  /* The plan: rooms in use have another floor, and say so below their name. */
  function draw() {
    const text = records().map((one) => `${one.room} ${rooms.words(one.room)}`).join("\n");
    if (!names.length || text === shown) return;
    shown = text;
    for (const { properties } of names) {
      const code = String(properties.code);
      const isBusy = rooms.use(code)?.isBusy === true;
      properties.use = isBusy && properties.kind !== UNUSED ? `\n${rooms.words(code)}` : "";
      cockpit.map.setState("rooms", code, { busy: isBusy });
    }
    cockpit.map.setFeatures("rooms-labels", names);
  }

  /* What a page that stood for days was told is nearly over: it asks once. */
  async function look() {
    const ends = Math.min(...records().map((one) => one.known_until));
    const isDue = ends - cockpit.now() < AHEAD_MS && cockpit.clock.since(askedAt) > ASK_AGAIN_MS;
    if (cockpit.at !== null || !isDue) return;
    askedAt = cockpit.clock.steady();
    const { layers } = await cockpit.ask("state");
    cockpit.state.services = layers.services;
    draw();
  }

  cockpit.layers.services = {
    render: draw,
    tick() {
      draw();
      look().catch(() => null);   // the next hour asks again
    },
  };
})();
