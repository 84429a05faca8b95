/* What somebody has written and the server does not have yet: the page does not go away with it unasked. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  // Filters and searches are no loss; a field that keeps itself says so.
  const FIELDS = "textarea, form input, .matter input";
  const NO_TEXT = ["checkbox", "radio", "search", "password"];
  /** @type {Set<HTMLInputElement | HTMLTextAreaElement>} */
  const written = new Set();
  /** @type {(() => boolean)[]} */
  const holders = [];   // others who hold something: () -> whether

  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) || !target.matches(FIELDS)) return;
    if (!NO_TEXT.includes(target.type) && target.dataset.kept === undefined) written.add(target);
  });

  cockpit.holds = (hold) => holders.push(hold);

  cockpit.hasUnsaved = function () {
    for (const field of written) if (!field.isConnected || field.value === "") written.delete(field);
    return written.size > 0 || holders.some((hold) => hold());
  };

  window.addEventListener("beforeunload", (event) => {
    if (cockpit.hasUnsaved()) event.preventDefault();
  });
})();
