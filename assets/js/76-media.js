/* The wall of photos: the newest first, more as it is asked for; stewards see what is not shown, and send photos in. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const AT_ONCE = 24;
  const TITLE_MOST = 100;
  const page = (cockpit.pages.media = /** @type {PageScript} */ ({}));
  /** @type {string | null} */
  let cursor = null;
  let count = 0;

  const base = () => `/api/v1/${cockpit.root.dataset.community}`;

  page.start = async function () {
    await cockpit.whoAmI();
    showNote();
    if (cockpit.canDo("steward")) cockpit.need("[data-media-add]").append(adding());
    load();
  };

  function showNote() {
    const place = cockpit.need("[data-media-note]");
    cockpit.setText(place, say("只展示画面中的人已同意公开的照片"));
    if (!cockpit.canDo("steward")) return;
    const link = element("a", "", say("照片登记簿"));
    const found = new URLSearchParams({ community: cockpit.root.dataset.community || "", register: "media" });
    if (cockpit.root.dataset.theme !== "dark") found.set("theme", cockpit.root.dataset.theme || "");
    link.href = `/registers?${found}`;
    place.append(" · ", link);
  }

  /* Photos come in by one step: which, of what day, and whether those on them agreed. */
  function adding() {
    const files = element("input");
    Object.assign(files, { type: "file", accept: "image/*", multiple: true, required: true, name: "files" });
    const day = element("input");
    Object.assign(day, { type: "date", name: "day", required: true, value: cockpit.time.local(cockpit.now()).slice(0, 10) });
    const consent = element("label", "tick");
    const box = element("input");
    Object.assign(box, { type: "checkbox", name: "consent", required: true });
    consent.append(box, say("画面中的人都已同意公开展示"));
    const { field } = cockpit.forms;
    const form = cockpit.forms.form(say("＋ 上传照片"), [
      field(say("照片（可多选）"), files, () => ({})),
      cockpit.forms.text("caption", say("标题（不填：文件名；不写个人姓名）"), TITLE_MOST),
      field(say("拍摄日期"), day, () => ({})),
      Object.assign(consent, { read: () => ({}) }),
    ], async ({ caption }) => {
      const all = [...(files.files ?? [])];
      const bad = [];
      for (const [place, file] of all.entries()) {
        cockpit.setText(cockpit.need("[data-outcome]"), say("正在上传第 {place} 张，共 {count} 张…", { place: place + 1, count: all.length }));
        const why = await add(file, all.length > 1 && caption ? `${caption} ${place + 1}` : caption, day.value);
        if (why) bad.push(say("{name}：{why}", { name: file.name, why }));
      }
      const done = say("已展示 {count} 张", { count: all.length - bad.length });
      cockpit.sayOutcome(cockpit.need("[data-outcome]"), !bad.length, [done, ...bad].join(say("；")));
      files.value = "";
      box.checked = false;
    }, say("上传并展示"));
    return form;
  }

  /* A row with its photo; why not, where it was not taken. */
  /** @param {File} file @param {string} caption @param {string} day */
  async function add(file, caption, day) {
    let bytes;
    try {
      ({ bytes } = await cockpit.photos.prepare(file));
    } catch (error) {
      return error.message;
    }
    const title = (caption || file.name.replace(/\.[^.]*$/, "")).slice(0, TITLE_MOST);
    const values = { title, day, consent: true, shown: true };
    const row = await cockpit.post(`${base()}/registers/media`, { values, reference: cockpit.outbox.newId() });
    if (!row.ok) return row.body.detail;
    const photo = await cockpit.post(`${base()}/registers/media/${row.body.id}/photo`, new Blob([bytes]));
    if (!photo.ok) {
      // Without its picture the row says nothing.
      await cockpit.post(`${base()}/registers/media/${row.body.id}/void`, { reason: say("照片没有收下"), seq: row.body.seq });
      return photo.body.detail;
    }
    const made = tile({ id: row.body.id, title, day, activity: null, place: "", photo: true, consent: true, shown: true });
    cockpit.need("[data-media]").prepend(made);
    cockpit.need("[data-media-more]").querySelector("p")?.remove();
    return "";
  }

  async function load() {
    const more = cockpit.need("[data-media-more]");
    try {
      /** @type {{media: Api.Media[], cursor: string | null}} */
      const told = await cockpit.ask("media", { limit: String(AT_ONCE), ...(cursor ? { cursor } : {}) });
      cursor = told.cursor;
      count += told.media.length;
      cockpit.need("[data-media]").append(...told.media.map(tile));
      more.replaceChildren(...(cursor ? [button(say("更多照片"), load)] : []));
      if (!count) more.replaceChildren(element("p", "second", say("还没有可以展示的照片")));
    } catch (error) {
      cockpit.sayOutcome(cockpit.need("[data-outcome]"), false, error.message);
    }
  }

  /** @param {string} name @param {() => void} work */
  function button(name, work) {
    const made = element("button", "quiet", name);
    made.type = "button";
    made.addEventListener("click", work);
    return made;
  }

  /** @param {Api.Media} one */
  function tile(one) {
    const made = element("li");
    const figure = element("figure");
    const caption = element("figcaption");
    caption.append(element("strong", "", one.title), element("span", "second", [one.day, one.activity, one.place].filter(Boolean).join(" · ")));
    const hidden = [one.consent === false ? say("未同意") : "", one.shown === false ? say("不公开") : ""].filter(Boolean);
    if (hidden.length) caption.append(element("span", "hidden", `◇ ${hidden.join(" · ")}`));
    figure.append(one.photo ? picture(one) : waiting(one, made), caption);
    made.append(figure);
    return made;
  }

  /** @param {Api.Media} one */
  function picture(one) {
    const open = element("button", "frame");
    open.type = "button";
    open.setAttribute("aria-label", say("放大：{title}", { title: one.title }));
    open.append(image(one, true));
    open.addEventListener("click", () => enlarge(one));
    return open;
  }

  /** @param {Api.Media} one @param {boolean} isLazy */
  function image(one, isLazy) {
    const made = element("img");
    if (isLazy) made.loading = "lazy";
    made.alt = one.title;
    made.src = `${base()}/media/${one.id}/photo`;
    return made;
  }

  /** @param {Api.Media} one */
  function enlarge(one) {
    const dialog = element("dialog", "media-dialog");
    dialog.setAttribute("aria-label", one.title);
    dialog.append(image(one, false), element("p", "", `${one.title} · ${one.day}`), button(say("关闭¦动作"), () => dialog.close()));
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    cockpit.root.append(dialog);
    dialog.showModal();
  }

  /* A row that has no photo yet; who keeps the wall sends it in here. */
  /** @param {Api.Media} one @param {HTMLElement} place */
  function waiting(one, place) {
    const made = element("label", "frame is-bare");
    if (!cockpit.canDo("steward") || !one.consent) {
      made.append(element("span", "second", say("没有照片")));
      return made;
    }
    const input = element("input", "unseen");
    Object.assign(input, { type: "file", accept: "image/*" });
    input.setAttribute("aria-label", say("{title}：上传照片", { title: one.title }));
    input.addEventListener("change", () => input.files?.[0] && send(one, input.files[0], place));
    made.append(element("span", "", say("＋ 上传照片")), input);
    return made;
  }

  /** @param {Api.Media} one @param {File} file @param {HTMLElement} place */
  async function send(one, file, place) {
    const outcome = cockpit.need("[data-outcome]");
    cockpit.setText(outcome, say("正在上传…"));
    try {
      const { bytes } = await cockpit.photos.prepare(file);
      const answer = await cockpit.post(`${base()}/registers/media/${one.id}/photo`, new Blob([bytes]));
      cockpit.sayOutcome(outcome, answer.ok, answer.ok ? say("照片已保存") : answer.body.detail);
      if (answer.ok) place.replaceWith(tile({ ...one, photo: true }));
    } catch (error) {
      cockpit.sayOutcome(outcome, false, error.message);
    }
  }
})();
