/* Fields of registers by their type: what a value says, and what it is entered with. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { field: labelled } = cockpit.forms;
  const WAIT_MS = 200;
  const OFFERED = 8;
  /** @type {RegistersScript} */
  const registers = (cockpit.registers = /** @type {RegistersScript} */ ({}));

  registers.tools = {};
  registers.parts = {};

  /* A table that is read and not worked with. */
  registers.plain = function (heads, rows) {
    const table = element("table", "figures plain");
    const head = element("tr");
    head.append(...heads.map((words) => element("th", "", words)));
    table.append(head, ...rows.map((cells) => {
      const row = element("tr");
      row.append(...cells.map((words) => element("td", "", words)));
      return row;
    }));
    return table;
  };

  /* An address of the API below the register's own, or of another register's. */
  registers.address = (below = "", code = registers.declared.register.code) => `/api/v1/${cockpit.root.dataset.community}/registers/${code}${below}`;

  /* --- what a value says --- */

  registers.text = function (field, value, named) {
    if (value === null || value === undefined) return "";
    switch (field.type) {
      case "choice": return field.choices[String(value)]?.name ?? String(value);
      case "choices": return /** @type {string[]} */ (value).map((one) => field.choices[one]?.name ?? one).join(say("、"));
      case "place": return registers.declared.places[field.layer ?? ""]?.[String(value)] ?? String(value);
      case "row": return named[field.code]?.[String(value)] ?? `#${value}`;
      case "time": return cockpit.time.full(Date.parse(String(value)));
      case "yes_no": return value === true || value === "true" ? say("是") : say("否");
      case "recurrence": return registers.ruleSaid(String(value));
      default: return String(value);
    }
  };

  /* --- what it is entered with --- */

  registers.control = function (field, value, named = {}) {
    const make = registers.controls[field.type] ?? written;
    const made = make(field, value, named);
    made.dataset.field = field.code;
    const input = made.querySelector("input, textarea, select");
    if (input && field.required && field.type !== "choices") /** @type {HTMLInputElement} */ (input).required = true;
    if (field.help) made.append(element("span", "second hint", field.help));
    made.append(element("span", "fault"));
    return made;
  };

  /** @type {Partial<Record<Api.FieldType, Record<string, string>>>} */
  const ATTRIBUTES = {
    integer: { inputMode: "numeric" }, number: { inputMode: "decimal" }, money: { inputMode: "decimal" },
    date: { type: "date" }, clock: { type: "time" }, month: { type: "month" },
  };

  /** @param {Api.RegisterField} field */
  const label = (field) => {
    const unit = field.unit || (field.type === "money" ? say("元") : "");
    return `${field.name}${unit ? say("（{unit}）", { unit }) : ""}${field.required ? "" : say("（可不填）")}`;
  };

  /** @param {Api.RegisterField} field @param {any} value */
  function written(field, value) {
    const input = element("input");
    Object.assign(input, { name: field.code, value: value ?? "", autocomplete: "off", ...ATTRIBUTES[field.type] });
    if (field.type === "text") input.maxLength = field.most ?? 200;
    return labelled(label(field), input, () => ({ [field.code]: input.value.trim() || null }));
  }

  /** @param {Api.RegisterField} field @param {any} value */
  function long(field, value) {
    const input = element("textarea");
    Object.assign(input, { name: field.code, value: value ?? "", rows: 4, maxLength: field.most ?? 5000 });
    return labelled(label(field), input, () => ({ [field.code]: input.value.trim() || null }));
  }

  /* A time of the clock in Asia/Shanghai, wherever the browser is. */
  /** @param {Api.RegisterField} field @param {any} value */
  function moment(field, value) {
    const input = element("input");
    Object.assign(input, { type: "datetime-local", name: field.code });
    if (value) input.value = cockpit.time.local(Date.parse(value)).slice(0, 16);
    return labelled(label(field), input, () => ({ [field.code]: input.value ? `${input.value}:00+08:00` : null }));
  }

  /** @param {Api.RegisterField} field @param {[string, string][]} options @param {any} value */
  function selected(field, options, value) {
    const select = element("select");
    select.name = field.code;
    select.append(new Option(field.required ? say("请选择") : say("未注明"), ""), ...options.map(([code, name]) => new Option(name, code)));
    select.value = value === null || value === undefined ? "" : String(value);
    return labelled(label(field), select, () => ({ [field.code]: select.value || null }));
  }

  /** @param {Api.RegisterField} field */
  const choicesOf = (field) => Object.entries(field.choices).map(([code, { name }]) => /** @type {[string, string]} */ ([code, name]));

  /** @param {Api.RegisterField} field @param {any} value */
  function several(field, value) {
    const group = element("fieldset", "field");
    group.append(element("legend", "label", label(field)));
    const boxes = choicesOf(field).map(([code, name]) => {
      const line = element("label", "tick");
      const box = element("input");
      Object.assign(box, { type: "checkbox", name: field.code, value: code, checked: (value ?? []).includes(code) });
      line.append(box, name);
      group.append(line);
      return box;
    });
    const read = () => {
      const found = boxes.filter((box) => box.checked).map((box) => box.value);
      return { [field.code]: found.length ? found : null };
    };
    return Object.assign(group, { read });
  }

  /* A row of another register, found by what is typed: a list that arrows go through and Enter takes from. */
  /** @param {Api.RegisterField} field @param {any} value @param {Api.Named} named */
  function picked(field, value, named) {
    const input = element("input");
    Object.assign(input, { type: "text", name: field.code, value: value ? registers.text(field, value, named) : "" });
    /** @type {number | null} */
    let chosen = value ?? null;
    const list = registers.offer(input, `offered-${field.code}`, field.to ?? "", (row) => {
      chosen = row ? row.id : null;
      if (row) input.value = row.called;
    });
    const made = labelled(label(field), input, () => ({ [field.code]: chosen ?? (input.value.trim() || null) }));
    made.append(list);
    return made;
  }

  /* Offer rows of a register for what is typed; ``take`` gets the one that is chosen, null while another is typed.
     ``isEager``: a whole card number needs no choosing. The list that is answered is to be put beside the input. */
  registers.offer = function (input, id, code, take, isEager = false) {
    const list = element("ul", "offered");
    Object.assign(list, { id, hidden: true });
    list.setAttribute("role", "listbox");
    input.autocomplete = "off";
    for (const [name, said] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id })) input.setAttribute(name, said);
    /** @type {Found[]} */
    let rows = [];
    let at = -1;
    let asked = 0;
    let isAsking = false;
    let isHasty = false;   // Enter came before the answer: the first of it is meant
    /** @type {number | undefined} */
    let timer;
    const mark = () => {
      [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
      input.setAttribute("aria-activedescendant", at < 0 ? "" : `${list.id}-${at}`);
    };
    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
    };
    /** @param {number} place */
    const choose = (place) => {
      const row = rows[place];
      if (!row) return;
      take(row);
      close();
    };
    const show = () => {
      list.replaceChildren(...rows.map((row, place) => {
        const line = element("li", "", row.called);
        line.id = `${list.id}-${place}`;
        line.setAttribute("role", "option");
        line.addEventListener("pointerdown", (event) => event.preventDefault());   // the input keeps the focus
        // Not before the tap is over: what lies below would get the rest of it.
        line.addEventListener("click", () => choose(place));
        return line;
      }));
      list.hidden = rows.length === 0;
      input.setAttribute("aria-expanded", String(rows.length > 0));
      mark();
    };
    const ask = async () => {
      clearTimeout(timer);
      timer = undefined;
      const mine = (asked += 1);
      isAsking = true;
      const words = input.value.trim();
      const found = words ? await registers.search(code, words, OFFERED) : [];
      if (mine !== asked) return;
      isAsking = false;
      rows = found;
      at = rows.length ? 0 : -1;
      show();
      delete input.dataset.hasty;
      if (isHasty) choose(0);
      else if (isEager && rows[0]?.isExact) take(rows[0], true);
      isHasty = false;
    };
    input.addEventListener("input", () => {
      isHasty = false;
      delete input.dataset.hasty;
      rows = [];
      take(null);
      close();
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (timer !== undefined || isAsking)) {
        event.preventDefault();
        isHasty = true;
        input.dataset.hasty = "";
        if (timer !== undefined) ask();
      } else if (event.key === "Enter" && !list.hidden && at >= 0) {
        event.preventDefault();
        choose(at);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        close();
      } else if (["ArrowDown", "ArrowUp"].includes(event.key) && rows.length) {
        event.preventDefault();
        at = (at + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length;
        mark();
      }
    });
    return list;
  };

  /* Rows of a register in which words stand, each by what it is called. */
  registers.search = async function (code, words, limit) {
    const key = registers.declared.keys[code];
    try {
      // Of very many whose numbers begin alike, the one that is meant must not be left out.
      /** @type {Record<string, string | number>[]} */
      const questions = [...(key ? [{ where: `${key}:eq:${words}`, limit: 1 }] : []), { q: words, limit }];
      /** @type {Api.RegisterRows[]} */
      const answers = await Promise.all(questions.map((one) => cockpit.ask(`registers/${code}`, one)));
      const exact = key ? answers[0].rows : [];
      const rest = answers[answers.length - 1].rows.filter((row) => !exact.some((one) => one.id === row.id));
      return [...exact, ...rest].slice(0, limit).map((row, place) => ({ id: row.id, called: row.called, isExact: place < exact.length }));
    } catch (error) {
      return [];
    }
  };

  /* What was worked out of a row, as whoever wrote it is told. */
  registers.computed = (row) => registers.declared.register.fields.filter((one) => one.said && row.values[one.code] !== null && row.values[one.code] !== undefined).map((one) => one.said.replace("{value}", registers.text(one, row.values[one.code], {})));

  registers.controls = {
    long, time: moment, choices: several, row: picked,
    choice: (field, value) => selected(field, choicesOf(field), value),
    place: (field, value) => selected(field, Object.entries(registers.declared.places[field.layer ?? ""] ?? {}).filter(([code]) => code === value || !field.but.includes(code)), value),
    yes_no: (field, value) => selected(field, [["true", say("是")], ["false", say("否")]], value),
  };
})();
