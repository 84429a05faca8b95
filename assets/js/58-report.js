/* A steward's phone: report in a few taps. What is being written is kept as it is written; what is filed goes by the outbox. */
(function () {
  "use strict";

  /** @typedef {{first: HTMLElement, second: HTMLElement, thumbs: HTMLElement, detail: HTMLTextAreaElement, button: HTMLButtonElement, outcome: HTMLElement, waiting: HTMLElement}} Parts */
  /** @typedef {{name: string, categories: Record<string, string>}} CategoryGroup */
  /** @typedef {{id: string, category: [code: string, name: string] | null, photos: Photo[], body?: FiledBody}} Writing */

  const cockpit = window.cockpit;
  const { element, outbox, outboxStore: store } = cockpit;
  const SECOND_TAP_MS = 600;
  /** @type {Record<string, CategoryGroup>} */
  let groups = {};
  /** @type {Parts} */
  let parts;        // the form's fields
  /** @type {Writing} */
  let report;     // what is in the form

  const blank = () => ({ id: outbox.newId(), category: null, photos: [] });

  /** @param {boolean} ok @param {string} text */
  function say(ok, text) {
    cockpit.sayOutcome(parts.outcome, ok, text);
    return ok;
  }
  outbox.say = say;

  /* Nobody is told that something is kept which is in this page alone. */
  const kept = () => (store.isHeld() ? cockpit.say("手机存不下，只在此页面里，还没有发出：") : cockpit.say("已存在手机里，还没有发出："));

  outbox.sayKept = function () {
    if (store.isHeld()) return void say(false, cockpit.say("手机存不下：只在此页面里，发出前不要关闭"));
    parts.outcome.classList.remove("is-bad");
    cockpit.setText(parts.outcome, cockpit.say("◷ 已存在手机里，待发送"));
  };

  /* --- the form --- */

  /** @param {HTMLElement} place */
  function form(place) {
    groups = JSON.parse(place.dataset.reportForm);
    const first = element("div", "taps");
    const second = element("div", "taps");
    first.append(...Object.entries(groups).map(([code, group]) => tap(code, group.name, first, () => {
      offer(group);
      choose(null);
      if (second.children.length === 1) cockpit.need("button", second).click();
    })));
    const camera = element("label", "photo-field", cockpit.say("＋ 拍照"));
    const photo = element("input");
    Object.assign(photo, { type: "file", accept: "image/*", multiple: true });
    photo.setAttribute("capture", "environment");
    photo.addEventListener("change", () => addPhotos(photo));
    camera.append(photo);
    const detail = element("textarea");
    Object.assign(detail, { placeholder: cockpit.say("补充说明（可不填）"), maxLength: 2000 });
    detail.setAttribute("aria-label", cockpit.say("补充说明"));
    detail.dataset.kept = "";
    detail.addEventListener("input", keep);
    const button = element("button", "ahead", cockpit.say("上报"));
    button.type = "button";
    button.addEventListener("click", take);
    const outcome = element("span", "outcome");
    outcome.dataset.outcome = "";
    outcome.setAttribute("role", "status");
    const waiting = element("span", "second");
    waiting.dataset.waiting = "";
    parts = { first, second, thumbs: element("div", "photos"), detail, button, outcome, waiting };
    place.append(
      labelled(cockpit.say("什么事"), first, second), labelled(cockpit.say("照片"), camera, parts.thumbs), labelled(cockpit.say("位置"), ...cockpit.reportPlace.field(keep)),
      labelled(cockpit.say("说明"), detail), button, outcome, waiting,
    );
  }

  /** @param {string} code @param {string} name @param {HTMLElement} among @param {() => void} chosen */
  function tap(code, name, among, chosen) {
    const button = element("button", "tap", name);
    button.type = "button";
    button.dataset.code = code;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      press(among, code);
      chosen();
    });
    return button;
  }

  /** @param {HTMLElement} among @param {string | null | undefined} code */
  function press(among, code) {
    for (const one of among.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.code === code));
  }

  /** @param {CategoryGroup} group */
  function offer(group) {
    const codes = Object.entries(group.categories);
    parts.second.replaceChildren(...codes.map(([code, name]) => tap(code, name, parts.second, () => choose([code, name]))));
  }

  /** @param {[code: string, name: string] | null} category */
  function choose(category) {
    report.category = category;
    keep();
  }

  /** @param {string} name @param {...Node} fields */
  function labelled(name, ...fields) {
    const group = element("div", "field");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    group.append(element("span", "label", name), ...fields);
    return group;
  }

  /* --- photos --- */

  /** @param {HTMLInputElement} field */
  async function addPhotos(field) {
    const { id } = report;
    const files = [...(field.files ?? [])];
    for (const file of files) {
      if ((await store.photos(id)).length >= cockpit.photos.MOST) {
        say(false, cockpit.say("一件事件最多 {most} 张照片，其余没有加入", { most: cockpit.photos.MOST }));
        break;
      }
      try {
        const made = await cockpit.photos.prepare(file);
        await store.putPhoto({ ...made, id: outbox.newId(), report: id });
        if (made.isOriginal) say(true, cockpit.say("照片 {name} 此浏览器显示不了，将按原样发送", { name: file.name }));
      } catch (error) {
        say(false, error.message);
      }
    }
    field.value = "";
    await keep();
    await showPhotos();
  }

  async function showPhotos() {
    report.photos = await store.photos(report.id);
    parts.thumbs.replaceChildren(...report.photos.map((one) => cockpit.thumb(one, () => showPhotos().then(keep))));
  }

  /* A photo that is not sent yet, with a button that takes it out; ``dropped`` is called once it is. */
  cockpit.thumb = function (photo, dropped) {
    const made = element("span", "thumb");
    const image = element("img");
    image.src = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
    image.onload = () => URL.revokeObjectURL(image.src);
    image.alt = photo.isOriginal ? cockpit.say("原样发送的照片") : cockpit.say("待上报的照片");
    const drop = element("button", "quiet", "×");
    drop.type = "button";
    drop.setAttribute("aria-label", cockpit.say("去掉这张照片"));
    drop.addEventListener("click", async () => {
      await store.removePhoto(photo.id);
      await dropped();
    });
    made.append(image, drop);
    return made;
  };

  /* --- what is written is kept, then filed --- */

  /** @returns {FiledBody} */
  function body() {
    const [category, title] = report.category || [null, ""];
    const words = cockpit.reportPlace.words();
    const detail = [parts.detail.value.trim(), words && cockpit.say("地点：{words}", { words })].filter(Boolean).join("\n");
    return { category, title, detail, ...cockpit.reportPlace.given() };
  }

  async function keep() {
    const of = report;
    const made = body();
    const isFilled = Boolean(made.category || made.detail || (await store.photos(of.id)).length);
    if (of === report) await outbox.keep(of.id, made, isFilled);
  }

  async function take() {
    if (!outbox.owner()) return say(false, cockpit.say("请先登录"));
    if (!report.category) return say(false, cockpit.say("请先选择是什么事"));
    const filed = report;
    // A second tap is no second report.
    parts.button.disabled = true;
    setTimeout(() => { parts.button.disabled = false; }, SECOND_TAP_MS);
    const made = body();
    cockpit.reportPlace.choose(null, true);
    begin(blank());
    if (!(await outbox.file(filed.id, made))) return say(false, cockpit.say("这一件已经上报"));
    outbox.sayKept();
    await outbox.flush();
  }

  /* Put a report in the form: a new one, or a draft. */
  /** @param {Writing} next */
  function begin(next) {
    report = next;
    cockpit.reportList.open = report.id;
    isElsewhere(report.id);   // from now on it is here
    /** @type {Partial<FiledBody>} */
    const given = report.body || {};
    parts.detail.value = given.detail || "";
    parts.second.replaceChildren();
    press(parts.first, null);
    const found = Object.entries(groups).find(([, group]) => (given.category ?? "") in group.categories);
    if (found) {
      press(parts.first, found[0]);
      offer(found[1]);
      press(parts.second, given.category);
    }
    return showPhotos();
  }

  /* A draft as the form has it. */
  /** @param {FiledReport} given @returns {Writing} */
  function drafted({ id, body: given }) {
    const { lon, lat, crs = "WGS84" } = given;
    cockpit.reportPlace.choose(lon === undefined || lat === undefined ? null : { lon, lat, crs }, true);
    return { id, body: given, category: given.category ? [given.category, given.title] : null, photos: [] };
  }

  cockpit.reportList.edit = async function (draft) {
    await keep();
    await begin(drafted(draft));
    outbox.say(true, cockpit.say("已放回表单，改好后点「上报」"));
    cockpit.reportList.show();
    parts.detail.scrollIntoView({ block: "center" });
  };

  /* Drafts of this account: the newest goes on in the form, unless another page of this phone has it. */
  async function resume() {
    const { community } = cockpit.root.dataset;
    const drafts = (await outbox.mine()).filter((one) => one.state === "draft" && !one.step && one.isFilled && one.community === community);
    const newest = drafts.pop();
    if (!newest || (await isElsewhere(newest.id))) return;
    await begin(drafted(newest));
    say(true, cockpit.say("已恢复没有写完的上报"));
  }

  /* A page holds what is in its form for as long as it stands. */
  /** @param {string} id */
  function isElsewhere(id) {
    if (!navigator.locks) return false;
    return new Promise((resolve) => {
      navigator.locks.request(`cockpit-draft-${id}`, { ifAvailable: true }, (lock) => {
        resolve(lock === null);
        return lock === null ? null : new Promise(() => {});
      });
    });
  }

  /* --- what came of it --- */

  /** @param {CustomEvent<OutboxSaid>} given */
  function said({ detail: { ok, event, near, step, isWaiting, text } }) {
    if (event) cockpit.showTasks();
    if (step) return say(ok, ok ? cockpit.say("已办理：{step}", { step }) : isWaiting ? kept() + text : cockpit.say("「{step}」未被接收，已留在下方「我的上报」：", { step }) + text);
    const filed = event ? cockpit.say("已上报，编号 {event}", { event }) : "";
    if (ok) say(true, filed + (near ? cockpit.say("；附近刚有 {near} 件同类上报", { near }) : ""));
    else if (isWaiting) say(false, (filed ? cockpit.say("{filed}；照片还没有发出：", { filed }) : kept()) + text);
    else say(false, (filed ? cockpit.say("{filed}；", { filed }) : cockpit.say("未被接收，已留在下方「我的上报」：")) + text);
  }

  async function showWaiting() {
    const { waiting, mine } = await outbox.counts();
    for (const count of cockpit.findAll("[data-left-count]")) cockpit.setText(count, mine ? String(mine) : "");
    cockpit.setText(parts.waiting, waiting ? cockpit.say("◷ {waiting} 件待发送，有网即发", { waiting }) : "");
    const [doubts, place] = [await store.doubts(), cockpit.need("[data-doubts]")];
    place.hidden = doubts === null;
    cockpit.setText(place, doubts || "");
    cockpit.reportList.show();
  }

  cockpit.pages.report = {
    async start() {
      const place = cockpit.need("[data-report-form]");
      const me = await cockpit.whoAmI();
      if (!outbox.owner()) {
        place.append(element("p", "", cockpit.say("上报前请先登录：")), cockpit.signInLink());
        cockpit.startTasks();
        return;
      }
      report = blank();
      form(place);
      begin(report);
      if (!me.name) say(false, cockpit.say("连接中断：可以照常填写，联网后发送"));
      cockpit.root.addEventListener("outbox-said", said);
      cockpit.root.addEventListener("outbox", showWaiting);
      await resume();
      showWaiting();
      cockpit.startTasks();
      outbox.flush();
      cockpit.keepShell();
    },
    /** @param {Live.Changed} changed */
    render(changed) {
      // A snapshot may come before it is known whose page this is.
      if (!changed) cockpit.reportPlace.keepDevices();
      if (!report) return;
      if (!changed || changed.grid_events) cockpit.showTasks();
    },
  };
})();
