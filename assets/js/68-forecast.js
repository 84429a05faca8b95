/* The forecast of visitors: what the API says of each site, drawn as a band around a line, beside the baseline. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const SVG = "http://www.w3.org/2000/svg";
  const LEAST_WIDE = 300;
  const HIGH = 260;
  const LINE = 17;   // what a letter needs from line to line
  const WORDS_ROOM = 190;   // px that the words of the count's beginning need
  const SIDES = { left: 56, right: 78, top: 12, bottom: 30 };
  const page = (cockpit.pages.forecast = /** @type {PageScript} */ ({}));
  /** @type {{minutes: number, models: Record<string, string>}} */
  let words;

  page.start = function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    load();
    if (cockpit.at === null) setInterval(load, words.minutes * 60000);
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
    const again = told.sources.some((one) => one !== null) ? say("；回放的同样日子会重复出现，误差因此偏小") : "";
    set("source", say("{sources}{again} · 有计数 {days} 天 · 做于 {at}", { sources: cockpit.sourceWords(told.sources), again, days: told.days, at: cockpit.time.full(Date.parse(told.at)) }));
    cockpit.fit(cockpit.need("[data-forecast-chart]", place), () => chart(place, told));
    cockpit.need("[data-forecast-errors]", place).replaceChildren(...(told.errors ? errors(told.errors) : []));
  }

  /* As wide as its place, so that its letters are as large as those around it. */
  /** @param {HTMLElement} place @param {Api.Forecast} told */
  function chart(place, told) {
    const made = cockpit.need("[data-forecast-chart]", place);
    made.hidden = !told.points.length;
    made.replaceChildren(...(told.points.length ? [cockpit.grown(made, (wide) => drawn(told, Math.max(LEAST_WIDE, wide))), legend(told)] : []));
  }

  /** @param {Api.Forecast} told */
  function modelWords(told) {
    if (told.reason === "closed") return say("{reasonName}，不作预测", { reasonName: told.reason_name });
    if (told.model === null) return say("{reasonName}，不作预测（有计数 {days} 天，需 {leastDays} 天）", { reasonName: told.reason_name, days: told.days, leastDays: told.least_days });
    if (!told.is_baseline_better) return say("采用{modelName}：留出日误差小于基线", { modelName: told.model_name });
    return told.model === "seasonal_naive" ? say("采用{modelName}：留出日误差小于模型", { modelName: told.model_name }) : say("基线更准，但缺上周数据，暂用{modelName}", { modelName: told.model_name });
  }

  /* When those inside may come to a level, or why that cannot be said. */
  cockpit.warningWords = function (told) {
    if (told.closing) {
      const words = cockpit.closedWords({ ...told.closing, since: Date.parse(told.closing.since) }, told.inside);
      return say("{head} · {more} · 关闭期间不作预警", { head: words.head, more: words.more });
    }
    if (!told.points.length) return "";
    if (told.capacity === null) return say("承载量未配置，不作等级预警");
    const { warning } = told;
    if (!warning) return say("未来 3 小时预计不会升级");
    const sure = warning.mean_ts ? say("，预计 {meanTs} 到达", { meanTs: cockpit.time.minute(Date.parse(warning.mean_ts)) }) : "";
    return say("{mark} 最早 {ts} 可能到{name}（{ofName}，{people} 人）{sure}", { mark: warning.mark, ts: cockpit.time.minute(Date.parse(warning.ts)), name: warning.name, ofName: warning.of_name, people: cockpit.number(warning.people), sure });
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
    const reset = told.reset === null ? Infinity : Date.parse(told.reset);
    /* What leads up to the reset and what begins at it; at the very moment of it those inside have begun anew. */
    /** @param {number[][]} points */
    const parted = (points) => {
      /** @param {number[]} one */
      const isBefore = ([ms]) => ms < reset || (ms === reset && ms !== now);
      const after = points.filter((one) => !isBefore(one));
      const before = points.filter(isBefore);
      return [before, before.length && after.length ? [[reset, 0], ...after] : after].filter((part) => part.length);
    };
    /** @param {number[][]} points */
    const line = (points) => parted(points).map(path).join("");
    /** @param {number[][]} points */
    const path = (points) => points.map(([ms, people], index) => `${index ? "L" : "M"}${x(ms).toFixed(1)} ${y(people).toFixed(1)}`).join("");
    const from = [now, told.inside];
    const upper = [from, ...told.points.map((one) => [at(one), one.high])];
    const lower = parted([from, ...told.points.map((one) => [at(one), one.low])]);
    grid(svg, x, y, first, last, most, right);
    const band = parted(upper).map((part, index) => `${path(part)}L${path([...lower[index]].reverse()).slice(1)}Z`);
    svg.append(node("path", { class: "interval", d: band.join("") }));
    if (reset < last) {
      svg.append(node("path", { class: "reset", d: `M${x(reset).toFixed(1)} ${SIDES.top}V${HIGH - SIDES.bottom}` }));
      const isLeft = x(reset) < (SIDES.left + right) / 2;
      const room = isLeft ? right - x(reset) : x(reset) - SIDES.left;
      const ts = cockpit.time.minute(reset);
      const words = room < WORDS_ROOM ? `↺ ${ts}` : say("{ts} 起重新计数", { ts });
      svg.append(label(x(reset) + (isLeft ? 6 : -6), SIDES.top + 12, words, isLeft ? "of-reset" : "of-reset is-left"));
    }
    for (const level of told.levels.filter((one) => one.people <= most * 1.05)) {
      svg.append(node("path", { class: `limit crowd-${level.code}`, d: path([[first, level.people], [last, level.people]]) }));
    }
    if (told.model !== "seasonal_naive") svg.append(node("path", { class: "baseline", d: line(told.baseline.map((one) => [at(one), one.mean])) }));
    svg.append(node("path", { class: "past", d: line(past) }));
    svg.append(node("path", { class: "mean", d: line([from, ...told.points.map((one) => [at(one), one.mean])]) }));
    svg.append(node("circle", { class: "now", cx: x(now), cy: y(told.inside), r: 4 }));
    const end = told.points[told.points.length - 1];
    const beside = told.levels.filter((one) => one.people <= most * 1.05).map((one) => ({
      y: y(one.people), text: `${one.mark} ${cockpit.number(one.people)}`, name: `limit-name crowd-${one.code}`,
    }));
    beside.push({ y: y(end.mean), text: say("{mean} 人", { mean: cockpit.number(end.mean) }), name: "end" });
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
    return say("现在 {inside} 人，{ts} 预计 {mean} 人，{low} 至 {high} 人", { inside: told.inside, ts: cockpit.time.minute(Date.parse(end.ts)), mean: end.mean, low: end.low, high: end.high });
  }

  /** @param {Api.Forecast} told */
  function legend(told) {
    const made = element("p", "forecast-legend");
    const entries = [["past", say("已计数")], ["mean", say("预测")], ["interval", say("{what}% 区间", { what: Math.round((told.errors ? told.errors.interval : 0.9) * 100) })]];
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
    const head = [cockpit.helped(say("本场所留出日误差"), "forecast.errors"), say("模型（人）"), say("基线（人）"), say("模型区间覆盖"), say("基线区间覆盖"), say("小时数")];
    const made = cockpit.table(head, known.horizons.map((row) => [
      say("提前 {hours} 小时", { hours: row.hours }), cockpit.number(row.like_days.mae), cockpit.number(row.seasonal_naive.mae),
      share(row.like_days.coverage), share(row.seasonal_naive.coverage), cockpit.number(row.n),
    ]));
    const caption = element("p", "second", say("{from} 至 {to}，平均绝对误差；区间目标 {interval}", { from: known.from, to: known.to, interval: share(known.interval) }));
    return [caption, made];
  }
})();
