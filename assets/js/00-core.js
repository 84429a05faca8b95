/* The one name that the scripts share: state, time, and words for numbers. */
(function () {
  "use strict";

  const ZONE = "Asia/Shanghai";
  const cockpit = (window.cockpit = /** @type {Cockpit} */ ({
    state: {},      // layer -> key -> record, as the live channel says it
    layers: {},     // layer -> {render(changed), tick(), mapReady(map)}; changed: keys, or null for all
    pages: {},      // page -> {start(), render(layer, changed)}
    root: /** @type {any} */ (null),     // the page's root element, once it is laid out
    metrics: {},    // code -> row of metrics.toml
    at: null,       // a past time in epoch ms, on a page that shows one
  }));

  /* The language of the page, by the server's choice, and what our messages are in it: nothing for Chinese, in which
     they are written. A message is its own key, with places by name. */
  cockpit.language = document.documentElement.lang || "zh-CN";
  const words = window.cockpitWords || {};
  const forms = new Intl.PluralRules(cockpit.language);
  const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];   // in the order of gettext's forms
  const order = CATEGORIES.filter((one) => forms.resolvedOptions().pluralCategories.some((known) => known === one));
  /** @param {string} text @param {Record<string, any>} [places] */
  const filled = (text, places = {}) => text.replace(/\{(\w+)\}/g, (place, name) => (name in places ? String(places[name]) : place));
  /** @param {string} text */
  const plain = (text) => text.split("¦")[0] ?? "";   // behind it stands which of several meanings it has
  /** @type {Cockpit["say"]} */
  const say = (cockpit.say = (text, places) => filled(String(words[text] ?? plain(text)), places));

  /* The same with the form that a number asks for: "1 event", "3 events". */
  cockpit.sayN = function (text, n, places) {
    const known = words[text];
    const form = Array.isArray(known) ? known[order.indexOf(forms.select(n))] : undefined;
    return filled(form ?? plain(text), { n, ...places });
  };

  /* What the server says in both languages, name and name_en side by side, in that of the page, at any depth; what it
     was in Chinese stays as name_zh, for forms that change it. */
  cockpit.own = function (said) {
    if (cockpit.language === "zh-CN" || said === null || typeof said !== "object") return said;
    const mark = "_" + cockpit.language;
    const row = /** @type {Record<string, any>} */ (said);
    for (const [key, value] of Object.entries(row)) {
      cockpit.own(value);
      const name = key.slice(0, -mark.length);
      if (!key.endsWith(mark) || !value || row[name] === value) continue;
      row[name + "_zh"] = row[name];
      row[name] = value;
    }
    return said;
  };

  /* What is kept by keys that others chose: a device may be called "constructor", a metric "__proto__". */
  cockpit.keyed = (of) => Object.assign(Object.create(null), of);

  // Dash waits for a promise that stands in Plotly's place. The page's frame asks for Plotly before all else.
  const plotly = document.getElementById("plotly");
  if (plotly && !window.Plotly) window.Plotly = new Promise((resolve) => plotly.addEventListener("load", () => resolve()));

  /* Plotly as soon as it is there; null where the page has none yet. */
  cockpit.plotly = () => (window.Plotly && "react" in window.Plotly ? window.Plotly : null);

  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat(cockpit.language, { timeZone: ZONE, hourCycle: "h23", ...options });
  const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const minute = format({ hour: "2-digit", minute: "2-digit" });
  const day = format({ month: "2-digit", day: "2-digit", weekday: "short" });
  const date = format({ month: "2-digit", day: "2-digit" });

  /** @param {Intl.DateTimeFormat} formatter @param {number} ms @param {string[]} types */
  const datePart = (formatter, ms, types) =>
    formatter.formatToParts(ms).filter((part) => types.includes(part.type)).map((part) => part.value);

  /* An address of ours at the time that the page shows: who looks at the past stays there. */
  cockpit.link = (path) => path + cockpit.atQuery(path.includes("?") ? "&" : "?");

  /* What asks the server for the time that the page shows, after ``mark``: ? or &. */
  cockpit.atQuery = (mark) => (cockpit.at === null ? "" : `${mark}at=${cockpit.time.typed(cockpit.at)}`);

  /* JSON of the API of this community at the time that the page shows; throws where it is refused, with the reason. */
  cockpit.ask = async function (path, query) {
    const asked = new URLSearchParams(/** @type {Record<string, string>} */ (query));
    if (cockpit.at !== null) asked.set("at", new Date(cockpit.at).toISOString());
    const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/${path}?${asked}`);
    if (!answer.ok) throw Object.assign(new Error(cockpit.reason(answer)), { status: answer.status });
    return answer.body;
  };

  cockpit.time = {
    EAST_MS: 8 * 3600000,   // of Asia/Shanghai, which has had one offset since 1991
    // As forms and files write it, by the clock there: 2026-11-27T18:30:00.000, to be cut where it is fine enough.
    local: (ms) => new Date(ms + cockpit.time.EAST_MS).toISOString().slice(0, 23),
    // As an address of ours names it: 2026-11-27T18:30, and as much finer as it is.
    typed: (ms) => cockpit.time.local(ms).replace(/(:00)?\.000$/, ""),
    clock: (ms) => clock.format(ms),
    minute: (ms) => minute.format(ms),
    date: (ms) => datePart(date, ms, ["month", "day"]).join("-"),
    day: (ms) => datePart(day, ms, ["month", "day"]).join("-") + " " + datePart(day, ms, ["weekday"])[0],
    hour: (ms) => Number(datePart(minute, ms, ["hour"])[0]),
    isToday: (ms) => cockpit.time.date(ms) === cockpit.time.date(cockpit.now()),
    // Today a time of day is enough; another day is named.
    short: (ms) => (cockpit.time.isToday(ms) ? "" : cockpit.time.date(ms) + " ") + minute.format(ms),
    // Where there is room for one of them only.
    brief: (ms) => (cockpit.time.isToday(ms) ? minute.format(ms) : cockpit.time.date(ms)),
    full: (ms) => cockpit.time.date(ms) + " " + clock.format(ms),
  };

  /* A number with so many digits after the point; thousands stand apart by a narrow space. */
  cockpit.number = function (value, precision) {
    if (value === null || value === undefined) return "—";
    const text = Math.abs(value).toFixed(precision || 0);
    const [whole, part] = text.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const sign = value < 0 && Number(text) !== 0 ? "−" : "";
    return sign + grouped + (part ? "." + part : "");
  };

  /* A round number in words: 100 万, 1M. */
  const compact = new Intl.NumberFormat(cockpit.language, { notation: "compact" });
  const gap = cockpit.language === "zh-CN" ? " " : "";
  cockpit.compact = (value) => compact.formatToParts(value).map(({ type, value: part }) => (type === "compact" ? gap + part : part)).join("");

  /* What was measured, [[code, value], ...], in the order of the metrics. */
  cockpit.inOrder = function (measured) {
    const order = Object.keys(cockpit.metrics);
    /** @param {string} code */
    const rank = (code) => (order.includes(code) ? order.indexOf(code) : order.length);
    return Object.entries(measured).sort((a, b) => rank(a[0]) - rank(b[0]));
  };

  /* A reading with its metric's words: text, boolean or number with unit. */
  cockpit.reading = function (code, value) {
    const metric = cockpit.metrics[code];
    if (typeof value === "string") return value;
    if (typeof value === "boolean") return metric && metric.code === "smoke" ? (value ? say("报警") : say("正常")) : value ? say("是") : say("否");
    const text = cockpit.number(value, metric ? metric.precision : Number.isInteger(value) ? 0 : 2);
    return metric && metric.label ? text + "\u202f" + metric.label : text;
  };

  /* How many of the metric's limits a value has reached: 0 is normal, 3 is high. */
  cockpit.level = function (code, value) {
    const limits = (cockpit.metrics[code] || {}).levels || [];
    return value === null || value === undefined ? 0 : limits.filter((limit) => value >= limit).length;
  };

  cockpit.MARKS = ["", "●", "◆", "▲"];
  cockpit.LEVEL_WORDS = [say("正常"), say("低"), say("中"), say("高")];

  /** @param {string} selector @returns {any} of the tag that the selector names, or null */
  cockpit.find = (selector) => (cockpit.root ? cockpit.root.querySelector(selector) : null);
  cockpit.findAll = (selector) => (cockpit.root ? cockpit.root.querySelectorAll(selector) : []);

  /* An element that must be there; throws naming it where it is not. */
  cockpit.need = need;

  /** @param {string} selector @param {ParentNode} [place] @returns {any} of the tag that the selector names */
  function need(selector, place = cockpit.root) {
    const found = place.querySelector(selector);
    if (!(found instanceof HTMLElement)) throw new Error(`no ${selector} here`);
    return found;
  }

  /* Text is only ever set as text: nothing that came from outside becomes markup. */
  cockpit.setText = function (element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  };

  /* Say of one of several that it is the one that is shown, or that it is not. */
  cockpit.setCurrent = function (element, isCurrent, what = "true") {
    if (isCurrent) element.setAttribute("aria-current", what);
    else element.removeAttribute("aria-current");
  };

  cockpit.element = function (tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  /* A table: the words of its head, and rows of texts or elements. */
  cockpit.table = function (head, rows, className = "figures") {
    const made = cockpit.element("table", className);
    /** @param {(string | Node)[]} cells @param {"th" | "td"} tag */
    const line = (cells, tag) => {
      const row = cockpit.element("tr");
      for (const cell of cells) {
        const part = cockpit.element(tag);
        part.append(cell ?? "");
        row.append(part);
      }
      return row;
    };
    made.createTHead().append(line(head, "th"));
    made.createTBody().append(...rows.map((cells) => line(cells, "td")));
    return made;
  };

  /* What stands where there is no row: what would stand there, and what to do for it. */
  cockpit.nothing = function (what, next) {
    const made = cockpit.element("p", "nothing");
    made.append(cockpit.element("span", "what", what), " ", cockpit.element("span", "next", next));
    return made;
  };

  /* The same where the server told nothing: it refused, or could not be reached. */
  cockpit.untold = () => cockpit.nothing(cockpit.say("没有读到"), cockpit.say("没有权限或连接中断；刷新页面再试"));

  /* The same as a row of a table that has two columns and more. */
  cockpit.nothingRow = function (what, next) {
    const row = cockpit.element("tr");
    const cell = cockpit.element("td");
    cell.colSpan = 9;
    cell.append(cockpit.nothing(what, next));
    row.append(cell);
    return row;
  };

  /* One u in pixels: 1/108 of the wall's height; on a manager's page a fixed size (see css). */
  cockpit.u = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
})();
