/* What is chosen by the browser's own controls, told to Dash (cockpit/pages/choices.py). */
(function () {
  "use strict";

  /** @param {string} name @param {string} value */
  const choose = (name, value) => window.dash_clientside?.set_props(name, { data: value || null });

  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.dataset.chooses) choose(target.dataset.chooses, target.value);
  });

  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("button[data-chooses]");
    if (!button) return;
    const { chooses, value } = button.dataset;
    for (const other of document.querySelectorAll(`button[data-chooses="${chooses}"]`)) other.setAttribute("aria-pressed", String(other === button));
    choose(chooses ?? "", value ?? "");
  });
})();
