/* Two maps side by side: the times are chosen here, and what one map is moved to, the other follows. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const NAMES = { a: say("左图时刻"), b: say("右图时刻") };

  /** @param {HTMLElement} place */
  function form(place) {
    for (const [side, name] of Object.entries(NAMES)) {
      const field = cockpit.element("input");
      Object.assign(field, { type: "datetime-local", value: place.dataset[side], name: side, required: true });
      const label = cockpit.element("label", "", name + " ");
      label.append(field);
      place.append(label);
    }
    const button = cockpit.element("button", "", say("对比"));
    button.type = "button";
    button.addEventListener("click", () => {
      const query = new URLSearchParams(location.search);
      query.set("community", cockpit.root.dataset.community);
      for (const field of place.querySelectorAll("input")) if (field.value) query.set(field.name, field.value);
      location.search = query.toString();
    });
    place.append(button);
  }

  /** @param {HTMLIFrameElement} frame */
  const mapOf = (frame) => {
    const inner = frame.contentWindow && frame.contentWindow.cockpit;
    return inner && inner.root && inner.root.classList.contains("map-ready") ? inner.map : null;
  };

  function join() {
    const [first, second] = [.../** @type {Iterable<HTMLIFrameElement>} */ (cockpit.findAll("[data-compare-map]"))].map(mapOf);
    if (!first || !second) {
      setTimeout(join, 200);
      return;
    }
    first.follow(second);
    second.follow(first);
    cockpit.root.classList.add("maps-joined");
  }

  cockpit.pages.compare = {
    start() {
      form(cockpit.need("[data-compare-form]"));
      join();
    },
  };
})();
