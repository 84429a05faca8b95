/* The chart of an alarm: what the device said around it, the limit that it crossed, when it was raised and returned. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const HOUR_MS = 3600000;
  const BEFORE_MS = 2 * HOUR_MS;
  const AFTER_MS = HOUR_MS;
  const LONGEST_MS = 24 * HOUR_MS;
  const MOST = 1000;
  const HEIGHT = 200;
  const MARGIN = { left: 56, right: 12, top: 14, bottom: 26 };

  /* From two hours before it to an hour after its end; at most a day, the beginning counts. */
  /** @param {Live.Alarm} one */
  function span(one) {
    const end = one.returned === null ? cockpit.now() : one.returned + AFTER_MS;
    const from = one.raised - BEFORE_MS;
    return [from, Math.min(cockpit.now(), end, from + LONGEST_MS)];
  }

  alarms.drawChart = async function (figure, one) {
    const [from, to] = span(one);
    const query = new URLSearchParams({ metric: one.metric ?? "", from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: String(MOST) });
    const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/devices/${one.device}/readings?${query}`);
    if (!figure.isConnected) return;
    if (!answer.ok) return void figure.replaceChildren(element("figcaption", "second", cockpit.reason(answer)));
    const readings = answer.body.readings.map((/** @type {{ts: string, value: Live.Value}} */ { ts, value }) => [Date.parse(ts), Number(value)]).filter((/** @type {[ms: number, value: number]} */ [, value]) => Number.isFinite(value)).reverse();
    const metric = cockpit.metrics[one.metric ?? ""];
    const unit = metric.label ? say("（{label}）", { label: metric.label }) : "";
    const caption = element("figcaption", "second", readings.length ? `${metric.name}${unit} · ${alarms.subject(one)}` : say("这段时间没有读数"));
    cockpit.fit(figure, () => figure.replaceChildren(caption, ...(readings.length ? [cockpit.grown(figure, (wide) => drawn(wide, one, readings, from, to))] : [])));
  };

  /** @param {string} name @param {Record<string, string | number>} attributes @param {string} [words] */
  function part(name, attributes, words) {
    const made = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
    if (words !== undefined) made.textContent = words;
    return made;
  }

  /** @param {number} wide @param {Live.Alarm} one @param {[ms: number, value: number][]} readings @param {number} from @param {number} to */
  function drawn(wide, one, readings, from, to) {
    const width = Math.max(260, wide);
    const isBool = cockpit.metrics[one.metric ?? ""].kind === "bool";
    const limit = isBool ? null : one.threshold;
    const values = [...readings.map(([, value]) => value), ...(limit === null ? [] : [limit])];
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (low === high) [low, high] = [low - 1, high + 1];
    /** @param {number} ms */
    const x = (ms) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * (ms - from)) / (to - from);
    /** @param {number} value */
    const y = (value) => HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * (value - low)) / (high - low);
    const svg = part("svg", { width, height: HEIGHT, role: "img", "aria-label": say("{what}：{one}", { what: cockpit.metrics[one.metric ?? ""].name, one: alarms.said(one) }) });
    for (const value of [low, high]) {
      svg.append(part("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }));
      const words = isBool ? cockpit.reading(one.metric ?? "", value >= 0.5) : cockpit.number(value, cockpit.metrics[one.metric ?? ""].precision);
      svg.append(part("text", { x: MARGIN.left - 8, y: y(value) + 5, "text-anchor": "end" }, words));
    }
    /** @type {[ms: number, anchor: string][]} */
    const ends = [[from, "start"], [to, "end"]];
    for (const [ms, anchor] of ends) {
      svg.append(part("text", { x: x(ms), y: HEIGHT - 6, "text-anchor": anchor }, cockpit.time.short(ms)));
    }
    // A step holds until the next reading; it breaks where none came for long.
    let path = "";
    readings.forEach(([ms, value], index) => {
      const before = index ? readings[index - 1][0] : null;
      path += before === null || ms - before > HOUR_MS * 1.02 ? `M${x(ms)} ${y(value)}` : `H${x(ms)}V${y(value)}`;
    });
    svg.append(part("path", { class: "line", d: path }));
    for (const [ms, value] of readings.length > 150 ? [] : readings) svg.append(part("circle", { class: "dot", cx: x(ms), cy: y(value), r: 2 }));
    if (limit !== null) {
      svg.append(part("line", { class: "limit", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(limit), y2: y(limit) }));
      svg.append(part("text", { class: "limit-word", x: MARGIN.left + 4, y: y(limit) - 5 }, say("限值")));
    }
    /** @type {[ms: number | null, word: string][]} */
    const moments = [[one.raised, say("触发")], [one.returned, say("恢复")]];
    for (const [ms, word] of moments) {
      if (ms === null || ms < from || ms > to) continue;
      svg.append(part("line", { class: "moment", x1: x(ms), x2: x(ms), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
      const isRight = x(ms) > width - 60;
      svg.append(part("text", { x: x(ms) + (isRight ? -4 : 4), y: MARGIN.top + 10, "text-anchor": isRight ? "end" : "start" }, word));
    }
    return svg;
  }
})();
