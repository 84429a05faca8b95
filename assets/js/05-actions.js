/* Who is signed in, and what changes something: every write carries the session's own word against forgery. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const SAID = "cockpit-said";   // for this tab only
  const ROLES = { steward: "网格员", manager: "管理员", admin: "系统管理员", wall: "大屏" };

  cockpit.me = null;   // {name, role, communities, csrf}; null until it is known, name null where nobody is
  let asked = null;

  /* Who is signed in; asked once for a page. */
  cockpit.whoAmI = () => (asked = asked || cockpit.request("/api/v1/session").then(({ ok, body }) => know(ok ? body : { name: null })));

  function know(me) {
    cockpit.me = me;
    for (const place of cockpit.findAll("[data-me]")) place.replaceChildren(...(me.name ? signedIn(me) : [signInLink()]));
    for (const one of cockpit.findAll("[data-least-role]")) one.hidden = !cockpit.may(one.dataset.leastRole);
    return me;
  }

  const ORDER = ["wall", "steward", "manager", "admin"];
  const suffices = (role, least) => ORDER.indexOf(role) >= ORDER.indexOf(least);

  function isHere() {
    const { communities = [] } = cockpit.me || {};
    return communities.includes("*") || communities.includes(cockpit.root.dataset.community);
  }

  /* Whether whoever is signed in may see here what needs a role. */
  cockpit.may = (least) => isHere() && suffices((cockpit.me || {}).role, least);

  /* Whether they may do it: nothing is done in the past. */
  cockpit.canDo = (least) => cockpit.at === null && cockpit.may(least);

  /* Why an answer of the server's is a refusal, in words. */
  cockpit.reason = function ({ status, body }) {
    if (status === 401) return cockpit.me && cockpit.me.name ? "登录已经失效，请重新登录" : "请先登录";
    return body.detail || `没有执行（${status}）`;
  };

  /* Why what needs a role is not shown here, without asking the server for what it is known to refuse; null where it is. */
  cockpit.whyNot = function (least) {
    if (cockpit.may(least)) return null;
    const { name, role, communities = [] } = cockpit.me || {};
    if (!name) return `登录后可查看：需要${ROLES[least]}`;
    const names = JSON.parse(cockpit.root.dataset.communities);
    const own = `您是${isHere() ? "" : communities.map((code) => names[code] || code).join("、") + "的"}${ROLES[role] || role}`;
    return `需要${names[cockpit.root.dataset.community]}的${ROLES[least]}；${own}`;
  };

  /* Stand in a panel's place: what there is no right to see, or what the server refused, and the way to sign in. */
  cockpit.refuse = function (place, text) {
    const line = cockpit.element("p", "second why", text);
    if (!cockpit.me || !cockpit.me.name) line.append(" ", signInLink());
    place.replaceChildren(line);
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
    const answer = await cockpit.request(path);
    return answer.ok ? answer.body : null;
  };

  /* Post JSON, or a file as it is; resolves to {ok, status, body}, where body.detail says what is wrong.
     ``keepalive``: the page may go meanwhile, the request stays. */
  cockpit.post = async function (path, body, { keepalive = false } = {}) {
    const me = await cockpit.whoAmI();
    const answer = await cockpit.request(path, {
      method: "POST",
      headers: {
        "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json",
        ...(me.csrf ? { "X-CSRF-Token": me.csrf } : {}),
      },
      body: body instanceof Blob ? body : JSON.stringify(body),
      keepalive,
    });
    if (!answer.ok) answer.body.detail = cockpit.reason(answer);
    return answer;
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
