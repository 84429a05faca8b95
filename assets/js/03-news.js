/* What is new, said once to who listens: lists that are drawn anew would be read out whole each time. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const GATHER_MS = 3000;
  const MOST = 3;
  const RECENT_MS = 600000;
  /** @type {string[]} */
  let gathered = [];

  /* Said on a manager's page; on the wall, which nobody listens to, the banner is an alert by itself. */
  cockpit.news = function (text) {
    if (cockpit.root.classList.contains("wall")) return;
    place();   // there before anything is said in it, or nobody hears it
    if (!gathered.length) setTimeout(tell, GATHER_MS);
    gathered.push(text);
  };

  /* Whether what a screen did not know came a moment ago; else it was there, behind others, and comes up as they end. */
  cockpit.isNews = ({ received }) => received > cockpit.now() - RECENT_MS;

  function tell() {
    const left = gathered.length - MOST;
    const said = gathered.slice(0, MOST).join(say("；")) + (left > 0 ? say("；另有 {left} 项", { left }) : "");
    gathered = [];
    cockpit.setText(place(), said);
  }

  function place() {
    const known = cockpit.find("[data-news]");
    if (known) return known;
    const made = cockpit.element("p", "unseen");
    made.dataset.news = "";
    made.setAttribute("role", "status");
    cockpit.need("main").append(made);
    return made;
  }
})();
