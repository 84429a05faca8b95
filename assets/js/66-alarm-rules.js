/* The rules of the alarms: the list by priority, one in its form, and its trial on the past. */
(function () {
  "use strict";

  /** @typedef {Record<"kinds" | "areas" | "sites" | "categories", Record<string, string>>} RuleChoices */

  const cockpit = window.cockpit;
  const { alarms, element } = cockpit;
  const { once } = cockpit.forms;
  const DAY_MS = 86400000;
  /** @type {Record<string, string>} */
  const TRIALS = { 1: "过去 24 小时", 7: "过去 7 天", 30: "过去 30 天", 90: "过去 90 天" };
  /** @type {Api.Rule} */
  const NEW = { code: "", name: "", op: ">", value: 0, metric: "pm2_5", window_s: 600, priority: "medium", cause: "device", enabled: false, latched: false };
  const page = (cockpit.pages["alarm-rules"] = /** @type {PageScript} */ ({}));
  const base = () => `/api/v1/${cockpit.root.dataset.community}/alarm-rules`;
  const place = () => cockpit.need("[data-rule-detail]");
  /** @type {RuleChoices} */
  let choices;
  /** @type {ReturnType<AlarmsScript["ruleFields"]>} */
  let fields;   // of the rule that stands open

  page.start = async function () {
    await cockpit.whoAmI();
    choices = JSON.parse(cockpit.need("[data-choices]").dataset.choices);
    cockpit.sayKept(cockpit.find("[data-outcome]"));
    if (cockpit.canDo("manager")) {
      const add = element("button", "ahead", "新建规则");
      add.type = "button";
      add.addEventListener("click", () => show(NEW, true));
      cockpit.need("[data-rule-new]").replaceChildren(add);
    }
    await load();
    const { rule } = cockpit.root.dataset;
    if (rule) choose(rule);
  };

  async function load() {
    try {
      const { rules } = await cockpit.ask("alarm-rules", {});
      cockpit.need("[data-rules]").className = "";
      cockpit.need("[data-rules]").replaceChildren(...rules.map(line));
    } catch (error) {
      cockpit.refuse(cockpit.need("[data-rules]"), error.message);
    }
  }

  /* --- a rule in words --- */

  /** @param {number} value */
  const seconds = (value) => (value % 3600 === 0 ? `${value / 3600} 小时` : value % 60 === 0 ? `${value / 60} 分钟` : `${value} 秒`);

  /* When it is an alarm, as one would say it. */
  /** @param {Api.Rule} rule */
  function condition(rule) {
    const { ops } = alarms.words();
    const metric = rule.metric ? alarms.metricName(rule.metric) : "设备";
    if (rule.op === "missing") return `${metric}无数据超过 ${rule.value ? seconds(rule.value) : "三个上报间隔"}`;
    if (rule.op === "rate") return `${metric} ${seconds(rule.window_s)}内变化达到 ${alarms.figure(rule.metric, rule.value)}`;
    if (rule.op === "count") return `${metric} ${seconds(rule.window_s)}内达到 ${cockpit.number(rule.value)} 次`;
    const limit = rule.other ? `${alarms.metricName(rule.other)}${rule.value ? ` + ${cockpit.number(rule.value, 2)}` : ""}` : alarms.figure(rule.metric, rule.value);
    return `${metric} ${ops[rule.op].name} ${limit}`;
  }

  /** @param {Api.Rule} rule */
  function words(rule) {
    const scope = [rule.kind && choices.kinds[rule.kind], rule.area && choices.areas[rule.area], rule.site && choices.sites[rule.site], rule.devices?.length ? `${rule.devices?.length} 台设备` : ""].filter(Boolean).join("、");
    const days = rule.schedule && rule.schedule.days && rule.schedule.days.length < 7 ? ` 周 ${rule.schedule.days.join("、")}` : "";
    return [
      condition(rule), rule.on_delay_s ? `持续 ${seconds(rule.on_delay_s)}` : "", rule.schedule ? `${rule.schedule.from || "00:00"}–${rule.schedule.to || "24:00"}${days}` : "",
      scope || "全部对象", rule.event ? `自动立案：${choices.categories[rule.event] || rule.event}` : "", rule.edition,
    ].filter(Boolean).join(" · ");
  }

  /** @param {Api.Rule} rule */
  const madeBy = (rule) => (rule.version ? `第 ${rule.version} 版 · ${(rule.by || "").replace(/^.*?:/, "")} · ${cockpit.time.full(Date.parse(rule.at ?? ""))}` : "出厂规则");

  /** @param {Api.Rule} rule */
  function line(rule) {
    const row = element("div", `rule${rule.enabled ? "" : " is-off"}`);
    row.dataset.rule = rule.code;
    const { symbol, name } = alarms.look(rule.priority);
    const buttons = element("span", "buttons");
    const see = element("button", "quiet", cockpit.canDo("manager") ? "编辑" : "查看");
    see.type = "button";
    see.setAttribute("aria-label", `${see.textContent} ${rule.name}`);
    see.addEventListener("click", () => choose(rule.code));
    if (cockpit.canDo("manager")) buttons.append(toggle(rule));
    buttons.append(see);
    row.append(
      element("span", "symbol", `${symbol} ${name}`), element("span", "title", `${rule.name}${rule.enabled ? "" : "（停用）"}`), buttons,
      element("span", "said", `${words(rule)} · ${madeBy(rule)}`),
    );
    return row;
  }

  /** @param {Api.Rule} rule */
  function toggle(rule) {
    const button = element("button", "quiet", rule.enabled ? "停用" : "启用");
    button.type = "button";
    button.setAttribute("aria-label", `${button.textContent} ${rule.name}`);
    button.addEventListener("click", () => once(button, async () => {
      const answer = await keep({ ...bare(rule), enabled: !rule.enabled });
      say(answer.ok, answer.ok ? `${rule.name}：已${button.textContent}` : answer.body.detail);
      if (answer.ok) load();
    }));
    return button;
  }

  /* What is the rule itself, without what was told of its version. */
  /** @param {Api.Rule} given */
  const bare = ({ shipped, version, by, at, versions, ...rule }) => rule;
  /** @param {object} rule */
  const keep = (rule) => cockpit.post(base(), rule);
  /** @param {boolean} ok @param {string} text */
  const say = (ok, text) => cockpit.sayOutcome(cockpit.need("[data-outcome]"), ok, text);

  const unsay = () => cockpit.setText(cockpit.find("[data-outcome]"), "");

  /* --- one rule --- */

  /** @param {string} code */
  async function choose(code) {
    try {
      show(await cockpit.ask(`alarm-rules/${encodeURIComponent(code)}`, {}), false);
    } catch (error) {
      say(false, error.message);
    }
  }

  /** @param {Api.Rule} rule @param {boolean} isNew */
  function show(rule, isNew) {
    const canEdit = cockpit.canDo("manager");
    const head = element("header", "alarm-head");
    const close = element("button", "quiet close", "✕ 关闭");
    close.type = "button";
    close.addEventListener("click", shut);
    head.append(element("h2", "", isNew ? "新建规则" : rule.name), close);
    fields = alarms.ruleFields(rule, isNew);
    fields.box.addEventListener("mended", unsay);
    const form = element("form");
    form.dataset.key = rule.code;
    const trial = element("div", "trial");
    trial.hidden = true;
    trial.setAttribute("role", "status");
    form.append(fields.box, buttons(trial, isNew, canEdit), trial);
    form.addEventListener("submit", (event) => event.preventDefault());
    if (!canEdit) for (const one of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (fields.box.querySelectorAll("input, select"))) one.disabled = true;
    const why = canEdit ? [] : [element("p", "second", cockpit.whyNot("manager") || "回看时不能修改")];
    place().replaceChildren(head, ...why, form, ...(isNew ? [] : [versions(rule)]));
    place().hidden = false;
    cockpit.need(".rules-page").classList.add("has-chosen");
    place().focus();
  }

  function shut() {
    place().hidden = true;
    place().replaceChildren();
    cockpit.need(".rules-page").classList.remove("has-chosen");
  }

  /** @param {HTMLElement} trial @param {boolean} isNew @param {boolean} canEdit */
  function buttons(trial, isNew, canEdit) {
    const made = element("div", "buttons");
    if (!canEdit) return made;
    const span = element("select");
    span.setAttribute("aria-label", "试运行的时段");
    for (const [days, name] of Object.entries(TRIALS)) span.append(new Option(name, days));
    span.value = "7";
    const attempt = element("button", "", "试运行");
    attempt.type = "button";
    attempt.addEventListener("click", () => once(attempt, () => tryOut(trial, Number(span.value))));
    const save = element("button", "ahead", isNew ? "建立" : "保存为新版本");
    save.type = "button";
    save.addEventListener("click", () => once(save, () => store()));
    made.append(save, span, attempt);
    return made;
  }

  async function store() {
    const rule = fields.read();
    const answer = await keep(rule);
    const left = fields.faults(answer.ok ? {} : answer.body.faults);
    if (!answer.ok) return say(false, left.join("；") || (answer.body.faults ? "有字段不对，见各字段旁" : answer.body.detail));
    shut();
    say(true, `${rule.name}：已保存为第 ${answer.body.version} 版${rule.enabled ? "，已生效" : "，未启用"}`);
    load();
  }

  /* --- the trial --- */

  /** @param {HTMLElement} trial @param {number} days */
  async function tryOut(trial, days) {
    const rule = fields.read();
    trial.hidden = false;
    trial.replaceChildren(element("p", "second", "正在过去的数据上试运行"));
    const now = cockpit.now();
    const body = { rule: { ...rule, code: rule.code || "trial", name: rule.name || "trial" }, from: new Date(now - days * DAY_MS).toISOString(), to: new Date(now).toISOString() };
    const answer = await cockpit.post(`${base()}/trial`, body);
    const left = fields.faults(answer.ok ? {} : answer.body.faults);
    if (answer.ok) unsay();
    else return trial.replaceChildren(element("p", "outcome is-bad", `▲ ${left.join("；") || answer.body.detail}`));
    result(trial, answer.body, days);
  }

  /** @param {HTMLElement} trial @param {Api.Trial} told @param {number} days */
  function result(trial, told, days) {
    const head = element("p");
    head.append(element("strong", "", `${TRIALS[days]}会报警 ${told.count} 次`));
    if (told.devices !== undefined) head.append(`，在 ${told.devices} 台设备的数据上`);
    /** @type {HTMLElement[]} */
    const parts = [head];
    if (told.truncated) parts.push(element("p", "second", `太多，只试到 ${cockpit.time.full(Date.parse(told.until))}`));
    const list = element("ol");
    for (const one of told.would_have.slice(0, 200)) list.append(would(one));
    if (told.would_have.length) parts.push(list);
    const left = told.count - Math.min(200, told.would_have.length);
    if (left > 0) parts.push(element("p", "second", `另有 ${left} 次未列出`));
    trial.replaceChildren(...parts);
  }

  /** @param {Api.WouldBe} one */
  function would(one) {
    const row = element("li");
    const device = (cockpit.state.devices || {})[one.device];
    const link = element("a", "", one.name);
    link.href = `/devices/${encodeURIComponent(one.device)}`;
    const returned = one.returned ? `恢复 ${cockpit.time.full(Date.parse(one.returned))}` : "未恢复";
    const area = device && device.area ? cockpit.areaName(device.area) : "";
    row.append(link, ` · ${[area, `${cockpit.time.full(Date.parse(one.raised))} 触发`, returned].filter(Boolean).join(" · ")}`);
    return row;
  }

  /** @param {Api.Rule} rule */
  function versions(rule) {
    const box = element("section");
    box.append(element("h3", "second", "版本"));
    const list = element("ul", "versions");
    for (const one of rule.versions || []) {
      const row = element("li");
      row.append(element("strong", "", madeBy(one)), element("span", "second", `${one.enabled ? "启用" : "停用"} · ${words(one)}`));
      list.append(row);
    }
    if (rule.shipped) list.append(element("li", "second", "出厂规则"));
    box.append(list);
    return box;
  }
})();
