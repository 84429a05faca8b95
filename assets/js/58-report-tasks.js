/* What is a steward's to do, what is due first at the top: each with its next step, its words and its photos. Without a line
   it is the list that this phone last had, with its age; a step that was taken shows as one that waits. */
(function () {
  "use strict";

  /** @typedef {{owner: string, community: string, at: number, tasks: Task[]}} KeptTasks */
  /** @typedef {{given: Task, told: Awaited<ReturnType<Steps["ahead"]>>, draft: FiledReport | null, photos: Photo[], isLate: boolean}} Gathered */

  const cockpit = window.cockpit;
  const { say, sayN, element, outbox, outboxStore: store, steps } = cockpit;
  const KEPT = "cockpit-tasks";
  const STATES = ["dispatched", "in_hand", "sent_back"];
  const TONE = { minor: ["●", "low", say("低")], major: ["◆", "middle", say("中")], critical: ["▲", "high", say("高")] };
  const AGE_MS = 30000;
  /** @type {KeptTasks | null} */
  let shown = null;
  let isLate = false;      // what is shown is kept, and not what the server says
  let drawn = "";          // what the cards were made of: under a finger nothing is made anew without need
  let isDrawing = false;
  let isAskedAgain = false;

  cockpit.showTasks = async function () {
    const list = cockpit.need("[data-my-tasks]");
    const me = await cockpit.whoAmI();
    const owner = outbox.owner();
    if (!owner) return sayOnly(list, say("登录后显示"));
    const why = me.name ? cockpit.whyNot("steward") : null;
    if (why !== null) return sayOnly(list, why);
    const query = [["assignee", owner], ...STATES.map((code) => ["state", code])];
    const { community } = cockpit.root.dataset;
    try {
      const { features } = await cockpit.ask("events", query);
      const tasks = features.map((/** @type {{properties: Task}} */ one) => trimmed(one.properties));
      tasks.sort((/** @type {Task} */ a, /** @type {Task} */ b) => (a.due || "9").localeCompare(b.due || "9"));
      keep({ owner, community, at: cockpit.clock.server(), tasks });
      isLate = false;
    } catch (error) {
      isLate = true;
      shown = kept(owner, community);
    }
    await draw();
  };

  /* Taken off this phone with the sign-out; what waits to be sent stays. */
  cockpit.forgetTasks = function () {
    try { localStorage.removeItem(KEPT); } catch (error) { /* a browser that keeps nothing */ }
  };

  /** @param {KeptTasks} found */
  function keep(found) {
    shown = found;
    try { localStorage.setItem(KEPT, JSON.stringify(found)); } catch (error) { cockpit.forgetTasks(); }
  }

  /** @param {string} owner @param {string} community @returns {KeptTasks | null} */
  function kept(owner, community) {
    try {
      const found = JSON.parse(localStorage.getItem(KEPT) || "null");
      return found && found.owner === owner && found.community === community ? found : null;
    } catch (error) {
      return null;
    }
  }

  /* What a card says, and nobody's name. */
  /** @param {Task} told @returns {Task} */
  const trimmed = ({ id, title, detail, severity, state, state_name, seq, due, area, source }) => ({ id, title, detail, severity, state, state_name, seq, due, area, source });

  /** @param {HTMLElement} list @param {string} text */
  function sayOnly(list, text) {
    shown = null;
    drawn = "";
    list.replaceChildren(element("li", "second", text));
    count(0);
  }

  /* One drawing at a time; what somebody writes just now stays in its field. */
  async function draw() {
    if (isDrawing) return void (isAskedAgain = true);
    isDrawing = true;
    try {
      do {
        isAskedAgain = false;
        put(await Promise.all((shown?.tasks ?? []).map(gathered)));
      } while (isAskedAgain);
    } finally {
      isDrawing = false;
    }
  }

  /* A task with what this phone has for it: the steps that wait, and what is being written for the next. */
  /** @param {Task} given @returns {Promise<Gathered>} */
  async function gathered(given) {
    const [told, draft] = [await steps.ahead(given), await steps.draft(given.id)];
    return { given, told, draft, photos: draft ? await store.photos(draft.id) : [], isLate: Boolean(given.due && Date.parse(given.due) < cockpit.now()) };
  }

  /** @param {Gathered[]} found */
  function put(found) {
    const list = cockpit.need("[data-my-tasks]");
    const writing = document.activeElement;
    const isHeld = writing instanceof HTMLTextAreaElement && list.contains(writing);
    const made = JSON.stringify([shown === null, found.map(({ given, told, photos, isLate: late }) => [given, told.open.map((one) => [one.id, one.state]), photos.map((one) => one.id), late])]);
    const none = () => element("li", "second", shown ? say("没有待办") : say("◷ 连接中断，这部手机上没有留存的列表"));
    if (!isHeld && made !== drawn) {
      drawn = made;
      list.replaceChildren(...(found.length ? found.map(card) : [none()]));
    }
    count(found.length);
    sayAge();
  }

  /** @param {number} n */
  function count(n) {
    for (const place of cockpit.findAll("[data-tasks-count]")) cockpit.setText(place, n ? String(n) : "");
  }

  function sayAge() {
    const place = cockpit.need("[data-tasks-age]");
    place.hidden = !(isLate && shown);
    if (!shown) return;
    const minutes = Math.max(0, Math.round((cockpit.clock.server() - shown.at) / 60000));
    cockpit.setText(place, sayN("◷ {time} 的列表，已过 {n} 分钟；联网后更新", minutes, { time: cockpit.time.short(shown.at) }));
  }

  /** @param {Gathered} gathered */
  function card({ given, told, draft, photos, isLate: late }) {
    const made = element("li", "task");
    made.dataset.task = told.id;
    const [mark, tone, word] = TONE[told.severity];
    const link = element("a", "title", told.title);
    link.href = `/events/${told.id}?community=${cockpit.root.dataset.community}`;
    const due = told.due ? `${late ? say("▲ 已逾期 ") : say("期限 ")}${cockpit.time.short(Date.parse(told.due))}` : "";
    const where = told.area ? cockpit.reportPlace.areaName(told.area) : "";
    const facts = element("span", late ? "is-late" : "second", [cockpit.unreal(told.source, told.title), given.state_name, where, due].filter(Boolean).join(" · "));
    made.append(element("span", `symbol tone-${tone}`, `${mark} ${word}`), link, facts);
    if (told.detail) made.append(element("p", "second", told.detail));
    for (const one of told.open) made.append(element("p", `pending${one.state === "refused" ? " is-refused" : ""}`, waits(one)));
    if (!told.open.some((one) => one.state === "refused")) made.append(next(told, draft, photos));
    return made;
  }

  /** @param {FiledReport & { step: PhoneStep }} one */
  const waits = (one) => (one.state === "refused" ? say("▲ {step}：未被接收，见「我的上报」", { step: one.step.name }) : say("◷ {step}：已办，待发送", { step: one.step.name }));

  /* The next steps, each one tap; a photo and some words before it where they are wanted. */
  /** @param {Task} told @param {FiledReport | null} draft @param {Photo[]} photos */
  function next(told, draft, photos) {
    const box = element("div", "next");
    /** @type {Life} */
    const life = JSON.parse(cockpit.root.dataset.life);
    const found = Object.entries(life.states[told.state].to).filter(([, least]) => least === "steward");
    if (!found.length) return box;
    const note = element("textarea");
    Object.assign(note, { value: draft?.body.detail || "", placeholder: say("说明（办理情况、原因……）"), maxLength: 2000, hidden: !draft?.body.detail });
    note.setAttribute("aria-label", say("{title}：说明", { title: told.title }));
    note.dataset.kept = "";
    note.addEventListener("input", () => steps.write(told, note.value.trim()));
    const thumbs = element("div", "photos");
    thumbs.append(...photos.map((one) => cockpit.thumb(one, () => steps.write(told, note.value.trim()).then(draw))));
    const write = element("button", "quiet", say("写说明"));
    write.type = "button";
    write.hidden = !note.hidden;
    write.addEventListener("click", () => {
      note.hidden = false;
      write.hidden = true;
      note.focus();
    });
    const buttons = element("div", "buttons");
    buttons.append(camera(told, note), write);
    for (const [code] of found) {
      const button = element("button", "ahead", life.states[code].verb);
      button.type = "button";
      button.addEventListener("click", () => {
        buttons.querySelectorAll("button").forEach((one) => { one.disabled = true; });
        take(told, note.value.trim(), code, life.states[code].name);
      });
      buttons.append(button);
    }
    box.append(note, thumbs, buttons);
    return box;
  }

  /** @param {Task} told @param {string} note @param {string} code @param {string} name */
  async function take(told, note, code, name) {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (await steps.take(told, note, code, name)) outbox.sayKept();
    await draw();
    await outbox.flush();
  }

  /** @param {Task} told @param {HTMLTextAreaElement} note */
  function camera(told, note) {
    const label = element("label", "photo-field", say("＋ 拍照"));
    const field = element("input");
    Object.assign(field, { type: "file", accept: "image/*", multiple: true });
    field.setAttribute("capture", "environment");
    field.setAttribute("aria-label", say("＋ 拍照：{title}", { title: told.title }));
    field.addEventListener("change", async () => {
      const files = [...(field.files ?? [])];
      field.value = "";
      for (const file of files) {
        try {
          await steps.addPhoto(told, note.value.trim(), await cockpit.photos.prepare(file));
        } catch (error) {
          outbox.say(false, error.message);
        }
      }
      await draw();
    });
    label.append(field);
    return label;
  }

  cockpit.startTasks = function () {
    cockpit.root.addEventListener("outbox", () => void (shown && draw()));
    setInterval(sayAge, AGE_MS);
    return cockpit.showTasks();
  };
})();
