/* The other languages in the header: who chooses one is spoken to in it from then on. */
(function () {
  "use strict";

  const cockpit = window.cockpit;

  cockpit.startLanguages = function () {
    for (const button of cockpit.findAll("[data-language]")) {
      button.addEventListener("click", async () => {
        const answer = await cockpit.post("/api/v1/session/language", { language: button.dataset.language });
        if (!answer.ok) return cockpit.sayBand(answer.body.detail);
        const here = new URL(location.href);
        here.searchParams.delete("lang");   // of an address it would count for more than the choice
        location.replace(here);
      });
    }
  };
})();
