/* A device's past as a chart: a span or what is zoomed to, several metrics and devices, suspect readings beside the line. */
(function () {
  "use strict";

  /** @typedef {{device: string, metric: string}} Series */
  /** @typedef {Series & {every: number | null, points: number[][], suspect: number[][] | null}} Course */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const DAY_MS = 86400000;
  const SPANS = /** @type {Record<string, number>} */ ({ day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS, year: 366 * DAY_MS });
  const LEAST_MS = 600000;      // a view can be no shorter
  const GAP_MS = 61 * 60000;    // hourly history beside live readings is no gap
  const REST_MS = 250;          // so long a zoom must rest before it is asked for
  const MOST = 6;
  const ROOM = 0.08;            // of an axis, beyond its values
  const LISTED = 200;
  const USUAL = { letters: 14, u: 7.5, left: 64, right: 64, bottom: 52 };   // pixels on a usual desk
  const HUES = ["--low", "--hue-1", "--hue-2", "--hue-3", "--hue-5", "--hue-4"];

  /** @type {Series[]} */
  let chosen = [];
  /** @type {Course[]} */
  let courses = [];
  let span = "day";
  /** @type {[from: number, to: number] | null} */
  let view = null;   // null: the span, up to now
  /** @type {Set<string>} */
  const measured = new Set();
  let turn = 0;
  /** @type {number | undefined} */
  let timer;
  let isDrawn = false;

  const own = () => cockpit.root.dataset.device ?? "";
  const now = () => cockpit.at ?? cockpit.now();
  /** @returns {[number, number]} */
  const range = () => view ?? [now() - (SPANS[span] ?? DAY_MS), now()];
  /** @param {string} id */
  const record = (id) => cockpit.devices().find((one) => one.id === id);
  /** @param {string} code */
  const metricOf = (code) => (Object.hasOwn(cockpit.metrics, code) ? cockpit.metrics[code] : undefined);
  /** @param {string} code */
  const nameOf = (code) => metricOf(code)?.name ?? code;
  /** @param {string} code */
  const unitOf = (code) => metricOf(code)?.label ?? "";
  /** @param {Series} a @param {Series} b */
  const isSame = (a, b) => a.device === b.device && a.metric === b.metric;
  /** @param {string} token */
  const colour = (token) => getComputedStyle(cockpit.root).getPropertyValue(token).trim();

  cockpit.startChart = function () {
    const place = cockpit.need("#device-chart");
    for (const code of JSON.parse(place.dataset.measured ?? "[]")) measured.add(code);
    for (const button of cockpit.findAll("[data-span]")) button.addEventListener("click", () => spanChosen(button.dataset.span));
    tools();
    offer();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
    window.addEventListener("resize", () => draw());
    load();
  };

  /* What the device said last: a metric that is new is offered, the line grows by each reading. */
  cockpit.chartHeard = function (one) {
    const codes = Object.keys(one.latest);
    const gone = cockpit.at === null ? [...measured].filter((code) => !codes.includes(code)) : [];
    if (gone.length || codes.some((code) => !measured.has(code))) {
      for (const code of gone) measured.delete(code);
      for (const code of codes) measured.add(code);
      const before = chosen.length;
      chosen = chosen.filter(({ device, metric }) => device !== own() || measured.has(metric));
      offer();
      if (chosen.length !== before || courses.length !== chosen.length) load();
    }
    others();
    if (view === null && span === "day" && cockpit.at === null) grow();
  };

  function grow() {
    let isMore = false;
    for (const course of courses) {
      const newest = record(course.device)?.latest[course.metric];
      if (!newest || course.every !== null || typeof newest[1] === "string") continue;
      const list = newest[2] === "suspect" ? course.suspect ?? [] : course.points;
      if (newest[0] <= (list.at(-1)?.[0] ?? 0)) continue;
      list.push([newest[0], Number(newest[1])]);
      isMore = true;
    }
    if (isMore) draw();
  }

  /* --- what is chosen --- */

  function offer() {
    const place = cockpit.need("[data-series]");
    const codes = cockpit.inOrder(Object.fromEntries([...measured].map((code) => [code, null]))).map(([code]) => code);
    if (!chosen.length && codes.length) chosen = [{ device: own(), metric: codes[0] }];
    const buttons = codes.map((code) => {
      const button = element("button", "tap", nameOf(code));
      button.type = "button";
      button.dataset.seriesMetric = code;
      button.setAttribute("aria-pressed", String(chosen.some((one) => isSame(one, { device: own(), metric: code }))));
      button.addEventListener("click", () => toggle({ device: own(), metric: code }));
      return button;
    });
    place.replaceChildren(...buttons);
    others();
  }

  /** @param {Series} one */
  function toggle(one) {
    const without = chosen.filter((other) => !isSame(other, one));
    if (without.length === chosen.length) {
      const units = new Set([...chosen, one].map(({ metric }) => unitOf(metric)));
      if (units.size > 2) return note(say("▲ 一张图最多两种单位，先去掉一项"));
      if (chosen.length === MOST) return note(say("▲ 一张图最多 {most} 条线", { most: MOST }));
      without.push(one);
    }
    if (!without.length) return;
    chosen = without;
    offer();
    load();
  }

  /** @param {string | undefined} code */
  function spanChosen(code) {
    span = code ?? "day";
    view = null;
    for (const button of cockpit.findAll("[data-span]")) button.setAttribute("aria-pressed", String(button.dataset.span === span));
    load();
  }

  function tools() {
    /** @type {[string, string, () => void][]} */
    const acts = [
      ["+", say("放大"), () => zoom(0.5)], ["−", say("缩小"), () => zoom(2)],
      ["◀", say("更早"), () => pan(-0.5)], ["▶", say("更晚"), () => pan(0.5)],
    ];
    const buttons = acts.map(([sign, name, act]) => {
      const button = element("button", "quiet tap", sign);
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.title = name;
      button.addEventListener("click", act);
      return button;
    });
    const csv = element("button", "quiet", say("导出所见 CSV"));
    csv.type = "button";
    csv.dataset.csv = "";
    csv.addEventListener("click", save);
    const other = element("select");
    other.dataset.compare = "";
    other.addEventListener("change", () => {
      if (other.value && chosen[0]) toggle({ device: other.value, metric: chosen[0].metric });
      other.value = "";
    });
    const label = element("label", "");
    label.append(say("对比设备 "), other);
    const chips = element("span", "chips");
    chips.dataset.compared = "";
    cockpit.need("[data-chart-tools]").append(...buttons, label, chips, csv);
  }

  /* Other devices that measure what is chosen first. */
  function others() {
    const select = /** @type {HTMLSelectElement | null} */ (cockpit.find("[data-compare]"));
    if (!select) return;
    const metric = chosen[0]?.metric;
    const found = cockpit.devices().filter((one) => one.id !== own() && metric !== undefined && Object.hasOwn(one.latest, metric)).slice(0, LISTED);
    const now = found.map(({ id, name }) => `${id} ${name}`).join("\n");
    // A list that somebody has open stays what it is.
    if (select.dataset.listed !== now) select.replaceChildren(new Option(found.length ? say("选择…") : say("没有同测项的设备"), ""), ...found.map((one) => new Option(one.name, one.id)));
    select.dataset.listed = now;
    const chips = chosen.filter(({ device }) => device !== own()).map((one) => {
      const name = record(one.device)?.name ?? one.device;
      const button = element("button", "quiet", `${name} ×`);
      button.type = "button";
      button.setAttribute("aria-label", say("不再对比 {name}", { name }));
      button.addEventListener("click", () => toggle(one));
      return button;
    });
    cockpit.need("[data-compared]").replaceChildren(...chips);
  }

  /* --- where one looks --- */

  /** @param {number} times */
  function zoom(times) {
    const [from, to] = range();
    const half = Math.max(LEAST_MS, Math.min(SPANS.year ?? DAY_MS, (to - from) * times)) / 2;
    look((from + to) / 2 - half, (from + to) / 2 + half);
  }

  /** @param {number} share */
  function pan(share) {
    const [from, to] = range();
    look(from + (to - from) * share, to + (to - from) * share);
  }

  /** @param {number} from @param {number} to */
  function look(from, to) {
    const over = Math.max(0, to - now());
    view = [from - over, to - over];
    clearTimeout(timer);
    timer = setTimeout(load, REST_MS);
    draw();
  }

  async function load() {
    const mine = (turn += 1);
    const [from, to] = range();
    const asked = [...chosen];
    const found = await Promise.all(asked.map((one) => ask(one, from, to)));
    if (mine !== turn) return;
    courses = found.filter((one) => one !== null);
    draw();
    const doubtful = courses.reduce((sum, one) => sum + (one.suspect?.length ?? 0), 0);
    const steps = courses.some(({ every }) => every !== null);
    const words = [];
    if (steps) words.push(say("线为均值，淡色为最小至最大"));
    if (doubtful) words.push(say("? 存疑 {n} 条，不连线、不计入均值", { n: doubtful }));
    if (courses.some(({ suspect }) => suspect === null)) words.push(say("存疑的读数在 32 天以内才标出"));
    note(words.join(say("；")));
  }

  /** @param {Series} one @param {number} from @param {number} to @returns {Promise<Course | null>} */
  async function ask(one, from, to) {
    const query = { metric: one.metric, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    try {
      return { ...one, ...(await cockpit.ask(`devices/${encodeURIComponent(one.device)}/course`, query)) };
    } catch (error) {
      note("▲ " + error.message);
      return null;
    }
  }

  /** @param {string} text */
  const note = (text) => cockpit.setText(cockpit.find("[data-chart-note]"), text);

  /* --- how it is drawn --- */

  async function draw() {
    const place = /** @type {Graph} */ (cockpit.need("[data-plot]"));
    if (!chosen.length) return cockpit.setText(place, cockpit.state.devices ? say("还没有读数") : say("正在读取…"));
    await window.Plotly;
    const plotly = cockpit.plotly();
    if (!plotly) return;
    if (!isDrawn) place.replaceChildren();
    const units = [...new Set(courses.map(({ metric }) => unitOf(metric)))];
    plotly.react(place, courses.flatMap((one, index) => traces(one, index, units.indexOf(unitOf(one.metric)))), layout(units), { displayModeBar: false, responsive: true, doubleClick: false });
    if (isDrawn) return;
    isDrawn = true;
    place.on("plotly_relayout", (changed) => {
      const [low, high] = [changed["xaxis.range[0]"], changed["xaxis.range[1]"]];
      if (typeof low === "string" && typeof high === "string") look(ms(low), ms(high));
    });
    place.on("plotly_doubleclick", () => spanChosen(span));
  }

  /** @param {string} local */
  const ms = (local) => Date.parse(`${local.replace(" ", "T").slice(0, 23)}+08:00`);

  /** @param {Course} one @param {number} index @param {number} axis */
  function traces(one, index, axis) {
    const hue = colour(HUES[index % HUES.length]);
    const name = one.device === own() ? nameOf(one.metric) : `${record(one.device)?.name ?? one.device} ${nameOf(one.metric)}`;
    const longest = one.every === null ? Math.max(record(one.device)?.silence ?? 0, GAP_MS) : one.every * 1500;
    const points = broken(one.points, longest);
    const x = points.map(([at]) => (at === undefined ? null : cockpit.time.local(at)));
    /** @param {number} place */
    const column = (place) => points.map((point) => point[place] ?? null);
    const common = { x, name: cut(name), yaxis: axis > 0 ? "y2" : "y", connectgaps: false };
    const line = { color: hue, width: 1.5, shape: "hv" };
    const hover = one.every === null ? "%{x|%m-%d %H:%M:%S}  %{y}" : say("%{x|%m-%d %H:%M}  均值 %{y:.4~g}，%{customdata[0]:.4~g} 至 %{customdata[1]:.4~g}");
    const mean = { ...common, y: column(1), mode: points.length < 200 ? "lines+markers" : "lines", marker: { size: 4, color: hue }, line, hovertemplate: `${hover}<extra>${cut(name)}</extra>`, customdata: points.map(([, , low, high]) => [low, high]) };
    const band = { ...common, mode: "lines", hoverinfo: "skip", showlegend: false, line: { shape: "hv", width: 0, color: hue } };
    const doubtful = one.suspect ?? [];
    const [low, high] = bounds(unitOf(one.metric)) ?? [-Infinity, Infinity];
    const marked = {
      x: doubtful.map(([at]) => cockpit.time.local(at ?? 0)), y: doubtful.map(([, value]) => Math.min(high, Math.max(low, value ?? 0))),
      customdata: doubtful.map(([, value]) => value), yaxis: common.yaxis, mode: "markers", name: say("? 存疑"), showlegend: false, cliponaxis: false,
      marker: { symbol: doubtful.map(([, value = 0]) => (value > high ? "triangle-up" : value < low ? "triangle-down" : "x-thin-open")), size: 9, color: colour("--middle"), line: { width: 2, color: colour("--middle") } },
      hovertemplate: `%{x|%m-%d %H:%M:%S}  %{customdata}<extra>${say("? 存疑")}</extra>`,
    };
    const lines = one.every === null ? [mean] : [{ ...band, y: column(3) }, { ...band, y: column(2), fill: "tonexty", fillcolor: faint(hue) }, mean];
    return doubtful.length ? [...lines, marked] : lines;
  }

  /* From where to where an axis goes: as far as what is beyond doubt; what is beyond that stands at the edge. */
  /** @param {string | undefined} unit @returns {[number, number] | null} */
  function bounds(unit) {
    const values = courses.filter(({ metric }) => unitOf(metric) === unit).flatMap(({ points }) => points.flatMap(([, value = 0, low = value, high = value]) => [low, high]));
    if (!values.length) return null;
    const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
    const room = (high - low || Math.abs(high) || 1) * ROOM;
    return [low - room, high + room];
  }

  /* Plotly reads tags and entities in names. */
  /** @param {string} text */
  const cut = (text) => text.replace(/[<>&%]/g, " ");

  /* Points with a gap where readings are missing. */
  /** @param {number[][]} points @param {number} longest @returns {number[][]} */
  function broken(points, longest) {
    /** @type {number[][]} */
    const found = [];
    for (const point of points) {
      const before = found.at(-1)?.[0];
      if (before !== undefined && (point[0] ?? 0) - before > longest) found.push([]);
      found.push(point);
    }
    return found;
  }

  /** @param {string} hue */
  function faint(hue) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hue.slice(at, at + 2), 16));
    return `rgba(${red},${green},${blue},0.2)`;
  }

  /** @param {string[]} units */
  function layout(units) {
    const times = Math.max(1, cockpit.u() / USUAL.u);
    const line = colour("--line");
    const axis = { gridcolor: line, zeroline: false, linecolor: line };
    /** @param {number} place */
    const title = (place) => {
      const names = [...new Set(courses.filter(({ metric }) => unitOf(metric) === units[place]).map(({ metric }) => nameOf(metric)))];
      return { text: cut(names.join(say("、")) + (units[place] ? say("（{unit}）", { unit: units[place] }) : "")) };
    };
    /** @param {number} place */
    const ranged = (place) => {
      const found = bounds(units[place]);
      return found ? { range: found } : {};
    };
    const [from, to] = range();
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--second"), size: USUAL.letters * times, family: getComputedStyle(cockpit.root).fontFamily },
      margin: { l: USUAL.left * times, r: (units.length > 1 ? USUAL.right : 16) * times, t: 12, b: USUAL.bottom * times },
      showlegend: courses.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: { ...axis, type: "date", range: [cockpit.time.local(from), cockpit.time.local(to)], tickformat: ticks(to - from), ticklen: 10, tickcolor: "rgba(0,0,0,0)" },
      yaxis: { ...axis, title: title(0), fixedrange: true, ...ranged(0) },
      ...(units.length > 1 ? { yaxis2: { ...axis, title: title(1), overlaying: "y", side: "right", fixedrange: true, showgrid: false, ...ranged(1) } } : {}),
    };
  }

  /** @param {number} wide */
  const ticks = (wide) => (wide <= 8 * DAY_MS ? "%H:%M\n%m-%d" : wide <= 62 * DAY_MS ? "%m-%d" : "%Y-%m-%d");

  /* --- what is seen, as a file --- */

  function save() {
    const [from, to] = range();
    const head = [say("设备编号"), say("设备"), say("测量项"), say("单位"), say("时间"), say("值或均值"), say("最小"), say("最大"), say("个数"), say("质量")];
    const rows = courses.flatMap((one) => {
      const about = [one.device, record(one.device)?.name ?? one.device, nameOf(one.metric), unitOf(one.metric)];
      const seen = [...one.points.map((point) => ({ point, quality: "good" })), ...(one.suspect ?? []).map((point) => ({ point, quality: "suspect" }))];
      return seen.filter(({ point }) => (point[0] ?? 0) >= from && (point[0] ?? 0) <= to).sort((a, b) => (a.point[0] ?? 0) - (b.point[0] ?? 0))
        .map(({ point: [at, value, low = "", high = "", count = ""], quality }) => [...about, `${cockpit.time.local(at ?? 0)}+08:00`, value, low, high, count, quality]);
    });
    const text = [head, ...rows].map((row) => row.map(field).join(",")).join("\r\n");
    const link = element("a");
    // A spreadsheet takes it for UTF-8 by the mark at its beginning.
    link.href = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }));
    link.download = `${own()}-${cockpit.time.local(from).slice(0, 10)}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /* What a spreadsheet would take for a formula stays text. */
  /** @param {unknown} value */
  function field(value) {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
})();
