/* Forms of a page: folded until they are asked for; each input knows how to read itself. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const NEEDED = ["title", "name", "subject", "what"];

  /* A form that is folded until it is asked for; ``submit`` gets what its inputs read. */
  /** @param {string} title @param {Field[]} inputs @param {(said: Record<string, any>) => unknown} submit @param {string} verb */
  function form(title, inputs, submit, verb = say("登记")) {
    const folded = element("details", "register-form");
    const made = element("form");
    const button = element("button", "ahead", verb);
    made.append(...inputs, button);
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (made.dataset.sent !== undefined) return;   // a second click is no second entry
      made.dataset.sent = "";
      try {
        await once(button, () => submit(Object.assign({}, ...inputs.map((input) => input.read()))));
      } finally {
        delete made.dataset.sent;
      }
    });
    folded.append(element("summary", "", title), made);
    return folded;
  }

  /* Put new parts in a place; what is being written there in other forms than the one that was sent stays. */
  /** @param {HTMLElement} place @param {...Node} parts */
  function redraw(place, ...parts) {
    /** @type {Map<string, string | boolean>} */
    const kept = new Map();
    for (const one of written(place)) if (!one.closest("[data-sent]")) kept.set(keyOf(one), valueOf(one));
    const open = [...place.querySelectorAll("details[open]")].filter((one) => !one.querySelector("[data-sent]")).map(titleOf);
    place.replaceChildren(...parts);
    for (const folded of place.querySelectorAll("details")) folded.open ||= open.includes(titleOf(folded));
    for (const one of controls(place)) {
      if (!kept.has(keyOf(one))) continue;
      const value = kept.get(keyOf(one));
      if (one instanceof HTMLInputElement && typeof value === "boolean") one.checked = value;
      else one.value = String(value);
      one.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  const FIELDS = "input, textarea, select";
  /** @param {HTMLElement} place @returns {Control[]} */
  const controls = (place) => [...place.querySelectorAll(FIELDS)].map((one) => /** @type {Control} */ (one));
  /** @param {Control} one */
  const valueOf = (one) => (one instanceof HTMLInputElement && one.type === "checkbox" ? one.checked : one.value);
  /** @param {Element} folded */
  const titleOf = (folded) => cockpit.need("summary", folded).textContent;
  /** @param {Control} one */
  const keyOf = (one) => {
    const around = one.closest("details, [data-key]");
    return [around && (around.dataset.key || titleOf(around)), one.name || one.value].join("/");
  };

  /** @param {HTMLElement} place */
  const written = (place) => controls(place).filter((one) => {
    if (one instanceof HTMLSelectElement) return one.selectedIndex > 0;
    return one instanceof HTMLInputElement && one.type === "checkbox" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
  });

  /* Do what a button is for, once at a time. */
  /** @param {HTMLButtonElement} button @param {Work} work */
  async function once(button, work) {
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  }

  /** @param {string} label @param {HTMLElement} input @param {() => Record<string, any>} read */
  function field(label, input, read) {
    const made = element("label", "field");
    made.append(element("span", "label", label), input);
    return Object.assign(made, { read });
  }

  /** @param {string} name @param {string} label @param {number} most @param {boolean} [long] */
  function text(name, label, most, long) {
    const input = element(long ? "textarea" : "input");
    input.maxLength = most;
    input.name = name;
    input.required = NEEDED.includes(name);
    return field(label, input, () => ({ [name]: input.value.trim() }));
  }

  /** @param {string} name @param {string} label */
  function number(name, label) {
    const input = element("input");
    Object.assign(input, { type: "number", min: 0, max: 1000000, name });
    return field(label, input, () => ({ [name]: input.value === "" ? null : Number(input.value) }));
  }

  /* A time of the clock in Asia/Shanghai, wherever the browser is. */
  /** @param {string} name @param {string} label */
  function moment(name, label) {
    const input = element("input");
    Object.assign(input, { type: "datetime-local", name, required: true });
    return field(label, input, () => ({ [name]: `${input.value}:00+08:00` }));
  }

  /** @param {string} name @param {string} label @param {Record<string, string>} options @param {boolean} [isOptional] */
  function choice(name, label, options, isOptional) {
    const select = element("select");
    select.name = name;
    if (isOptional) select.append(new Option(say("未注明"), ""));
    for (const [code, text] of Object.entries(options)) select.append(new Option(text, code));
    return field(label, select, () => (select.value === "" ? {} : { [name]: select.value }));
  }

  /* A row of a register: a name, what is said of it, and what may be done, as [label, work] each. */
  /** @param {string} name @param {string} note @param {[label: string, work: Work][]} actions */
  function entry(name, note, actions = []) {
    const row = element("div", "entry");
    row.append(element("span", "", name), element("span", "second", note));
    if (!actions.length) return row;
    const buttons = element("span", "buttons");
    for (const [label, work] of actions) {
      const button = element("button", "quiet", label);
      button.type = "button";
      button.setAttribute("aria-label", `${label} ${name}`);
      button.addEventListener("click", () => once(button, work));
      buttons.append(button);
    }
    row.append(buttons);
    return row;
  }

  cockpit.forms = { entry, form, once, redraw, field, text, number, moment, choice };
})();
