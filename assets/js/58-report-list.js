/* What a steward filed on this phone: what waits and why, what was refused and how to mend it, what has arrived. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, sayN } = cockpit;
  const { element } = cockpit;
  const { outbox, outboxStore: store } = cockpit;
  const STATES = { draft: say("✎ 草稿"), waiting: say("◷ 待发送"), refused: say("▲ 未被接收"), sent: say("✓ 已上报") };
  const page = (cockpit.reportList = /** @type {Cockpit["reportList"]} */ (/** @type {unknown} */ ({ edit: null, open: null })));   // edit(report): into the form; open: the id that is in it

  page.show = async function () {
    const list = cockpit.find("[data-outbox]");
    if (!list) return;
    const all = (await outbox.mine()).filter((one) => one.state !== "draft" || (one.isFilled && one.id !== page.open));
    /** @type {HTMLElement[]} */
    const rows = [];
    for (const one of all.reverse()) rows.push(row(one, await store.photos(one.id)));
    const { others } = await outbox.counts();
    if (others) rows.push(element("li", "second", say("这部手机上还有他人的 {others} 件没有发出，其本人登录后才会发送", { others })));
    list.replaceChildren(...rows);
    /** @type {HTMLElement} */ (list.closest("section")).hidden = rows.length === 0;
  };

  /** @param {FiledReport} one @param {Photo[]} photos */
  function row(one, photos) {
    const made = element("li", one.state === "refused" ? "is-refused" : "");
    made.dataset.report = one.id;
    made.dataset.state = one.id === outbox.sending ? "sending" : one.state;
    const state = one.id === outbox.sending ? say("↑ 发送中") : STATES[one.state];
    const title = element(one.event ? "a" : "strong", "title", one.body.title || say("（还没有选择是什么事）"));
    if (title instanceof HTMLAnchorElement) title.href = `/events/${one.event}?community=${one.community}`;
    const when = cockpit.clock.timeOf(one.stamp);
    const facts = [state, one.event, photos.length ? sayN("{n} 张照片", photos.length) : "", when ? cockpit.time.short(when) : ""];
    made.append(title, element("span", "second", facts.filter(Boolean).join(" · ")));
    if (one.body.detail) made.append(element("p", "", one.body.detail));
    if (one.reason && one.state !== "sent") made.append(element("p", "reason", reason(one)));
    const buttons = element("div", "buttons");
    if (one.state === "waiting" && one.reason && one.reason.status === 401) buttons.append(cockpit.signInLink());
    buttons.append(...acts(one, photos).map(([name, work]) => button(name, work)));
    made.append(buttons);
    return made;
  }

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
    /** @type {[name: string, work: Work]} */
    const change = [say("修改"), async () => { const made = await outbox.reopen(one.id); if (made) page.edit(made); }];
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
    if (one.state === "draft") return [[say("继续填写"), change[1]], drop];
    return [...(isNobodys ? [] : [retry]), ...(one.event ? [] : [change]), copy, ...save, drop];
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
