/* Views of the list of events that somebody keeps with their account: a name for what the list is narrowed to. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const LEFT_OUT = ["community", "at", "theme", "lang"];
  /** @type {{name: string, asked: string}[]} */
  let kept = [];

  const address = (rest = "") => `/api/v1/${cockpit.root.dataset.community}/views${rest}`;

  /* What of the page's address is narrowed. */
  function asked() {
    const query = new URL(location.href).searchParams;
    LEFT_OUT.forEach((name) => query.delete(name));
    return String(query);
  }

  cockpit.startViews = async function () {
    const place = cockpit.find("[data-views]");
    if (!place || !cockpit.may("steward")) return;
    const told = await cockpit.get(address("?page=events"));
    if (told) show(place, told.views);
  };

  /** @param {HTMLElement} place @param {typeof kept} views */
  function show(place, views) {
    kept = views;
    const choice = element("select");
    choice.setAttribute("aria-label", say("我的视图"));
    choice.append(new Option(say("我的视图"), ""), ...kept.map(({ name }) => new Option(name, name)));
    choice.value = kept.find((one) => one.asked === asked())?.name ?? "";
    choice.addEventListener("change", () => open(choice.value));
    const outcome = element("span", "outcome");
    outcome.setAttribute("role", "status");
    place.replaceChildren(choice, ...(cockpit.at === null ? [keeping(place, choice.value)] : []), outcome);
    place.hidden = false;
  }

  /* A kept view is an address: the list of the moment it is opened. */
  /** @param {string} name */
  function open(name) {
    const view = kept.find((one) => one.name === name);
    if (view) location.assign(cockpit.rowsAddress(`/events?${view.asked}`));
  }

  /** @param {HTMLElement} place @param {string} chosen */
  function keeping(place, chosen) {
    const folded = element("details", "filter");
    folded.append(element("summary", "", say("保存视图")));
    const made = element("form");
    const name = Object.assign(element("input"), { required: true, maxLength: 60, value: chosen, placeholder: say("视图的名字") });
    name.setAttribute("aria-label", say("视图的名字"));
    const keep = element("button", "ahead", say("保存当前筛选"));
    const drop = element("button", "quiet", say("删去此视图"));
    drop.type = "button";
    drop.hidden = !chosen;
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      send(place, "", { page: "events", name: name.value.trim(), asked: asked() });
    });
    drop.addEventListener("click", () => send(place, "/remove", { page: "events", name: chosen }));
    made.append(name, keep, drop);
    folded.append(made);
    return folded;
  }

  /** @param {HTMLElement} place @param {string} path @param {object} body */
  async function send(place, path, body) {
    const answer = await cockpit.post(address(path), body);
    if (answer.ok) show(place, answer.body.views);
    cockpit.sayOutcome(cockpit.need(".outcome", place), answer.ok, answer.ok ? say("已保存在您的账号里") : answer.body.detail);
  }
})();
