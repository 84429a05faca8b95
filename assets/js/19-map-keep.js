/* What scripts have set on the map, kept beside it: the graphics processor may lose the map at any time, and what comes
   back is the style alone, without the states of features. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const map = (cockpit.map = /** @type {MapScript} */ (/** @type {unknown} */ ({ handle: /** @type {any} */ (null), isUp: false, always: [], tools: [] })));   // tools: on a manager's page only
  const RETRY_MS = [30000, 60000, 120000, 300000];
  const TRIES = "cockpit-map-tries";   // of this tab
  const WELL_MS = 600000;
  const FLAT_MS = 2000;       // a context is mostly back within a second
  const ASK_MS = 1000;        // the first wait for a source that could not be read
  const ASK_MOST_MS = 60000;
  /** @type {Map<string, (handle: Maps.Handle) => void>} */
  const kept = new Map();     // what -> how it is set, in the order of the first time
  /** @type {Map<string, Map<string, Record<string, Maps.Style>>>} */
  const states = new Map();   // source -> id -> state
  const asked = new Map();    // source -> how often it could not be read
  const asking = new Set();   // sources that are about to be asked for again
  /** @type {((handle: Maps.Handle) => void)[]} */
  let waiting = [];           // what is done once, as soon as there is a map
  /** @type {HTMLElement | null} */
  let notice = null;
  /** @type {number | undefined} */
  let timer;
  /** @type {number | undefined} */
  let flattening;

  /* Set something on the map, now and whenever it comes back; ``what`` names it, the last to be put counts. Where only part
     of it is another now, ``change`` brings that to a map that has the rest. */
  map.put = function (what, set, change = set) {
    const isThere = kept.has(what);
    kept.set(what, set);
    if (map.isUp) (isThere ? change : set)(map.handle);
  };

  /* Lay out the signs of all features anew. */
  map.layOut = function () {
    for (const [what, set] of kept) if (what.startsWith("data of ")) set(map.handle);
  };

  /* Do something once, as soon as the map can take it. */
  map.whenUp = function (work) {
    if (map.isUp) work(map.handle);
    else waiting.push(work);
  };

  /* Set a feature's state. */
  map.setFeatureState = function (source, id, state) {
    if (!states.has(source)) states.set(source, new Map());
    const ofSource = states.get(source) || new Map();
    ofSource.set(id, { ...ofSource.get(id), ...state });
    if (map.isUp) map.handle.setFeatureState({ source, id }, state);
  };

  /* The same, where it differs from what was set last. */
  map.setState = function (source, id, state) {
    const before = (states.get(source) || new Map()).get(id) || {};
    if (Object.entries(state).some(([name, value]) => before[name] !== value)) map.setFeatureState(source, id, state);
  };

  /* The map is there, for the first time or again: everything that was set is set on it. */
  map.raise = function () {
    map.isUp = true;
    for (const set of kept.values()) set(map.handle);
    for (const [source, features] of states) {
      if (!map.handle.getSource(source)) continue;
      for (const [id, state] of features) map.handle.setFeatureState({ source, id }, state);
    }
    for (const work of waiting.splice(0)) work(map.handle);
    say(null);
    clearTimeout(flattening);
    cockpit.flatMap(false);
  };

  /* From now on notice which sources cannot be read: before the first is asked for. */
  map.listen = (handle) => void handle.on("error", ({ sourceId }) => sourceId && askAgain(sourceId));

  /* From now on notice when the map is lost and when it is back. */
  map.watch = function () {
    map.handle.on("webglcontextlost", () => {
      map.isUp = false;
      fail(cockpit.say("▲ 地图画面中断 · 正在恢复 · 其余数据照常更新"));
    });
    map.handle.on("webglcontextrestored", back);
    setTimeout(() => map.isUp && sessionStorage.removeItem(TRIES), WELL_MS);
  };

  /* A source that could not be read, as from a server that is busy or away, is asked for again, ever less often. */
  /** @param {string} source */
  function askAgain(source) {
    if (asking.has(source)) return;
    const tries = (asked.get(source) || 0) + 1;
    asked.set(source, tries);
    const wait = Math.min(ASK_MOST_MS, ASK_MS * 2 ** (tries - 1)) * (0.5 + Math.random());
    asking.add(source);
    setTimeout(() => {
      asking.delete(source);
      map.whenUp((handle) => {
        const there = handle.getSource(source);
        const data = there?.serialize().data;
        if (typeof data === "string") there?.setData(data);
      });
    }, wait);
  }

  /* The style is read again before anything can be set on it. */
  function back() {
    if (!map.handle.getStyle()) return void setTimeout(back, 50);
    map.raise();
    // Tiles that were being read from the old data when the new was set may stay as they are, and so may what is shown.
    map.handle.once("idle", () => kept.forEach((set) => set(map.handle)));
    map.handle.triggerRepaint();
  }

  /* Say that there is no map, and try again at intervals: a page that is loaded anew gets a new context. */
  /** @param {string} text */
  function fail(text) {
    say(text);
    clearTimeout(flattening);
    flattening = setTimeout(() => map.isUp || flatten(text), FLAT_MS);
    const tries = Number(sessionStorage.getItem(TRIES) || 0);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (map.isUp) return;
      sessionStorage.setItem(TRIES, String(tries + 1));
      if (canDraw() && !cockpit.hasUnsaved()) location.reload();
      else fail(cockpit.say("▲ 地图画不出来 · 稍后再试 · 其余数据照常更新"));
    }, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
  }

  /* It stays away: a flat picture stands in, and says so. */
  /** @param {string} text */
  function flatten(text) {
    say(cockpit.say("{text} · 暂以平面示意图代替", { text }));
    cockpit.flatMap(true);
  }

  /* Whether this browser has a map to give at all; says so where it has not. */
  map.canBegin = function () {
    if (canDraw()) return true;
    fail(cockpit.say("▲ 此浏览器现在画不出地图（WebGL 不可用）· 其余数据照常更新"));
    return false;
  };

  function canDraw() {
    const context = document.createElement("canvas").getContext("webgl2");
    if (!context) return false;
    const giving = context.getExtension("WEBGL_lose_context");
    if (giving) giving.loseContext();   // browsers give a page few of them
    return true;
  }

  /** @param {string | null} text */
  function say(text) {
    if (!notice && text === null) return;
    if (!notice) {
      notice = cockpit.element("p", "map-lost");
      notice.setAttribute("role", "alert");
      (cockpit.find(".map-foot") ?? cockpit.need("#map").parentElement)?.append(notice);
    }
    notice.hidden = text === null;
    cockpit.setText(notice, text || "");
  }
})();
