/* What is done with a device on its page: words for what it says, its alarms and refused messages, its credentials. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element, forms } = cockpit;
  const FEW = 5;
  /** @type {string | null} */
  let names = null;   // the metrics that it said when it was last asked about; null: nobody may ask

  const id = () => cockpit.root.dataset.device ?? "";
  const path = (more = "") => `/api/v1/${cockpit.root.dataset.community}/devices/${encodeURIComponent(id())}${more}`;
  /** @param {string | null} at */
  const day = (at) => (at === null ? say("不详") : cockpit.time.full(Date.parse(at)));

  cockpit.startKept = async function () {
    const place = cockpit.find("[data-kept-device]");
    if (!place) return;
    await cockpit.whoAmI();
    const why = cockpit.whyNot("steward");
    if (why !== null) return cockpit.refuse(place, why);
    await show(place);
  };

  /* What it says is called otherwise now, or is new: the words are asked for again. */
  cockpit.keptChanged = function (one) {
    const place = cockpit.find("[data-kept-device]");
    const now = Object.keys(one.latest).sort().join("\n");
    if (place && names !== null && now !== names) show(place);
  };

  /** @param {HTMLElement} place */
  async function show(place) {
    names = Object.keys(cockpit.state.devices?.[id()]?.latest ?? {}).sort().join("\n");
    const answer = await cockpit.request(path("/registration"));
    if (!answer.ok) return cockpit.refuse(place, cockpit.reason(answer));
    const known = /** @type {Api.Registration} */ (answer.body);
    const query = new URLSearchParams({ device: id(), limit: String(FEW) });
    const base = `/api/v1/${cockpit.root.dataset.community}`;
    const alarms = await cockpit.get(`${base}/alarms?${query}`);
    const credentials = place.querySelector("[data-credentials]");
    const before = place.querySelector("[data-word-outcome]");
    // What somebody is choosing just now stays under the finger.
    const chosen = new Map([.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("form.word"))].map((one) => [one.dataset.word, one]));
    place.replaceChildren(...words(known, chosen), ...alarmList(alarms), ...refusedList(known), ...own(known, credentials));
    // What was done a moment ago stands on, whoever asked for all this again.
    const after = place.querySelector("[data-word-outcome]");
    if (before && after) after.replaceWith(before);
  }

  /* --- words --- */

  /** @param {Api.Registration} of @param {Map<string | undefined, HTMLElement>} chosen */
  function words(of, chosen) {
    if (!of.unknown.length && !of.words.length) return [];
    const made = /** @type {HTMLElement[]} */ ([element("h2", "", say("指标名称"))]);
    const can = cockpit.canDo("manager") && of.revoked === null;
    for (const { word, likely } of of.unknown) made.push(can ? chosen.get(word) ?? unknown(word, likely) : element("p", "second", say("未知指标 {word}", { word })));
    for (const one of of.words) {
      const metric = cockpit.metrics[one.metric]?.name ?? one.metric;
      const whose = one.for === "kind" ? say("同类设备") : say("本设备");
      const text = say("「{word}」即 {metric} · {whose} · {when} 起", { word: one.word, metric, whose, when: day(one.since) });
      made.push(forms.entry(text, "", can ? [[say("取消"), () => mean({ word: one.word, metric: null, for: one.for })]] : []));
    }
    const outcome = element("p", "outcome");
    outcome.dataset.wordOutcome = "";
    outcome.setAttribute("role", "status");
    return [...made, outcome];
  }

  /** @param {string} word @param {string | null} likely */
  function unknown(word, likely) {
    const form = element("form", "word");
    form.dataset.word = word;
    const select = element("select");
    select.append(new Option(say("选择…"), ""));
    for (const [code, metric] of Object.entries(cockpit.metrics)) select.append(new Option(metric.name + (metric.label ? say("（{label}）", { label: metric.label }) : ""), code, false, code === likely));
    const asked = element("label", "field");
    asked.append(element("span", "label", say("「{word}」是哪一项？", { word })), select);
    const whole = element("input");
    whole.type = "checkbox";
    const all = element("label", "tick");
    all.append(whole, ` ${say("同类设备都这样叫")}`);
    const button = element("button", "", say("就是它"));
    const said = element("p", "outcome");
    said.setAttribute("role", "status");
    form.append(asked, all, button, said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (select.value) forms.once(button, () => ask({ word, metric: select.value, for: whole.checked ? "kind" : "device" }));
    });
    for (const input of [select, whole]) input.addEventListener("change", () => {
      awaited = "";
      said.textContent = "";
      button.textContent = say("就是它");
    });
    let awaited = "";
    /* What would follow is told first. */
    /** @param {{word: string, metric: string, for: string}} body */
    async function ask(body) {
      if (awaited === JSON.stringify(body)) return mean(body);
      const answer = await cockpit.post(path("/words"), { ...body, foresee: true });
      if (!answer.ok) return cockpit.sayOutcome(said, false, answer.body.detail);
      const { readings, twice, devices } = answer.body;
      if (!readings && !twice) return mean(body);
      awaited = JSON.stringify(body);
      let text = say("还没有改：确认后把 {devices} 台设备的 {readings} 条旧读数归入，取消后移回", { devices, readings });
      if (twice) text += say("；{twice} 条与已有读数同时刻，仍留在原名下", { twice });
      said.classList.remove("is-bad");
      cockpit.setText(said, text);
      button.textContent = say("确认归入");
    }
    return form;
  }

  /** @param {{word: string, metric: string | null, for: string}} body */
  async function mean(body) {
    const answer = await cockpit.post(path("/words"), body);
    let text = answer.body.detail ?? say("已取消：{n} 条读数移回原名，以后的仍按原名保存", { n: answer.body.readings });
    if (answer.ok && body.metric !== null) {
      const { readings, twice, suspect, devices } = answer.body;
      text = say("已改名，{readings} 条旧读数一并归入", { readings });
      if (devices > 1) text += say("；涉及 {devices} 台设备", { devices });
      if (twice) text += say("；{twice} 条与已有读数同时刻，仍留在原名下", { twice });
      if (suspect) text += say("；{suspect} 条超出可能范围，标为存疑", { suspect });
    }
    const place = cockpit.need("[data-kept-device]");
    if (answer.ok) await show(place);
    const outcome = cockpit.find("[data-word-outcome]");
    if (outcome) cockpit.sayOutcome(outcome, answer.ok, text);
  }

  /* --- alarms, refused messages --- */

  /** @param {{alarms: {id: string, name: string, raised: string, returned: string | null}[]} | null} told */
  function alarmList(told) {
    if (!told?.alarms.length) return [];
    const rows = told.alarms.map((one) => {
      const link = element("a", "", one.name);
      link.href = cockpit.alarms.link(one.id);
      return [link, cockpit.time.full(Date.parse(one.raised)), one.returned === null ? say("未恢复") : say("已恢复")];
    });
    return [element("h2", "", say("告警")), cockpit.table([say("告警"), say("发生"), say("状态")], rows, "plain")];
  }

  /** @param {Api.Registration} of */
  function refusedList({ refused }) {
    if (!refused.newest.length) return [];
    const rows = refused.newest.map((one) => [cockpit.time.full(Date.parse(one.received)), one.why]);
    const all = element("a", "", say("在隔离区查看"));
    all.href = `/quarantine?community=${cockpit.root.dataset.community}&device=${encodeURIComponent(id())}`;
    return [element("h2", "", say("被拒收的消息 · 近 7 天 {count} 条", { count: refused.count })), cockpit.table([say("收到"), say("原因")], rows, "plain"), all];
  }

  /* --- credentials --- */

  /** @param {string} at */
  function revoked(at) {
    const outcome = element("p", "outcome");
    outcome.dataset.ownOutcome = "";
    outcome.setAttribute("role", "status");
    return [element("h2", "", say("登记与凭据")), element("p", "second", say("已于 {when} 吊销，编号不能再用", { when: day(at) })), outcome];
  }

  /** @param {Api.Registration} of @param {Element | null} shown */
  function own(of, shown) {
    if (!cockpit.canDo("manager")) return [];
    if (of.revoked !== null) return revoked(of.revoked);
    const place = element("div");
    if (shown) place.append(shown);
    const outcome = element("p", "outcome");
    outcome.dataset.ownOutcome = "";
    outcome.setAttribute("role", "status");
    const note = forms.text("note", say("换上的硬件（如序列号，可不填）"), 200);
    const edit = element("a", "", say("修改登记，在地图上移动"));
    edit.href = `/device-registration?community=${cockpit.root.dataset.community}&device=${encodeURIComponent(id())}`;
    const folds = [
      forms.form(say("更换硬件"), [note], (said) => renew("/replace", said), say("换上新硬件，旧密钥作废")),
      forms.form(say("更换密钥"), [], () => renew("/rotate", {}), say("给新密钥，旧密钥作废")),
      forms.form(say("吊销"), [], revoke, say("吊销，编号不能再用")),
    ];
    /** @param {string} step @param {object} said */
    async function renew(step, said) {
      const answer = await cockpit.post(path(step), { ...said, secret_since: of.secret_since });
      if (!answer.ok) return cockpit.sayOutcome(outcome, false, answer.body.detail);
      cockpit.showCredentials(place, answer.body, cockpit.need("[data-kept-device]").dataset.keptDevice ?? "{}");
      await again(say("旧密钥已经作废，历史读数都在"));
    }
    async function revoke() {
      const answer = await cockpit.post(path("/revoke"), {});
      if (!answer.ok) return cockpit.sayOutcome(outcome, false, answer.body.detail);
      place.replaceChildren();
      await again(say("已吊销，连接随即断开；历史读数都在"));
    }
    /* As it is now: what can still be done, and since when the secret holds. */
    /** @param {string} text */
    async function again(text) {
      await show(cockpit.need("[data-kept-device]"));
      cockpit.sayOutcome(cockpit.need("[data-own-outcome]"), true, text);
    }
    const age = say("密钥自 {when} 起使用", { when: day(of.secret_since) });
    return [element("h2", "", say("登记与凭据")), element("p", "second", age), edit, ...folds, outcome, place];
  }
})();
