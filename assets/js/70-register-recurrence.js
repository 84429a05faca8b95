/* When something recurs: chosen day by day and said in words; what is kept is an RRULE of RFC 5545. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const MOST_TIMES = 400;
  const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
  const NAMES = [say("周一"), say("周二"), say("周三"), say("周四"), say("周五"), say("周六"), say("周日")];
  /** @type {Record<string, string>} */
  const HOW = { "": say("不重复"), DAILY: say("每天"), WEEKLY: say("每周"), MONTHLY: say("每月同一天"), rule: say("其他规则") };

  /** @typedef {{how: string, days: string[], until: string, count: string}} Rule */

  /* The parts of a rule that can be chosen; null where it says more. */
  /** @param {string} text @returns {Rule | null} */
  function parsed(text) {
    const parts = new Map(text.toUpperCase().replace(/^RRULE:/, "").split(";").filter(Boolean).map((part) => /** @type {[string, string]} */ (part.split("=", 2))));
    const how = parts.get("FREQ") ?? "";
    const days = (parts.get("BYDAY") ?? "").split(",").filter(Boolean);
    const until = /^(\d{4})(\d\d)(\d\d)$/.exec(parts.get("UNTIL") ?? "");
    const isKnown = [...parts.keys()].every((name) => ["FREQ", "BYDAY", "UNTIL", "COUNT"].includes(name));
    const isWhole = Boolean(until) !== parts.has("COUNT") && (!days.length || how === "WEEKLY") && days.every((one) => DAYS.includes(one));
    if (!isKnown || !isWhole || !["DAILY", "WEEKLY", "MONTHLY"].includes(how)) return null;
    return { how, days, until: until ? until.slice(1).join("-") : "", count: parts.get("COUNT") ?? "" };
  }

  /** @param {Rule} rule */
  function written({ how, days, until, count }) {
    const by = how === "WEEKLY" && days.length ? `;BYDAY=${days.join(",")}` : "";
    return `FREQ=${how}${by};${until ? `UNTIL=${until.replaceAll("-", "")}` : `COUNT=${count}`}`;
  }

  registers.ruleSaid = function (text) {
    const rule = parsed(text);
    if (!rule) return text;
    const days = rule.days.map((one) => NAMES[DAYS.indexOf(one)]).join(say("、"));
    const often = rule.days.length ? say("每{days}", { days }) : HOW[rule.how];
    return rule.until ? say("{often}，到 {day} 为止", { often, day: rule.until }) : say("{often}，共 {count} 次", { often, count: rule.count });
  };

  registers.controls.recurrence = function (field, value) {
    const known = value ? parsed(value) : null;
    const group = element("fieldset", "field recurrence");
    const how = select(field.name, HOW, value ? known?.how ?? "rule" : "");
    const days = element("span", "days");
    const boxes = DAYS.map((code, place) => {
      const line = element("label", "tick");
      const box = element("input");
      Object.assign(box, { type: "checkbox", value: code, checked: known?.days.includes(code) ?? false });
      line.append(box, NAMES[place]);
      days.append(line);
      return box;
    });
    const ends = select(say("到何时为止"), { until: say("到某一天"), count: say("共几次") }, known?.count ? "count" : "until");
    const until = input({ type: "date", value: known?.until ?? "", required: true }, say("最后一天"));
    const count = input({ type: "number", value: known?.count ?? "", min: "1", max: String(MOST_TIMES), required: true }, say("次数"));
    const rule = input({ type: "text", value: value ?? "", maxLength: 200, required: true }, say("规则，如 FREQ=WEEKLY;BYDAY=MO,TH;COUNT=16"));
    const words = element("span", "second");
    words.setAttribute("aria-live", "polite");
    const read = () => {
      if (!how.value) return null;
      if (how.value === "rule") return rule.value.trim() || null;
      return written({
        how: how.value, days: boxes.filter((box) => box.checked).map((box) => box.value),
        until: ends.value === "until" ? until.value : "", count: count.value,
      });
    };
    const show = () => {
      const isChosen = how.value !== "" && how.value !== "rule";
      days.hidden = how.value !== "WEEKLY";
      // What is hidden holds no form up.
      for (const [one, isShown] of /** @type {[HTMLInputElement | HTMLSelectElement, boolean][]} */ ([[ends, isChosen], [until, isChosen && ends.value === "until"], [count, isChosen && ends.value === "count"], [rule, how.value === "rule"]])) {
        one.hidden = !isShown;
        one.disabled = !isShown;
      }
      const isWhole = isChosen && (ends.value === "until" ? until.value : count.value);
      const said = isWhole ? registers.ruleSaid(read() ?? "") : "";
      cockpit.setText(words, how.value === "WEEKLY" && !boxes.some((box) => box.checked) ? [said, say("不选星期几：与开始同一天")].filter(Boolean).join(say("；")) : said);
    };
    group.addEventListener("input", show);
    group.append(element("legend", "label", say("{name}（可不填）", { name: field.name })), how, days, ends, until, count, rule, words);
    show();
    return Object.assign(group, { read: () => ({ [field.code]: read() }) });
  };

  /** @param {string} name @param {Record<string, string>} options @param {string} value */
  function select(name, options, value) {
    const made = element("select");
    made.setAttribute("aria-label", name);
    made.append(...Object.entries(options).map(([code, words]) => new Option(words, code)));
    made.value = value;
    return made;
  }

  /** @param {Record<string, any>} given @param {string} name */
  function input(given, name) {
    const made = Object.assign(element("input"), given);
    made.setAttribute("aria-label", name);
    return made;
  }
})();
