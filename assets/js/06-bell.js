/* The bell: notices for whoever is signed in. The live channel says that there are new ones, and they are asked for. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const GATHER_MS = 400;   // several changes at once are one question
  const path = () => `/api/v1/${cockpit.root.dataset.community}/notices`;
  /** @type {HTMLButtonElement} */
  let button;
  /** @type {HTMLElement} */
  let list;
  /** @type {number | null} */
  let timer = null;

  /* The button, with the list that it opens. */
  cockpit.bell = function () {
    const made = cockpit.element("span", "bell");
    button = cockpit.element("button", "quiet", say("通知"));
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    list = cockpit.element("div", "notices");
    list.hidden = true;
    made.append(button, list);
    button.addEventListener("click", () => (list.hidden ? open() : close()));
    document.addEventListener("click", (event) => made.contains(/** @type {Node} */ (event.target)) || close());
    document.addEventListener("keydown", (event) => event.key === "Escape" && close());
    cockpit.root.addEventListener("rendered", (event) => {
      const changed = event.detail;
      if (changed && !changed.notices && !changed.grid_events && !changed.alarms) return;
      timer = timer || setTimeout(refresh, GATHER_MS);
    });
    refresh();
    return made;
  };

  async function refresh() {
    timer = null;
    const answer = await cockpit.get(path());
    if (!answer) return;   // signed out meanwhile, or cut: the band says so
    const { unread, notices } = answer;
    count(unread);
    if (!list.hidden) show(notices);
    return notices;
  }

  /** @param {number} unread */
  function count(unread) {
    cockpit.setText(button, unread ? say("通知 {what}", { what: unread > 99 ? "99+" : unread }) : say("通知"));
    button.classList.toggle("has-unread", unread > 0);
  }

  async function open() {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    show((await refresh()) || []);
  }

  function close() {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }

  /** @param {Api.Notice[]} notices */
  function show(notices) {
    const unread = notices.filter((one) => !one.read).map((one) => one.id);
    const all = cockpit.element("button", "quiet", say("全部标为已读"));
    all.type = "button";
    all.disabled = unread.length === 0;
    all.addEventListener("click", () => read(null).then(refresh));
    const head = cockpit.element("div", "notices-head");
    head.append(cockpit.element("strong", "", say("通知")), all);
    const rows = notices.map(row);
    list.replaceChildren(head, ...(rows.length ? rows : [cockpit.element("p", "empty", say("没有通知"))]));
  }

  /** @param {Api.Notice} one */
  function row(one) {
    const link = cockpit.element("a", one.read ? "" : "is-unread");
    link.href = one.page;
    link.append(
      cockpit.element("span", "what", (one.read ? "" : "● ") + one.text + (one.mine ? say(" · 由你办理") : "")),
      cockpit.element("time", "", cockpit.time.short(Date.parse(one.at))),
      cockpit.element("span", "title", [one.title, one.place_name].filter(Boolean).join(" · ")),
    );
    link.addEventListener("click", () => { if (!one.read) read([one.id], { keepalive: true }); });
    return link;
  }

  /** @param {number[] | null} ids @param {Asking} [options] */
  async function read(ids, options) {
    const answer = await cockpit.post(path() + "/read", { ids }, options);
    if (answer.ok) count(answer.body.unread);
  }
})();
