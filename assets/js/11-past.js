/* The past: the state at a time, read once; nothing moves after it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const RETRY_MS = 2000;

  cockpit.past = {
    async start() {
      try {
        cockpit.state = cockpit.live.state((await cockpit.ask("state")).layers);
        cockpit.live.up = true;
        cockpit.showConnection();
        cockpit.render(null);
      } catch (error) {
        // What the server will never answer is said once; a line that is cut is tried again.
        if (error.status >= 400 && error.status < 500) return cockpit.sayBand(error.message);
        cockpit.showConnection();
        setTimeout(cockpit.past.start, RETRY_MS);
      }
    },
  };
})();
