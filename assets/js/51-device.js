/* A device's page: how it is, its newest readings, its commands. */
(function () {
  "use strict";

  /** @typedef {{name: string, type: "number" | "boolean" | "text", low?: number, high?: number, longest?: number, optional?: boolean}} CommandParam */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const device = () => cockpit.state.devices?.[cockpit.root.dataset.device ?? ""];

  const QUALITIES = { good: "", suspect: say("? 存疑"), unknown_metric: say("未知指标") };

  function render() {
    const one = device();
    if (!one) {
      if (!cockpit.live.up) return;
      cockpit.setText(cockpit.find("[data-device-status]"), cockpit.at === null ? say("✕ 已撤销") : say("那时还没有登记"));
      cockpit.need("[data-device-latest]").replaceChildren(cockpit.nothingRow(say("没有读数"), say("回到总览，选一台在册的设备")));
      return;
    }
    const [mark, word] = cockpit.STATUS[cockpit.statusOf(one)];
    cockpit.setText(cockpit.find("[data-device-status]"), `${mark} ${word}`);
    const rows = cockpit.inOrder(one.latest).map(([code, [ts, value, quality]]) => {
      const metric = cockpit.metrics[code];
      const made = cockpit.element("tr");
      made.append(
        cockpit.element("th", "", metric ? metric.name : code),
        cockpit.element("td", "value", cockpit.reading(code, value)),
        cockpit.element("td", "when", cockpit.time.full(ts)),
        cockpit.element("td", "quality", QUALITIES[quality]),
      );
      made.dataset.metric = code;
      return made;
    });
    const none = () => cockpit.nothingRow(say("还没有读数"), say("设备上报后，每个测量项一行"));
    cockpit.need("[data-device-latest]").replaceChildren(...(rows.length ? rows : [none()]));
    clock(one);
    given(one);
    cockpit.chartHeard(one);
    cockpit.keptChanged(one);
  }

  /* A clock that is wrong is said in words, since its times stand beside; so is a device that is shut out. */
  /** @param {Live.Device} one */
  function clock(one) {
    const line = cockpit.need("[data-device-clock]");
    const off = one.clock_offset;
    const isOut = one.shut_out !== null && one.shut_out > cockpit.now();
    line.hidden = off === null && !isOut;
    if (isOut) cockpit.setText(line, say("◆ 发送过快，暂停接入至 {what}", { what: cockpit.time.full(one.shut_out ?? 0) }));
    if (off === null || isOut) return;
    const minutes = Math.round(Math.abs(off) / 60000);
    const much = minutes < 120 ? say("{minutes} 分", { minutes }) : say("{minutes} 小时 {minutes2} 分", { minutes: Math.floor(minutes / 60), minutes2: minutes % 60 });
    cockpit.setText(line, say("? 设备时钟{what} {much}，其读数存疑，不计入均值", { what: off > 0 ? say("快") : say("慢"), much }));
  }

  const COMMAND_STATES = {
    queued: ["○", say("待发送")], sent: ["◌", say("已发送，等待回应")], done: ["●", say("已执行")],
    failed: ["▲", say("执行失败")], expired: ["◆", say("已过期，未回应")],
  };

  /* The commands that the device was given, newest first. One that nobody answered expires without a message. */
  /** @param {Live.Device} one */
  function given(one) {
    const list = cockpit.find("[data-commands-given]");
    if (!list) return;
    const known = cockpit.own(JSON.parse(list.dataset.commandsGiven));
    const rows = (one.commands || []).map((command) => {
      const isOver = cockpit.now() > command.expires && command.answered === null;
      const [mark, word] = COMMAND_STATES[isOver ? "expired" : command.state];
      const made = cockpit.element("tr");
      const params = Object.values(command.params).map(String).join(" ");
      made.append(
        cockpit.element("td", "when", cockpit.time.full(command.issued)),
        cockpit.element("td", "", `${(known[command.name] || {}).name || command.name} ${params}`.trim()),
        cockpit.element("td", "what-came", `${mark} ${word}${command.result ? say("：") + command.result : ""}`),
      );
      return made;
    });
    if (!rows.length) rows.push(cockpit.nothingRow(say("还没有下过指令"), say("在上方选一条下达")));
    list.replaceChildren(...rows);
  }

  /** @param {SubmitEvent} event */
  async function command(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    /** @type {Record<string, Live.Value>} */
    const params = {};
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[data-param]"))) {
      const { param, type } = field.dataset;
      if (type === "boolean") params[param ?? ""] = field.checked;
      else if (field.value !== "") params[param ?? ""] = type === "number" ? Number(field.value) : field.value;
    }
    const { community, device: id } = cockpit.root.dataset;
    const button = cockpit.need("button", form);
    button.disabled = true;   // a second click is no second command
    const answer = await cockpit.post(`/api/v1/${community}/devices/${id}/commands`, { name: form.dataset.command, params });
    button.disabled = false;
    const text = answer.ok ? say("已受理，编号 ") + answer.body.id : answer.body.detail;
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, text);
  }

  /* A form for each command that this kind of device takes. */
  async function commandForms() {
    const place = cockpit.find("[data-command-forms]");
    if (!place) return;
    await cockpit.whoAmI();
    const why = cockpit.whyNot("manager");
    if (why !== null) return cockpit.refuse(place, why);
    for (const [name, one] of Object.entries(cockpit.own(JSON.parse(place.dataset.commandForms)))) {
      const form = cockpit.element("form", "command");
      form.dataset.command = name;
      for (const [param, about] of Object.entries(one.params)) form.append(field(param, about));
      form.append(cockpit.element("button", "", one.name));
      form.addEventListener("submit", command);
      place.append(form);
    }
  }

  /** @param {string} param @param {CommandParam} about */
  function field(param, about) {
    const made = cockpit.element("input");
    made.type = { number: "number", boolean: "checkbox", text: "text" }[about.type];
    made.dataset.param = param;
    made.dataset.type = about.type;
    if (about.type === "number") Object.assign(made, { min: about.low, max: about.high, step: "any" });
    if (about.type === "text") made.maxLength = about.longest ?? -1;
    made.required = !about.optional && about.type !== "boolean";
    const label = cockpit.element("label", "", about.name + (about.optional ? say("（可不填）") : "") + " ");
    label.append(made);
    return label;
  }

  cockpit.pages.device = {
    start() {
      cockpit.startChart();
      commandForms();
      cockpit.startKept();
      setInterval(() => cockpit.live.up && render(), 1000);
    },
    render,
  };
})();
