/* Reports: have one made, see how far it has come, take its files; what is made by itself. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const KIB = 1024;
  const SHOWN = 60;
  const page = (cockpit.pages.reports = /** @type {PageScript} */ ({}));

  /** @type {Api.ReportKind[]} */
  let kinds = [];
  /** @type {Record<string, string>} */
  let languages = {};
  let isAsking = false;
  let isAskedAgain = false;

  const base = () => `/api/v1/${cockpit.root.dataset.community}/reports`;

  page.start = async function () {
    languages = JSON.parse(cockpit.need("[data-languages]").dataset.languages ?? "{}");
    await cockpit.whoAmI();
    const why = cockpit.whyNot("steward");
    if (why !== null) return cockpit.refuse(cockpit.need("[data-reports-note]"), why);
    await show();
  };

  page.render = (changed) => {
    if (changed?.reports && kinds.length) show();
  };

  /* One question at a time: who is told of each step asks again only once the answer is there. */
  async function show() {
    if (isAsking) {
      isAskedAgain = true;
      return;
    }
    isAsking = true;
    const answer = await cockpit.request(`${base()}?limit=${SHOWN}`);
    isAsking = false;
    const note = cockpit.need("[data-reports-note]");
    if (!answer.ok) return cockpit.refuse(note, cockpit.reason(answer));
    const told = /** @type {Api.Reports} */ (cockpit.own(answer.body));
    cockpit.setText(note, say("每份报告注明数据截至的时刻；同一时刻重做，文件逐字节相同。期间已过的，其后登记的要重新制作才计入"));
    showKinds(told.kinds);
    showList(told.reports);
    if (isAskedAgain) {
      isAskedAgain = false;
      await show();
    }
  }

  /* --- what can be made --- */

  /** @param {Api.ReportKind[]} found */
  function showKinds(found) {
    const place = cockpit.need("[data-report-kinds]");
    // Somebody may be writing a period into one.
    if (kinds.length !== found.length) place.replaceChildren(...found.map(card));
    kinds = found;
    for (const one of found) showSchedule(one);
  }

  /** @param {Api.ReportKind} one */
  function card(one) {
    const made = element("form", "report-kind");
    made.dataset.kind = one.kind;
    const label = element("label", "", say("期间"));
    const period = element("input");
    period.value = one.last;
    period.required = true;
    period.maxLength = 10;
    period.setAttribute("aria-label", say("{name}的期间", { name: one.name }));
    label.append(period);
    const make = element("button", "ahead", say("制作"));
    const schedule = element("p", "schedule");
    made.append(element("h3", "", one.name), label, make, schedule);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      cockpit.forms.once(make, () => ask({ kind: one.kind, period: period.value.trim() }));
    });
    return made;
  }

  /** @param {Api.ReportKind} one */
  function showSchedule(one) {
    const place = cockpit.need(`[data-kind="${one.kind}"] .schedule`);
    const text = one.enabled ? say("{when} 自动制作", { when: whenOf(one) }) : say("不自动制作");
    const kept = say("文件保留 {n} 天", { n: one.keep_days });
    const made = [element("span", "second", `${text} · ${kept}`)];
    if (cockpit.canDo("manager")) made.push(button(one.enabled ? say("停用") : say("启用"), () => put(one), say("{name}自动制作", { name: one.name })));
    place.replaceChildren(...made);
  }

  /** @param {Api.ReportKind} one */
  function whenOf(one) {
    if (one.day !== null) return say("每月 {day} 日 {at}", { day: one.day, at: one.at });
    return one.weekday === 1 ? say("每周一 {at}", { at: one.at }) : say("每天 {at}", { at: one.at });
  }

  /** @param {Api.ReportKind} one */
  async function put(one) {
    const answer = await cockpit.post(`${base()}/schedule`, { kind: one.kind, enabled: !one.enabled });
    outcome(answer.ok, answer.ok ? say("已保存") : answer.body.detail);
    if (answer.ok) await show();
  }

  /** @param {{kind: string, period: string}} wanted */
  async function ask(wanted) {
    const answer = await cockpit.post(base(), wanted);
    outcome(answer.ok, answer.ok ? say("已开始，做好后列在下面") : answer.body.detail);
    if (answer.ok) await show();
  }

  /** @param {boolean} isDone @param {string} text */
  const outcome = (isDone, text) => cockpit.sayOutcome(cockpit.need("[data-outcome]"), isDone, text);

  /** @param {string} name @param {() => Promise<void>} work @param {string} [of] */
  function button(name, work, of) {
    const made = element("button", "", name);
    made.type = "button";
    if (of) made.setAttribute("aria-label", `${name} · ${of}`);
    made.addEventListener("click", () => cockpit.forms.once(made, work));
    return made;
  }

  /* --- what was made --- */

  /** @param {Api.Report[]} reports */
  function showList(reports) {
    const head = [say("报告"), say("期间"), say("状态"), say("文件"), say("数据截至"), say("制作人")];
    const rows = reports.map((one) => [one.name, periodOf(one), stateOf(one), filesOf(one), timeOf(one.known_at), byWhom(one.by)]);
    const none = cockpit.nothing(say("还没有报告"), say("在上方选期间，按「制作」"));
    const table = cockpit.table(head, rows, "reports-table");
    [...table.tBodies[0].rows].forEach((row, place) => {
      row.dataset.report = String(reports[place].id);
      row.dataset.state = reports[place].state;
    });
    cockpit.need("[data-reports]").replaceChildren(reports.length ? table : none);
  }

  /** @param {Api.Report} one */
  const periodOf = (one) => (one.is_over ? one.period_name : say("{period}（至今）", { period: one.period_name }));

  /** @param {string} at */
  const timeOf = (at) => cockpit.time.full(Date.parse(at));

  /** @param {string} by */
  const byWhom = (by) => (by === "schedule" ? say("自动") : by.replace(/^\w+:/, ""));

  /** @param {Api.Report} one */
  function stateOf(one) {
    const made = element("div", "report-state");
    if (one.state === "done") made.append(say("● 已完成"));
    if (one.state === "waiting") made.append(say("○ 排队中"), " ", button(say("停下"), () => stop(one), one.period_name));
    if (one.state === "making") made.append(progress(one), button(say("停下"), () => stop(one), one.period_name));
    if (one.state === "failed") {
      made.append(element("strong", "is-bad", say("▲ 失败")), element("span", "why", one.reason ?? ""), button(say("重试"), () => again(one), one.period_name));
    }
    return made;
  }

  /** @param {Api.Report} one */
  function progress(one) {
    const made = element("label", "", say("◔ 制作中 {done} / {steps}", { done: one.done, steps: one.steps || "…" }));
    const bar = element("progress");
    bar.max = Math.max(1, one.steps);
    bar.value = one.done;
    made.append(bar);
    return made;
  }

  /** @param {Api.Report} one */
  async function stop(one) {
    const answer = await cockpit.post(`${base()}/${one.id}/stop`, {});
    outcome(answer.ok, answer.ok ? say("已停下，随时可以重试") : answer.body.detail);
    if (answer.ok) await show();
  }

  /** @param {Api.Report} one */
  async function again(one) {
    const answer = await cockpit.post(`${base()}/${one.id}/again`, {});
    outcome(answer.ok, answer.ok ? say("已开始，做好后列在下面") : answer.body.detail);
    if (answer.ok) await show();
  }

  /** @param {Api.Report} one */
  function filesOf(one) {
    const made = element("ul", "report-files");
    if (one.state !== "done") return made;
    for (const file of one.files) {
      const item = element("li");
      const link = element("a", "", `${file.format.toUpperCase()} ${languages[file.language] ?? file.language}`);
      link.href = `${base()}/${one.id}/file?format=${file.format}&lang=${file.language}`;
      link.download = "";
      const size = file.kept ? say("{n} KB", { n: Math.ceil(file.bytes / KIB) }) : say("已到期，点开重新生成");
      const digest = element("code", "", file.sha256.slice(0, 12));
      digest.title = `SHA-256 ${file.sha256}`;
      item.append(link, " ", element("span", "second", size), " ", digest);
      made.append(item);
    }
    return made;
  }
})();
