/* The forecast of visitors: what the API says of each site, drawn as a band around a line, beside the baseline. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const LEAST_WIDE = 300;
  const HIGH = 260;
  const LINE = 17;   // what a letter needs from line to line
  const SIDES = { left: 56, right: 78, top: 12, bottom: 30 };
  const page = (cockpit.pages.forecast = /** @type {PageScript} */ ({}));
  /** @type {{minutes: number, models: Record<string, string>}} */
  let words;
  /** @type {number | undefined} */
  let timer;
  /** @type {Map<HTMLElement, Api.Forecast>} */
  const known = new Map();   // place -> what was told of it last

  page.start = function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    load();
    if (cockpit.at === null) setInterval(load, words.minutes * 60000);
    window.addEventListener("resize", () => {
      clearTimeout(timer);
      timer = setTimeout(() => known.forEach((told, place) => chart(place, told)), 200);
    });
  };

  async function load() {
    for (const place of cockpit.findAll("[data-forecast-site]")) {
      try {
        show(place, await cockpit.ask(`visitors/${place.dataset.forecastSite}/forecast`, {}));
      } catch (error) {
        cockpit.setText(place.querySelector("[data-forecast-model]"), error.message);
      }
    }
  }

  /** @param {HTMLElement} place @param {Api.Forecast} told */
  function show(place, told) {
    /** @param {string} what @param {string} text */
    const set = (what, text) => cockpit.setText(place.querySelector(`[data-forecast-${what}]`), text);
    set("model", `${told.day.name} · ${modelWords(told)}`);
    const warned = cockpit.warningWords(told);
    set("warning", warned);
    const tone = told.closing ? "crowd-closed" : told.warning ? `crowd-${told.warning.level}` : "second";
    cockpit.need("[data-forecast-warning]", place).className = `forecast-warning ${tone}`;
    const again = told.sources.some((one) => one !== null) ? "；回放的同样日子会重复出现，误差因此偏小" : "";
    set("source", `${cockpit.sourceWords(told.sources)}${again} · 有计数 ${told.days} 天 · 做于 ${cockpit.time.full(Date.parse(told.at))}`);
    known.set(place, told);
    chart(place, told);
    cockpit.need("[data-forecast-errors]", place).replaceChildren(...(told.errors ? errors(told.errors) : []));
  }

  /* As wide as its place, so that its letters are as large as those around it. */
  /** @param {HTMLElement} place @param {Api.Forecast} told */
  function chart(place, told) {
    const made = cockpit.need("[data-forecast-chart]", place);
    made.hidden = !told.points.length;
    made.replaceChildren(...(told.points.length ? [drawn(told, Math.max(LEAST_WIDE, made.clientWidth)), legend(told)] : []));
  }

  /** @param {Api.Forecast} told */
  function modelWords(told) {
    if (told.model === null) return `${told.reason_name}，不作预测（有计数 ${told.days} 天，需 ${told.least_days} 天）`;
    if (!told.is_baseline_better) return `采用${told.model_name}：留出日误差小于基线`;
    return told.model === "seasonal_naive" ? `采用${told.model_name}：留出日误差小于模型` : `基线更准，但缺上周数据，暂用${told.model_name}`;
  }

  /* When those inside may come to a level, or why that cannot be said. */
  cockpit.warningWords = function (told) {
    if (told.closing) {
      const words = cockpit.closedWords({ ...told.closing, since: Date.parse(told.closing.since) }, told.inside);
      return `${words.head} · ${words.more} · 关闭期间不作预警`;
    }
    if (!told.points.length) return "";
    if (told.capacity === null) return "承载量未配置，不作等级预警";
    const { warning } = told;
    if (!warning) return "未来 3 小时预计不会升级";
    const sure = warning.mean_ts ? `，预计 ${cockpit.time.minute(Date.parse(warning.mean_ts))} 到达` : "";
    return `${warning.mark} 最早 ${cockpit.time.minute(Date.parse(warning.ts))} 可能到${warning.name}（${warning.of_name}，${cockpit.number(warning.people)} 人）${sure}`;
  };

  /** @param {Api.Forecast} told @param {number} wide */
  function drawn(told, wide) {
    const right = wide - SIDES.right;
    const svg = node("svg", { viewBox: `0 0 ${wide} ${HIGH}`, width: wide, height: HIGH, role: "img", "aria-label": described(told) });
    const now = Date.parse(told.at);
    /** @param {{ ts: string }} one */
    const at = (one) => Date.parse(one.ts);
    const past = [...told.past.map((one) => [at(one), one.inside]), [now, told.inside]];
    const first = past[0][0];
    const last = at(told.points[told.points.length - 1]);
    const most = Math.max(...told.points.map((one) => one.high), ...told.baseline.map((one) => one.mean), ...past.map((one) => one[1]), 10);
    /** @param {number} ms */
    const x = (ms) => SIDES.left + ((right - SIDES.left) * (ms - first)) / (last - first);
    /** @param {number} people */
    const y = (people) => HIGH - SIDES.bottom - ((HIGH - SIDES.top - SIDES.bottom) * people) / (most * 1.05);
    /** @param {number[][]} points */
    const path = (points) => points.map(([ms, people], index) => `${index ? "L" : "M"}${x(ms).toFixed(1)} ${y(people).toFixed(1)}`).join("");
    const from = [now, told.inside];
    const upper = [from, ...told.points.map((one) => [at(one), one.high])];
    const lower = [from, ...told.points.map((one) => [at(one), one.low])].reverse();
    grid(svg, x, y, first, last, most, right);
    svg.append(node("path", { class: "interval", d: `${path(upper)}L${path(lower).slice(1)}Z` }));
    for (const level of told.levels.filter((one) => one.people <= most * 1.05)) {
      svg.append(node("path", { class: `limit crowd-${level.code}`, d: path([[first, level.people], [last, level.people]]) }));
    }
    if (told.model !== "seasonal_naive") svg.append(node("path", { class: "baseline", d: path(told.baseline.map((one) => [at(one), one.mean])) }));
    svg.append(node("path", { class: "past", d: path(past) }));
    svg.append(node("path", { class: "mean", d: path([from, ...told.points.map((one) => [at(one), one.mean])]) }));
    svg.append(node("circle", { class: "now", cx: x(now), cy: y(told.inside), r: 4 }));
    const end = told.points[told.points.length - 1];
    const beside = told.levels.filter((one) => one.people <= most * 1.05).map((one) => ({
      y: y(one.people), text: `${one.mark} ${cockpit.number(one.people)}`, name: `limit-name crowd-${one.code}`,
    }));
    beside.push({ y: y(end.mean), text: `${cockpit.number(end.mean)} 人`, name: "end" });
    for (const one of apart(beside)) svg.append(label(right + 6, one.y + 4, one.text, one.name));
    return svg;
  }

  /* Labels beside the chart, each moved as little as keeps them from lying over each other. */
  /** @template {{ y: number }} L @param {L[]} labels @returns {L[]} */
  function apart(labels) {
    const found = labels.sort((a, b) => a.y - b.y);
    for (let n = 1; n < found.length; n += 1) found[n].y = Math.max(found[n].y, found[n - 1].y + LINE);
    let lowest = HIGH - SIDES.bottom;
    for (const one of [...found].reverse()) {
      one.y = Math.min(one.y, lowest);
      lowest = one.y - LINE;
    }
    return found;
  }

  /** @param {SVGElement} svg @param {(ms: number) => number} x @param {(people: number) => number} y @param {number} first @param {number} last @param {number} most @param {number} right */
  function grid(svg, x, y, first, last, most, right) {
    const step = nice(most / 3);
    for (let people = 0; people <= most * 1.05; people += step) {
      svg.append(node("path", { class: "rule", d: `M${SIDES.left} ${y(people)}H${right}` }));
      svg.append(label(SIDES.left - 8, y(people) + 4, cockpit.number(people), "of-y"));
    }
    const every = x(first + 3600000) - x(first) < 48 ? 7200000 : 3600000;
    for (let ms = Math.ceil(first / every) * every; ms <= last; ms += every) {
      svg.append(label(x(ms), HIGH - 8, cockpit.time.minute(ms), "of-x"));
    }
  }

  /** @param {number} step */
  function nice(step) {
    const power = 10 ** Math.floor(Math.log10(Math.max(1, step)));
    return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= step) ?? 10 * power;
  }

  /** @param {string} tag @param {Record<string, string | number>} attributes */
  function node(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    return made;
  }

  /** @param {number} x @param {number} y @param {string} text @param {string} name */
  function label(x, y, text, name) {
    const made = node("text", { x, y, class: name });
    made.textContent = text;
    return made;
  }

  /** @param {Api.Forecast} told */
  function described(told) {
    const end = told.points[told.points.length - 1];
    return `现在 ${told.inside} 人，${cockpit.time.minute(Date.parse(end.ts))} 预计 ${end.mean} 人，${end.low} 至 ${end.high} 人`;
  }

  /** @param {Api.Forecast} told */
  function legend(told) {
    const made = element("p", "forecast-legend");
    const entries = [["past", "已计数"], ["mean", "预测"], ["interval", `${Math.round((told.errors ? told.errors.interval : 0.9) * 100)}% 区间`]];
    if (told.model !== "seasonal_naive") entries.push(["baseline", words.models.seasonal_naive]);
    made.append(...entries.map(([name, text]) => {
      const one = element("span", `key key-${name}`, text);
      return one;
    }));
    return made;
  }

  /** @param {Api.ForecastErrors} known */
  function errors(known) {
    /** @param {number} value */
    const share = (value) => `${Math.round(value * 100)}%`;
    const head = ["本场所留出日误差", "模型（人）", "基线（人）", "模型区间覆盖", "基线区间覆盖", "小时数"];
    const made = cockpit.table(head, known.horizons.map((row) => [
      `提前 ${row.hours} 小时`, cockpit.number(row.like_days.mae), cockpit.number(row.seasonal_naive.mae),
      share(row.like_days.coverage), share(row.seasonal_naive.coverage), cockpit.number(row.n),
    ]));
    const caption = element("p", "second", `${known.from} 至 ${known.to}，平均绝对误差；区间目标 ${share(known.interval)}`);
    return [caption, made];
  }
})();
