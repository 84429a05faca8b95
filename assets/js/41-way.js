/* The way about on a phone: a button that opens it, the key Escape that closes it and leads back to the button. */
(function () {
  "use strict";

  const button = () => document.querySelector("[data-way]");

  /** @param {boolean} isOpen */
  function open(isOpen) {
    button()?.setAttribute("aria-expanded", String(isOpen));
  }

  const isOpen = () => button()?.getAttribute("aria-expanded") === "true";

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target.closest("[data-way]")) open(!isOpen());
    else if (isOpen() && !target.closest("#way-about, .account")) open(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    button()?.focus();
  });
})();
