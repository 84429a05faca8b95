/* What scrolls sideways, a wide table on a phone, is reached and scrolled by keys; what fits is no stop on the way. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const WIDE = ".wide, .scroll, pre";
  /** @type {WeakSet<Element>} */
  const known = new WeakSet();
  let isDue = false;

  const seen = new ResizeObserver((changed) => changed.forEach(({ target }) => look(/** @type {HTMLElement} */ (target.closest(WIDE)))));

  /** @param {HTMLElement | null} one */
  function look(one) {
    if (!one) return;
    if (one.scrollWidth <= one.clientWidth) {
      for (const name of ["tabindex", "role", "aria-label"]) one.removeAttribute(name);
      return;
    }
    one.tabIndex = 0;
    one.setAttribute("role", "group");
    const part = one.closest("details, .panel, section");
    one.setAttribute("aria-label", part?.querySelector("h2, h3, summary")?.textContent ?? cockpit.say("表格"));
  }

  function find() {
    isDue = false;
    for (const one of document.querySelectorAll(WIDE)) {
      if (!known.has(one)) seen.observe(one);
      known.add(one);
      for (const inner of one.children) {
        if (!known.has(inner)) seen.observe(inner);
        known.add(inner);
      }
    }
  }

  /* Tables come when the server has answered; many changes of a page are looked at once. */
  cockpit.watchScrolling = function () {
    if (cockpit.root.classList.contains("wall")) return;
    new MutationObserver(() => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(find);
    }).observe(cockpit.root, { childList: true, subtree: true });
    find();
  };
})();
