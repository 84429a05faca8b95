/* The form of a rule: every field with plain words and its unit; what is wrong stands beside the field that it is in. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const SHANGHAI_DAYS = [say("一"), say("二"), say("三"), say("四"), say("五"), say("六"), say("日")];
  const AMOUNTS = ["rate", "count"];

  const choices = () => JSON.parse(cockpit.need("[data-choices]").dataset.choices);

  /** @param {string} name @param {string} label @param {HTMLInputElement | HTMLSelectElement} input @param {string} hint */
  function field(name, label, input, hint = "") {
    const made = element("label", "field");
    input.name = name;
    made.dataset.field = name;
    const fault = element("span", "fault");
    fault.setAttribute("role", "alert");
    made.append(element("span", "label", label), input, element("span", "hint", hint), fault);
    return made;
  }

  /** @param {HTMLElement} made */
  function long(made) {
    made.classList.add("is-long");
    return made;
  }

  /** @param {string} name @param {string} label @param {string | undefined} value @param {object} more @param {string} hint */
  const textual = (name, label, value, more = {}, hint = "") => field(name, label, Object.assign(element("input"), { value: value || "", maxLength: 120, ...more }), hint);
  /** @param {string} name @param {string} label @param {number | undefined} value @param {string} hint */
  const numeric = (name, label, value, hint = "") => field(name, label, Object.assign(element("input"), { type: "number", step: "any", value: value ?? 0 }), hint);

  /** @param {string} name @param {string} label @param {Record<string, string>} options @param {string | null | undefined} value @param {string | null} none */
  function listed(name, label, options, value, none = null) {
    const select = element("select");
    if (none !== null) select.append(new Option(none, ""));
    for (const [code, words] of Object.entries(options)) select.append(new Option(words, code));
    select.value = value ?? "";
    return field(name, label, select);
  }

  /** @param {string} name @param {string} label @param {boolean} value */
  function ticked(name, label, value) {
    const made = field(name, label, Object.assign(element("input"), { type: "checkbox" }));
    cockpit.need("input", made).checked = value;
    return made;
  }

  /** @param {Record<string, { name: string }>} table */
  const names = (table) => Object.fromEntries(Object.entries(table).map(([code, { name }]) => [code, name]));

  function metricsOf() {
    const known = Object.fromEntries(Object.entries(cockpit.metrics).map(([code, one]) => [code, one.label ? say("{name}（{label}）", { name: one.name, label: one.label }) : one.name]));
    return { ...known, ...names(alarms.words().derived) };
  }

  /** @param {string} title @param {...Node} fields */
  function group(title, ...fields) {
    const made = element("fieldset");
    made.append(element("legend", "", title), ...fields);
    return made;
  }

  /* The fields of a rule, in the order in which one thinks of them; {box, read, faults, watch}. */
  alarms.ruleFields = function (rule, isNew) {
    const { kinds, areas, sites, categories } = choices();
    const { ops, causes, priorities } = alarms.words();
    const box = element("div", "rule-form");
    const of = [
      group(say("名称"),
        textual("name", say("名称（中文）"), rule.name_zh ?? rule.name, { required: true }), textual("name_en", say("名称（英文）"), rule.name_en),
        textual("code", say("编码"), rule.code, { required: true, readOnly: !isNew, maxLength: 64 }, isNew ? say("小写字母、数字、_ 和 -，可用点分段") : ""),
        listed("priority", say("级别"), Object.fromEntries(Object.entries(priorities).map(([code, { symbol, name }]) => [code, `${symbol} ${name}`])), rule.priority),
        ticked("enabled", say("启用"), rule.enabled), ticked("latched", say("自锁：恢复后仍须人工复位"), rule.latched)),
      group(say("条件"),
        listed("metric", say("指标"), metricsOf(), rule.metric, say("设备无任何数据")), listed("op", say("比较"), names(ops), rule.op),
        numeric("value", say("限值"), rule.value), listed("other", say("限值取同一设备的另一指标"), metricsOf(), rule.other, say("不取，用上面的限值")),
        numeric("window_s", say("时间窗（秒）"), rule.window_s, say("变化与次数按这段时间计")), numeric("deadband", say("回差"), rule.deadband, say("须回到限值以内这么多才算恢复")),
        numeric("on_delay_s", say("报警延时（秒）"), rule.on_delay_s, say("条件持续这么久才报警")), numeric("off_delay_s", say("恢复延时（秒）"), rule.off_delay_s, say("消失这么久才算恢复"))),
      group(say("对象（不填即全部）"),
        listed("kind", say("设备类型"), kinds, rule.kind, say("全部类型")), listed("area", say("片区"), areas, rule.area, say("全部片区")), listed("site", say("场所"), sites, rule.site, say("全部场所")),
        long(textual("devices", say("设备编号"), (rule.devices || []).join(", "), { maxLength: 2000 }, say("用逗号分开")))),
      schedule(rule),
      group(say("处置"),
        listed("cause", say("归组"), names(causes), rule.cause), listed("event", say("自动立网格事件，类别"), categories, rule.event, say("不自动立案")),
        long(textual("guidance", say("处置指引（中文）"), rule.guidance_zh ?? rule.guidance, { maxLength: 500 })), long(textual("guidance_en", say("处置指引（英文）"), rule.guidance_en, { maxLength: 500 })),
        textual("edition", say("依据（标准与版本）"), rule.edition), textual("suppresses", say("抑制的规则编码（同一对象）"), (rule.suppresses || []).join(", "), { maxLength: 2000 }, say("用逗号分开")),
        textual("suppresses_behind", say("抑制的规则编码（其后的设备）"), (rule.suppresses_behind || []).join(", "), { maxLength: 2000 }, say("用逗号分开"))),
    ];
    box.append(...of);
    /** @param {string} name */
    const input = (name) => /** @type {HTMLInputElement} */ (box.querySelector(`[name="${name}"]`));
    const follow = () => units(input, box);
    box.addEventListener("change", follow);
    box.addEventListener("input", ({ target }) => target instanceof Element && unsay(box, target.closest("[data-field]")));
    follow();
    return { box, read: () => read(input, box), faults: (wrong) => faults(box, wrong) };
  };

  /* The limit is in the metric's unit; the window is only of a rate or a count. */
  /** @param {(name: string) => HTMLInputElement} input @param {HTMLElement} box */
  function units(input, box) {
    const metric = input("metric").value;
    const op = input("op").value;
    /** @type {{kind?: string, label?: string | null}} */
    const known = alarms.words().derived[metric] || cockpit.metrics[metric] || {};
    const unit = op === "missing" ? say("秒，0 为三个上报间隔") : op === "count" ? say("次") : known.kind === "bool" ? say("1 为真，0 为假") : known.label || "";
    /** @param {string} name */
    const place = (name) => cockpit.need(`[data-field="${name}"]`, box);
    for (const [name, words] of [["value", say("限值")], ["deadband", say("回差")]]) {
      cockpit.setText(place(name).querySelector(".label"), unit ? say("{words}（{what}）", { words, what: name === "deadband" ? known.label || "" : unit }).replace(say("（）"), "") : words);
    }
    place("window_s").hidden = !AMOUNTS.includes(op);
    place("deadband").hidden = AMOUNTS.includes(op) || op === "missing";
    place("other").hidden = AMOUNTS.includes(op) || op === "missing";
  }

  /** @param {Api.Rule} rule */
  function schedule(rule) {
    const made = group(say("时段（不填即全天）"),
      field("begin", say("从"), Object.assign(element("input"), { type: "time", value: rule.schedule ? rule.schedule.from : "" })),
      field("end", say("到"), Object.assign(element("input"), { type: "time", value: rule.schedule ? rule.schedule.to : "" }), say("早于开始即跨过午夜")));
    const days = element("div", "days is-long");
    SHANGHAI_DAYS.forEach((word, index) => {
      const day = element("label");
      const box = Object.assign(element("input"), { type: "checkbox", name: "day", value: String(index + 1) });
      box.checked = !rule.schedule || rule.schedule.days === undefined || rule.schedule.days.includes(index + 1);
      day.append(box, say(" 周{word}", { word }));
      days.append(day);
    });
    made.dataset.field = "schedule";
    const fault = element("span", "fault is-long");
    fault.setAttribute("role", "alert");
    made.append(days, fault);
    return made;
  }

  /** @param {string} text */
  const split = (text) => text.split(/[\s,\uff0c\u3001]+/).filter(Boolean);

  /* What the API takes; what is left out is as it is by default. */
  /** @param {(name: string) => HTMLInputElement} input @param {HTMLElement} box */
  function read(input, box) {
    /** @type {Record<string, any>} */
    const rule = {};
    for (const name of ["name", "name_en", "code", "priority", "op", "cause", "guidance", "guidance_en", "edition"]) rule[name] = input(name).value.trim();
    for (const name of ["enabled", "latched"]) rule[name] = input(name).checked;
    for (const name of ["value", "deadband", "on_delay_s", "off_delay_s", "window_s"]) rule[name] = Number(input(name).value || 0);
    for (const name of ["metric", "other", "kind", "area", "site", "event"]) rule[name] = input(name).value || null;
    for (const name of ["devices", "suppresses", "suppresses_behind"]) rule[name] = split(input(name).value);
    if (AMOUNTS.includes(rule.op) || rule.op === "missing") Object.assign(rule, { deadband: 0, other: null });
    const days = [.../** @type {NodeListOf<HTMLInputElement>} */ (box.querySelectorAll('[name="day"]:checked'))].map((one) => Number(one.value));
    const [from, to] = [input("begin").value, input("end").value];
    const isAlways = !from && !to && days.length === 7;
    rule.schedule = isAlways ? null : { from: from || "00:00", to: to || "00:00", days };
    return rule;
  }

  /* A field that is written anew is no longer said to be wrong; ``mended`` where none is any more. */
  /** @param {HTMLElement} box @param {Element | null} place */
  function unsay(box, place) {
    const fault = place && place.querySelector(".fault:not(:empty)");
    if (!fault) return;
    cockpit.setText(fault, "");
    if (!box.querySelector(".fault:not(:empty)")) box.dispatchEvent(new CustomEvent("mended"));
  }

  /* Say what is wrong beside its field; what belongs to none is returned. */
  /** @param {HTMLElement} box @param {Record<string, string> | undefined} wrong */
  function faults(box, wrong) {
    /** @type {string[]} */
    const left = [];
    for (const place of box.querySelectorAll(".fault")) cockpit.setText(place, "");
    for (const [name, why] of Object.entries(wrong || {})) {
      const place = box.querySelector(`[data-field="${name}"] .fault`);
      if (place) cockpit.setText(place, `▲ ${why}`);
      else left.push(say("{name}：{why}", { name, why }));
    }
    const first = box.querySelector(".fault:not(:empty)");
    if (first) first.scrollIntoView({ block: "center" });
    return left;
  }
})();
