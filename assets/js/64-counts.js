/* Decisions over the counting: each site's steps that await one, those decided, and a count on the spot. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const GATHER_MS = 1500;
  const page = (cockpit.pages.counts = /** @type {PageScript} */ ({}));
  /** @type {Record<string, string>} */
  const DECIDED = { accepted: say("已采纳"), taken_out: say("已剔除"), open: say("待核定") };
  const TRUST = { sound: "", doubtful: say("◇ 存疑"), suspect: say("▲ 待核定") };
  /** @type {Record<string, string>} */
  let words = {};
  /** @type {number | null} */
  let timer = null;

  const codes = () => [...cockpit.findAll("[data-site-steps]")].map((place) => place.dataset.siteSteps ?? "");
  /** @param {string} site @param {string} what */
  const address = (site, what) => `/api/v1/${cockpit.root.dataset.community}/visitors/${site}/${what}`;

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    await cockpit.whoAmI();
    const outcome = cockpit.need("[data-outcome]");
    cockpit.sayKept(outcome);
    if (!cockpit.may("manager")) {
      cockpit.setText(outcome, cockpit.me?.name ? say("核对客流需要本社区管理员的角色") : say("登录为管理员后可查看和核定"));
      return;
    }
    for (const site of codes()) cockpit.need(`[data-site-count="${CSS.escape(site)}"]`).replaceChildren(counted(site));
    load();
  };

  page.render = function (changed) {
    for (const site of Object.values(cockpit.state.visitors || {})) state(site);
    // A reason that somebody is writing is not taken away.
    const isWriting = document.activeElement && document.activeElement.closest("[data-site-steps]");
    if (changed && changed.visitors && cockpit.may("manager") && !isWriting) timer = timer || setTimeout(load, GATHER_MS);
  };

  /** @param {Live.Site} site */
  function state(site) {
    const place = cockpit.find(`[data-site-state="${CSS.escape(site.site)}"]`);
    if (!place) return;
    const doubts = cockpit.doubtsOf(site).map((one) => one.text).join(say("，"));
    const figures = site.since
      ? say("在场 {inside} 人 · {ts} 起进 {entered} · 出 {left}", { inside: cockpit.number(site.inside), ts: cockpit.time.minute(site.since.ts), entered: cockpit.number(site.since.entered), left: cockpit.number(site.since.left) })
      : say("无闸机上报");
    cockpit.setText(place, figures + (doubts ? say(" · ◇ 存疑：{doubts}", { doubts }) : ""));
  }

  /** @param {string} site */
  function counted(site) {
    const { form, number, text } = cockpit.forms;
    const note = text("note", say("依据"), 500);
    cockpit.need("input", note).required = true;
    const inside = number("inside", say("在场人数"));
    cockpit.need("input", inside).required = true;
    return form(say("现场清点：改定在场人数"), [inside, note], (said) => send(site, "count", said, say("在场人数已改定")), say("改定"));
  }

  async function load() {
    timer = null;
    for (const site of codes()) {
      const answer = await cockpit.get(address(site, "steps?state=all&limit=200"));
      const place = cockpit.need(`[data-site-steps="${CSS.escape(site)}"]`);
      if (!answer) {
        place.replaceChildren(cockpit.untold());
        continue;
      }
      const shown = answer.steps.filter((/** @type {Api.CountStep} */ step) => step.trust === "suspect" || step.decision !== "open");
      place.replaceChildren(shown.length ? table(site, shown) : cockpit.nothing(say("没有待核定的计数"), say("可疑的计数会列在这里，等人核定")));
    }
  }

  /** @param {string} site @param {Api.CountStep[]} steps */
  function table(site, steps) {
    const made = element("table", "figures");
    const head = element("tr");
    head.append(...[say("时间"), say("闸机"), say("计数器"), say("上报¦来源"), say("人数"), say("判定"), say("状态"), say("核定")].map((name) => element("th", "", name)));
    const top = element("thead");
    top.append(head);
    const body = element("tbody");
    body.append(...steps.map((step) => row(site, step)));
    made.append(top, body);
    const scroll = element("div", "scroll");
    scroll.append(made);
    return scroll;
  }

  /** @param {string} site @param {Api.CountStep} step */
  function row(site, step) {
    const made = element("tr");
    const device = cockpit.state.devices?.[step.device];
    const link = element("a", "", device ? device.name : step.device);
    link.href = `/devices/${step.device}`;
    const since = step.since ? `${cockpit.time.full(Date.parse(step.since))} – ` : "";
    const said = step.said.total === null ? cockpit.number(step.said.single) : say("累计 {total}", { total: cockpit.number(step.said.total) });
    const why = step.reason ? `${DECIDED[step.decision]} · ${step.reason} · ${(step.by ?? "").replace(/^.*?:/, "")}` : TRUST[step.trust];
    const cells = [since + cockpit.time.full(Date.parse(step.ts)), link, counter(step.counter), said, cockpit.number(step.people), words[step.verdict], why, actions(site, step)];
    for (const content of cells) {
      const cell = element("td");
      cell.append(content);
      made.append(cell);
    }
    return made;
  }

  /** @param {string} code */
  function counter(code) {
    const [way, line] = code.split("_");
    return (way === "enter" ? say("进") : say("出")) + (line ? say(" · 线{line}", { line }) : "");
  }

  /** @param {string} site @param {Api.CountStep} step */
  function actions(site, step) {
    const made = element("form", "buttons");
    const reason = element("input");
    Object.assign(reason, { maxLength: 500, required: true, placeholder: say("理由") });
    reason.setAttribute("aria-label", say("理由"));
    made.append(reason);
    for (const [decision, verb] of [["accepted", say("采纳")], ["taken_out", say("剔除")], ["open", say("撤回核定")]]) {
      if (decision === step.decision) continue;
      const button = element("button", "", verb);
      button.value = decision;
      made.append(button);
    }
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const { device, counter, ts } = step;
      const { value: decision } = /** @type {HTMLButtonElement} */ (event.submitter);
      send(site, "decisions", { device, counter, ts, decision, reason: reason.value }, say("{decision} {people} 人", { decision: DECIDED[decision], people: cockpit.number(step.people) }));
    });
    return made;
  }

  /** @param {string} site @param {string} what @param {object} body @param {string} done */
  async function send(site, what, body, done) {
    const answer = await cockpit.post(address(site, what), body);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), answer.ok, answer.ok ? done : answer.body.detail);
    if (answer.ok) load();
  }
})();
