/* Backups (备份): when and where they are made by themselves; made by a click, how far one is, and stopped. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { entry, once } = cockpit.forms;
  const AGAIN_MS = 1000;
  /** @type {Record<string, string>} */
  const STATES = { making: say("正在备份"), stopping: say("正在停下"), done: say("✓ 完成"), partial: say("▲ 做了，但不全"), stopped: say("○ 已停下"), failed: say("▲ 没有完成"), gone: say("▲ 备份目标不在"), back: say("○ 备份目标曾不在，现已恢复") };
  /** @param {number} bytes */
  const size = (bytes) => (bytes < 1048576 ? say("{n} KB", { n: cockpit.number(bytes / 1024, 0) }) : say("{n} MB", { n: cockpit.number(bytes / 1048576, 1) }));
  /** @type {HTMLElement} */
  let outcome;

  /* For an admin of all communities; nobody else has the part. */
  cockpit.showBackups = async function () {
    const place = cockpit.find("[data-backups]");
    if (place === null || !cockpit.may("admin") || !cockpit.me?.communities?.includes("*")) return;
    /** @type {HTMLElement} */ (place.parentElement).hidden = false;
    outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    const make = element("button", "ahead", say("现在备份"));
    make.type = "button";
    make.addEventListener("click", () => once(make, () => ask("/api/v1/backups")));
    const list = element("div", "register");
    list.dataset.list = "";
    const plan = element("p", "second");
    plan.dataset.plan = "";
    const stays = element("p", "second");
    stays.dataset.stays = "";
    place.replaceChildren(plan, stays, make, outcome, list);
    show();
  };

  /** @param {string} path */
  async function ask(path) {
    const answer = await cockpit.post(path, {});
    if (answer.ok) {
      cockpit.setText(outcome, "");
      draw(answer.body);
    } else cockpit.sayOutcome(outcome, false, answer.body.detail);
  }

  async function show() {
    const answer = await cockpit.request("/api/v1/backups");
    if (answer.ok) draw(answer.body);
    else cockpit.sayOutcome(outcome, false, cockpit.reason(answer));
  }

  /** @param {Api.BackupPlan} plan */
  function told(plan) {
    const when = plan.at === null ? say("不自动备份") : say("每天 {at} 自动备份", { at: plan.at });
    return [when, plan.target, plan.encrypted ? say("已加密") : say("未加密")].join(" · ");
  }

  /** Which stay: whoever is about to press the button wants to know what that takes away.
   * @param {Api.BackupPlan} plan */
  const rule = (plan) => say("最近 {hours} 小时做的全部保留；手工做的（按钮或命令）保留 {by_hand} 天；此外，最近 {days} 天、{weeks} 周、{months} 个月每天、每周、每月各留最新一份，最近 {schemas} 个数据库版本各留一份。", { hours: plan.hours, by_hand: plan.by_hand_days, days: plan.days, weeks: plan.weeks, months: plan.months, schemas: plan.schemas });

  /** @param {{ plan: Api.BackupPlan, backups: Api.Backup[] }} found */
  function draw({ plan, backups }) {
    cockpit.setText(cockpit.need("[data-backups] [data-plan]"), told(plan));
    cockpit.setText(cockpit.need("[data-backups] [data-stays]"), rule(plan));
    const rows = backups.map((one) => {
      const isMade = ["making", "stopping"].includes(one.state);
      const far = isMade && one.total ? say("{done} / {total}", { done: size(one.done), total: size(one.total) }) : one.state === "done" ? [done(one), one.reason].filter(Boolean).join(" · ") : one.reason;
      // Why it is not there names the target already.
      const place = one.state === "failed" || one.state === "gone" ? null : one.file;
      const isGone = one.there === false;
      const note = [isGone ? say("○ 曾完成，已不在：按规则清理，或被移走") : STATES[one.state], far, place].filter(Boolean).join(" · ");
      const row = entry(cockpit.time.full(Date.parse(one.began)), note, one.state === "making" ? [[say("停下"), () => ask(`/api/v1/backups/${one.id}/stop`)]] : []);
      row.classList.toggle("is-gone", isGone);
      if (isMade) row.append(bar(one));
      return row;
    });
    const none = element("p", "second", say("还没有备份"));
    cockpit.need("[data-backups] [data-list]").replaceChildren(...(rows.length ? rows : [none]));
    if (backups.some((one) => ["making", "stopping"].includes(one.state))) setTimeout(show, AGAIN_MS);
  }

  /** @param {Api.Backup} one */
  function done(one) {
    return one.counted === null ? size(one.total) : say("{size}，清点 {n} 行", { size: size(one.total), n: cockpit.number(one.counted, 0) });
  }

  /** @param {Api.Backup} one */
  function bar(one) {
    const made = element("progress");
    made.setAttribute("aria-label", say("备份进度"));
    if (one.total) Object.assign(made, { max: one.total, value: one.done });
    return made;
  }
})();
