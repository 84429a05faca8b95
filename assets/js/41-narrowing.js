/* What a list is narrowed to: controls and chips that can be taken off, kept in the address (cockpit/pages/narrowing.py). */
(function () {
  "use strict";

  /** @typedef {{code: string, name: string, kind: "choice" | "words" | "day" | "flag" | "given", options?: Record<string, string>, hint?: string, fallback?: string, is_shown?: boolean}} Narrower */

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const ALL = "all";
  const WAIT_MS = 250;   // between the last letter and the question
  const NOTICED_MS = 300;
  const ZONE = "+08:00";

  /** @type {Record<string, string>} */
  const BEGUN = { today: say("今日"), month: say("本月"), year: say("本年") };

  /* A time as the API takes it: a day is its beginning, or its end; a word is where the present one began. */
  /** @param {string} code @param {string} text */
  function timeOf(code, text) {
    const local = cockpit.time.local(cockpit.now());
    const begun = { today: local.slice(0, 10), month: `${local.slice(0, 7)}-01`, year: `${local.slice(0, 4)}-01-01` }[text];
    if (begun) text = begun;
    const whole = text.length > 10 ? text : `${text}T${code.endsWith("to") ? "23:59:59.999" : "00:00:00"}`;
    return /([zZ]|[+-]\d\d:?\d\d)$/.test(whole) ? whole : whole.replace(" ", "T") + ZONE;
  }

  cockpit.narrowing = function (changed) {
    const place = cockpit.need("[data-narrowing]");
    /** @type {Narrower[]} */
    const known = JSON.parse(place.dataset.narrowing ?? "[]");
    /** @type {number | undefined} */
    let waiting;
    /** @type {Record<string, string>} */
    const asked = {};
    const here = new URL(location.href).searchParams;
    for (const one of known) asked[one.code] = here.get(one.code) ?? one.fallback ?? "";

    /** @param {string} code */
    const values = (code) => (asked[code] && asked[code] !== ALL ? asked[code].split(",") : []);

    /** @param {Record<string, string>} given */
    function set(given) {
      for (const [code, value] of Object.entries(given)) {
        const one = known.find((other) => other.code === code);
        if (one) asked[code] = value || (one.fallback ? ALL : "");
      }
      const address = new URL(location.href);
      for (const one of known) {
        if (asked[one.code] && asked[one.code] !== one.fallback) address.searchParams.set(one.code, asked[one.code]);
        else address.searchParams.delete(one.code);
      }
      history.replaceState(history.state, "", address);
      draw();
      asking();
      changed();
    }

    /* Until it is answered what stands there is of another question: it is dimmed, and stays so where nothing is answered. */
    function asking() {
      cockpit.root.dataset.asking = "";
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const told = cockpit.need("[data-rows-count]", place);
        told.classList.remove("is-bad");
        cockpit.setText(told, say("正在读取…"));
      }, NOTICED_MS);
    }

    /* --- controls --- */

    /** @param {Narrower} one */
    function control(one) {
      const label = element("label", "", one.name);
      if (one.kind === "choice") {
        const select = element("select");
        select.append(new Option(say("全部"), ""), ...Object.entries(one.options ?? {}).map(([code, name]) => new Option(name, code)));
        select.addEventListener("change", () => set({ [one.code]: select.value }));
        select.dataset.narrows = one.code;
        label.append(select);
        return label;
      }
      const input = element("input");
      input.dataset.narrows = one.code;
      if (one.kind === "flag") {
        input.type = "checkbox";
        label.className = "tick";
        label.prepend(input);
        input.addEventListener("change", () => set({ [one.code]: input.checked ? "true" : "" }));
        return label;
      }
      Object.assign(input, one.kind === "day" ? { type: "date" } : { type: "search", maxLength: 100, placeholder: one.hint ?? "" });
      /** @type {number | undefined} */
      let timer;
      input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => set({ [one.code]: input.value.trim() }), WAIT_MS);
      });
      label.append(input);
      return label;
    }

    /* What the controls say follows what is asked; what somebody is writing stays. */
    function show() {
      for (const field of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (place.querySelectorAll("[data-narrows]"))) {
        const code = field.dataset.narrows ?? "";
        const one = values(code).length === 1 ? values(code)[0] : "";
        if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = asked[code] === "true";
        else if (document.activeElement !== field) field.value = field.type === "date" ? asked[code].slice(0, 10) : field.type === "search" ? asked[code] : one;
      }
    }

    /* --- chips --- */

    /** @param {Narrower} one @param {string} value */
    function words(one, value) {
      if (one.kind === "flag") return one.name;
      if (one.kind === "day" && value in BEGUN) return say("{name}：{said}", { name: one.name, said: BEGUN[value] });
      const said = one.kind === "day" && value.length > 10 ? cockpit.time.full(Date.parse(timeOf(one.code, value))) : one.options?.[value] ?? value;
      return say("{name}：{said}", { name: one.name, said });
    }

    function draw() {
      show();
      const chips = known.flatMap((one) => (one.kind === "words" ? [asked[one.code]].filter(Boolean) : values(one.code)).map((value) => {
        const chip = element("button", "quiet chip", `${words(one, value)} ✕`);
        chip.type = "button";
        chip.dataset.chip = one.code;
        chip.setAttribute("aria-label", say("去掉条件 {what}", { what: words(one, value) }));
        chip.addEventListener("click", () => {
          const left = one.kind === "words" ? [] : values(one.code).filter((other) => other !== value);
          set({ [one.code]: left.join(",") });
          place.querySelector(".chip")?.focus();
        });
        return chip;
      }));
      cockpit.need("[data-chips]", place).replaceChildren(...chips);
    }

    cockpit.need("[data-narrowers]", place).replaceChildren(...known.filter((one) => one.is_shown !== false && one.kind !== "given").map(control));
    draw();

    return {
      set,
      asked: () => ({ ...asked }),
      word: (code, value) => known.find((one) => one.code === code)?.options?.[value] ?? value,
      query() {
        const found = new URLSearchParams();
        for (const one of known) {
          if (one.kind === "words") { if (asked[one.code]) found.set(one.code, asked[one.code]); }
          else for (const value of values(one.code)) found.append(one.code, one.kind === "day" ? timeOf(one.code, value) : value);
        }
        return found;
      },
      refuse(why) {
        clearTimeout(waiting);
        cockpit.sayOutcome(cockpit.need("[data-rows-count]", place), false, why);
      },
      count(total, shown, word) {
        clearTimeout(waiting);
        delete cockpit.root.dataset.asking;
        const told = cockpit.need("[data-rows-count]", place);
        told.classList.remove("is-bad");
        told.dataset.total = String(total);
        cockpit.setText(told, word + (shown < total ? say("，显示最新 {shown}", { shown: cockpit.number(shown) }) : ""));
      },
    };
  };
})();
