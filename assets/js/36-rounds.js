/* Which scene is on, by the server's clock and the programme of this screen: the same one on every screen of the same
   programme. cockpit/displays/programme.py says the same in Python. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const rounds = (cockpit.rounds = /** @type {Cockpit["rounds"]} */ ({}));
  const MINUTE_MS = 60000;
  const DAY_MINUTES = 1440;

  /* The programme of this display, else the community's. */
  rounds.programme = () => cockpit.told()?.programme || JSON.parse(cockpit.root.dataset.round ?? "null");

  /* The minute of the day in Asia/Shanghai. */
  rounds.minute = (ms) => Math.floor((ms + cockpit.time.EAST_MS) / MINUTE_MS) % DAY_MINUTES;

  /* "07:30" as a minute of the day. */
  rounds.minuteOf = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

  /* Whether a part is on at that minute; one that ends before it begins goes over midnight. */
  /** @param {ProgrammePart} part @param {number} minute */
  function isOn(part, minute) {
    const [from, to] = [rounds.minuteOf(part.from ?? "00:00"), rounds.minuteOf(part.to ?? "00:00")];
    if (from === to) return true;
    return from < to ? from <= minute && minute < to : minute >= from || minute < to;
  }

  /* The scene of a moment. Where nothing is on, the first of all. */
  rounds.due = function (scenes, ms) {
    const minute = rounds.minute(ms);
    const parts = rounds.programme().scenes.filter((part) => isOn(part, minute))
      .flatMap((part) => scenes.filter((one) => one.of === part.scene).map((scene) => ({ scene, ms: part.seconds * 1000 })));
    let at = ms % parts.reduce((sum, part) => sum + part.ms, 0);
    return (parts.find((part) => (at -= part.ms) < 0) || { scene: scenes[0] }).scene;
  };

  /* How bright, in percent: what was set last before this minute, else the last of the day before. */
  rounds.brightness = function (ms) {
    const minute = rounds.minute(ms);
    const steps = [...rounds.programme().brightness].sort((a, b) => rounds.minuteOf(a.from) - rounds.minuteOf(b.from));
    const since = steps.filter((step) => rounds.minuteOf(step.from) <= minute);
    return (since[since.length - 1] ?? steps[steps.length - 1] ?? { percent: 100 }).percent;
  };
})();
