/* What panels share: a row's figure, its line of 24 h, a panel's foot and what it waits for. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const DAY_MS = 86400000;
  const USUAL_U = 7.5;   // pixels, on a desk
  const HOUR_MS = 3600000;
  const INVENTED = "demonstration";   // the source of what a demonstration brought
  const SVG = "http://www.w3.org/2000/svg";

  /* Set a row: {text, unit, level, staleSince, note, title}. A stale figure dims and says since when. */
  cockpit.setRow = function (key, what) {
    for (const row of cockpit.findAll(`[data-row="${CSS.escape(key)}"]`)) {
      cockpit.setText(row.querySelector(".value"), what.text);
      if (what.unit !== undefined) cockpit.setText(row.querySelector(".unit"), what.unit);
      const level = what.level || 0;
      const mark = cockpit.need(".mark", row);
      cockpit.setText(mark, cockpit.MARKS[level]);
      mark.title = level ? cockpit.LEVEL_WORDS[level] : "";
      for (const one of [1, 2, 3]) row.classList.toggle(`level-${one}`, level === one);
      row.classList.toggle("is-stale", Boolean(what.staleSince));
      row.classList.toggle("is-empty", what.text === "—");
      const since = what.staleSince ? say("数据停于 ") + cockpit.time.short(what.staleSince) : "";
      const told = row.querySelector(".since"), words = [what.note, since].filter(Boolean).join(" · ");
      cockpit.setText(told, words);
      // Where there is one line for it, it is whole here.
      if (told instanceof HTMLElement && told.title !== words) told.title = words;
      row.title = what.title || "";
    }
  };

  /* What else there is to say of a row, where there is room: [name, figure] each. */
  cockpit.setMore = function (key, cells) {
    const shown = JSON.stringify(cells);
    for (const place of cockpit.findAll(`[data-more="${CSS.escape(key)}"]`)) {
      if (place.dataset.shown === shown) continue;
      place.dataset.shown = shown;
      place.replaceChildren(...cells.map(([name, figure]) => {
        const cell = cockpit.element("span", "cell", `${name} `);
        cell.append(cockpit.element("span", "said", figure));
        return cell;
      }));
    }
  };

  /* The least and the greatest of a line of 24 h. */
  cockpit.extentWords = function (code, points) {
    const [low, high] = cockpit.extent(points).map((value) => cockpit.number(value, cockpit.metrics[code].precision));
    return [say("24 小时"), say("{low} 至 {high}", { low, high })];
  };

  /* Set a figure alone, by its key. */
  cockpit.setFigure = function (key, text) {
    for (const value of cockpit.findAll(`[data-live="${CSS.escape(key)}"]`)) cockpit.setText(value, text);
  };

  /* A panel's foot and state: {waiting, sources, ts, own}; ``sources`` are names of what is replayed, null for what is
     not: ``own`` says what that is, sensors where it is left out. */
  cockpit.setPanel = function (code, what) {
    for (const panel of cockpit.findAll(`[data-panel="${code}"]`)) {
      panel.classList.toggle("is-waiting", what.waiting);
      foot(cockpit.need(".foot", panel), what);
      // Nothing more comes to a past time, once it is known.
      if (what.waiting && cockpit.at !== null && Object.keys(cockpit.state).length) cockpit.setText(panel.querySelector(".waiting"), say("当时没有"));
    }
  };

  /* Where there is little room the sources are shortened, never the time. */
  /** @param {HTMLElement} place @param {PanelWords} what */
  function foot(place, { waiting, sources, own, ts }) {
    const isReplay = cockpit.replay.isOn();
    const from = [isReplay ? cockpit.replay.word() : "", ts && !waiting ? cockpit.sourceWords(sources, own) : ""].filter(Boolean).join(" · ");
    // Beside the word that it is not live there is room for the minute.
    const when = isReplay ? cockpit.time.minute : cockpit.time.clock;
    if (!place.children.length) place.replaceChildren(cockpit.element("span", "from"), cockpit.element("span", "at"));
    cockpit.setText(place.querySelector(".from"), from);
    cockpit.setText(place.querySelector(".at"), ts && !waiting ? ` · ${when(ts)}` : "");
    place.title = from;
  }

  /* The word for what is no real reading or record: replayed, or invented; nothing for what is real, nor where what
     stands ``beside`` it says so already. */
  cockpit.unreal = function (source, beside = "") {
    if (!source) return "";
    const word = source === INVENTED ? say("演示") : say("回放");
    return beside.includes(word) ? "" : word;
  };

  /* Say behind a figure or a name that some of what it is made of is invented, or no longer. */
  cockpit.markInvented = function (place, isInvented) {
    const next = place.nextElementSibling;
    const known = next?.classList.contains("invented") ? next : null;
    if (!isInvented) known?.remove();
    else if (!known) place.after(element("span", "invented", say("演示")));
  };

  /* What is replayed, by the name of its recording; what is invented says only that. */
  cockpit.replayed = function (source) {
    if (source === INVENTED) return say("演示数据");
    names = names ?? /** @type {Record<string, string>} */ (JSON.parse(cockpit.root.dataset.sources ?? "{}"));
    return say("回放 · {source}", { source: names[source] ?? source });
  };
  /** @type {Record<string, string> | null} */
  let names = null;

  /* Where values come from, in words; sensors first. */
  cockpit.sourceWords = function (sources, own = say("传感器")) {
    const words = sources.map((source) => (source === null ? own : cockpit.replayed(source)));
    return words.join(say("，")) || own;
  };

  /* The sources of several records, each once. */
  cockpit.allSources = (records) => [...new Set(records.flatMap((one) => one.sources || []))].sort((a, b) => Number(a !== null) - Number(b !== null));

  /* The newest of the means of a group of metrics, to be named in a foot. */
  cockpit.newest = (metrics) => Math.max(0, ...Object.values(metrics).map((mean) => mean.ts)) || null;

  /* What a row says of a mean: {value, n, of, sources, ts, stale_at} of metric ``code``. A replayed one beside others
     says so, and one that is not of all says of how many. */
  cockpit.meanRow = function (code, mean, isMixed = false, area = null) {
    const metric = cockpit.metrics[code];
    const doubts = doubtful(code, area);
    const leftOut = doubts ? cockpit.sayN("{n} 个可疑值未计入", doubts) : "";
    if (!mean) return { text: "—", ...whyNone(code, area, leftOut) };
    const stale = mean.stale_at < cockpit.now();
    return {
      text: cockpit.number(mean.value, metric.precision),
      unit: metric.label,
      level: stale ? 0 : cockpit.level(code, mean.value),
      staleSince: stale ? mean.ts : null,
      note: [isMixed && mean.sources.length ? cockpit.unreal(mean.sources[0]) : "", !stale && mean.n < mean.of ? say("{of} 台中 {n} 台", { of: mean.of, n: mean.n }) : "", leftOut].filter(Boolean).join(" · "),
      title: say("{n} / {of} 台设备的均值 · {what}", { n: mean.n, of: mean.of, what: cockpit.sourceWords(mean.sources.length ? mean.sources : [null]) }),
    };
  };

  /** @param {string | null} area */
  const within = (area) => cockpit.devices().filter((one) => area === null || one.area === area);

  /* How many devices that speak say what is in doubt of a metric, and so is in no mean. */
  /** @param {string} code @param {string | null} area */
  const doubtful = (code, area) => cockpit.suspects().filter((one) => (area === null || one.area === area) && one.latest[code]?.[2] === "suspect").length;

  /* Why nothing is known of a metric, in a word, and since when: nobody measures it, who should is away, or what they say
     is in doubt. */
  /** @param {string} code @param {string | null} area @param {string} leftOut */
  function whyNone(code, area, leftOut) {
    const here = within(area);
    const said = here.filter((one) => code in one.latest);
    const ought = said.length ? said : here.filter((one) => one.kind === code.split("_")[0]);
    if (!ought.length) return { unit: say("无设备"), note: "" };
    if (leftOut) return { unit: say("存疑"), note: leftOut };
    const heard = Math.max(0, ...ought.map((one) => one.last_seen ?? 0));
    const since = heard ? say("自 {raised}", { raised: cockpit.time.short(heard) }) : say("从未上报");
    if (ought.every((one) => cockpit.statusOf(one) === "offline")) return { unit: say("离线"), note: since };
    if (ought.every((one) => ["stale", "offline"].includes(cockpit.statusOf(one)))) return { unit: say("迟滞"), note: since };
    return said.length ? { unit: say("存疑"), note: "" } : { unit: say("无数据"), note: since };
  }

  /* Draw a line of the last 24 h in the places of a key: points [[ms, value], ...]. */
  cockpit.drawSpark = function (key, points, low, high) {
    for (const place of cockpit.findAll(`[data-spark="${CSS.escape(key)}"]`)) cockpit.drawLine(place, points, low, high);
  };

  /* The same in an element; it breaks where hours are missing. */
  cockpit.drawLine = function (place, points, low, high) {
    const until = cockpit.now();
    /** @param {number} ms */
    const x = (ms) => (100 * (ms - (until - DAY_MS))) / DAY_MS;
    /** @param {number} value */
    const y = (value) => (high > low ? 22 - (20 * (value - low)) / (high - low) : 12);
    let path = "";
    /** @type {number | null} */
    let before = null;
    for (const [ms, value] of points) {
      if (ms < until - DAY_MS) continue;
      const joined = before !== null && ms - before <= HOUR_MS * 1.5;
      path += `${joined ? "L" : "M"}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
      before = ms;
    }
    if (place.dataset.path === path) return;
    place.dataset.path = path;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 100 24");
    svg.setAttribute("preserveAspectRatio", "none");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path || "M0 0");
    line.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(line);
    place.replaceChildren(svg);
  };

  /** @type {WeakMap<HTMLElement, () => void>} */
  const fitted = new WeakMap();

  /* Draw something now, and again whenever its place has another size. */
  cockpit.fit = function (place, draw) {
    const isNew = !fitted.has(place);
    fitted.set(place, draw);
    draw();
    if (isNew) new ResizeObserver(() => fitted.get(place)?.()).observe(place);
  };

  /* A drawing in pixels of a usual desk, which grows with the screen as letters do; ``draw`` is given how wide it may be. */
  cockpit.grown = function (place, draw) {
    const times = Math.max(1, cockpit.u() / USUAL_U);
    const svg = draw(place.clientWidth / times);
    const [width, height] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", String(width * times));
    svg.setAttribute("height", String(height * times));
    return svg;
  };

  /** @type {Record<string, Record<string, Line>>} */
  const trends = {};   // "metric" -> {area or "": [[ms, value], ...]}
  let asked = "";

  /* Read the lines of 24 h of some metrics once an hour; ``then`` is called when they are there. */
  cockpit.loadTrends = async function (metrics, then) {
    const wanted = metrics.join(",") + "@" + Math.floor(cockpit.now() / HOUR_MS);
    if (asked === wanted) {
      then();
      return;
    }
    asked = wanted;
    const query = [["hours", 24], ...metrics.map((code) => ["metric", code])];
    try {
      const answer = await cockpit.ask("areas/trend", query);
      for (const code of metrics) trends[code] = {};
      for (const line of answer.series) trends[line.metric][line.area || ""] = line.points;
      then();
    } catch (error) {
      asked = "";   // the next snapshot asks again
    }
  };

  cockpit.forgetTrends = () => (asked = "");

  /* The line of a metric, ending in its present mean. */
  cockpit.trend = function (code, area, mean) {
    const points = ((trends[code] || {})[area] || []).slice();
    if (mean) points.push([mean.ts, mean.value]);
    return points;
  };

  cockpit.extent = function (points) {
    const values = points.map((point) => point[1]);
    return [Math.min(...values), Math.max(...values)];
  };
})();
