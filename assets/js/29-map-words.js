/* What the map shows, in words: a list for who does not see it or does not point; each entry says what a click says. */
(function () {
  "use strict";

  /** @typedef {{key: string, words: CardWords, at: Maps.Position | null}} Entry */

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const MOST = 200;      // of a group; who looks for one of ten thousand devices searches
  const GATHER_MS = 1000;
  const NEAR_ZOOM = 16;
  /** @type {number | null} */
  let timer = null;

  /** @param {{lon: number | null, lat: number | null} | undefined} one @returns {Maps.Position | null} */
  const placeOf = (one) => (one && one.lon !== null && one.lat !== null ? [one.lon, one.lat] : null);

  /** @param {string} source @param {string} id @param {Record<string, any>} of @param {Maps.Position | null} at @returns {Entry[]} */
  function entry(source, id, of, at = null) {
    const words = cockpit.card.of(source, of);
    return words ? [{ key: `${source} ${id}`, words, at }] : [];
  }

  /* What calls for somebody first, then what is counted, then the ground. */
  /** @returns {[name: string, entries: Entry[]][]} */
  function groups() {
    const alarms = cockpit.alarms.open().flatMap((one) => entry("alarms", one.id, one, placeOf(cockpit.state.devices?.[one.device ?? ""])));
    const events = cockpit.gridEvents().filter((one) => one.open).flatMap((one) => entry("events", one.id, one, placeOf(one)));
    const sites = Object.entries(cockpit.state.visitors || {}).flatMap(([code, one]) => entry("sites", code, { ...one, code }));
    const areas = Object.values(cockpit.state.areas || {}).flatMap((one) => entry("areas", one.code, one));
    /** @param {Live.Device} one */
    const isWell = (one) => Number(cockpit.statusOf(one) === "online");
    const devices = cockpit.devices().sort((a, b) => isWell(a) - isWell(b) || a.name.localeCompare(b.name, cockpit.language));
    return [
      [say("告警"), alarms], [say("未结的网格事件"), events], [say("场所"), sites], [say("片区"), areas],
      [say("设备"), devices.flatMap((one) => entry("devices", one.id, one, placeOf(one)))],
    ];
  }

  /** @param {Entry} one */
  function line({ key, words, at }) {
    const made = element("li");
    made.dataset.key = key;
    const button = element("button", "quiet", words.title);
    button.type = "button";
    button.addEventListener("click", () => {
      if (at) cockpit.map.goTo(at, NEAR_ZOOM);
      cockpit.card.show(words);
    });
    made.append(button, element("span", "said", said(words)));
    return made;
  }

  /** @param {CardWords} words */
  const said = (words) => words.lines.filter(Boolean).join(" · ");

  /** @param {HTMLElement} place */
  function draw(place) {
    timer = null;
    const found = groups();
    // Who stands on an entry keeps it: what it says is renewed, and the order only when they have left.
    const isHeld = place.contains(document.activeElement);
    if (isHeld) {
      const now = new Map(found.flatMap(([, entries]) => entries).map((one) => [one.key, said(one.words)]));
      for (const one of place.querySelectorAll("li")) cockpit.setText(one.querySelector(".said"), now.get(one.dataset.key ?? "") ?? say("不再显示"));
      return;
    }
    place.replaceChildren(...found.map(([name, entries]) => {
      const group = element("section");
      const list = element("ul");
      list.append(...entries.slice(0, MOST).map(line));
      group.append(element("h2", "", `${name} ${cockpit.number(entries.length)}`), list);
      if (entries.length > MOST) group.append(element("p", "second", say("另有 {n} 项，可按名称搜索", { n: cockpit.number(entries.length - MOST) })));
      return group;
    }));
  }

  cockpit.map.tools.push(() => {
    const whole = cockpit.find("[data-map-words]");
    if (!(whole instanceof HTMLDetailsElement)) return;
    const place = cockpit.need(".content", whole);
    whole.addEventListener("toggle", () => whole.open && draw(place));
    cockpit.root.addEventListener("rendered", () => {
      if (whole.open) timer = timer || setTimeout(draw, GATHER_MS, place);
    });
  });
})();
