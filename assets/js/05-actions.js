/* Who is signed in, and what changes something: every write carries the session's own word against forgery. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const SAID = "cockpit-said";   // for this tab only
  const ANY_TIME = /^\/api\/v1\/(session\/|account\b|[^/]+\/(notices|push|displays)\b)/;   // what is of whoever looks, not of what is shown
  /** @type {Record<string, string>} */
  const ROLES = { steward: say("网格员"), manager: say("管理员"), admin: say("系统管理员"), wall: say("大屏") };

  cockpit.me = null;   // {name, role, communities, csrf}; null until it is known, name null where nobody is
  /** @type {Promise<Me> | null} */
  let asked = null;
  /** @type {string | null} */
  let away = null;   // whose page it was when it was opened while nobody answered

  /* Who is signed in; asked once for a page, or again. While nobody answers it is who it was when this phone last knew. */
  cockpit.whoAmI = (isAgain = false) => (asked = (!isAgain && asked) || question());

  async function question() {
    const { ok, body } = await cockpit.request("/api/v1/session", { cache: "no-store" });
    if (ok) return know(body);
    asked = null;
    const me = cockpit.me || { name: null, was: remembered() };
    if (!cockpit.me && me.was) showAway((away = me.was));
    cockpit.outbox.known(me);
    return me;
  }

  const ACCOUNT = "cockpit-account";
  /** @param {string | null} [name] */
  function remembered(name) {
    try {
      if (name === undefined) return localStorage.getItem(ACCOUNT);
      if (name !== localStorage.getItem(ACCOUNT)) cockpit.forgetTasks();
      if (name === null) localStorage.removeItem(ACCOUNT);
      else localStorage.setItem(ACCOUNT, name);
    } catch (error) { /* a browser that keeps nothing */ }
    return name || null;
  }

  /* A page belongs to whoever it was opened by: what they wrote is never sent by somebody who signed in since. */
  /** @param {Me} me */
  function know(me) {
    remembered(me.name);
    const before = cockpit.me;
    const opener = before?.name || away;
    if (opener && me.name && opener !== me.name) cockpit.me = { ...before, name: opener, isReplacedBy: me.name };
    else if (before && before.name && !me.name) cockpit.me = { ...before, isExpired: true };
    else if (away && !me.name) cockpit.me = { ...me, was: away, isExpired: true };
    else cockpit.me = me;
    if (!cockpit.me.isReplacedBy && (before === null || (!before.name && me.name))) show(cockpit.me);
    cockpit.outbox.known(cockpit.me);
    return cockpit.me;
  }

  /** @param {Me} me */
  function show(me) {
    const marks = me.name ? signedIn(me) : [signInLink()];
    for (const place of cockpit.findAll("[data-me]")) place.replaceChildren(cockpit.outbox.mark(), ...marks);
    for (const one of cockpit.findAll("[data-least-role]")) one.hidden = !cockpit.may(/** @type {Role} */ (one.dataset.leastRole));
  }

  /* Nobody answers: whose page it is, as far as this phone knows. */
  /** @param {string} name */
  function showAway(name) {
    for (const place of cockpit.findAll("[data-me]")) {
      if (!place.firstChild) place.append(cockpit.outbox.mark(), cockpit.element("span", "who", say("{name} · 未联网", { name })));
    }
  }

  /** @type {(Role | undefined)[]} */
  const ORDER = ["wall", "steward", "manager", "admin"];
  /** @param {Role | undefined} role @param {Role} least */
  const suffices = (role, least) => ORDER.indexOf(role) >= ORDER.indexOf(least);

  function isHere() {
    const { communities = [] } = cockpit.me || {};
    return communities.includes("*") || communities.includes(cockpit.root.dataset.community);
  }

  /* Whether whoever is signed in may see here what needs a role. */
  cockpit.may = (least) => isHere() && suffices((cockpit.me || {}).role, least);

  /* Why nothing is done on a page of the past, in the words of all pages. */
  cockpit.notThen = () => say("回看时不能办理；回到实时再办");

  /* Whether they may do it: nothing is done in the past. */
  cockpit.canDo = (least) => cockpit.at === null && cockpit.may(least);

  /* Why an answer of the server's is a refusal, in words. */
  cockpit.reason = function ({ status, body }) {
    if (status === 401) return cockpit.me && cockpit.me.name ? say("登录已经失效，请重新登录") : say("请先登录");
    return body.detail || say("没有执行（{status}）", { status });
  };

  /* Why what needs a role is not shown here, without asking the server for what it is known to refuse; null where it is. */
  cockpit.whyNot = function (least) {
    if (cockpit.may(least)) return null;
    const { name, role, communities = [] } = cockpit.me || {};
    if (!name) return say("登录后可查看：需要{least}", { least: ROLES[least] });
    const names = JSON.parse(cockpit.root.dataset.communities);
    const own = say("您是{known}{role}", { known: isHere() ? "" : communities.map((code) => names[code] || code).join(say("、")) + say("的"), role: ROLES[role || ""] || role });
    return say("需要{community}的{least}；{own}", { community: names[cockpit.root.dataset.community], least: ROLES[least], own });
  };

  /* Stand in a panel's place: what there is no right to see, or what the server refused, and the way to sign in. */
  cockpit.refuse = function (place, text) {
    const line = cockpit.element("p", "second why", text);
    if (!cockpit.me || !cockpit.me.name) line.append(" ", signInLink());
    place.replaceChildren(line);
  };

  function signInLink() {
    const link = cockpit.element("a", "", say("登录"));
    link.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
    return link;
  }
  cockpit.signInLink = signInLink;

  /** @param {Me} me */
  function signedIn(me) {
    const out = cockpit.element("button", "quiet", say("退出"));
    out.type = "button";
    out.addEventListener("click", async () => {
      const left = (await cockpit.outbox.counts()).mine;
      const question = say("还有 {left} 件没有发出。它们留在这部手机里，{name} 再登录后才会发送。仍要退出？", { left, name: me.name });
      if (left && !window.confirm(question)) return;
      await cockpit.endCalls();
      const answer = await cockpit.post("/api/v1/session/end", {});
      // On a phone that others use too, nobody may think to have left who has not.
      if (answer.status === 0) return window.alert(say("连接中断，没有退出；联网后再退出"));
      // Also where the line is cut before the next page is told that nobody is signed in.
      remembered(null);
      location.reload();
    });
    const menu = cockpit.accountMenu(`${me.name} · ${ROLES[me.role || ""] || me.role}`, out);
    return [...(cockpit.may("steward") ? [cockpit.bell()] : []), menu];
  }

  /* What an address answers as JSON; null where it is refused. */
  cockpit.get = async function (path) {
    const answer = await cockpit.request(path);
    return answer.ok ? answer.body : null;
  };

  /* Post JSON, or a file as it is; answers as ``cockpit.request``. ``keepalive``: the page may go meanwhile, the request
     stays; ``patience`` as there. */
  cockpit.post = async function (path, body, options = {}) {
    if (cockpit.at !== null && !ANY_TIME.test(path)) return { ok: false, status: 409, body: { detail: cockpit.notThen() }, retryMs: null, isForeign: false };
    const me = await cockpit.whoAmI();
    if (me.isReplacedBy) return othersPage();
    let answer = await send(path, body, me.csrf, options);
    if ([401, 403].includes(answer.status)) {
      const now = await cockpit.whoAmI(true);
      if (now.isReplacedBy) return othersPage();
      // Signed in anew meanwhile, in another tab: the same person with another session.
      if (now.csrf && now.csrf !== me.csrf) answer = await send(path, body, now.csrf, options);
      else if (now.isExpired) answer.status = 401;
    }
    if (!answer.ok) answer.body.detail = cockpit.reason(answer);
    return answer;
  };

  function othersPage() {
    const { name, isReplacedBy } = cockpit.me || {};
    const detail = say("此页面由 {name} 打开，现在登录的是 {isReplacedBy}；请刷新页面", { name, isReplacedBy });
    return { ok: false, status: 403, body: { detail }, retryMs: null, isForeign: false };
  }

  /** @param {string} path @param {object} body @param {string | null | undefined} csrf @param {Asking} options */
  function send(path, body, csrf, options) {
    const isFile = body instanceof Blob;
    const kind = isFile ? "application/octet-stream" : "application/json";
    return cockpit.request(path, {
      ...options,
      method: "POST",
      headers: { "Content-Type": kind, ...(csrf ? { "X-CSRF-Token": csrf } : {}) },
      body: isFile ? body : JSON.stringify(body),
    });
  }

  /* Lay the page out anew, and say on the new one what came of it. */
  cockpit.reloadSaying = function (text) {
    sessionStorage.setItem(SAID, text);
    location.reload();
  };

  /* What the page before this one had to say. */
  cockpit.sayKept = function (element) {
    const said = sessionStorage.getItem(SAID);
    if (said && element) cockpit.sayOutcome(element, true, said);
    sessionStorage.removeItem(SAID);
  };

  /* Say in an element what came of it: shape and word, then colour. */
  cockpit.sayOutcome = function (element, ok, text) {
    element.classList.toggle("is-bad", !ok);
    cockpit.setText(element, (ok ? "✓ " : "▲ ") + text);
  };
})();
