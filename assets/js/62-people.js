/* People, displays, webhooks and the audit trail: what the API answers an admin, and what an admin may do. */
(function () {
  "use strict";

  /** @typedef {Record<"roles" | "does" | "communities" | "kinds" | "formats" | "codes" | "details" | "actions" | "languages", Record<string, string>>} PeopleWords */
  /** @typedef {(() => Promise<void>) & {part: string}} Show */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element } = cockpit;
  const { entry, form, redraw, text, choice } = cockpit.forms;
  const page = (cockpit.pages.people = /** @type {PageScript} */ ({}));
  const AUDIT_ROWS = 50;
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  /** @type {PeopleWords} */
  let words;

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words);
    const me = await cockpit.whoAmI();
    // People, displays and the trail are those of all communities.
    const isOfAll = me.communities?.includes("*");
    const why = cockpit.whyNot("admin") ?? (isOfAll ? null : say("需要全部社区的系统管理员；您只是本社区的"));
    if (why === null) [showUsers, showDisplays, showAudit].forEach((show) => show());
    else {
      showColleagues();
      for (const code of ["displays", "audit"]) cockpit.refuse(part(code), why);
    }
    if (cockpit.may("admin")) showWebhooks();
    else cockpit.refuse(part("webhooks"), cockpit.whyNot("admin") ?? "");
  };

  /* Names and phones of who works here, for a manager, who may not change them. */
  async function showColleagues() {
    const why = cockpit.whyNot("manager");
    if (why !== null) return cockpit.refuse(part("users"), why);
    const answer = await cockpit.request(`/api/v1/${cockpit.root.dataset.community}/people`);
    if (!answer.ok) return cockpit.refuse(part("users"), cockpit.reason(answer));
    /** @type {Pick<Api.User, "name" | "real_name" | "phone" | "locked">[]} */
    const people = answer.body.people;
    const rows = people.map((one) => entry(called(one), one.phone || one.locked.phone || say("未填电话")));
    redraw(part("users"), ...(rows.length ? rows : [element("p", "second", say("本社区还没有账号；请系统管理员邀请"))]));
  }

  /* Somebody by the real name, where it is known, beside the name to sign in with. */
  /** @param {{name: string, real_name: string | null}} one */
  const called = (one) => (one.real_name && one.real_name !== one.name ? say("{real}（账号 {name}）", { real: one.real_name, name: one.name }) : one.name);

  /** @type {Record<string, string>} */
  const KINDS = { user: say("用户"), token: say("令牌"), display: say("大屏"), command: say("命令行"), device: say("设备"), invitation: say("邀请链接"), schedule: say("自动"), nobody: say("未登录的人") };

  /* Who did it: of which kind, and the name. */
  /** @param {string} label */
  function actor(label) {
    const [kind, ...name] = label.split(":");
    return name.length ? `${KINDS[kind] || kind} ${name.join(":")}` : KINDS[kind] || label;
  }

  /* Codes by their words, in lists and as places too: steward, heling/areas. */
  /** @param {unknown} value @returns {string} */
  function coded(value) {
    if (Array.isArray(value)) return value.map(coded).join(say("、"));
    if (value !== null && typeof value === "object") {
      return Object.entries(value).map(([name, one]) => `${words.details[name] || name} ${coded(one)}`).join(say("、")) || say("无");
    }
    if (value === null) return say("无");
    if (typeof value === "string" && MOMENT.test(value)) return cockpit.time.full(Date.parse(value));
    if (typeof value === "boolean") return value ? say("是") : say("否");
    return String(value).split("/").map((one) => words.codes[one] || words.communities[one] || one).join("/");
  }

  /** @param {string} code */
  const part = (code) => cockpit.need(`[data-part="${code}"]`);

  /* Do something, show the list again, and say above it what came of it; a link or secret is shown this once, with a
     button that copies it (``secret``). */
  /** @param {string} path @param {object} body @param {Show} show @param {(said: any) => string} done @param {(said: any) => string | null} [secret] */
  async function act(path, body, show, done, secret = () => null) {
    forget(show);   // a link of before is not to be taken for the new one
    const answer = await cockpit.post(path, body);
    if (answer.ok) await show();
    tell(show, answer.ok, answer.ok ? done(answer.body) : answer.body.detail || say("没有执行"), answer.ok ? secret(answer.body) : null);
    if (answer.ok && document.querySelector('[data-part="audit"] table')) showAudit();
  }

  /** @param {Show} show */
  const forget = (show) => part(show.part).querySelectorAll(":scope > .said").forEach((old) => old.remove());

  /** @param {Show} show @param {boolean | null} isDone null: it is under way @param {string} text @param {string | null} [secret] */
  function tell(show, isDone, text, secret = null) {
    const place = part(show.part);
    const said = element("div", "said");
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    said.append(outcome, ...(secret ? [cockpit.copyable(secret)] : []));
    forget(show);
    place.prepend(said);
    if (isDone === null) cockpit.setText(outcome, text);
    else cockpit.sayOutcome(outcome, isDone, text);
  }

  /** @param {{ link: string }} said */
  const linkOf = (said) => say("链接（只显示这一次，24 小时内有效一次）：{origin}{link}", { origin: location.origin, link: said.link }) + onlyHere();

  /* Where no other machine opens the link, that stands below it. */
  const onlyHere = () => (cockpit.pagesOnlyHere() ? `\n${cockpit.pagesOnlyHere()}` : "");

  /** @param {{ link: string }} said */
  const addressOf = (said) => location.origin + said.link;

  async function showUsers() {
    const answer = await cockpit.request("/api/v1/users");
    if (!answer.ok) return cockpit.refuse(part("users"), cockpit.reason(answer));
    const { users } = answer.body;
    const rows = users.map((/** @type {Api.User} */ one) => {
      const path = `/api/v1/users/${encodeURIComponent(one.name)}`;
      const { role, communities } = one;
      const place = communities.map((code) => words.communities[code] || code).join(say("、"));
      const state = one.disabled ? say(" · 已停用") : one.invited ? say(" · 待设口令") : "";
      /** @type {[label: string, work: Work][]} */
      const unbind = one.accounts.length ? [[say("解除统一身份"), () => act(`${path}/accounts/unbind`, {}, showUsers, () => say("已解除，下次统一身份登录时重新绑定"))]] : [];
      /** @type {[label: string, work: Work][]} */
      const erase = one.real_name || one.phone || Object.keys(one.locked).length ? [[say("抹去姓名电话"), () => act(`${path}/contact`, { erases_locked: true }, showUsers, () => say("已抹去"))]] : [];
      /** @type {[label: string, work: Work][]} */
      const acts = [
        [say("新链接"), () => act(`${path}/invitation`, {}, showUsers, linkOf, addressOf)],
        [say("结束会话"), () => act(`${path}/sessions/end`, {}, showUsers, (said) => say("结束了 {ended} 个会话", { ended: said.ended }))],
        ...unbind,
        ...erase,
        [one.disabled ? say("启用") : say("停用"), () => act(path, { role, communities, disabled: !one.disabled }, showUsers, () => say("已更改"))],
      ];
      const note = [words.roles[role], place, one.phone, ...Object.values(one.locked).slice(0, 1)].filter(Boolean).join(" · ");
      return entry(called(one), note + state, acts);
    });
    const inputs = [text("name", say("用户名"), 80), choice("role", say("角色"), words.roles), choice("community", say("社区"), words.communities),
      text("real_name", say("姓名（可不填）"), 40), text("phone", say("电话（可不填）"), 30)];
    const add = form(say("邀请用户"), [...inputs, explained()],
      ({ community, ...body }) => act("/api/v1/users", { ...body, communities: [community] }, showUsers, linkOf, addressOf), say("邀请"));
    const reach = form(say("姓名与电话"), [choice("name", say("用户"), Object.fromEntries(users.map((/** @type {Api.User} */ one) => [one.name, called(one)]))),
      text("real_name", say("姓名"), 40), text("phone", say("电话"), 30)],
      ({ name, ...body }) => act(`/api/v1/users/${encodeURIComponent(name)}/contact`, body, showUsers, () => say("已更改")), say("保存"));
    const change = form(say("更改角色"), [
      choice("name", say("用户"), Object.fromEntries(users.map((/** @type {Api.User} */ one) => [one.name, one.name]))),
      choice("role", say("角色"), words.roles), choice("community", say("社区"), words.communities),
    ], ({ name, role, community }) => act(`/api/v1/users/${encodeURIComponent(name)}`, { role, communities: [community], disabled: false }, showUsers, () => say("已更改")), say("更改"));
    redraw(part("users"), ...rows, add, ...(users.length ? [change, reach] : []));
  }

  /* What each role may do, in words. */
  function explained() {
    const list = element("dl", "roles");
    for (const [code, name] of Object.entries(words.roles)) list.append(element("dt", "", name), element("dd", "", words.does[code]));
    return Object.assign(list, { read: () => ({}) });
  }
  showUsers.part = "users";

  async function showDisplays() {
    const answer = await cockpit.request("/api/v1/displays");
    if (!answer.ok) return cockpit.refuse(part("displays"), cockpit.reason(answer));
    const { displays } = answer.body;
    const rows = displays.map((/** @type {{name: string, community: string, language: string | null, revoked: boolean}} */ one) => entry(one.name, `${words.communities[one.community]}${one.language ? ` · ${words.languages[one.language]}` : ""}${one.revoked ? say(" · 已撤销") : ""}`,
      one.revoked ? [] : [[say("撤销"), () => act(`/api/v1/displays/${encodeURIComponent(one.name)}/revoke`, {}, showDisplays, () => say("已撤销"))]]));
    const { "*": _all, ...places } = words.communities;
    const add = form(say("新链接"), [text("name", say("哪块屏"), 80), choice("community", say("社区"), places), choice("language", say("语言"), { "": say("随浏览器"), ...words.languages })],
      ({ language, ...body }) => act("/api/v1/displays", { ...body, language: language || null }, showDisplays, (said) => say("在大屏的浏览器里打开一次：{origin}{link}", { origin: location.origin, link: said.link }) + onlyHere(), addressOf), say("生成"));
    redraw(part("displays"), ...rows, add);
  }
  showDisplays.part = "displays";

  async function showWebhooks() {
    const base = `/api/v1/${cockpit.root.dataset.community}/webhooks`;
    const answer = await cockpit.request(base);
    if (!answer.ok) return cockpit.refuse(part("webhooks"), cockpit.reason(answer));
    const { webhooks } = answer.body;
    const rows = webhooks.map((/** @type {Record<string, any>} */ one) => {
      const { done, waiting, given_up: lost } = one.deliveries;
      const kinds = one.kinds.includes("*") ? say("全部") : one.kinds.map((/** @type {string} */ kind) => words.kinds[kind] || kind).join(say("、"));
      const fault = one.error ? ` · ▲ ${one.error}` : "";
      const path = `${base}/${encodeURIComponent(one.name)}`;
      return entry(one.name, say("{format} · {host} · {kinds} · 已送 {done} · 待送 {waiting} · 放弃 {lost}{fault}", { format: words.formats[one.format], host: one.host || one.locked, kinds, done, waiting, lost, fault }), [
        [say("测试"), () => tryOut(one.name, `${path}/test`)],
        [say("重试"), () => act(`${path}/again`, {}, showWebhooks, (said) => say("{deliveries} 条将重试", { deliveries: said.deliveries }))],
        [say("移除"), () => act(`${path}/remove`, {}, showWebhooks, () => say("已移除"))],
      ]);
    });
    const add = form(say("新推送"), [
      text("name", say("名称"), 80), text("url", say("地址（加密保存）"), 2000), choice("format", say("格式"), words.formats),
      choice("kind", say("通知"), { "": say("全部"), ...words.kinds }), text("secret", say("机器人加签密钥（可不填）"), 200),
    ], ({ kind, secret, ...body }) => act(base, { ...body, kinds: kind ? [kind] : [], ...(secret ? { secret } : {}) }, showWebhooks,
      (said) => (said.secret && body.format === "json" ? say("已添加；签名密钥（只显示这一次）：{secret}", { secret: said.secret }) : say("已添加；按「测试」发一条试试")),
      (said) => (body.format === "json" ? said.secret : null)), say("添加"));
    redraw(part("webhooks"), ...rows, add);
  }
  showWebhooks.part = "webhooks";

  /* Have a notice sent that is marked as a test, and say what was answered. */
  /** @param {string} name @param {string} path */
  async function tryOut(name, path) {
    tell(showWebhooks, null, say("正在发测试通知给 {name}", { name }));
    const { ok, body } = await cockpit.post(path, {});
    if (!ok) return tell(showWebhooks, false, body.detail || say("没有执行"));
    const status = body.status === null ? "" : say("，状态 {status}", { status: body.status });
    const took = say("{ms} 毫秒", { ms: cockpit.number(body.ms) });
    if (body.taken) tell(showWebhooks, true, say("{name} 收下了测试通知（{took}{status}）", { name, took, status }));
    else tell(showWebhooks, false, say("{name} 没有收下：{reason}（{took}{status}）", { name, reason: body.reason, took, status }));
    if (document.querySelector('[data-part="audit"] table')) showAudit();
  }

  async function showAudit() {
    const found = await cockpit.request(`/api/v1/audit?limit=${AUDIT_ROWS}`);
    if (!found.ok) return cockpit.refuse(part("audit"), cockpit.reason(found));
    const { rows } = found.body;
    const check = element("button", "quiet", say("核对链条"));
    check.type = "button";
    const verdict = element("span", "outcome");
    verdict.setAttribute("role", "status");
    check.addEventListener("click", async () => {
      const answer = await cockpit.request("/api/v1/audit/chain");
      if (!answer.ok) return cockpit.sayOutcome(verdict, false, cockpit.reason(answer));
      const { length, head, fault } = answer.body;
      cockpit.sayOutcome(verdict, !fault, fault ? say("链条已断：{fault}", { fault }) : say("{n} 条，链条完整 · {what}", { n: cockpit.number(length), what: head.slice(0, 16) }));
    });
    const whole = element("div", "entry");
    whole.append(check, verdict);
    const lines = rows.map((/** @type {{at: string, actor: string, action: string, object: string, detail: Record<string, unknown>}} */ row) => {
      const detail = Object.entries(row.detail).filter(([, value]) => value !== null)
        .map(([name, value]) => say("{name}：{value}", { name: words.details[name] || name, value: coded(value) })).join(say("，"));
      return [cockpit.time.full(Date.parse(row.at)), actor(row.actor), words.actions[row.action] || row.action, coded(row.object), detail];
    });
    const wide = element("div", "wide");
    wide.append(cockpit.table([say("时间"), say("谁"), say("做了什么"), say("对象"), say("细节")], lines));
    if (!lines.length) wide.replaceChildren(cockpit.nothing(say("还没有记录"), say("有人登录或改动之后，逐条记在这里")));
    part("audit").replaceChildren(whole, wide);
  }
})();
