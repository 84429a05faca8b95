/* The time that a page shows. The button in its head opens the way to another; the band of a past one has steps, and
   the way back. The time stands in the address, and links keep it: to each page that has a past, by one rule. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const EVENING = 20 * HOUR;
  const STEPPED = "cockpit-stepped";   // for this tab: which step was last taken, so that the next key takes one more
  const ELSEWHERE = ["at", "replay"];  // an address that says a time itself keeps it

  /* How far a step goes, as it is written on it, and said in full. */
  /** @type {[ms: number, written: string, full: string][]} */
  const STEPS = [[DAY, say("1 天"), say("1 天")], [HOUR, say("1 时"), say("1 小时")], [5 * MINUTE, say("5 分"), say("5 分钟")]];

  /* What one asks for most; a time that depends on now. */
  /** @type {[name: string, ms: (now: number) => number][]} */
  const CHOICES = [
    [say("15 分钟前"), (now) => now - 15 * MINUTE],
    [say("1 小时前"), (now) => now - HOUR],
    [say("昨天此时"), (now) => now - DAY],
    [say("昨天 20:00"), (now) => midnight(now) - DAY + EVENING],
    [say("上周此时"), (now) => now - 7 * DAY],
    [say("上周五 20:00"), (now) => lastFriday(now) + EVENING],
  ];

  /* The last midnight of Asia/Shanghai. */
  /** @param {number} ms */
  const midnight = (ms) => Math.floor((ms + cockpit.time.EAST_MS) / DAY) * DAY - cockpit.time.EAST_MS;

  /* The Friday of the week before this one, which begins on Monday. */
  /** @param {number} ms */
  const lastFriday = (ms) => {
    const days = Math.floor((ms + cockpit.time.EAST_MS) / DAY);
    return midnight(ms) - (((days + 3) % 7) + 3) * DAY;   // day 0 was a Thursday
  };

  /* Addresses name whole minutes where a person chose one. */
  /** @param {number} ms */
  const whole = (ms) => Math.floor(ms / MINUTE) * MINUTE;

  /* This page at another time; null is now. */
  /** @param {number | null} ms */
  function addressAt(ms) {
    const there = new URL(location.href);
    there.searchParams.delete("at");
    return ms === null ? there.pathname + there.search : timed(there, ms);
  }

  /** @param {URL} there @param {number} ms */
  const timed = (there, ms) => `${there.pathname}${there.search}${there.search ? "&" : "?"}at=${cockpit.time.typed(ms)}${there.hash}`;

  const present = () => cockpit.clock.server();
  const isPast = () => Boolean(cockpit.root.dataset.at);

  /* So far before or after what the page shows; beyond the present is the present. */
  /** @param {number} ms */
  function stepped(ms) {
    const to = (cockpit.at ?? whole(present())) + ms;
    return addressAt(to > present() ? null : to);
  }

  /* Links keep the time. */

  const OWN = ".moment, .past-note, .bell";   // links that lead to another time, and what is told now
  /** @type {RegExp[]} */
  let pastPages = [];

  /** @param {Element} link */
  function carry(link) {
    if (!(link instanceof HTMLAnchorElement) || !link.href || link.closest(OWN) || link.matches("[href^='#']")) return;
    const there = new URL(link.href);
    if (there.origin !== location.origin || ELSEWHERE.some((name) => there.searchParams.has(name))) return;
    if (pastPages.some((page) => page.test(there.pathname))) link.href = timed(there, Number(cockpit.at));
    else if (link.closest(".way-about") && !link.dataset.present) sayPresent(link);
  }

  /* A page of the way about that has no past says before it is opened that it shows the present. */
  /** @param {HTMLAnchorElement} link */
  function sayPresent(link) {
    link.dataset.present = "";
    link.title = say("只显示现在");
    link.append(element("span", "unseen", say("（只显示现在）")));
  }

  function carryAll() {
    pastPages = JSON.parse(cockpit.root.dataset.timed || "[]").map((/** @type {string} */ path) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`));
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        if (type === "attributes") carry(/** @type {Element} */ (target));
        for (const one of addedNodes) if (one instanceof Element) [one, ...one.querySelectorAll("a[href]")].forEach(carry);
      }
    }).observe(cockpit.root, { subtree: true, childList: true, attributes: true, attributeFilter: ["href"] });
    cockpit.root.querySelectorAll("a[href]").forEach(carry);
  }

  /* The steps of the band; the arrows take steps as long as the one that has the focus. */

  /** @param {HTMLElement} place */
  function steps(place) {
    const sizes = STEPS.map(([ms]) => ms);
    place.replaceChildren(...[...sizes.map((ms) => step(-ms)), ...sizes.reverse().map(step)]);
    const last = sessionStorage.getItem(STEPPED);
    sessionStorage.removeItem(STEPPED);
    place.querySelector(`[data-step="${Number(last)}"]`)?.focus();
  }

  /** @param {number} ms */
  function step(ms) {
    const [, written, full] = /** @type {(typeof STEPS)[number]} */ (STEPS.find(([size]) => size === Math.abs(ms)));
    const link = element("a", "moment-step", `${ms < 0 ? "−" : "+"}${written}`);
    link.href = stepped(ms);
    link.title = ms < 0 ? say("往前 {full}", { full }) : say("往后 {full}", { full });
    link.dataset.step = String(ms);
    link.addEventListener("click", () => sessionStorage.setItem(STEPPED, String(ms)));
    return link;
  }

  /** @param {KeyboardEvent} event */
  function byKey(event) {
    const forward = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const size = Math.abs(Number(event.target instanceof HTMLElement && event.target.dataset.step));
    if (!forward || !size || (forward > 0 && !isPast()) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    sessionStorage.setItem(STEPPED, String(forward * size));
    location.assign(stepped(forward * size));
  }

  /* What the button opens. */

  /** @param {HTMLElement} place */
  function fill(place) {
    const only = cockpit.need("[data-moment]").dataset.present;
    if (only) return place.replaceChildren(element("p", "", say("此页只显示现在：{why}", { why: only })));
    const now = present();
    const list = element("ul", "choices-of-time");
    if (isPast()) list.append(choice(say("回到实时"), null));
    list.append(...CHOICES.map(([name, ms]) => choice(name, whole(ms(now)))));
    const then = cockpit.find(".past-note .then")?.textContent;
    place.replaceChildren(list, form(now), ...(then ? [element("p", "second", then)] : []));
  }

  /** @param {string} name @param {number | null} ms */
  function choice(name, ms) {
    const row = element("li");
    const link = element("a", "", name);
    link.href = addressAt(ms);
    if (ms !== null) link.append(element("span", "second", ` ${cockpit.time.day(ms)} ${cockpit.time.minute(ms)}`));
    row.append(link);
    return row;
  }

  /** @param {number} now */
  function form(now) {
    const made = element("form");
    const input = element("input");
    const shown = cockpit.time.local(whole(cockpit.at ?? now)).slice(0, 16);
    Object.assign(input, { type: "datetime-local", required: true, value: shown, max: cockpit.time.local(now).slice(0, 16) });
    const label = element("label", "", say("时刻（北京时间）") + " ");
    label.append(input);
    const button = element("button", "ahead", say("看当时"));
    const replayed = element("button", "", say("大屏复盘"));
    replayed.type = "button";
    replayed.title = say("在大屏上从这一刻起复盘");
    replayed.addEventListener("click", () => made.reportValidity() && location.assign(`/wall/${cockpit.root.dataset.community}?replay=${input.value}`));
    const days = cockpit.monthOfDays(shown.slice(0, 10), (day) => {
      const chosen = `${day}${input.value.slice(10) || "T00:00"}`;
      input.value = chosen > input.max ? input.max : chosen;
    });
    made.append(days, label, button, replayed);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      location.assign(addressAt(Date.parse(`${input.value}Z`) - cockpit.time.EAST_MS));
    });
    return made;
  }

  /** @param {HTMLElement} picker */
  function opening(picker) {
    const button = cockpit.need("button", picker);
    const place = cockpit.need(".moment-choices", picker);
    /** @param {boolean} isOpen */
    const open = (isOpen) => {
      button.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) fill(place);
      place.hidden = !isOpen;
    };
    button.addEventListener("click", () => open(place.hidden));
    document.addEventListener("click", ({ target }) => {
      if (!place.hidden && target instanceof Node && target.isConnected && !picker.contains(target)) open(false);
    });
    picker.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || place.hidden) return;
      open(false);
      button.focus();
    });
    if (!cockpit.need("[data-moment]").dataset.present) button.dataset.step = String(5 * MINUTE);
  }

  cockpit.startMoment = function () {
    const picker = cockpit.find("[data-moment]");
    if (picker) opening(picker);
    for (const link of /** @type {Iterable<HTMLAnchorElement>} */ (cockpit.findAll("[data-to-now]"))) link.href = addressAt(null);
    const place = cockpit.find("[data-moment-steps]");
    if (place && picker) steps(place);
    if (isPast()) carryAll();
    cockpit.root.addEventListener("keydown", byKey);
  };
})();
