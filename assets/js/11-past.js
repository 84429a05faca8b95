/* The past: the state at a time, read once; nothing moves after it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const RETRY_MS = 2000;

  cockpit.past = {
    async start() {
      try {
        cockpit.state = (await cockpit.ask("state")).layers;
        cockpit.live.up = true;
        cockpit.showConnection();
        cockpit.render(null);
      } catch (error) {
        cockpit.showConnection();
        setTimeout(cockpit.past.start, RETRY_MS);
      }
    },
  };
})();
