/* What is a steward's to do, what is due first at the top. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;

  cockpit.showTasks = async function () {
    const list = cockpit.need("[data-my-tasks]");
    const me = await cockpit.whoAmI();
    if (!me.name) {
      list.replaceChildren(element("li", "second", say("登录后显示")));
      return;
    }
    const why = cockpit.whyNot("steward");
    if (why !== null) {
      list.replaceChildren(element("li", "second", why));
      return;
    }
    const query = [["assignee", me.name], ...["dispatched", "in_hand", "sent_back"].map((code) => ["state", code])];
    /** @type {Api.EventProperties[]} */
    let found = [];
    try {
      found = (await cockpit.ask("events", query)).features.map((/** @type {{properties: Api.EventProperties}} */ one) => one.properties);
    } catch (error) {
      return;   // no line: what stands there stays
    }
    found.sort((a, b) => (a.due || "9").localeCompare(b.due || "9"));
    list.replaceChildren(...(found.length ? found.map(task) : [element("li", "second", say("没有待办"))]));
  };

  /** @param {Api.EventProperties} told */
  function task(told) {
    const row = element("li");
    const link = element("a", "", told.title);
    link.href = `/events/${told.id}`;
    const late = told.due && Date.parse(told.due) < cockpit.now();
    const due = told.due ? `${late ? say("▲ 已逾期 ") : say("期限 ")}${cockpit.time.short(Date.parse(told.due))}` : "";
    row.append(link, element("span", late ? "is-late" : "second", [told.state_name, due].filter(Boolean).join(" · ")));
    return row;
  }
})();
