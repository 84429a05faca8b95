/* One row of a register in a dialog: its form, its steps, its versions, and why it counts no more. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const { once } = cockpit.forms;
  /** @type {Record<string, string>} */
  const DONE = { add: say("登记"), change: say("更改"), void: say("作废"), erase: say("抹去个人信息") };
  /** @type {HTMLDialogElement | null} */
  let dialog = null;

  const mayWrite = () => cockpit.at === null && registers.declared.register.may.writes;

  registers.open = async function (number, given = {}) {
    /** @type {Api.RegisterDetail | null} */
    let row = null;
    if (number !== null) {
      try {
        row = await cockpit.ask(`registers/${registers.declared.register.code}/${number}`, {});
      } catch (error) {
        cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, error.message);
        return;
      }
    }
    const shown = registers.dialog(row ? say("{name} · 编号 {id}", { name: registers.declared.register.name, id: row.id }) : say("{name} · 登记一行", { name: registers.declared.register.name }));
    const isOpen = !row || (mayWrite() && !row.voided && !row.locked && changeable(row).length > 0);
    shown.append(row && !isOpen ? told(row) : form(row, given));
    if (row) shown.append(...(mayWrite() && !row.voided ? [steps(row), ending(row)] : []), ...parts(row), registers.erasing(row), history(row));
    /** @type {HTMLElement | null} */ (shown.querySelector("input, select, textarea"))?.focus();
  };

  /** @param {Api.RegisterDetail} row */
  function parts(row) {
    const part = registers.parts[registers.declared.register.code];
    return part !== undefined && cockpit.may("steward") ? [part(row)] : [];
  }

  /* A dialog with a title, in the place of the one before. */
  registers.dialog = function (title) {
    dialog?.remove();
    dialog = element("dialog", "register-dialog");
    const head = element("header");
    const close = element("button", "quiet", say("关闭"));
    close.type = "button";
    close.addEventListener("click", registers.close);
    const heading = element("h2", "", title);
    heading.id = "register-dialog-title";
    head.append(heading, close);
    dialog.setAttribute("aria-labelledby", heading.id);
    const body = element("div", "body");
    dialog.append(head, body);
    dialog.addEventListener("close", () => dialog?.remove());
    cockpit.root.append(dialog);
    dialog.showModal();
    return body;
  };

  registers.close = () => dialog?.close();

  /* --- the form --- */

  /* The fields that somebody may enter, or change in a row. */
  /** @param {Api.RegisterDetail | null} row */
  const changeable = (row) => registers.declared.register.fields.filter((one) => !one.computed && !(row && one.fixed && row.values[one.code] !== null) && !(one.personal && !registers.declared.register.may.names));

  /** @param {Api.RegisterDetail | null} row @param {Record<string, any>} given */
  function form(row, given) {
    const made = element("form", "register");
    const { fields } = registers.declared.register;
    const controls = changeable(row).map((one) => registers.control(one, (row ? row.values : given)[one.code] ?? null, row?.named));
    const reason = row ? [cockpit.forms.text("reason", say("为何更改（可不填）"), 500)] : [];
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const button = element("button", "ahead", row ? say("保存") : say("登记"));
    const more = element("button", "quiet", say("登记并再来一行"));
    const rest = row ? fields.filter((one) => (one.computed || one.fixed) && row.values[one.code] !== null) : [];
    // Sent twice, by a nervous hand or a bad line, it is one row.
    const reference = cockpit.outbox.newId();
    made.append(...(row && rest.length ? [values(rest, row)] : []), ...controls, ...reason, outcome, buttons(...(row ? [button] : [button, more])));
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const isMore = event.submitter === more;
      once(isMore ? more : button, () => save(made, row, controls, reason, outcome, reference, isMore));
    });
    return made;
  }

  /** @param {...HTMLElement} all */
  function buttons(...all) {
    const made = element("div", "buttons");
    made.append(...all);
    return made;
  }

  /** @param {HTMLElement} made @param {Api.RegisterDetail | null} row @param {Field[]} controls @param {Field[]} reason @param {HTMLElement} outcome @param {string} reference @param {boolean} isMore */
  async function save(made, row, controls, reason, outcome, reference, isMore) {
    const values = Object.assign({}, ...controls.map((one) => one.read()));
    const why = Object.assign({}, ...reason.map((one) => one.read()));
    const body = row ? { values, seq: row.seq, ...why } : { values, reference };
    const answer = await cockpit.post(registers.address(row ? `/${row.id}` : ""), body);
    registers.showFaults(made, answer.ok ? [] : answer.body.faults ?? []);
    if (!answer.ok) {
      cockpit.sayOutcome(outcome, false, answer.body.detail);
      return;
    }
    registers.refresh();
    const done = row ? say("已保存编号 {id}", { id: answer.body.id }) : say("已登记，编号 {id}", { id: answer.body.id });
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), true, [done, ...registers.computed(answer.body)].join(" · "));
    if (isMore) registers.open(null);
    else registers.close();
  }

  /* Say at each field what is wrong with it, and go to the first. */
  registers.showFaults = function (place, faults) {
    for (const control of place.querySelectorAll("[data-field]")) {
      const fault = faults.find((one) => one.field === control.dataset.field);
      cockpit.setText(cockpit.need(".fault", control), fault ? `▲ ${fault.why}` : "");
      control.querySelector("input, textarea, select")?.setAttribute("aria-invalid", String(Boolean(fault)));
    }
    const [first] = faults;
    const control = first && place.querySelector(`[data-field="${CSS.escape(first.field)}"]`);
    /** @type {HTMLElement | null | undefined} */ (control?.querySelector("input, textarea, select"))?.focus();
  };

  /* --- what stands --- */

  /** @param {Api.RegisterDetail} row */
  function told(row) {
    const made = values(registers.declared.register.fields, row);
    if (row.demo) made.prepend(element("dt", "", say("来源")), element("dd", "", say("演示数据")));
    if (row.voided) made.prepend(element("dt", "", say("状态")), element("dd", "", say("已作废")));
    return made;
  }

  /** @param {Api.RegisterField[]} fields @param {Api.RegisterDetail} row */
  function values(fields, row) {
    const made = element("dl", "values");
    for (const one of fields) {
      if (!(one.code in row.values)) continue;
      made.append(element("dt", "", one.name), element("dd", "", registers.text(one, row.values[one.code], row.named) || (one.personal && row.locked) || "—"));
    }
    return made;
  }

  /** @param {Api.RegisterDetail} row */
  function steps(row) {
    const made = element("div", "steps");
    const { states } = registers.declared.register;
    const state = row.state === null ? undefined : states[row.state];
    if (!state) return made;
    made.append(element("span", "second", say("状态：{name}", { name: state.name })));
    for (const [to, least] of Object.entries(state.to)) {
      if (!cockpit.may(least)) continue;
      const button = element("button", "quiet", say("转为「{name}」", { name: states[to]?.name ?? to }));
      button.type = "button";
      button.addEventListener("click", () => once(button, () => act(row, `/${row.id}`, { values: {}, seq: row.seq, state: to }, say("已保存编号 {id}", { id: row.id }))));
      made.append(button);
    }
    return made;
  }

  /* A row is never deleted: it is said why it counts no more. */
  /** @param {Api.RegisterDetail} row */
  function ending(row) {
    if (!registers.declared.register.may.voids) return element("span");
    const why = cockpit.forms.text("reason", say("理由"), 500);
    /** @type {HTMLInputElement} */ (cockpit.need("input", why)).required = true;
    return cockpit.forms.form(say("作废"), [why], (said) => act(row, `/${row.id}/void`, { ...said, seq: row.seq }, say("已作废编号 {id}", { id: row.id })), say("作废这一行"));
  }

  /** @param {Api.RegisterDetail} row @param {string} below @param {object} body @param {string} done */
  async function act(row, below, body, done) {
    const answer = await cockpit.post(registers.address(below), body);
    if (answer.ok) registers.refresh();
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? done : answer.body.detail);
    if (answer.ok) registers.open(row.id);
    else registers.close();
  }

  /* --- what it was --- */

  /** @param {Api.RegisterDetail} row */
  function history(row) {
    const folded = element("details", "history");
    folded.append(element("summary", "", say("历次更改（{count}）", { count: row.versions.length })));
    const list = element("ol");
    row.versions.forEach((version, place) => {
      const before = row.versions[place - 1];
      const line = element("li");
      const by = (version.by ?? "").replace(/^.*?:/, "");
      line.append(element("span", "", [`${version.seq}`, DONE[version.action] ?? version.action, by, cockpit.time.full(Date.parse(version.at))].filter(Boolean).join(" · ")));
      for (const words of changes(version, before, row.named)) line.append(element("span", "second", words));
      if (version.reason) line.append(element("span", "second", say("理由：{reason}", { reason: version.reason })));
      list.prepend(line);
    });
    folded.append(list);
    return folded;
  }

  /** @param {Api.RegisterVersion} version @param {Api.RegisterVersion | undefined} before @param {Api.Named} named */
  function changes(version, before, named) {
    if (!before) return [];
    const { fields, states } = registers.declared.register;
    /** @param {string | null} state */
    const word = (state) => (state === null ? "—" : states[state]?.name ?? state);
    const found = version.state !== before.state ? [say("状态：{before} → {after}", { before: word(before.state), after: word(version.state) })] : [];
    for (const one of fields) {
      const [was, is] = [before, version].map(({ values: said }) => registers.text(one, said[one.code], named) || "—");
      if (was !== is) found.push(say("{name}：{was} → {is}", { name: one.name, was, is }));
    }
    return found;
  }
})();
