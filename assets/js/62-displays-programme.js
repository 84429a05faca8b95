/* The programme of a display, or of all of a community: which scenes, how long and when, how bright, whether it moves. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const MOST_STEPS = 6;
  const TIME = { maxLength: 5, pattern: "([01][0-9]|2[0-3]):[0-5][0-9]", placeholder: "--:--" };   // 24 hours, whatever the phone's own form

  /** @typedef {{ node: HTMLElement, read(): ProgrammePart | null }} PartRow */
  /** @typedef {{ node: HTMLElement, read(): { from: string, percent: number } | null }} StepRow */

  /* A form of it, folded; ``displays`` null: all of the community. */
  cockpit.displayProgramme = function (first, words, displays, outcome) {
    const folded = element("details", "programme");
    const form = element("form");
    folded.append(element("summary", "", displays ? say("节目单") : say("全部屏幕的节目单")), form);
    // Filled when it is opened, with what is so then.
    folded.addEventListener("toggle", async () => {
      if (!folded.open) return form.replaceChildren();
      const answer = await cockpit.request("/api/v1/displays");
      const known = answer.ok ? /** @type {Api.Displays} */ (answer.body).displays.find((one) => one.name === first.name) : null;
      fill(known?.programme ?? words.default, Boolean(known?.own_programme));
    });

    /** @param {Programme} programme @param {boolean} isOwn */
    function fill(programme, isOwn) {
      const turns = tick(say("轮流显示各场景"), programme.turns);
      const shift = tick(say("画面微移，防烧屏"), programme.pixel_shift);
      const parts = inOrder(programme, words.parts).map(([code, part]) => partRow(code, words.parts[code], part));
      const steps = Array.from({ length: Math.max(2, Math.min(MOST_STEPS, programme.brightness.length + 1)) }, (_, number) => stepRow(programme.brightness[number]));
      const own = isOwn ? say("这块屏用自己的节目单") : say("这块屏用社区的节目单");
      const save = element("button", "ahead", say("保存"));
      const back = element("button", "", say("用社区的节目单"));
      back.type = "button";
      back.addEventListener("click", () => cockpit.forms.once(back, () => put(null)));
      const acts = element("div", "thumbs");
      acts.append(save, back);
      form.replaceChildren(...(displays ? [element("p", "second", own)] : []), turns, shift,
        element("p", "second", say("场景 · 秒 · 从 · 到（北京时间，留空为全天）")), ...parts.map(({ node }) => node),
        element("p", "second", say("亮度：从几点起百分之几（未确认的紧急或高级告警在时不调暗）")), ...steps.map(({ node }) => node), acts);
      form.onsubmit = (event) => {
        event.preventDefault();
        const scenes = parts.map((one) => one.read()).filter(Boolean);
        const brightness = steps.map((one) => one.read()).filter(Boolean);
        cockpit.forms.once(save, () => put({ turns: isTicked(turns), pixel_shift: isTicked(shift), scenes, brightness }));
      };
    }

    /** @param {object | null} programme */
    async function put(programme) {
      const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/displays/programme`, { displays, programme });
      cockpit.sayOutcome(outcome, answer.ok, answer.ok ? say("节目单已生效") : answer.body.detail);
      if (answer.ok) folded.open = false;
    }

    return folded;
  };

  /* Its scenes in their order, then those that it does not show. */
  /** @param {Programme} programme @param {Record<string, string>} names @returns {[code: string, part: ProgrammePart | null][]} */
  function inOrder(programme, names) {
    const shown = programme.scenes.map((part) => part.scene);
    /** @type {[string, ProgrammePart | null][]} */
    const own = programme.scenes.map((part) => [part.scene, part]);
    return [...own, .../** @type {[string, null][]} */ (Object.keys(names).filter((code) => !shown.includes(code)).map((code) => [code, null]))];
  }

  /** @param {string} label @param {boolean} isOn */
  function tick(label, isOn) {
    const made = element("label", "tick");
    const box = element("input");
    box.type = "checkbox";
    box.checked = isOn;
    made.append(box, label);
    return made;
  }

  /** @param {HTMLElement} made */
  const isTicked = (made) => cockpit.need("input", made).checked;

  /** @param {string} label @param {string} type @param {string | number | null | undefined} value @param {Record<string, number | string>} [limits] */
  function input(label, type, value, limits = {}) {
    const made = element("input");
    Object.assign(made, { type, ...limits });
    made.value = String(value ?? "");
    made.setAttribute("aria-label", label);
    return made;
  }

  /** @param {string} code @param {string} name @param {ProgrammePart | null} part @returns {PartRow} */
  function partRow(code, name, part) {
    const made = element("div", "part");
    const on = tick(name, part !== null);
    const seconds = input(say("{name}：秒", { name }), "number", part?.seconds ?? 15, { min: 5, max: 3600 });
    const from = input(say("{name}：从", { name }), "text", part?.from, TIME);
    const to = input(say("{name}：到", { name }), "text", part?.to, TIME);
    made.append(on, seconds, from, to);
    const read = () => isTicked(on) ? { scene: code, seconds: Number(seconds.value), ...(from.value && to.value ? { from: from.value, to: to.value } : {}) } : null;
    return { node: made, read };
  }

  /** @param {{ from: string, percent: number } | undefined} step @returns {StepRow} */
  function stepRow(step) {
    const made = element("div", "part");
    const from = input(say("亮度：从"), "text", step?.from, TIME);
    const percent = input(say("亮度：百分比"), "number", step?.percent, { min: 30, max: 100 });
    made.append(from, percent);
    return { node: made, read: () => (from.value && percent.value ? { from: from.value, percent: Number(percent.value) } : null) };
  }
})();
