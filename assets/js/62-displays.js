/* The displays: what each screen shows and how it fares, and how it is steered, with a thumb. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element, setText } = cockpit;
  const AGAIN_MS = 10000;
  const SOON_MS = 300;
  const MIB = 1048576;
  const TELLS_MS = 1000;   // what a screen tells sooner after it was steered may be of before
  const page = (cockpit.pages.displays = /** @type {PageScript} */ ({}));

  /** @typedef {{ node: HTMLElement, update(one: Api.Display, told: Api.Displays): void }} Card */
  /** @typedef {{ scenes: Record<string, string>, parts: Record<string, string>, languages: Record<string, string>, default: Programme }} DisplayWords */

  /** @type {DisplayWords} */
  let words;
  /** @type {Map<string, Card>} */
  let cards = new Map();
  /** @type {number | undefined} */
  let timer;

  page.start = async function () {
    words = cockpit.own(JSON.parse(cockpit.need("[data-words]").dataset.words ?? "{}"));
    await cockpit.whoAmI();
    const why = cockpit.whyNot("manager");
    if (why !== null) return cockpit.refuse(cockpit.need("[data-displays-note]"), why);
    show();
  };

  page.render = (changed) => {
    if (changed?.displays && cards.size) soon(SOON_MS);
  };

  /* How screens fare only they tell, and that one is silent only the server's clock: so it is asked for again. */
  /** @param {number} ms */
  function soon(ms) {
    clearTimeout(timer);
    timer = setTimeout(show, ms);
  }

  async function show() {
    soon(AGAIN_MS);
    if (document.visibilityState === "hidden" && cards.size) return;
    const answer = await cockpit.request("/api/v1/displays");
    const note = cockpit.need("[data-displays-note]");
    if (!answer.ok) return cockpit.refuse(note, cockpit.reason(answer));
    const told = /** @type {Api.Displays} */ (answer.body);
    const here = told.displays.filter((one) => one.community === cockpit.root.dataset.community && !one.revoked);
    const silent = here.filter((one) => one.heard?.silent).length;
    const never = here.filter((one) => !one.heard).length;
    const parts = [silent ? say("▲ {silent} 块失联", { silent }) : "", never ? say("○ {never} 块从未上线", { never }) : ""].filter(Boolean);
    const state = parts.join(" · ") || say("全部在线");
    setText(note, here.length ? cockpit.sayN("{n} 块屏 · {state}", here.length, { state }) : say("还没有大屏链接，由系统管理员在人员页生成"));
    place(here);
    for (const one of here) cards.get(one.name)?.update(one, told);
  }

  /* The cards stay what they are while the screens are the same: somebody may have one in hand. */
  /** @param {Api.Display[]} here */
  function place(here) {
    if ([...cards.keys()].join("\n") === here.map((one) => one.name).join("\n")) return;
    cards = new Map(here.map((one) => [one.name, card(one)]));
    const all = here.length > 1 ? [everyScreen(here)] : [];
    cockpit.need("[data-displays]").replaceChildren(...all, ...[...cards.values()].map(({ node }) => node));
  }

  /** @param {Api.Display[]} here */
  function everyScreen(here) {
    const made = element("article", "panel display all");
    made.dataset.name = "*";
    const outcome = status();
    const order = orders(null, outcome);
    made.append(element("h3", "", say("全部屏幕")), buttons([
      ...moves(order),
      [say("‖ 停住"), () => order({ act: "hold" })], [say("▷ 继续"), () => order({ act: "release" })],
      [say("▤ 拉上帘幕"), () => order({ act: "curtain" })], [say("▢ 拉开帘幕"), () => order({ act: "uncurtain" })],
    ]), choosers(order, say("全部屏幕")), outcome, cockpit.displayProgramme(here[0], words, null, outcome));
    return made;
  }

  /** @param {Api.Display} first @returns {Card} */
  function card(first) {
    const made = element("article", "panel display");
    made.dataset.name = first.name;
    const [mark, shows, fares, fault] = [element("span", "mark"), element("p", "shows"), element("p", "second"), element("p", "fault")];
    const head = element("h3", "", first.name);
    head.append(mark);
    const outcome = status();
    const order = orders([first.name], outcome);
    let now = first;
    const hold = button("", () => order({ act: now.held ? "release" : "hold" }));
    const curtain = button("", () => order({ act: now.curtain ? "uncurtain" : "curtain" }));
    const acts = buttons(moves(order));
    acts.append(hold, curtain);
    made.append(head, shows, fares, fault, acts, choosers(order, first.name), outcome, cockpit.displayProgramme(first, words, [first.name], outcome));
    return {
      node: made,
      update(said, told) {
        const one = asItIs(said);
        now = one;
        setText(mark, stateOf(one));
        mark.classList.toggle("is-bad", Boolean(one.heard?.silent));
        setText(shows, showsWhat(one));
        setText(fares, faresHow(one, told));
        const wrong = one.heard?.error ?? null;
        fault.hidden = wrong === null;
        setText(fault, say("最近出错 {when}：{what}", { when: timeOf(one.heard?.error_at), what: wrong }));
        setText(hold, one.held ? say("▷ 继续") : say("‖ 停住"));
        hold.setAttribute("aria-pressed", String(one.held));
        setText(curtain, one.curtain ? say("▢ 拉开帘幕") : say("▤ 拉上帘幕"));
        curtain.setAttribute("aria-pressed", String(one.curtain));
      },
    };
  }

  /* --- words --- */

  /** @param {string | null | undefined} at */
  const timeOf = (at) => (at ? cockpit.time.short(Date.parse(at)) : "");

  /** @param {Api.Display} one */
  function stateOf({ heard }) {
    if (!heard) return say("○ 从未上线");
    return heard.silent ? say("▲ 失联 · 自 {at}", { at: timeOf(heard.at) }) : say("● 在线");
  }

  /* What is so at the screen, by whomever it was done, where it told of it since it was steered. */
  /** @param {Api.Display} one @returns {Api.Display} */
  function asItIs(one) {
    const { heard, steered } = one;
    const isTold = heard && !heard.silent && Date.parse(heard.at) > Date.parse(steered ?? "") + TELLS_MS;
    return isTold ? { ...one, held: heard.held, curtain: heard.curtain } : one;
  }

  /** @param {Api.Display} one */
  function showsWhat(one) {
    const { heard, chosen } = one;
    const scene = chosen ?? heard?.scene;
    const marks = [one.held ? say("‖ 停住") : "", one.curtain ? say("▤ 帘幕") : ""];
    if (!heard) return marks.filter(Boolean).join(" · ");
    const what = scene ? words.scenes[scene] ?? scene : say("整面大屏");
    return [what, words.languages[heard.language] ?? heard.language, say("自 {since}", { since: timeOf(heard.since) }), ...marks].filter(Boolean).join(" · ");
  }

  /** @param {Api.Display} one @param {Api.Displays} told */
  function faresHow({ heard }, told) {
    if (!heard) return "";
    const { frames, memory, width, height, version, page: shown } = heard;
    return [
      shown, `${width} × ${height}`,
      frames === null ? say("看不见页面") : say("{frames} 帧/秒", { frames: cockpit.number(frames, 0) }),
      memory === null ? "" : say("{memory} MB", { memory: cockpit.number(memory / MIB, 0) }),
      version === told.version ? say("版本最新") : say("◇ 旧版本"),
      say("{at} 上报", { at: timeOf(heard.at) }),
    ].filter(Boolean).join(" · ");
  }

  /* --- what can be done --- */

  function status() {
    const made = element("p", "outcome");
    made.setAttribute("role", "status");
    return made;
  }

  /* What sends an order to these screens; null: all of the community. */
  /** @param {string[] | null} displays @param {HTMLElement} outcome */
  function orders(displays, outcome) {
    return async (/** @type {{ act: string, scene?: string, language?: string }} */ order) => {
      const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/displays/steer`, { displays, ...order });
      cockpit.sayOutcome(outcome, answer.ok, answer.ok ? say("已告诉屏幕 · {at}", { at: cockpit.time.clock(cockpit.now()) }) : answer.body.detail);
      if (answer.ok) await show();
    };
  }
  /** @typedef {ReturnType<typeof orders>} Order */

  /** @param {string} label @param {Work} work */
  function button(label, work) {
    const made = element("button", "", label);
    made.type = "button";
    made.addEventListener("click", () => cockpit.forms.once(made, work));
    return made;
  }

  /** @param {[label: string, work: Work][]} acts */
  function buttons(acts) {
    const made = element("div", "thumbs");
    made.append(...acts.map(([label, work]) => button(label, work)));
    return made;
  }

  /** @param {Order} order @returns {[label: string, work: Work][]} */
  const moves = (order) => [[say("◀ 上一景"), () => order({ act: "back" })], [say("下一景 ▶"), () => order({ act: "next" })]];

  /** @param {Order} order @param {string} name */
  function choosers(order, name) {
    const made = element("div", "thumbs");
    made.append(
      chooser(say("转到场景"), words.scenes, (scene) => order({ act: "go", scene })),
      chooser(say("屏幕语言"), words.languages, (language) => order({ act: "language", language })),
      reload(order, name),
    );
    return made;
  }

  /* A list whose choice is done at once; it then asks again. */
  /** @param {string} label @param {Record<string, string>} options @param {(code: string) => unknown} work */
  function chooser(label, options, work) {
    const select = element("select");
    select.setAttribute("aria-label", label);
    select.append(new Option(`${label} …`, ""), ...Object.entries(options).map(([code, name]) => new Option(name, code)));
    select.addEventListener("change", async () => {
      const { value } = select;
      select.value = "";
      if (value) await work(value);
    });
    return select;
  }

  /* The screen is dark for a moment: not by a slip of the thumb. */
  /** @param {Order} order @param {string} name */
  function reload(order, name) {
    return button(say("⟳ 重新载入"), async () => {
      if (window.confirm(say("重新载入「{name}」？屏幕会黑几秒。", { name }))) await order({ act: "reload" });
    });
  }
})();
