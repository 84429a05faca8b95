/* Who is signed in, and what changes something: every write carries the session's own word against forgery. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const SAID = "cockpit-said";   // for this tab only
  const ROLES = { steward: "网格员", manager: "管理员", admin: "系统管理员", wall: "大屏" };

  cockpit.me = null;   // {name, role, communities, csrf}; null until it is known, name null where nobody is
  let asked = null;

  /* Who is signed in; asked once for a page. */
  cockpit.whoAmI = () => (asked = asked || fetch("/api/v1/session").then((answer) => answer.json(), () => ({ name: null })).then(know));

  function know(me) {
    cockpit.me = me;
    for (const place of cockpit.findAll("[data-me]")) place.replaceChildren(...(me.name ? signedIn(me) : [signInLink()]));
    for (const one of cockpit.findAll("[data-least-role]")) one.hidden = !cockpit.may(one.dataset.leastRole);
    return me;
  }

  /* Whether whoever is signed in may do here what needs a role. */
  cockpit.may = function (least) {
    const order = ["wall", "steward", "manager", "admin"];
    const { role, communities = [] } = cockpit.me || {};
    const here = communities.includes("*") || communities.includes(cockpit.root.dataset.community);
    return here && order.indexOf(role) >= order.indexOf(least);
  };

  function signInLink() {
    const link = cockpit.element("a", "", "登录");
    link.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
    return link;
  }

  function signedIn(me) {
    const out = cockpit.element("button", "quiet", "退出");
    out.type = "button";
    out.addEventListener("click", async () => {
      await cockpit.post("/api/v1/session/end", {});
      location.reload();
    });
    const who = cockpit.element("span", "who", `${me.name} · ${ROLES[me.role] || me.role}`);
    return [...(cockpit.may("steward") ? [cockpit.bell()] : []), who, out];
  }

  /* What an address answers as JSON; null where it is refused. */
  cockpit.get = async function (path) {
    const answer = await fetch(path);
    return answer.ok ? answer.json() : null;
  };

  /* Post JSON, or a file as it is; resolves to {ok, status, body}, where body.detail says what is wrong.
     ``keepalive``: the page may go meanwhile, the request stays. */
  cockpit.post = async function (path, body, { keepalive = false } = {}) {
    const me = await cockpit.whoAmI();
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: {
          "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json",
          ...(me.csrf ? { "X-CSRF-Token": me.csrf } : {}),
        },
        body: body instanceof Blob ? body : JSON.stringify(body),
        keepalive,
      });
      const text = await answer.text();
      const said = text ? JSON.parse(text) : {};
      if (answer.status === 401 && !me.name) said.detail = "请先登录";
      return { ok: answer.ok, status: answer.status, body: said };
    } catch (error) {
      return { ok: false, status: 0, body: { detail: "连接中断，没有执行" } };
    }
  };

  /* Lay the page out anew, and say on the new one what came of it. */
  cockpit.reloadSaying = function (text) {
    sessionStorage.setItem(SAID, text);
    location.reload();
  };

  /* What the page before this one had to say. */
  cockpit.sayKept = function (element) {
    const said = sessionStorage.getItem(SAID);
    if (said) cockpit.sayOutcome(element, true, said);
    sessionStorage.removeItem(SAID);
  };

  /* Say in an element what came of it: shape and word, then colour. */
  cockpit.sayOutcome = function (element, ok, text) {
    element.classList.toggle("is-bad", !ok);
    cockpit.setText(element, (ok ? "✓ " : "▲ ") + text);
  };
})();
