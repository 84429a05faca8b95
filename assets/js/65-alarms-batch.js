/* Several alarms at once: those of a flood, or those of the lines that were picked. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { alarms, element } = cockpit;
  const { form, once } = cockpit.forms;
  /** @type {Set<string>} */
  const picked = new Set();   // causes
  alarms.BATCH = ["acknowledge", "shelve"];
  /** @type {{id: number, count: number, alone: number, at: string} | null} */
  let flood = null;           // {id, count, at}: what of a flood was there when it was chosen; never what is critical
  /** @type {HTMLElement} */
  let bar;

  alarms.isPicked = (cause) => picked.has(cause);

  alarms.pick = function (cause, isPicked) {
    flood = null;
    if (isPicked) picked.add(cause);
    else picked.delete(cause);
    show();
  };

  alarms.clearChosen = function () {
    const before = [...picked];
    picked.clear();
    flood = null;
    alarms.redrawCauses(before);
    show();
  };

  /* The flood over the list: how many, what came first, and its first of two actions; ``left``: how many sound. */
  alarms.showFlood = function (going, left) {
    const place = cockpit.need("[data-flood]");
    place.hidden = !going;
    if (!going) return;
    const shown = JSON.stringify([going, left, alarms.floodWords(going)]);
    if (place.dataset.shown === shown) return;
    const focused = place.contains(document.activeElement);
    place.dataset.shown = shown;
    const words = element("p");
    const first = element("button", "quiet", say("看首出告警"));
    first.type = "button";
    first.addEventListener("click", () => alarms.choose(going.first));
    words.append(element("strong", "", `▲ ${alarms.floodWords(going)}`), say(" · 自 {began} · 未确认 {left} 条", { began: cockpit.time.short(going.began), left }));
    const buttons = element("div", "buttons");
    if (left && cockpit.canDo("steward")) {
      const all = element("button", "ahead", say("选中全部"));
      all.type = "button";
      all.addEventListener("click", () => chooseFlood(going, left));
      buttons.append(all);
    }
    buttons.append(first);
    place.className = `flood-note${left ? "" : " is-heard"}`;
    place.replaceChildren(words, buttons);
    if (focused) (buttons.querySelector("button") || place).focus();
  };

  /** @param {Live.Flood} given @param {number} count */
  function chooseFlood({ id }, count) {
    picked.clear();
    const alone = alarms.open().filter((one) => one.flood === id && one.sounds && one.priority === "critical");
    flood = { id, count: count - alone.length, alone: alone.length, at: new Date(cockpit.now()).toISOString() };
    show();
    cockpit.need("button.ahead", bar).focus();
  }

  function make() {
    bar = cockpit.need("[data-batch]");
    const acknowledge = element("button", "ahead", say("全部确认"));
    acknowledge.type = "button";
    acknowledge.addEventListener("click", () => once(acknowledge, () => send("acknowledge", {})));
    const none = element("button", "quiet", say("取消选择"));
    none.type = "button";
    none.addEventListener("click", () => alarms.clearChosen());
    const parts = [element("span", "chosen"), acknowledge];
    if (cockpit.canDo("manager")) parts.push(form(say("全部搁置"), alarms.shelving(), (body) => send("shelve", body), say("搁置")));
    const outcome = element("span", "outcome");
    outcome.setAttribute("role", "status");
    bar.replaceChildren(...parts, none, outcome);
  }

  function show() {
    if (!bar) make();
    const of = Object.fromEntries(alarms.BATCH.map((event) => [event, alarms.possibleOf(picked, event).length]));
    const many = flood ? flood.count : Math.max(...Object.values(of));
    bar.hidden = many === 0;
    cockpit.need("button.ahead", bar).hidden = !flood && !of.acknowledge;
    cockpit.setText(bar.querySelector(".chosen"), flood ? say("已选 泛滥中的 {many} 条{what}", { many, what: flood.alone ? say(" · 紧急 {alone} 条须逐条确认", { alone: flood.alone }) : "" }) : say("已选 {many} 条", { many }));
    cockpit.setText(bar.querySelector(".outcome"), "");
  }

  /* The alarms that were picked moved: what may be done with them may be something else now. */
  alarms.pickedMoved = () => picked.size > 0 && show();

  /** @param {string} event @param {object} body */
  async function send(event, body) {
    // What is named is what was seen; of a flood the server knows them all.
    const which = flood ? { flood: flood.id, before: flood.at } : { ids: alarms.possibleOf(picked, event) };
    if (which.ids && !which.ids.length) return alarms.clearChosen();
    const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/alarms/${event}`, { ...which, ...body });
    const { name } = alarms.words().life.events[event];
    if (!answer.ok) {
      cockpit.sayOutcome(cockpit.need(".outcome", bar), false, alarms.whyNot(answer, event));
      return alarms.readAgain();
    }
    alarms.clearChosen();
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), true, say("{name} {count} 条", { name, count: answer.body.count }));
  }
})();
