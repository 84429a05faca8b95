/* What pages and walls have in common of the figures of the nine scenes: words of a figure, and its curve as a line. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const HIGH = 24;
  const scenes = (cockpit.sceneFigures = /** @type {SceneFigures} */ ({}));

  /* What keeps the theme in an address of another page of the scenes. */
  scenes.theme = () => (cockpit.root.dataset.theme === "light" ? "&theme=light" : "");

  /* A value with the digits of its indicator. */
  scenes.number = (one, value) => cockpit.number(value, one.digits);

  /* A figure's value, unit and period; where there is none, why. */
  scenes.value = function (one) {
    const place = element("p", "scene-value");
    const text = one.value === null ? "—" : scenes.number(one, one.value);
    const number = one.value === null || cockpit.root.dataset.page === "wall" ? element("span", "", text) : cockpit.toRows(text, one.page);
    number.classList.add("value");
    place.append(number);
    if (one.value === null) place.append(element("span", "unit", one.source_name));
    else if (one.unit) place.append(element("span", "unit", one.unit));
    return place;
  };

  /* How far a target is reached, in words; null where there is none. */
  scenes.target = function (one) {
    if (one.target === null) return null;
    const target = scenes.number(one, one.target) + (one.unit ? `\u2009${one.unit}` : "");
    if (one.value === null || one.share === null) return say("目标 {target}", { target });
    return say("目标 {target} · 达到 {share}\u2009%", { target, share: Math.round(one.share * 100) });
  };

  /* What of a figure's rows is not real: replayed, invented, or nothing. */
  scenes.unreal = (one) => [one.replayed ? say("含回放") : "", one.demo ? say("演示") : ""].filter(Boolean).join(" · ");

  /* Source and time, as the foot of a figure says them. */
  scenes.foot = function (one) {
    const source = [one.source_name, one.source_name.includes(say("演示")) ? "" : scenes.unreal(one)].filter(Boolean).join(" · ");
    const at = Date.parse(one.as_of);
    const when = one.kind === "entered" ? cockpit.time.local(at).slice(0, 10) : cockpit.time.full(at);
    return one.value === null ? say("截至 {when}", { when }) : say("{source} · 截至 {when}", { source, when });
  };

  /* A curve as a small line from nought; it breaks where nothing is known. Nothing where there are fewer than two points. */
  scenes.line = function (one) {
    const known = one.trend.filter((point) => point.value !== null);
    if (known.length < 2) return null;
    const values = known.map((point) => Number(point.value));
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const last = one.trend.length - 1;
    /** @param {number} place */
    const x = (place) => (last ? (100 * place) / last : 100).toFixed(1);
    /** @param {number} value */
    const y = (value) => (high > low ? HIGH - 2 - ((HIGH - 4) * (value - low)) / (high - low) : HIGH / 2).toFixed(1);
    let path = "";
    let isJoined = false;
    one.trend.forEach((point, place) => {
      if (point.value !== null) path += `${isJoined ? "L" : "M"}${x(place)} ${y(point.value)}`;
      isJoined = point.value !== null;
    });
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 100 ${HIGH}`);
    svg.setAttribute("preserveAspectRatio", "none");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path);
    line.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(line);
    const place = element("span", "scene-line");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", say("近 {n} 期：{values}", { n: one.trend.length, values: one.trend.map((point) => scenes.number(one, point.value)).join(" ") }));
    place.append(svg);
    return place;
  };

  /* What was said of a past year, told as such. */
  scenes.baseline = (one) => (one.baseline ? say("基线（当年情况，不是现值）：{words}", { words: one.baseline.words }) : null);
})();
