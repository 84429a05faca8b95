/* The checklist of the first hour: asked again while somebody looks and something is left, so that it ticks by itself. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const AGAIN_MS = 4000;
  const page = (cockpit.pages["first-hour"] = /** @type {PageScript} */ ({}));
  /** @type {number | undefined} */
  let timer;

  page.start = async function () {
    await cockpit.whoAmI();
    const why = cockpit.whyNot("admin");
    if (why !== null) return cockpit.refuse(cockpit.need("[data-far]"), why);
    // Who comes back from another page looks at once.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && show());
    show();
  };

  /** @returns {Promise<Answer>} */
  const asked = () => cockpit.request(`/api/v1/${cockpit.root.dataset.community}/first-hour`);

  async function show() {
    clearTimeout(timer);
    const answer = await asked();
    if (!answer.ok) return cockpit.refuse(cockpit.need("[data-far]"), cockpit.reason(answer));
    /** @type {Api.FirstHour} */
    const told = cockpit.own(answer.body);
    const left = told.steps.filter((one) => !one.done).length;
    const far = left ? say("{done} / {n} 已完成", { done: told.steps.length - left, n: told.steps.length }) : say("✓ 全部完成，可以正式用了");
    cockpit.setText(cockpit.need("[data-far]"), far);
    const list = cockpit.need("[data-steps]");
    for (const one of told.steps) {
      const before = list.querySelector(`[data-step="${one.code}"]`);
      if (before?.dataset.done !== String(one.done)) before ? before.replaceWith(row(one)) : list.append(row(one));
    }
    const here = [cockpit.pagesOnlyHere(), cockpit.brokerOnlyHere(told.broker_only_here ? "broker" : null)].filter(Boolean);
    cockpit.need("[data-only-here]").replaceChildren(...here.map((one) => element("p", "", one)));
    cockpit.need("[data-away]").replaceChildren(...away(told.away));
    if (left) timer = setTimeout(() => (document.visibilityState === "visible" ? show() : undefined), AGAIN_MS);
  }

  /** @param {Api.FirstHour["steps"][0]} one */
  function row(one) {
    const made = element("li", one.done ? "step is-done" : "step");
    made.dataset.step = one.code;
    made.dataset.done = String(one.done);
    const link = element("a", "", one.name);
    link.href = cockpit.link(one.page);
    const word = element("span", "mark", one.done ? say("✓ 已完成") : say("○ 待办"));
    made.append(word, link, element("p", "second", one.done ? "" : one.todo));
    return made;
  }

  /* Put away it is on no first page any more; here it stays. */
  /** @param {boolean} isAway */
  function away(isAway) {
    const button = element("button", "quiet", isAway ? say("放回总览页") : say("收起，不再在总览页提醒"));
    button.type = "button";
    button.addEventListener("click", () => cockpit.forms.once(button, async () => {
      await cockpit.post("/api/v1/account/first-hour", { away: !isAway });
      await show();
    }));
    return [button, element("span", "second", isAway ? say("已收起；名字下面的菜单里随时能打开。") : "")];
  }

  /* On the first page of an admin: how far it is, and the way there, until all is done or it was put away. */
  cockpit.firstHour = async function () {
    const place = cockpit.find("[data-first-hour]");
    await cockpit.whoAmI();
    if (place === null || cockpit.at !== null || !cockpit.may("admin")) return;
    const answer = await asked();
    if (!answer.ok || answer.body.away) return;
    /** @type {Api.FirstHour} */
    const told = cockpit.own(answer.body);
    const left = told.steps.filter((one) => !one.done);
    if (!left.length) return;
    const link = element("a", "", say("打开上手清单"));
    link.href = cockpit.link(`/first-hour?community=${cockpit.root.dataset.community}`);
    place.replaceChildren(
      element("strong", "", say("上手清单 {done} / {n}", { done: told.steps.length - left.length, n: told.steps.length })),
      element("span", "second", say("接下来：{names}", { names: left.slice(0, 3).map((one) => one.name).join(say("、")) })), link);
    place.hidden = false;
  };
})();
