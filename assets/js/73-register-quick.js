/* Entry in two taps: find a row by what is typed, tap what is so; the keyboard alone does the same. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const KEPT = 12;

  registers.startQuick = function () {
    const { quick, may } = registers.declared.register;
    const place = cockpit.find("[data-register-quick]");
    if (!quick || !place || !may.writes || cockpit.at !== null) return;
    const { fields } = registers.declared.register;
    const find = /** @type {Api.RegisterField} */ (fields.find((one) => one.code === quick.find));
    const choose = /** @type {Api.RegisterField} */ (fields.find((one) => one.code === quick.choose));
    const input = element("input");
    Object.assign(input, { type: "text", placeholder: say("{name}：卡号或姓名", { name: find.name }) });
    input.setAttribute("aria-label", say("快速登记：{name}", { name: find.name }));
    const choices = element("div", "buttons");
    const done = element("ol", "done");
    done.setAttribute("aria-live", "polite");
    /** @type {{id: number, called: string} | null} */
    let who = null;
    const options = choicesOf(choose);
    const buttons = options.map(([code, name], place) => {
      const button = element("button", "ahead", `${place + 1} ${name}`);
      Object.assign(button, { type: "button", disabled: true });
      button.addEventListener("click", () => tap(code, name));
      return button;
    });
    const ready = () => buttons.forEach((one) => (one.disabled = who === null));
    const list = registers.offer(input, "quick-offered", find.to ?? "", (row) => {
      who = row;
      ready();
      if (!row) return;
      input.value = row.called;
      buttons[0]?.focus();
    });
    /* A digit is the button of that number, wherever in the panel the focus is, once somebody is found. */
    place.addEventListener("keydown", (event) => {
      const option = options[Number(event.key) - 1];
      if (!who || !option || event.target === input) return;
      event.preventDefault();   // the focus goes back to the input, and the digit shall not
      tap(...option);
    });

    /** @param {string} code @param {string} name */
    async function tap(code, name) {
      if (!who) return;
      const { id, called } = who;
      who = null;
      ready();
      input.value = "";
      input.focus();
      const line = element("li");
      done.prepend(line);
      // What went wrong stays until it is put right, however long the list grows.
      [...done.children].slice(KEPT).forEach((old) => old.classList.contains("is-bad") || old.remove());
      const reference = cockpit.outbox.newId();
      const values = { [find.code]: id, [choose.code]: code, ...now() };
      await enter(line, { called, name }, { values, reference });
    }

    /* Whether a lost entry came through nobody knows; sent again under its reference, it is the same one. */
    /** @param {HTMLElement} line @param {{called: string, name: string}} words @param {{values: object, reference: string}} entry */
    async function enter(line, words, entry) {
      const { called, name } = words;
      line.classList.remove("is-bad");
      cockpit.setText(line, say("… {called} · {name}", words));
      const answer = await cockpit.post(registers.address(), entry);
      cockpit.sayOutcome(line, answer.ok, answer.ok ? [called, name, ...computed(answer.body)].join(" · ") : `${called} · ${name}${say("：")}${answer.body.detail}`);
      if (answer.ok) line.append(" ", undo(line, answer.body));
      else if (answer.status === 0 || answer.status >= 500) line.append(" ", again(() => {
        input.focus();   // the button goes with its line's words
        return enter(line, words, entry);
      }));
      registers.refresh();
    }

    /* The field that takes the day or the time of the tap. */
    function now() {
      const field = fields.find((one) => one.code === quick?.now);
      if (!field) return {};
      const local = cockpit.time.local(cockpit.clock.server());
      return { [field.code]: field.type === "date" ? local.slice(0, 10) : field.type === "month" ? local.slice(0, 7) : `${local.slice(0, 19)}+08:00` };
    }

    /** @param {Api.RegisterRow} row */
    const computed = (row) => fields.filter((one) => one.computed && row.values[one.code] !== null).map((one) => `${one.name} ${registers.text(one, row.values[one.code], {})}`);

    place.hidden = false;
    choices.append(...buttons);
    place.replaceChildren(input, list, choices, done);
    input.focus();
  };

  /** @param {Api.RegisterField} field @returns {[string, string][]} */
  const choicesOf = (field) => (field.type === "yes_no" ? [["true", say("是")], ["false", say("否")]] : Object.entries(field.choices).map(([code, { name }]) => [code, name]));

  /** @param {() => Promise<void>} act */
  function again(act) {
    const button = element("button", "quiet", say("重试"));
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  /* What was tapped by mistake counts no more; that it was so stays to be read. */
  /** @param {HTMLElement} line @param {Api.RegisterRow} row */
  function undo(line, row) {
    const button = element("button", "quiet", say("撤销"));
    button.type = "button";
    button.addEventListener("click", () => cockpit.forms.once(button, async () => {
      const answer = await cockpit.post(registers.address(`/${row.id}/void`), { reason: say("快速登记时点错"), seq: row.seq });
      cockpit.sayOutcome(line, answer.ok, answer.ok ? say("已撤销编号 {id}", { id: row.id }) : answer.body.detail);
      registers.refresh();
    }));
    return button;
  }
})();
