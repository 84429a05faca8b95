/* Forms of a page: folded until they are asked for; each input knows how to read itself. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const NEEDED = ["title", "name", "subject", "what"];

  /* A form that is folded until it is asked for; ``submit`` gets what its inputs read. */
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
  function redraw(place, ...parts) {
    const kept = new Map();
    for (const one of written(place)) if (!one.closest("[data-sent]")) kept.set(keyOf(one), one[holds(one)]);
    const open = [...place.querySelectorAll("details[open]")].filter((one) => !one.querySelector("[data-sent]")).map(titleOf);
    place.replaceChildren(...parts);
    for (const folded of place.querySelectorAll("details")) folded.open ||= open.includes(titleOf(folded));
    for (const one of place.querySelectorAll(FIELDS)) {
      if (!kept.has(keyOf(one))) continue;
      one[holds(one)] = kept.get(keyOf(one));
      one.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  const FIELDS = "input, textarea, select";
  const holds = (one) => (one.type === "checkbox" ? "checked" : "value");
  const titleOf = (folded) => folded.querySelector("summary").textContent;
  const keyOf = (one) => {
    const around = one.closest("details, [data-key]");
    return [around && (around.dataset.key || titleOf(around)), one.name || one.value].join("/");
  };

  const written = (place) => [...place.querySelectorAll(FIELDS)].filter((one) => {
    if (one.options) return one.selectedIndex > 0;
    return one.type === "checkbox" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
  });

  /* Do what a button is for, once at a time. */
  async function once(button, work) {
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  }

  function field(label, input, read) {
    const made = element("label", "field");
    made.append(element("span", "label", label), input);
    made.read = read;
    return made;
  }

  function text(name, label, most, long) {
    const input = element(long ? "textarea" : "input");
    input.maxLength = most;
    input.name = name;
    input.required = NEEDED.includes(name);
    return field(label, input, () => ({ [name]: input.value.trim() }));
  }

  function number(name, label) {
    const input = element("input");
    Object.assign(input, { type: "number", min: 0, max: 1000000, name });
    return field(label, input, () => ({ [name]: input.value === "" ? null : Number(input.value) }));
  }

  /* A time of the clock in Asia/Shanghai, wherever the browser is. */
  function moment(name, label) {
    const input = element("input");
    Object.assign(input, { type: "datetime-local", name, required: true });
    return field(label, input, () => ({ [name]: `${input.value}:00+08:00` }));
  }

  function choice(name, label, options, isOptional) {
    const select = element("select");
    select.name = name;
    if (isOptional) select.append(new Option(say("未注明"), ""));
    for (const [code, text] of Object.entries(options)) select.append(new Option(text, code));
    return field(label, select, () => (select.value === "" ? {} : { [name]: select.value }));
  }

  /* A row of a register: a name, what is said of it, and what may be done, as [label, work] each. */
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
