/* A person's data erased on request: where it is, then gone for good, with a proof to hand over. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const { once } = cockpit.forms;

  /** @typedef {{register: string, name: string, id: number, called: string, fields: string[], versions: number, certain: boolean}} Trace */

  /* The way to it, for who may: folded, since it cannot be undone. */
  registers.erasing = function (row) {
    const { register } = registers.declared;
    if (!register.fields.some((one) => one.personal) || !cockpit.canDo("manager")) return element("span");
    const folded = element("details", "erasing");
    const place = element("div", "found");
    folded.append(element("summary", "", say("应本人要求抹去个人信息")), place);
    folded.addEventListener("toggle", () => folded.open && look(row, place));
    return folded;
  };

  /** @param {Api.RegisterRow} row @param {HTMLElement} place */
  async function look(row, place) {
    const asked = { register: registers.declared.register.code, id: row.id, reason: say("查看"), dry_run: true };
    const answer = await cockpit.post(registers.address("", "erasure"), asked);
    if (!answer.ok) {
      cockpit.refuse(place, answer.body.detail);
      return;
    }
    /** @type {Trace[]} */
    const found = answer.body.found;
    const certain = found.filter((one) => one.certain);
    const mentions = ticks(found.filter((one) => !one.certain));
    const why = cockpit.forms.text("reason", say("申请编号（如 2026-017；不要写姓名）"), 60);
    /** @type {HTMLInputElement} */ (cockpit.need("input", why)).required = true;
    const form = element("form", "register");
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const button = element("button", "ahead", say("抹去，不能恢复"));
    form.append(mentions, why, outcome, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      once(button, async () => {
        const done = await cockpit.post(registers.address("", "erasure"), { ...asked, ...why.read(), mentions: mentions.ticked(), dry_run: false });
        if (!done.ok) {
          cockpit.sayOutcome(outcome, false, done.body.detail);
          return;
        }
        registers.refresh();
        show(place, done.body.proof);
      });
    });
    const list = element("ul", "second");
    list.append(...certain.map((one) => element("li", "", said(one))));
    place.replaceChildren(
      element("p", "second", say("属于本人的 {count} 行，都会抹去：", { count: certain.length })),
      list,
      element("p", "second", say("找的是：各登记簿里写给本人的行，以及姓名出现在文字、长文字和更改理由里的行（姓名至少两个字，最多列 500 行）。没有找的是：别人的积分备注、照片画面、共治登记、网格事件和上传的文件；这些请另行查看。")),
      element("p", "second", say("写的是本人的历次版本里，密封的内容和姓名都会抹去，账目与人次保留；此前的备份要到轮换时才会消失。")),
      form,
    );
  }

  /* Somebody else may have the name: what only mentions it is looked at one by one. */
  /** @param {Trace[]} mentions */
  function ticks(mentions) {
    const group = element("fieldset", "field");
    group.hidden = !mentions.length;
    group.append(element("legend", "label", say("另有 {count} 行提到这个名字，可能是别人；勾选的只抹去名字：", { count: mentions.length })));
    const boxes = mentions.map((one) => {
      const line = element("label", "tick");
      const box = element("input");
      Object.assign(box, { type: "checkbox", name: "mention" });
      line.append(box, said(one));
      group.append(line);
      return box;
    });
    const ticked = () => mentions.filter((_, place) => boxes[place]?.checked).map(({ register, id }) => ({ register, id }));
    return Object.assign(group, { ticked });
  }

  /** @param {Trace} one */
  const said = (one) => say("{name} #{id}「{called}」，{versions} 个版本", { name: one.name, id: one.id, called: one.called, versions: one.versions });

  /** @param {HTMLElement} place @param {{at: string, by: string, rows: string[], versions: number, digest: string}} proof */
  function show(place, proof) {
    const list = element("dl", "values");
    const lines = { [say("时间")]: cockpit.time.full(Date.parse(proof.at)), [say("行")]: proof.rows.join(say("、")), [say("版本数")]: String(proof.versions), [say("摘要（SHA-256）")]: proof.digest };
    for (const [name, words] of Object.entries(lines)) list.append(element("dt", "", name), element("dd", "", words));
    place.replaceChildren(element("p", "outcome", say("✓ 已抹去。以下凭证也在审计记录里：")), list);
  }
})();
