/* The curtain, while visitors are in the room: what goes wrong and where (alarms, grid events) is neither seen nor heard, in
   any scene, on the map or the flat one, and after a reload. Only a critical alarm still calls the staff: that there is one,
   not which nor where. It is drawn by hand (c), or by the server's word for this display; what came last counts. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const KEPT = "cockpit-curtain";   // of this tab
  const COVERED = ["alarms", "grid_events"];
  const PANELS = COVERED.map((layer) => `[data-panel="${layer}"]`).join(", ");
  const curtain = (cockpit.curtain = /** @type {Cockpit["curtain"]} */ ({}));
  /** @type {{ drawn: boolean, at: number } | null} */
  let last = null;         // what this tab was told last, by hand or by the server, and when by the server's clock
  let isShown = false;
  /** @type {HTMLElement | null} */
  let call = null;

  /* What the server says of this screen, where it is a display. */
  cockpit.told = () => cockpit.state.displays?.[cockpit.root.dataset.display ?? ""] || null;

  /* What a reload must not forget. */
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(KEPT) || "{}");
      return { drawn: found.drawn === true, at: Number(found.at) || 0 };
    } catch (error) { /* a browser that keeps nothing */ }
    return { drawn: false, at: 0 };
  }

  /** @param {boolean} drawn @param {number} at */
  function keep(drawn, at) {
    last = { drawn, at };
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(last));
    } catch (error) { /* a browser that keeps nothing */ }
  }

  curtain.isDrawn = function () {
    if (cockpit.root.dataset.page !== "wall") return false;
    last = last || kept();
    const told = cockpit.told();
    if (told && told.curtain_at > last.at) keep(told.curtain, told.curtain_at);
    return last.drawn;
  };

  /* Whether what a layer has is not to be seen now. */
  curtain.hides = (layer) => COVERED.includes(layer ?? "") && curtain.isDrawn();

  curtain.toggle = function () {
    keep(!curtain.isDrawn(), cockpit.clock.server());
    curtain.apply();
  };

  /* Bring the screen in line with what is so. */
  curtain.apply = function () {
    const isDrawn = curtain.isDrawn();
    if (isDrawn !== isShown) {
      isShown = isDrawn;
      cockpit.root.classList.toggle("is-curtained", isDrawn);
      for (const panel of cockpit.findAll(PANELS)) panel.dataset.curtain = say("访客参观 · 此处不显示");
      cockpit.map.put("curtain", cover);
      cockpit.layers.alarms.render?.({});   // what sounds is another now
      cockpit.root.dispatchEvent(new CustomEvent("rendered", { detail: {} }));   // the flat map too
    }
    if (isDrawn || call) callStaff(isDrawn && cockpit.alarms.unseen().some((one) => one.priority === "critical"));
  };

  /** @param {Maps.Handle} handle */
  function cover(handle) {
    for (const layer of handle.getStyle()?.layers ?? []) {
      if (COVERED.includes((layer.metadata || {}).group ?? "")) {
        handle.setLayoutProperty(layer.id, "visibility", isShown ? "none" : "visible");
      }
    }
  }

  /** @param {boolean} isWanted */
  function callStaff(isWanted) {
    if (!call) {
      call = cockpit.element("p", "curtain-call", "");
      call.setAttribute("role", "alert");
      cockpit.need(".map-frame").append(call);
    }
    call.hidden = !isWanted;
    cockpit.setText(call, isWanted ? say("▲ 有紧急告警 · 请值班人员查看告警页") : "");
  }
})();
