/* A page whose frame came, and whose layout a busy server refused: it says so and comes again by itself. Else it would stay
   empty, a wall for good. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const FAILED = /^Error loading (layout|dependencies)/;   // Dash's own words, in no language but this
  const WAIT_MS = [2000, 5000];
  const entry = document.querySelector("#react-entry-point");
  if (!entry) return;

  const watcher = new MutationObserver(() => {
    if (!FAILED.test(entry.textContent ?? "")) return;
    watcher.disconnect();
    const told = element("main", "desk page-missing");
    told.setAttribute("role", "alert");
    told.append(element("h1", "", say("服务器正忙")), element("p", "", say("几秒后自动再试，不必做什么。")));
    entry.replaceChildren(told);
    const [least, most] = WAIT_MS;
    // Those who were refused together do not come back together.
    setTimeout(() => location.reload(), least + Math.random() * (most - least));
  });
  watcher.observe(entry, { childList: true, subtree: true, characterData: true });
})();
