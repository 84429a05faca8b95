/* How much of a demonstration's past is filled in, while that is: beside its mark, and gone once it is whole. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const AGAIN_MS = 3000;

  cockpit.tellFilling = async function () {
    const place = cockpit.need("[data-filling]");
    const answer = await cockpit.request("/api/v1/demonstration");
    const percent = answer.ok ? answer.body.filling : undefined;
    if (percent === null) return place.remove();
    if (percent !== undefined) cockpit.setText(place, cockpit.say("正在填充 {percent} %", { percent }));
    setTimeout(cockpit.tellFilling, AGAIN_MS);
  };
})();
