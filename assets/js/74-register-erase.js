/* A person's data erased on request: where it is, then gone for good, with a proof to hand over. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const { once } = cockpit.forms;

  const address = () => `/api/v1/${cockpit.root.dataset.community}/registers/erasure`;

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
    const answer = await cockpit.post(address(), asked);
    if (!answer.ok) {
      cockpit.refuse(place, answer.body.detail);
      return;
    }
    const rows = answer.body.found.map((/** @type {{register: string, id: number}} */ one) => `${one.register} #${one.id}`).join(say("、"));
    const why = cockpit.forms.text("reason", say("谁、何时、如何提出"), 500);
    /** @type {HTMLInputElement} */ (cockpit.need("input", why)).required = true;
    const form = element("form", "register");
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const button = element("button", "ahead", say("抹去，不能恢复"));
    form.append(why, outcome, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      once(button, async () => {
        const done = await cockpit.post(address(), { ...asked, ...why.read(), dry_run: false });
        if (!done.ok) {
          cockpit.sayOutcome(outcome, false, done.body.detail);
          return;
        }
        registers.refresh();
        show(place, done.body.proof);
      });
    });
    place.replaceChildren(
      element("p", "second", say("涉及 {count} 行：{rows}", { count: answer.body.found.length, rows })),
      element("p", "second", say("所有历次版本里的姓名等都会抹去，账目与人次保留；此前的备份要到轮换时才会消失。")),
      form,
    );
  }

  /** @param {HTMLElement} place @param {{at: string, by: string, rows: string[], versions: number, digest: string}} proof */
  function show(place, proof) {
    const list = element("dl", "values");
    const lines = { [say("时间")]: cockpit.time.full(Date.parse(proof.at)), [say("行")]: proof.rows.join(say("、")), [say("版本数")]: String(proof.versions), [say("摘要（SHA-256）")]: proof.digest };
    for (const [name, words] of Object.entries(lines)) list.append(element("dt", "", name), element("dd", "", words));
    place.replaceChildren(element("p", "outcome", say("✓ 已抹去。以下凭证也在审计记录里：")), list);
  }
})();
