/* One's own account: each part is what the API tells, and sends what is changed in it. */
(function () {
  "use strict";

  /** @typedef {{roles: Record<string, {name: string, does: string}>, themes: Record<string, string>, languages: Record<string, string>, language: string, least: number}} AccountWords */

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { entry, redraw, field, once, text } = cockpit.forms;
  const page = (cockpit.pages.account = /** @type {PageScript} */ ({}));
  /** @type {AccountWords} */
  let words;
  /** @param {string} code */
  const part = (code) => cockpit.need(`[data-part="${code}"]`);

  page.start = async function () {
    words = JSON.parse(cockpit.need("[data-words]").dataset.words ?? "");
    await cockpit.whoAmI();
    if (!(await show())) return;
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    addEventListener("hashchange", () => document.getElementById(location.hash.slice(1))?.scrollIntoView());
  };

  async function show() {
    const answer = await cockpit.request("/api/v1/account");
    if (!answer.ok) {
      for (const place of cockpit.findAll("[data-part]")) cockpit.refuse(place, cockpit.reason(answer));
      return false;
    }
    showPerson(answer.body);
    showPassword();
    showLook(answer.body);
    showSessions(answer.body.sessions);
    showNotices(answer.body.kinds);
    return true;
  }

  /* Say in a part what came of it. */
  /** @param {string} code @param {boolean} isDone @param {string} said */
  function outcome(code, isDone, said) {
    const place = part(code);
    const line = place.querySelector(".outcome") ?? element("p", "outcome");
    line.setAttribute("role", "status");
    place.prepend(line);
    cockpit.sayOutcome(line, isDone, said);
  }

  /* Send it, and say in its part what came of it. */
  /** @param {string} code @param {string} path @param {object} body @param {(said: any) => string} done @returns {Promise<boolean>} */
  async function send(code, path, body, done) {
    const answer = await cockpit.post(path, body);
    outcome(code, answer.ok, answer.ok ? done(answer.body) : answer.body.detail || say("没有执行"));
    return answer.ok;
  }

  /* A form that stands open. */
  /** @param {Field[]} inputs @param {string} verb @param {(said: Record<string, any>) => unknown} submit */
  function open(inputs, verb, submit) {
    const made = element("form", "account-form");
    const button = element("button", "ahead", verb);
    made.append(...inputs, button);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      once(button, async () => submit(Object.assign({}, ...inputs.map((input) => input.read()))));
    });
    return made;
  }

  /** @param {Api.Account} me */
  function showPerson(me) {
    const { name, does } = words.roles[me.role] || { name: me.role, does: "" };
    const names = JSON.parse(cockpit.root.dataset.communities ?? "{}");
    const places = me.communities.map((code) => names[code] || code).join(say("、"));
    const inputs = [text("real_name", say("姓名"), 40), text("phone", say("电话"), 30)];
    for (const [at, value] of [me.real_name, me.phone].entries()) {
      const input = cockpit.need("input", inputs[at]);
      input.value = value || "";
      input.placeholder = me.locked[input.name] || "";
    }
    cockpit.need("input", inputs[1]).type = "tel";
    redraw(part("person"),
      entry(me.name, `${name} · ${places}`), element("p", "second", does),
      ...Object.values(me.locked).slice(0, 1).map((locked) => element("p", "second", "▲ " + locked)),
      open(inputs, say("保存"), (said) => send("person", "/api/v1/account/contact", said, () => say("已保存"))),
      element("p", "second", say("只有您自己和本社区的管理员看得到；大屏和其他人看不到。两栏都清空再保存，就从系统里抹去。")));
  }

  /** @param {string} name @param {string} label @param {string} complete */
  function secret(name, label, complete) {
    const input = element("input");
    Object.assign(input, { type: "password", name, required: true, maxLength: 512, autocomplete: complete });
    return field(label, input, () => ({ [name]: input.value }));
  }

  function showPassword() {
    const inputs = [secret("old", say("现口令"), "current-password"), secret("new", say("新口令"), "new-password"), secret("again", say("再输一次"), "new-password")];
    const form = open(inputs, say("更改口令"), async (said) => {
      if (said.new !== said.again) return outcome("password", false, say("两次输入不一致"));
      const isDone = await send("password", "/api/v1/session/password", { old: said.old, new: said.new }, () => say("口令已改；其他设备都已退出"));
      if (!isDone) return;
      form.reset();
      await cockpit.whoAmI(true);
      const answer = await cockpit.request("/api/v1/account");
      if (answer.ok) showSessions(answer.body.sessions);
    });
    redraw(part("password"), element("p", "second", say("至少 {n} 个字符。几个不相干的词连成一句，好记也难猜。", { n: words.least })), form);
  }

  /** @param {string} label @param {Record<string, string>} options @param {string} chosen @param {(code: string) => unknown} choose */
  function chooser(label, options, chosen, choose) {
    const made = element("div", "buttons");
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", label);
    made.append(element("span", "second", label));
    for (const [code, name] of Object.entries(options)) {
      const button = element("button", "quiet", name);
      button.type = "button";
      button.setAttribute("aria-pressed", String(code === chosen));
      button.addEventListener("click", () => once(button, async () => choose(code)));
      made.append(button);
    }
    return made;
  }

  /* What an address asks for counts for more than a choice, so it goes from the address. */
  /** @param {string} name */
  function reloadWithout(name) {
    const here = new URL(location.href);
    here.searchParams.delete(name);
    here.hash = "account-look";
    history.replaceState(null, "", here);
    location.reload();
  }

  /** @param {Api.Account} me */
  function showLook(me) {
    redraw(part("look"),
      chooser(say("语言"), words.languages, words.language, async (language) => {
        if (await send("look", "/api/v1/session/language", { language }, () => say("已保存"))) reloadWithout("lang");
      }),
      chooser(say("配色"), words.themes, me.theme, async (theme) => {
        if (await send("look", "/api/v1/account/theme", { theme }, () => say("已保存"))) reloadWithout("theme");
      }),
      element("p", "second", say("跟着账号走：换一台电脑登录也是这样。大屏不受影响。")));
  }

  const BROWSERS = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["MicroMessenger", say("微信")], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
  const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]];
  /** @param {string[][]} known @param {string} agent */
  const found = (known, agent) => known.find(([mark]) => agent.includes(mark))?.[1];
  /** @param {string | null} agent */
  const device = (agent) => [found(BROWSERS, agent ?? ""), found(SYSTEMS, agent ?? "")].filter(Boolean).join(" · ") || say("不知名的浏览器");

  /** @param {Api.Session[]} sessions */
  function showSessions(sessions) {
    const rows = sessions.map((one) => {
      const when = say("登录于 {began}，最近使用 {used}", { began: cockpit.time.short(Date.parse(one.began)), used: cockpit.time.short(Date.parse(one.used)) });
      const name = device(one.agent) + (one.this ? say("（本机）") : "");
      /** @type {[label: string, work: Work][]} */
      const acts = one.this ? [] : [[say("退出这台"), () => end(one.id)]];
      return entry(name, [one.source, when].filter(Boolean).join(" · "), acts);
    });
    const all = element("button", "quiet", say("退出其他所有设备"));
    all.type = "button";
    all.addEventListener("click", () => once(all, () => end(null)));
    redraw(part("sessions"), ...rows, ...(sessions.length > 1 ? [all] : []));
  }

  /** @param {string | null} id */
  async function end(id) {
    const answer = await cockpit.post("/api/v1/account/sessions/end", { id });
    const now = await cockpit.request("/api/v1/account");
    if (now.ok) showSessions(now.body.sessions);
    outcome("sessions", answer.ok, answer.ok ? say("结束了 {ended} 个会话", { ended: answer.body.ended }) : answer.body.detail);
  }

  /** @param {Api.Account["kinds"]} kinds */
  function showNotices(kinds) {
    const boxes = kinds.map((one) => {
      const input = element("input");
      Object.assign(input, { type: "checkbox", name: one.kind, checked: one.wanted, defaultChecked: one.wanted });
      const made = element("label", "check");
      made.append(input, " ", element("span", "", one.text));
      return Object.assign(made, { read: () => (input.checked ? {} : { [one.kind]: true }) });
    });
    redraw(part("notices"),
      open(boxes, say("保存"), (said) => send("notices", "/api/v1/account/notices", { unwanted: Object.keys(said) }, () => say("已保存"))),
      element("p", "second", say("不想要的，铃铛不再提醒；指名派给您的总会提醒。群机器人的推送另在「人员」里设。")));
  }
})();
