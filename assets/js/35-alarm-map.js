/* Alarms on the manager's map: what a ring says when it is clicked, and the way to the place of one (/map?alarm=...). */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms } = cockpit;
  const NEAR_ZOOM = 16;

  /* What the map's card says of an alarm that is open; null where it is not. */
  alarms.card = function (id) {
    const one = cockpit.state.alarms?.[id];
    if (!one || !alarms.words()) return null;
    const { symbol, name } = alarms.look(one.priority);
    const lines = [`${symbol} ${name} · ${one.state_name}`, alarms.saidNow(one), [alarms.where(one), say("自 {raised}", { raised: cockpit.time.short(one.raised) })].filter(Boolean).join(" · ")];
    return { title: `${one.name} · ${alarms.subject(one)}`, lines, link: `/alarms?alarm=${id}` };
  };

  cockpit.map.tools.push((handle) => {
    const id = new URLSearchParams(location.search).get("alarm");
    // Plotly sets its own view when it has plotted for the first time.
    if (id) handle.once("idle", () => goTo(id));
  });

  /** @param {string} id */
  async function goTo(id) {
    try {
      const told = await cockpit.ask(`alarms/${encodeURIComponent(id)}`, {});
      if (told.lon !== null) cockpit.map.goTo([told.lon, told.lat], NEAR_ZOOM);
      const lines = [told.state_name, [told.place, cockpit.time.full(Date.parse(told.raised))].filter(Boolean).join(" · ")];
      cockpit.card.show(alarms.card(id) || { title: `${told.name} · ${told.subject}`, lines, link: `/alarms?alarm=${id}` });
    } catch (error) {
      cockpit.card.show({ title: say("告警 {id}", { id }), lines: [`▲ ${error.message}`] });
    }
  }
})();
