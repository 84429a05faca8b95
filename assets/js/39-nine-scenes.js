/* The nine scenes on the wall: one figure each, over the map while the programme shows them. Asked for as they come on, and
   again where they stay; nothing is asked while they are not seen. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const FRESH_MS = 60000;
  const AGAIN_MS = 10000;
  let due = 0;
  let isAsking = false;

  cockpit.layers.nine_scenes = { tick: () => void keep(), render: () => void 0 };

  async function keep() {
    const cover = cockpit.find('[data-cover="indicators"]');
    if (!cover || cover.hidden || isAsking || cockpit.clock.steady() < due) return;
    isAsking = true;
    try {
      show(await cockpit.ask("scenes/leading"));
      due = cockpit.clock.steady() + FRESH_MS;
    } catch (error) {
      // What was known stays; when it was counted stands with it.
      cockpit.setText(cockpit.need("[data-nine-note]"), /** @type {Error} */ (error).message);
      due = cockpit.clock.steady() + AGAIN_MS;
    } finally {
      isAsking = false;
    }
  }

  /** @param {Api.LeadingAnswer} told */
  function show({ scenes }) {
    const times = scenes.flatMap(({ figure }) => (figure ? [Date.parse(figure.as_of)] : []));
    cockpit.setText(cockpit.need("[data-nine-note]"), times.length ? say("截至 {when}", { when: cockpit.time.full(Math.max(...times)) }) : "");
    cockpit.need("[data-nine]").replaceChildren(...scenes.map(({ name, figure }) => {
      const tile = element("li", "");
      tile.append(element("h3", "", name));
      if (!figure) return tile.append(element("p", "second", say("未配置"))), tile;
      tile.append(cockpit.sceneFigures.value(figure), element("p", "second", [figure.name, cockpit.sceneFigures.unreal(figure)].filter(Boolean).join(" · ")));
      return tile;
    }));
  }
})();
