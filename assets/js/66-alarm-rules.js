/* The rules of the alarms: the list by priority, one in its form, and its trial on the past. */
(function () {
  "use strict";

  /** @typedef {Record<"kinds" | "areas" | "sites" | "categories", Record<string, string>>} RuleChoices */

  const cockpit = window.cockpit;
  const { alarms, element } = cockpit;
  const { once } = cockpit.forms;
  const DAY_MS = 86400000;
  /** @type {Record<string, string>} */
  const TRIALS = { 1: cockpit.say("过去 24 小时"), 7: cockpit.say("过去 7 天"), 30: cockpit.say("过去 30 天"), 90: cockpit.say("过去 90 天") };
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
      const add = element("button", "ahead", cockpit.say("新建规则"));
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
  const seconds = (value) => (value % 3600 === 0 ? cockpit.say("{value} 小时", { value: value / 3600 }) : value % 60 === 0 ? cockpit.say("{value} 分钟", { value: value / 60 }) : cockpit.say("{value} 秒", { value }));

  /* When it is an alarm, as one would say it. */
  /** @param {Api.Rule} rule */
  function condition(rule) {
    const { ops } = alarms.words();
    const metric = rule.metric ? alarms.metricName(rule.metric) : cockpit.say("设备");
    if (rule.op === "missing") return cockpit.say("{metric}无数据超过 {what}", { metric, what: rule.value ? seconds(rule.value) : cockpit.say("三个上报间隔") });
    if (rule.op === "rate") return cockpit.say("{metric} {window}内变化达到 {metric2}", { metric, window: seconds(rule.window_s), metric2: alarms.figure(rule.metric, rule.value) });
    if (rule.op === "count") return cockpit.say("{metric} {window}内达到 {value} 次", { metric, window: seconds(rule.window_s), value: cockpit.number(rule.value) });
    const limit = rule.other ? `${alarms.metricName(rule.other)}${rule.value ? ` + ${cockpit.number(rule.value, 2)}` : ""}` : alarms.figure(rule.metric, rule.value);
    return `${metric} ${ops[rule.op].name} ${limit}`;
  }

  /** @param {Api.Rule} rule */
  function words(rule) {
    const scope = [rule.kind && choices.kinds[rule.kind], rule.area && choices.areas[rule.area], rule.site && choices.sites[rule.site], rule.devices?.length ? cockpit.say("{what} 台设备", { what: rule.devices?.length }) : ""].filter(Boolean).join(cockpit.say("、"));
    const days = rule.schedule && rule.schedule.days && rule.schedule.days.length < 7 ? cockpit.say(" 周 {known}", { known: rule.schedule.days.join(cockpit.say("、")) }) : "";
    return [
      condition(rule), rule.on_delay_s ? cockpit.say("持续 {onDelay}", { onDelay: seconds(rule.on_delay_s) }) : "", rule.schedule ? `${rule.schedule.from || "00:00"}–${rule.schedule.to || "24:00"}${days}` : "",
      scope || cockpit.say("全部对象"), rule.event ? cockpit.say("自动立案：{event}", { event: choices.categories[rule.event] || rule.event }) : "", rule.edition,
    ].filter(Boolean).join(" · ");
  }

  /** @param {Api.Rule} rule */
  const madeBy = (rule) => (rule.version ? cockpit.say("第 {version} 版 · {what} · {what2}", { version: rule.version, what: (rule.by || "").replace(/^.*?:/, ""), what2: cockpit.time.full(Date.parse(rule.at ?? "")) }) : cockpit.say("出厂规则"));

  /** @param {Api.Rule} rule */
  function line(rule) {
    const row = element("div", `rule${rule.enabled ? "" : " is-off"}`);
    row.dataset.rule = rule.code;
    const { symbol, name } = alarms.look(rule.priority);
    const buttons = element("span", "buttons");
    const see = element("button", "quiet", cockpit.canDo("manager") ? cockpit.say("编辑") : cockpit.say("查看"));
    see.type = "button";
    see.setAttribute("aria-label", `${see.textContent} ${rule.name}`);
    see.addEventListener("click", () => choose(rule.code));
    if (cockpit.canDo("manager")) buttons.append(toggle(rule));
    buttons.append(see);
    row.append(
      element("span", "symbol", `${symbol} ${name}`), element("span", "title", `${rule.name}${rule.enabled ? "" : cockpit.say("（停用）")}`), buttons,
      element("span", "said", `${words(rule)} · ${madeBy(rule)}`),
    );
    return row;
  }

  /** @param {Api.Rule} rule */
  function toggle(rule) {
    if (rule.enabled) return ending(rule);
    const button = element("button", "quiet", cockpit.say("启用"));
    button.type = "button";
    button.setAttribute("aria-label", `${button.textContent} ${rule.name}`);
    button.addEventListener("click", () => once(button, () => turn(rule, { enabled: true })));
    return button;
  }

  /* To switch a rule off: what ends by it is said, and it is asked why. */
  /** @param {Api.Rule} rule */
  function ending(rule) {
    const warning = element("p", "second", cockpit.say("正在读取"));
    const told = { element: warning, read: () => ({}) };
    const { form, text } = cockpit.forms;
    const why = text("reason", cockpit.say("原因"), 500);
    /** @type {HTMLInputElement} */ (cockpit.need("input", why)).required = true;
    const folded = /** @type {HTMLDetailsElement} */ (form(cockpit.say("停用"), [Object.assign(warning, told), why], (body) => turn(rule, { ...body, enabled: false }), cockpit.say("停用此规则")));
    folded.querySelector("summary")?.setAttribute("aria-label", cockpit.say("停用 {name}", { name: rule.name }));
    folded.addEventListener("toggle", async () => {
      if (folded.open) cockpit.setText(warning, await ends(rule));
    });
    return folded;
  }

  /* How many alarms end with a rule. */
  /** @param {Api.Rule} rule */
  async function ends(rule) {
    const { alarms: open, next_cursor: more } = await cockpit.ask("alarms", { state: "open", rule: rule.code, limit: "1000" });
    if (!open.length) return cockpit.say("它现在没有未结束的告警");
    return cockpit.say("它现有 {n} 条未结束的告警，停用后随即结束", { n: more ? `${open.length}+` : open.length });
  }

  /** @param {Api.Rule} rule @param {object} changed */
  async function turn(rule, changed) {
    const answer = await keep({ ...bare(rule), ...changed });
    const isOn = answer.ok && answer.body.enabled;
    const done = isOn ? cockpit.say("{name}：已启用，正在看现有的数值", { name: rule.name }) : cockpit.say("{name}：已停用", { name: rule.name });
    say(answer.ok, answer.ok ? done : answer.body.detail);
    if (answer.ok) load();
  }

  /* What is the rule itself, without what was told of its version. */
  /** @param {Api.Rule} given */
  const bare = ({ shipped, version, by, at, versions, reason, ...rule }) => rule;
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
    const close = element("button", "quiet close", cockpit.say("✕ 关闭"));
    close.type = "button";
    close.addEventListener("click", shut);
    head.append(element("h2", "", isNew ? cockpit.say("新建规则") : rule.name), close);
    fields = alarms.ruleFields(rule, isNew);
    fields.box.addEventListener("mended", unsay);
    const form = element("form");
    form.dataset.key = rule.code;
    const trial = element("div", "trial");
    trial.hidden = true;
    trial.setAttribute("role", "status");
    form.append(fields.box, buttons(trial, rule, isNew, canEdit), trial);
    form.addEventListener("submit", (event) => event.preventDefault());
    if (!canEdit) for (const one of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (fields.box.querySelectorAll("input, select"))) one.disabled = true;
    const why = canEdit ? [] : [element("p", "second", cockpit.whyNot("manager") || cockpit.notThen())];
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

  /** @param {HTMLElement} trial @param {Api.Rule} rule @param {boolean} isNew @param {boolean} canEdit */
  function buttons(trial, rule, isNew, canEdit) {
    const made = element("div", "buttons");
    if (!canEdit) return made;
    const why = element("input");
    Object.assign(why, { name: "reason", maxLength: 500, placeholder: cockpit.say("变更原因；停用时必填") });
    why.setAttribute("aria-label", cockpit.say("变更原因"));
    const span = element("select");
    span.setAttribute("aria-label", cockpit.say("试运行的时段"));
    for (const [days, name] of Object.entries(TRIALS)) span.append(new Option(name, days));
    span.value = "7";
    const attempt = element("button", "", cockpit.say("试运行"));
    attempt.type = "button";
    attempt.addEventListener("click", () => once(attempt, () => tryOut(trial, Number(span.value))));
    const save = element("button", "ahead", isNew ? cockpit.say("建立") : cockpit.say("保存为新版本"));
    save.type = "button";
    const warning = element("p", "second");
    warning.setAttribute("role", "alert");
    save.addEventListener("click", () => once(save, async () => {
      const isEnding = rule.enabled && !isNew && !fields.read().enabled;
      if (isEnding && await isHeldBack(rule, why, warning)) return;
      await store(why.value);
    }));
    made.append(why, save, span, attempt, warning);
    return made;
  }

  /* Whether it has yet to be said what ends with the rule, or why it is switched off. */
  /** @param {Api.Rule} rule @param {HTMLInputElement} why @param {HTMLElement} warning */
  async function isHeldBack(rule, why, warning) {
    if (warning.textContent && why.value.trim()) return false;
    cockpit.setText(warning, `${await ends(rule)}${cockpit.say("；写明变更原因后再按一次保存")}`);
    why.focus();
    return true;
  }

  /** @param {string} reason */
  async function store(reason) {
    const rule = fields.read();
    const answer = await keep({ ...rule, reason });
    const left = fields.faults(answer.ok ? {} : answer.body.faults);
    if (!answer.ok) return say(false, left.join(cockpit.say("；")) || (answer.body.faults ? cockpit.say("有字段不对，见各字段旁") : answer.body.detail));
    shut();
    say(true, cockpit.say("{name}：已保存为第 {version} 版{what}", { name: rule.name, version: answer.body.version, what: rule.enabled ? cockpit.say("，已生效") : cockpit.say("，未启用") }));
    load();
  }

  /* --- the trial --- */

  /** @param {HTMLElement} trial @param {number} days */
  async function tryOut(trial, days) {
    const rule = fields.read();
    trial.hidden = false;
    trial.replaceChildren(element("p", "second", cockpit.say("正在过去的数据上试运行")));
    const now = cockpit.now();
    const body = { rule: { ...rule, code: rule.code || "trial", name: rule.name || "trial" }, from: new Date(now - days * DAY_MS).toISOString(), to: new Date(now).toISOString() };
    const answer = await cockpit.post(`${base()}/trial`, body);
    const left = fields.faults(answer.ok ? {} : answer.body.faults);
    if (answer.ok) unsay();
    else return trial.replaceChildren(element("p", "outcome is-bad", `▲ ${left.join(cockpit.say("；")) || answer.body.detail}`));
    result(trial, answer.body, days);
  }

  /** @param {HTMLElement} trial @param {Api.Trial} told @param {number} days */
  function result(trial, told, days) {
    const head = element("p");
    head.append(element("strong", "", cockpit.say("{days}会报警 {count} 次", { days: TRIALS[days], count: told.count })));
    if (told.devices !== undefined) head.append(cockpit.say("，在 {devices} 台设备的数据上", { devices: told.devices }));
    /** @type {HTMLElement[]} */
    const parts = [head];
    if (told.truncated) parts.push(element("p", "second", cockpit.say("太多，只试到 {until}", { until: cockpit.time.full(Date.parse(told.until)) })));
    const list = element("ol");
    for (const one of told.would_have.slice(0, 200)) list.append(would(one));
    if (told.would_have.length) parts.push(list);
    const left = told.count - Math.min(200, told.would_have.length);
    if (left > 0) parts.push(element("p", "second", cockpit.say("另有 {left} 次未列出", { left })));
    trial.replaceChildren(...parts);
  }

  /** @param {Api.WouldBe} one */
  function would(one) {
    const row = element("li");
    const device = cockpit.state.devices?.[one.device];
    const link = element("a", "", one.name);
    link.href = `/devices/${encodeURIComponent(one.device)}`;
    const returned = one.returned ? cockpit.say("恢复 {returned}", { returned: cockpit.time.full(Date.parse(one.returned)) }) : cockpit.say("未恢复");
    const area = device && device.area ? cockpit.areaName(device.area) : "";
    row.append(link, ` · ${[area, cockpit.say("{raised} 触发", { raised: cockpit.time.full(Date.parse(one.raised)) }), returned].filter(Boolean).join(" · ")}`);
    return row;
  }

  /** @param {Api.Rule} rule */
  function versions(rule) {
    const box = element("section");
    box.append(element("h3", "second", cockpit.say("版本")));
    const list = element("ul", "versions");
    for (const one of rule.versions || []) {
      const row = element("li");
      row.append(element("strong", "", madeBy(one)), element("span", "second", `${one.enabled ? cockpit.say("启用") : cockpit.say("停用")} · ${[words(one), one.reason].filter(Boolean).join(" · ")}`));
      list.append(row);
    }
    if (rule.shipped) list.append(element("li", "second", cockpit.say("出厂规则")));
    box.append(list);
    return box;
  }
})();
