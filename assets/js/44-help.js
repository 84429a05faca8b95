/* The "?" beside a figure: what it is, its formula, where it comes from and of which time (cockpit/pages/help.toml). */
(function () {
  "use strict";

  /** @typedef {Record<"name" | "what" | "formula" | "source" | "time", string>} HelpWords */

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const EDGE = 8;   // pixels between the words and the window's edge
  /** @type {Record<string, HelpWords> | null} */
  let known = null;
  /** @type {HTMLElement | null} */
  let box = null;
  /** @type {HTMLElement | null} */
  let opener = null;

  const words = () => (known ||= /** @type {Record<string, HelpWords>} */ (JSON.parse(cockpit.root.dataset.helps || "{}")));

  /* The button of a figure; nothing where the page tells nothing of it. */
  cockpit.help = function (key) {
    const of = words()[key];
    if (!of) return null;
    const button = element("button", "help", "?");
    button.type = "button";
    button.dataset.helpOf = key;
    button.setAttribute("aria-label", say("?，说明：{name}", { name: of.name }));
    button.setAttribute("aria-haspopup", "dialog");
    button.addEventListener("click", () => open(button, of));
    return button;
  };

  /* A figure's name with its button, as one. */
  cockpit.helped = function (name, key) {
    const made = element("span", "helped", name);
    const button = cockpit.help(key);
    if (button) made.append(" ", button);
    return made;
  };

  /* A button in each place that the server kept for one. */
  cockpit.startHelp = function () {
    for (const place of cockpit.findAll("[data-help]")) {
      const button = cockpit.help(place.dataset.help ?? "");
      if (button) place.append(button);
    }
  };

  /** @param {HTMLElement} button @param {HelpWords} of */
  function open(button, of) {
    box ||= made();
    const rows = /** @type {[string, string][]} */ ([[say("公式"), of.formula], [say("出处"), of.source], [say("时间"), of.time]]);
    const list = element("dl");
    for (const [name, text] of rows) list.append(element("dt", "", name), element("dd", "", text));
    const title = element("h2", "", of.name);
    title.id = "help-title";
    const close = element("button", "quiet", say("关闭"));
    close.type = "button";
    close.addEventListener("click", () => box?.hidePopover());
    box.replaceChildren(title, element("p", "", of.what), list, close);
    opener = button;
    box.showPopover();
    place(box, button.getBoundingClientRect());
    box.focus();
  }

  function made() {
    const one = element("div", "help-words");
    one.popover = "auto";
    one.tabIndex = -1;
    one.setAttribute("role", "dialog");
    one.setAttribute("aria-labelledby", "help-title");
    // Whoever closes it stands where they were, also by Escape.
    one.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed" && document.activeElement === document.body) opener?.focus();
    });
    cockpit.root.append(one);
    return one;
  }

  /* Below the button, or above it where there is no room; within the window. */
  /** @param {HTMLElement} one @param {DOMRect} at */
  function place(one, at) {
    const { offsetWidth: width, offsetHeight: height } = one;
    const below = at.bottom + EDGE + height < innerHeight ? at.bottom + EDGE : Math.max(EDGE, at.top - EDGE - height);
    one.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
    one.style.top = `${Math.max(EDGE, Math.min(below, innerHeight - height - EDGE))}px`;
  }
})();
