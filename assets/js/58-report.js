/* A steward's phone: report in a few taps. What cannot be sent waits in the phone and goes when the line is back. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { element } = cockpit;
  const RETRY_MS = 5000;
  const MAX_SIDE = 1600;
  const report = { category: null, position: null, photos: [] };
  let sending = false;

  /* --- what waits: an IndexedDB store, so that it outlives the page --- */

  const store = new Promise((resolve, reject) => {
    const opening = indexedDB.open("cockpit-reports", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });

  async function inStore(mode, work) {
    const request = work((await store).transaction("reports", mode).objectStore("reports"));
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /* Send what waits, oldest first. The report's own id makes sure that twice sent is once filed. */
  async function flush() {
    if (sending) return;
    sending = true;
    try {
      for (const one of await inStore("readonly", (reports) => reports.getAll())) {
        if (!(await send(one))) break;
        await inStore("readwrite", (reports) => reports.delete(one.id));
      }
    } finally {
      sending = false;
      await showWaiting();
    }
  }

  async function send(one) {
    const base = `/api/v1/${one.community}/events`;
    const answer = await cockpit.post(base, one.body);
    if (!answer.ok) {
      // No line, no session, or a server that is away: it waits. What the server will never take is told.
      if ([0, 401, 403, 429].includes(answer.status) || answer.status >= 500) return say(false, answer.body.detail || "暂存在手机，稍后自动发送");
      say(false, answer.body.detail);
      return true;
    }
    for (const photo of one.photos) {
      const kept = await cockpit.post(`${base}/${answer.body.id}/photos`, photo);
      if (kept.status === 0 || kept.status >= 500) return false;
    }
    const near = (answer.body.properties.duplicates || []).length;
    say(true, `已上报，编号 ${answer.body.id}` + (near ? `；附近刚有 ${near} 件同类上报` : ""));
    loadTasks();
    return true;
  }

  function say(ok, text) {
    cockpit.sayOutcome(cockpit.find("[data-outcome]"), ok, text);
    return ok;
  }

  async function showWaiting() {
    const waiting = await inStore("readonly", (reports) => reports.count());
    cockpit.setText(cockpit.find("[data-waiting]"), waiting ? `◷ ${waiting} 件待发送，有网即发` : "");
  }

  /* --- the form --- */

  function form(place) {
    const groups = JSON.parse(place.dataset.reportForm);
    const first = element("div", "taps");
    const second = element("div", "taps");
    for (const group of Object.values(groups)) {
      const button = tap(group.name, first, () => {
        const codes = Object.entries(group.categories);
        second.replaceChildren(...codes.map(([code, name]) => tap(name, second, () => (report.category = [code, name]))));
        report.category = null;
        if (codes.length === 1) second.firstChild.click();
      });
      first.append(button);
    }
    const photo = element("input");
    Object.assign(photo, { type: "file", accept: "image/*", multiple: true });
    photo.setAttribute("capture", "environment");
    const camera = element("label", "photo-field", "＋ 拍照");
    camera.append(photo);
    const thumbs = element("div", "photos");
    photo.addEventListener("change", async () => {
      for (const file of photo.files) report.photos.push(await smaller(file));
      thumbs.replaceChildren(...report.photos.map(thumb));
      photo.value = "";
    });
    const where = element("span", "second", "定位中…");
    const system = element("select");
    system.setAttribute("aria-label", "定位坐标系");
    for (const [code, name] of [["WGS84", "GPS 坐标"], ["GCJ02", "高德/腾讯坐标"]]) system.append(new Option(name, code));
    const detail = element("textarea");
    Object.assign(detail, { placeholder: "补充说明（可不填）", maxLength: 2000 });
    detail.setAttribute("aria-label", "补充说明");
    const button = element("button", "ahead", "上报");
    button.type = "button";
    button.addEventListener("click", () => take({ detail, system, thumbs, first, second }));
    const outcome = element("span", "outcome");
    outcome.dataset.outcome = "";
    outcome.setAttribute("role", "status");
    const waiting = element("span", "second");
    waiting.dataset.waiting = "";
    place.append(
      labelled("什么事", first, second), labelled("照片", camera, thumbs), labelled("位置", where, system),
      labelled("说明", detail), button, outcome, waiting,
    );
    locate(where);
  }

  function tap(name, among, chosen) {
    const button = element("button", "tap", name);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      for (const one of among.children) one.setAttribute("aria-pressed", String(one === button));
      chosen();
    });
    return button;
  }

  function labelled(name, ...fields) {
    const group = element("div", "field");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    group.append(element("span", "label", name), ...fields);
    return group;
  }

  function locate(where) {
    if (!navigator.geolocation) {
      cockpit.setText(where, "此浏览器不能定位");
      return;
    }
    navigator.geolocation.watchPosition(
      ({ coords }) => {
        report.position = { lon: coords.longitude, lat: coords.latitude };
        cockpit.setText(where, `✓ 已定位，误差约 ${Math.round(coords.accuracy)} 米`);
      },
      () => cockpit.setText(where, report.position ? "✓ 用上次定位" : "▲ 没有定位；请允许定位，或在说明里写明地点"),
      { enableHighAccuracy: true, maximumAge: 10000 },
    );
  }

  /* Photos are made small before they travel: a bad line carries 200 kB, not 8 MB. */
  async function smaller(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = element("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
  }

  function thumb(blob) {
    const image = element("img");
    image.src = URL.createObjectURL(blob);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.alt = "待上报的照片";
    return image;
  }

  async function take({ detail, system, thumbs, first, second }) {
    if (!report.category) return say(false, "请先选择是什么事");
    const [category, name] = report.category;
    const id = crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random();
    const place = report.position ? { ...report.position, crs: system.value } : {};
    const body = { id, category, title: name, detail: detail.value.trim(), ts: Date.now(), ...place };
    await inStore("readwrite", (reports) => reports.put({ id, community: cockpit.root.dataset.community, body, photos: report.photos }));
    detail.value = "";
    report.photos = [];
    report.category = null;
    thumbs.replaceChildren();
    second.replaceChildren();
    for (const one of first.children) one.setAttribute("aria-pressed", "false");
    return flush();
  }

  /* --- what is mine to do --- */

  async function loadTasks() {
    const list = cockpit.find("[data-my-tasks]");
    const me = await cockpit.whoAmI();
    if (!me.name) {
      list.replaceChildren(element("li", "second", "登录后显示"));
      return;
    }
    const query = [["assignee", me.name], ...["dispatched", "in_hand", "sent_back"].map((code) => ["state", code])];
    const found = (await cockpit.ask("events", query)).features.map((one) => one.properties);
    found.sort((a, b) => (a.due || "9").localeCompare(b.due || "9"));
    list.replaceChildren(...(found.length ? found.map(task) : [element("li", "second", "没有待办")]));
  }

  function task(told) {
    const row = element("li");
    const link = element("a", "", told.title);
    link.href = `/events/${told.id}`;
    const late = told.due && Date.parse(told.due) < cockpit.now();
    const due = told.due ? `${late ? "▲ 已逾期 " : "期限 "}${cockpit.time.short(Date.parse(told.due))}` : "";
    row.append(link, element("span", late ? "is-late" : "second", [told.state_name, due].filter(Boolean).join(" · ")));
    return row;
  }

  cockpit.pages.report = {
    start() {
      form(cockpit.find("[data-report-form]"));
      loadTasks();
      flush();
      window.addEventListener("online", flush);
      setInterval(flush, RETRY_MS);
    },
    render(changed) {
      if (changed && changed.grid_events) loadTasks();
    },
  };
})();
