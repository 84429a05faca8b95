/* Entry in two taps: find a row by what is typed, tap what is so; the keyboard alone does the same. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const KEPT = 12;
  const KEYS = "cim-quick-keys";

  registers.startQuick = function () {
    const { quick, may } = registers.declared.register;
    const place = cockpit.find("[data-register-quick]");
    if (!quick || !place || !may.writes || cockpit.at !== null) return;
    const { fields } = registers.declared.register;
    const find = /** @type {Api.RegisterField} */ (fields.find((one) => one.code === quick.find));
    const choose = /** @type {Api.RegisterField} */ (fields.find((one) => one.code === quick.choose));
    const more = fields.find((one) => one.code === quick.more);
    const input = element("input");
    Object.assign(input, { type: "text", placeholder: say("{name}：卡号或姓名", { name: find.name }), enterKeyHint: "search" });
    input.setAttribute("aria-label", say("快速登记：{name}", { name: find.name }));
    const choices = element("div", "buttons");
    const done = element("ol", "done");
    done.setAttribute("aria-live", "polite");
    /** @type {Found | null} */
    let who = null;
    /** @type {[string, string] | null} */
    let held = null;   // a digit that came after Enter and before the answer
    const options = choicesOf(choose);
    const buttons = options.map(([code, name], place) => {
      const made = button("ahead", `${place + 1} ${name}`, () => tap(code, name));
      made.disabled = true;
      // The input keeps the focus, and a phone its keyboard: the next number is typed at once.
      made.addEventListener("pointerdown", (event) => event.preventDefault());
      return made;
    });
    const ready = () => buttons.forEach((one) => (one.disabled = !who && !input.value.trim()));
    /** @param {Found} row */
    const show = (row) => {
      who = row;
      input.value = row.called;
      ready();
    };
    const list = registers.offer(input, "quick-offered", find.to ?? "", (row, isEager) => {
      who = row;
      ready();
      if (!row) held = null;
      if (!row || isEager) return;
      show(row);
      if (held) tap(...held);
      else buttons[0]?.focus();
      held = null;
    }, true);
    /* A digit is the button of that number, wherever in the panel the focus is, once somebody is found. */
    place.addEventListener("keydown", (event) => {
      const option = options[Number(event.key) - 1];
      const isHeld = event.target === input && input.dataset.hasty !== undefined;
      if (!option || (event.target === input ? !isHeld : !who)) return;
      event.preventDefault();   // the focus goes back to the input, and the digit shall not
      if (isHeld) held = option;
      else tap(...option);
    });

    /** @param {string} code @param {string} name */
    async function tap(code, name) {
      const words = input.value.trim();
      const row = who;
      if (!row && !words) return;
      who = null;
      input.value = "";
      input.focus();
      input.dispatchEvent(new Event("input"));   // what is offered goes, and what was asked for it
      const line = begun(`${row ? row.called : words} · ${name}`);
      const meant = row ?? (await only(line, words));
      if (!meant) return;
      const values = { [find.code]: meant.id, [choose.code]: code, ...now() };
      await enter(line, meant, name, { values, reference: cockpit.outbox.newId() });
    }

    /** @param {string} words */
    function begun(words) {
      const line = element("li", "", `… ${words}`);
      done.prepend(line);
      // What went wrong stays until it is put right, however long the list grows.
      [...done.children].slice(KEPT).forEach((old) => old.classList.contains("is-bad") || old.remove());
      // Who came last comes again, or wants one more; of the others it is past.
      for (const old of done.querySelectorAll("li + li .latest")) old.remove();
      return line;
    }

    /* Tapped before anybody was offered: the one whose number it is, or the only one of that name. */
    /** @param {HTMLElement} line @param {string} words */
    async function only(line, words) {
      const found = await registers.search(find.to ?? "", words, 2);
      const meant = found[0]?.isExact || found.length === 1 ? found[0] : null;
      if (meant) return meant;
      cockpit.sayOutcome(line, false, found.length ? say("「{words}」不止一人，没有登记", { words }) : say("没有找到「{words}」，没有登记", { words }));
      line.append(" ", button("quiet", say("重新找"), () => {
        line.remove();
        input.value = words;
        input.focus();
        input.dispatchEvent(new Event("input"));
      }));
      return null;
    }

    /* Whether a lost entry came through nobody knows; sent again under its reference, it is the same one. */
    /** @param {HTMLElement} line @param {Found} row @param {string} name @param {{values: Record<string, any>, reference: string}} entry */
    async function enter(line, row, name, entry) {
      line.classList.remove("is-bad");
      cockpit.setText(line, `… ${row.called} · ${name}`);
      const answer = await cockpit.post(registers.address(), entry);
      cockpit.sayOutcome(line, answer.ok, answer.ok ? [row.called, name, ...computed(answer.body)].join(" · ") : `${row.called} · ${name}${say("：")}${answer.body.detail}`);
      if (answer.ok) line.append(" ", undo(line, answer.body));
      else if (answer.status === 0 || answer.status >= 500) line.append(" ", button("quiet", say("重试"), () => {
        input.focus();   // the button goes with its line's words
        return enter(line, row, name, entry);
      }));
      if (answer.ok || answer.body.code === "known_already") line.append(...later(line, row, name, entry));
      registers.refresh();
    }

    /* What the same person may want next: one more of the same, or something else. */
    /** @param {HTMLElement} line @param {Found} row @param {string} name @param {{values: Record<string, any>}} entry */
    function later(line, row, name, entry) {
      const isLast = line === done.firstElementChild;
      const once = more && !entry.values[more.code] ? [button("quiet", more.name, () => {
        const words = `${name} · ${more.name}`;
        return enter(begun(`${row.called} · ${words}`), row, words, { values: { ...entry.values, [more.code]: true }, reference: cockpit.outbox.newId() });
      })] : [];
      const again = button("quiet", say("同一人再登一项"), () => {
        show(row);
        buttons[0]?.focus();
      });
      const made = [...once, again];
      for (const one of made) one.classList.add("latest");
      return isLast ? made.flatMap((one) => [" ", one]) : [];
    }

    /* Numbers are typed on a keyboard of numbers, where somebody wants it so: names are not. */
    function keys() {
      const made = button("quiet keys", say("数字键盘"), () => set(input.inputMode !== "numeric"));
      /** @param {boolean} isOn */
      const set = (isOn) => {
        input.inputMode = isOn ? "numeric" : "text";
        made.setAttribute("aria-pressed", String(isOn));
        try { localStorage.setItem(KEYS, String(isOn)); } catch (error) { /* a browser that keeps nothing */ }
        input.focus();
      };
      let isOn = false;
      try { isOn = localStorage.getItem(KEYS) === "true"; } catch (error) { /* a browser that keeps nothing */ }
      input.inputMode = isOn ? "numeric" : "text";
      made.setAttribute("aria-pressed", String(isOn));
      return made;
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
    const typed = element("div", "typed");
    typed.append(input, keys());
    choices.append(...buttons);
    place.replaceChildren(typed, choices, list, done);
    input.focus();
  };

  /** @param {Api.RegisterField} field @returns {[string, string][]} */
  const choicesOf = (field) => (field.type === "yes_no" ? [["true", say("是")], ["false", say("否")]] : Object.entries(field.choices).map(([code, { name }]) => [code, name]));

  /** @param {string} kind @param {string} name @param {() => unknown} act */
  function button(kind, name, act) {
    const made = element("button", kind, name);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  /* What was tapped by mistake counts no more; that it was so stays to be read. */
  /** @param {HTMLElement} line @param {Api.RegisterRow} row */
  function undo(line, row) {
    const made = button("quiet", say("撤销"), () => cockpit.forms.once(made, async () => {
      const answer = await cockpit.post(registers.address(`/${row.id}/void`), { reason: say("快速登记时点错"), seq: row.seq });
      cockpit.sayOutcome(line, answer.ok, answer.ok ? say("已撤销编号 {id}", { id: row.id }) : answer.body.detail);
      registers.refresh();
    }));
    return made;
  }
})();
