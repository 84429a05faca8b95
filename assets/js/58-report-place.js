/* Where it is: by the phone's own position in the system that the phone says, by a pin on a plan, by a building or a device
   that is named, or by the code on it. What is not the phone's own is in CGCS2000, as our ground is. */
(function () {
  "use strict";

  /** @typedef {Position & {accuracy: number}} Fix */
  /** @typedef {{where: HTMLElement, renew: HTMLButtonElement, system: HTMLSelectElement, plan: HTMLElement, find: HTMLInputElement, told: HTMLElement}} Parts */

  const cockpit = window.cockpit;
  const { say, sayN, element } = cockpit;
  const place = (cockpit.reportPlace = /** @type {ReportPlace} */ ({ position: null, isKept: false }));
  const SYSTEM = "cockpit-system";     // which one this phone's browser tells its position in
  const DEVICES = "cockpit-device-places";
  const MOST_DEVICES = 3000;
  const OURS = "CGCS2000";
  const LISTED = 400;
  const ADDRESS = /^(https?|mqtts?):/;
  const TYPED_MS = 500;                // what is said of a place stands before somebody goes on to the button below
  /** @type {Parts} */
  let parts;
  /** @type {Fix | null} */
  let here = null;
  /** @type {Outlined[]} */
  let ground = [];
  /** @type {() => void} */
  let changed = () => {};
  /** @type {number | undefined} */
  let typing;

  /* The field of a form; ``tell`` is called when another place is chosen. */
  place.field = function (tell) {
    changed = tell;
    const system = element("select");
    system.setAttribute("aria-label", say("定位坐标系"));
    for (const [code, name] of [["WGS84", say("GPS 坐标")], ["GCJ02", say("高德/腾讯坐标")]]) system.append(new Option(name, code));
    system.value = remembered(SYSTEM) ?? "WGS84";
    system.addEventListener("change", () => {
      remember(SYSTEM, system.value);
      show();
      changed();
    });
    const find = element("input");
    Object.assign(find, { type: "text", placeholder: say("楼栋或设备的编号、名称"), autocomplete: "off", maxLength: 300 });
    find.setAttribute("aria-label", say("楼栋或设备的编号、名称"));
    find.setAttribute("list", "report-places");
    find.addEventListener("change", () => named(find.value));
    find.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => named(find.value, true), TYPED_MS);
    });
    const list = element("datalist");
    list.id = "report-places";
    parts = { where: element("span", "second", say("定位中…")), renew: button(say("改用现在的位置"), () => place.choose(null)), system, plan: element("div", "plan-place"), find, told: element("span", "outcome") };
    parts.told.setAttribute("role", "status");
    parts.plan.hidden = true;
    const buttons = element("div", "buttons");
    buttons.append(button(say("在图上标"), open), parts.renew);
    if ("BarcodeDetector" in window) buttons.append(scanner());
    locate();
    loadGround(list);
    return [parts.where, system, buttons, parts.plan, find, list, parts.told];
  };

  /** @param {string} name @param {() => void} work */
  function button(name, work) {
    const made = element("button", "quiet", name);
    made.type = "button";
    made.addEventListener("click", work);
    return made;
  }

  /* What a report says of its place; nothing where none is known. */
  place.given = function () {
    if (place.position) return { lon: place.position.lon, lat: place.position.lat, crs: place.position.crs };
    return here ? { lon: here.lon, lat: here.lat, crs: parts.system.value } : {};
  };

  /* The place in words, where nobody knows it: what names something else beside it, a secret, is left out. */
  place.words = function () {
    const text = parts.find.value.trim();
    if (!text || text === place.position?.name) return "";
    return ADDRESS.test(text) ? wordIn(text) : text;
  };

  /* Choose a place, or the phone's own again; ``isKept``: of a report that was begun before. */
  place.choose = function (position, isKept = false) {
    place.position = position;
    place.isKept = isKept;
    if (!parts) return;
    if (!position) parts.find.value = "";
    cockpit.setText(parts.told, "");
    close();
    show();
    if (!isKept) changed();
  };

  function show() {
    const { position } = place;
    parts.renew.hidden = !position;
    // The system is the phone's; what is chosen on our ground has ours.
    parts.system.hidden = Boolean(position);
    if (position && place.isKept) cockpit.setText(parts.where, say("✓ 用填写时的位置"));
    else if (position?.name) cockpit.setText(parts.where, say("✓ {name}", { name: position.name }));
    else if (position) cockpit.setText(parts.where, say("✓ 图上标的位置"));
    else if (here) cockpit.setText(parts.where, say("✓ 已定位，误差约 {accuracy} 米", { accuracy: here.accuracy }));
  }

  function locate() {
    if (!navigator.geolocation) return cockpit.setText(parts.where, say("此浏览器不能定位"));
    navigator.geolocation.watchPosition(
      ({ coords }) => {
        here = { lon: coords.longitude, lat: coords.latitude, crs: "", accuracy: Math.round(coords.accuracy) };
        show();
      },
      () => here || place.position || cockpit.setText(parts.where, say("▲ 没有定位；请允许定位、在图上标，或写楼栋")),
      { enableHighAccuracy: true, maximumAge: 10000 },
    );
  }

  /* --- the ground that the phone keeps --- */

  /** @param {HTMLElement} list */
  async function loadGround(list) {
    const { community } = cockpit.root.dataset;
    const found = await Promise.all(["areas", "buildings"].map((layer) => cockpit.request(`/geo/${community}/${layer}.geojson`)));
    ground = found.flatMap((answer, n) => (answer.ok ? answer.body.features.map((/** @type {any} */ one) => outlined(one, n === 0 ? "area" : "building")) : []));
    list.replaceChildren(...buildings().slice(0, LISTED).map(({ code, name }) => new Option(name, code)));
    cockpit.root.dispatchEvent(new CustomEvent("outbox"));   // the areas of tasks have their names now
  }

  const buildings = () => ground.filter((one) => one.kind === "building");

  /** @param {{geometry: {type: string, coordinates: any}, properties: Record<string, any>}} feature @param {"area" | "building"} kind @returns {Outlined} */
  function outlined({ geometry, properties }, kind) {
    const rings = geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : geometry.coordinates;
    const { code, area } = properties;
    // Each house of an area begins with the area's code.
    return { kind, rings, code, name: properties.name || code, label: properties.name || code.replace(`${area}-`, "") };
  }

  /** @param {Outlined} given @returns {LonLat} */
  function middleOf({ rings }) {
    const [lons, lats] = [0, 1].map((axis) => rings[0].map((point) => point[axis]));
    return { lon: (Math.min(...lons) + Math.max(...lons)) / 2, lat: (Math.min(...lats) + Math.max(...lats)) / 2 };
  }

  place.areaName = (code) => ground.find((one) => one.kind === "area" && one.code === code)?.name ?? cockpit.areaName(code);

  /* Where the devices are, as the live channel last said: the code on one is read without a line too. */
  place.keepDevices = function () {
    const known = cockpit.devices().slice(0, MOST_DEVICES).flatMap(({ id, name, lon, lat }) => (lon === null ? [] : [[id, name, lon, lat]]));
    if (known.length) remember(DEVICES + cockpit.root.dataset.community, JSON.stringify(known));
  };

  /* --- a pin, a name, a code --- */

  function open() {
    if (!parts.plan.hidden) return close();
    const isOurs = parts.system.value === "WGS84";   // within centimetres; GCJ-02 lies half a kilometre beside it
    const first = ground[0];
    const centre = place.position ?? (here && isOurs ? here : null) ?? (first ? middleOf(first) : null);
    if (!centre) return cockpit.setText(parts.told, say("▲ 底图还没有下载，请写楼栋或地点"));
    const shown = cockpit.reportPlan(ground, centre, place.position, isOurs ? here : null, (where) => {
      place.position = { ...where, crs: OURS };
      place.isKept = false;
      show();
      changed();
    });
    parts.plan.replaceChildren(shown);
    parts.plan.hidden = false;
  }

  function close() {
    parts.plan.hidden = true;
    parts.plan.replaceChildren();
  }

  /* What a code names: an address of ours ends in it; that of a device's credentials begins with it, and its secret is
     neither kept nor shown. */
  /** @param {string} text */
  function wordIn(text) {
    const credentials = /^mqtts?:\/\/([^:@/]+)/.exec(text);
    const found = credentials ? credentials[1] : (text.split(/[?#]/)[0] ?? "").split("/").filter(Boolean).pop();
    return found && ADDRESS.test(text) ? decodeURIComponent(found) : found ?? "";
  }

  /* A building or a device by its name, its code, or what names it; of what is still being typed only whole ones. */
  /** @param {string} text */
  function named(text, isTyping = false) {
    clearTimeout(typing);
    const asked = wordIn(text.trim());
    if (!asked || asked === place.position?.name) return;
    const word = asked.toLowerCase();
    const all = [...buildings().map((one) => ({ ...middleOf(one), code: one.code, name: one.name })), ...devices()];
    const exact = all.filter((one) => [one.code, one.name].some((known) => known.toLowerCase() === word));
    const found = exact.length ? exact : all.filter((one) => [one.code, one.name].some((known) => known.toLowerCase().includes(word)));
    if (isTyping && !exact.length && found.length) return cockpit.setText(parts.told, "");
    if (found.length === 1) {
      const [{ lon, lat, name }] = found;
      place.choose({ lon, lat, crs: OURS, name });
      parts.find.value = name;
    } else cockpit.sayOutcome(parts.told, false, found.length ? sayN("有 {n} 处都像，请写全", found.length) : say("这部手机不认识「{asked}」，照您写的上报", { asked }));
  }

  function devices() {
    const kept = JSON.parse(remembered(DEVICES + cockpit.root.dataset.community) ?? "[]");
    return kept.map((/** @type {[string, string, number, number]} */ [code, name, lon, lat]) => ({ code, name, lon, lat }));
  }

  /* A code that the phone photographs; browsers that cannot read one are not offered it. */
  function scanner() {
    const label = element("label", "photo-field", say("扫码"));
    const field = element("input");
    Object.assign(field, { type: "file", accept: "image/*" });
    field.setAttribute("capture", "environment");
    field.addEventListener("change", async () => {
      const [file] = field.files ?? [];
      field.value = "";
      if (!file) return;
      try {
        const [code] = await new /** @type {any} */ (window).BarcodeDetector().detect(await createImageBitmap(file));
        if (code) return named(code.rawValue);
      } catch (error) { /* said below */ }
      cockpit.sayOutcome(parts.told, false, say("照片里没有认出码，请再拍一次或直接填写"));
    });
    label.append(field);
    return label;
  }

  /** @param {string} key */
  function remembered(key) {
    try { return localStorage.getItem(key); } catch (error) { return null; }
  }

  /** @param {string} key @param {string} value */
  function remember(key, value) {
    try { localStorage.setItem(key, value); } catch (error) { /* a browser that keeps nothing */ }
  }
})();
