/* The way about on a phone: a button that opens it, the key Escape that closes it and leads back to the button. */
(function () {
  "use strict";

  const button = () => document.querySelector("[data-way]");

  function open(isOpen) {
    const found = button();
    if (found) found.setAttribute("aria-expanded", String(isOpen));
  }

  const isOpen = () => Boolean(button()) && button().getAttribute("aria-expanded") === "true";

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-way]")) open(!isOpen());
    else if (isOpen() && !event.target.closest("#way-about")) open(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    button().focus();
  });
})();
