/* What a steward filed and did on this phone: what waits and why, what was refused and how to mend it, what has arrived. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, sayN } = cockpit;
  const { element } = cockpit;
  const { outbox, outboxStore: store, steps } = cockpit;
  const STATES = { draft: say("✎ 草稿"), waiting: say("◷ 待发送"), refused: say("▲ 未被接收"), sent: say("✓ 已上报") };
  const page = (cockpit.reportList = /** @type {Cockpit["reportList"]} */ (/** @type {unknown} */ ({ edit: null, open: null })));   // edit(report): into the form; open: the id that is in it

  let drawn = "";   // what the rows were made of
  let isShowing = false;
  let isAskedAgain = false;

  /* One look at a time, so that no older one comes last. */
  page.show = async function () {
    isAskedAgain = true;
    if (isShowing) return;
    isShowing = true;
    try {
      while (isAskedAgain) {
        isAskedAgain = false;
        await show();
      }
    } finally {
      isShowing = false;
    }
  };

  async function show() {
    const list = cockpit.find("[data-outbox]");
    if (!list) return;
    // Somebody changes the words of a step just now: what stands here stays.
    if (list.contains(document.activeElement) && document.activeElement instanceof HTMLTextAreaElement) return;
    const all = (await outbox.mine()).filter((one) => one.state !== "draft" || (one.isFilled && one.id !== page.open && !isInTask(one)));
    /** @type {Parameters<typeof row>[]} */
    const found = [];
    for (const one of all.reverse()) found.push([one, await store.photos(one.id), await steps.before(one)]);
    const { others } = await outbox.counts();
    // Under a finger nothing is made anew without need.
    const made = JSON.stringify([others, outbox.sending, found.map(([one, photos, before]) => [one, photos.map(({ id, reason: why }) => [id, why]), before?.id])]);
    if (made === drawn) return;
    drawn = made;
    const rows = found.map((one) => row(...one));
    if (others) rows.push(element("li", "second", say("这部手机上还有他人的 {others} 件没有发出，其本人登录后才会发送", { others })));
    list.replaceChildren(...rows);
    /** @type {HTMLElement} */ (list.closest("section")).hidden = rows.length === 0;
    for (const way of cockpit.findAll("[href='#left']")) way.hidden = rows.length === 0;
  }

  /* Words and photos of a task's next step stand with the task. */
  /** @param {FiledReport} one */
  const isInTask = (one) => Boolean(one.step && cockpit.find(`[data-task="${one.event}"]`));

  /** @param {FiledReport} one @param {Photo[]} photos @param {FiledReport | null} before */
  function row(one, photos, before) {
    const made = element("li", one.state === "refused" ? "is-refused" : "");
    made.dataset.report = one.id;
    made.dataset.state = one.id === outbox.sending ? "sending" : one.state;
    const state = one.id === outbox.sending ? say("↑ 发送中") : one.step && one.state === "sent" ? say("✓ 已办理") : STATES[one.state];
    const name = one.body.title || say("（还没有选择是什么事）");
    const title = element(one.event ? "a" : "strong", "title", one.step?.name ? say("{step}：{title}", { step: one.step.name, title: name }) : name);
    if (title instanceof HTMLAnchorElement) title.href = `/events/${one.event}?community=${one.community}`;
    const when = cockpit.clock.timeOf(one.stamp);
    const facts = [state, isElsewhere(one) ? nameOf(one.community) : "", one.event, photos.length ? sayN("{n} 张照片", photos.length) : "", when ? cockpit.time.short(when) : ""];
    made.append(title, element("span", "second", facts.filter(Boolean).join(" · ")));
    if (one.body.detail) made.append(element("p", "", one.body.detail));
    if (one.step && one.state === "refused" && !one.step.isTaken) made.append(element("p", "", say("您办的时候是「{state}」；现在的情况：", { state: stateName(one.step.from) })));
    if (one.reason && one.state !== "sent") made.append(element("p", "reason", reason(one)));
    else if (before) made.append(element("p", "reason", say("等前一步「{step}」处理完再发", { step: before.step?.name })));
    const buttons = element("div", "buttons");
    if (one.state === "waiting" && one.reason && one.reason.status === 401) buttons.append(cockpit.signInLink());
    const found = acts(one, photos).map(([name, work]) => button(name, work));
    // What goes by itself needs nothing but time: the rest stands behind one word.
    const first = one.state === "waiting" ? found.splice(0, 2) : found.splice(0);
    buttons.append(...first);
    made.append(buttons);
    if (found.length) made.append(more(found, one.id));
    return made;
  }

  /* Written for another community than this page's. */
  /** @param {FiledReport} one */
  const isElsewhere = (one) => one.community !== cockpit.root.dataset.community;
  /** @param {string} code */
  const nameOf = (code) => JSON.parse(cockpit.root.dataset.communities)[code] || code;

  /** @type {Set<string>} */
  const opened = new Set();   // rows of which somebody wants to see all buttons

  /** @param {HTMLElement[]} buttons @param {string} id */
  function more(buttons, id) {
    const made = element("details", "more");
    const row = element("div", "buttons");
    row.append(...buttons);
    made.append(element("summary", "", say("更多")), row);
    made.open = opened.has(id);
    made.addEventListener("toggle", () => (made.open ? opened.add(id) : opened.delete(id)));
    return made;
  }

  /** @param {string} code */
  const stateName = (code) => /** @type {Life} */ (JSON.parse(cockpit.root.dataset.life)).states[code]?.name ?? code;

  /** @param {FiledReport} given */
  function reason({ state, reason: why }) {
    const { status, text } = why || { status: 0, text: "" };
    // Sent again under its own number, so that it does no harm where it had arrived.
    if (state === "waiting" && status === 0) return say("连接中断，恢复后自动再发；不会重复上报");
    const what = state === "waiting" ? say("还没有发出：") : "";
    return `${what}${text}${status >= 400 ? say("（{status}）", { status }) : ""}`;
  }

  /** @param {FiledReport} one @param {Photo[]} photos @returns {[name: string, work: Work][]} */
  function acts(one, photos) {
    const isNobodys = one.owner === null;
    const lead = () => location.assign(`/report?${new URLSearchParams({ community: one.community })}#left`);
    // On the page of its own community: this one has another ground.
    /** @type {[name: string, work: Work]} */
    const change = isElsewhere(one)
      ? [say("到{community}的页面修改", { community: nameOf(one.community) }), lead]
      : [say("修改"), async () => { const made = await outbox.reopen(one.id); if (made) page.edit(made); }];
    /** @type {[name: string, work: Work]} */
    const retry = [say("再发"), () => outbox.again(one.id)];
    /** @type {[name: string, work: Work]} */
    const copy = [say("复制文字"), () => copied(one)];
    /** @type {[name: string, work: Work][]} */
    const save = photos.map((photo, place) => [say("保存照片 {place}", { place: place + 1 }), () => saved(photo, place)]);
    /** @type {[name: string, work: Work]} */
    const drop = [say("删除¦动作"), () => removed(one, photos)];
    if (one.id === outbox.sending) return [];
    if (one.state === "sent") return [[say("清除"), () => outbox.remove(one.id)]];
    if (one.state === "draft" && one.step) return [...(photos.length ? [ofStep(one, photos, retry)[2]] : []), copy, ...save, drop];
    if (one.state === "draft") return [isElsewhere(one) ? change : [say("继续填写"), change[1]], drop];
    if (one.step && !one.step.isTaken) return [...ofStep(one, photos, retry), copy, ...save, drop];
    return [...(isNobodys ? [] : [retry]), ...(one.event ? [] : [change]), copy, ...save, drop];
  }

  /* What can be done with a step that the server does not have: also where somebody else was quicker. */
  /** @param {FiledReport} one @param {Photo[]} photos @param {[name: string, work: Work]} retry @returns {[name: string, work: Work][]} */
  function ofStep(one, photos, retry) {
    /** @type {[name: string, work: Work]} */
    const asItStands = [say("看过了，仍要办"), async () => { const why = await steps.again(one); if (why) outbox.say(false, why); }];
    /** @type {[name: string, work: Work]} */
    const words = [say("改说明"), () => rewrite(one)];
    /** @type {[name: string, work: Work]} */
    const only = [say("只发照片"), () => steps.photosOnly(one)];
    return [one.state === "refused" ? asItStands : retry, words, ...(photos.length ? [only] : [])];
  }

  /** @param {FiledReport} one */
  function rewrite(one) {
    const row = cockpit.need(`[data-report="${one.id}"]`);
    const field = element("textarea");
    Object.assign(field, { value: one.body.detail || "", maxLength: 2000 });
    field.setAttribute("aria-label", say("改说明"));
    field.dataset.kept = "";
    field.addEventListener("input", () => steps.rewrite(one.id, field.value.trim()));
    field.addEventListener("blur", () => setTimeout(() => {
      drawn = "";
      page.show();
    }));
    row.append(field);
    field.focus();
  }

  /** @param {string} name @param {Work} work */
  function button(name, work) {
    const made = element("button", "quiet", name);
    made.type = "button";
    made.addEventListener("click", async () => {
      made.disabled = true;
      await work();
      made.disabled = false;
    });
    return made;
  }

  /** @param {FiledReport} given */
  async function copied({ body }) {
    const text = [body.title, body.detail, body.lon ? say("{lon}, {lat}（{crs}）", { lon: body.lon, lat: body.lat, crs: body.crs }) : ""].filter(Boolean).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      outbox.say(true, say("文字已复制"));
    } catch (error) {
      window.prompt(say("请复制"), text);   // without TLS there is no clipboard
    }
  }

  /** @param {Photo} photo @param {number} place */
  function saved(photo, place) {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
    link.download = `${photo.report.slice(0, 8)}-${place + 1}.${(photo.type.split("/")[1] || "bin").replace("jpeg", "jpg")}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  /** @param {FiledReport} one @param {Photo[]} photos */
  function removed(one, photos) {
    const what = [one.body.title, photos.length ? sayN("{n} 张照片", photos.length) : ""].filter(Boolean).join(say("、"));
    return window.confirm(say("删除后找不回来：{what}。确定删除？", { what })) ? outbox.remove(one.id) : null;
  }
})();
