/* Devices are registered and placed here, by whoever stands before them: form, map, credentials, first value. */
(function () {
  "use strict";

  /** @typedef {{ kinds: Record<string, {name: string, counts: boolean, sample: string}>, sites: Record<string, string>, rooms: Record<string, string>, codecs: Record<string, string>, gateways: Record<string, string>, systems: Record<string, string>, areas: Record<string, string>, interval: number }} FormWords */
  /** @typedef {HTMLInputElement | HTMLSelectElement} Control */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const { element, forms } = cockpit;
  const LOOK_MS = 200;
  const ZOOM = 17;
  const MAP_SYSTEM = "CGCS2000";
  const page = (cockpit.pages["device-registration"] = /** @type {PageScript} */ ({}));

  /** @type {FormWords} */
  let words;
  /** @type {Map<string, Control>} */
  const controls = new Map();
  /** @type {{set(to: Maps.Position | null): void}} */
  let pin;
  /** @type {HTMLElement} */
  let where;
  /** @type {HTMLElement} */
  let outcome;
  /** @type {string | null} */
  let waitsFor = null;   // the device whose first value is waited for
  let asked = 0;

  const community = () => cockpit.root.dataset.community ?? "";
  const api = (path = "") => `/api/v1/${community()}/devices${path}`;
  const changing = () => cockpit.root.dataset.device ?? null;
  /** @param {string} name */
  const control = (name) => /** @type {Control} */ (controls.get(name));
  /** @param {string} name */
  const read = (name) => controls.get(name)?.value.trim() ?? "";

  page.start = async function () {
    const place = cockpit.need("[data-device-form]");
    words = JSON.parse(place.dataset.deviceForm ?? "{}");
    await cockpit.whoAmI();
    const why = cockpit.whyNot("manager");
    if (why !== null) return cockpit.refuse(place, why);
    await begin(place);
  };

  page.render = firstValue;

  /* --- the form --- */

  /** @param {HTMLElement} place */
  async function begin(place) {
    controls.clear();
    const known = changing() === null ? null : await cockpit.get(api(`/${changing()}/registration`));
    const form = element("form", "device-form");
    const more = element("details");
    more.append(element("summary", "", say("更多设置")), ...further());
    outcome = element("p", "outcome");
    outcome.setAttribute("role", "status");
    const button = element("button", "ahead", known ? say("保存") : say("登记"));
    form.append(...(known ? [element("p", "second", `${known.id} · ${words.kinds[known.kind]?.name ?? known.kind}`)] : identity()), text("name", say("名称"), 120, say("如 橙麓东门空气站")), site(), position(), more, button, outcome);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      forms.once(button, () => submit(place, known));
    });
    place.replaceChildren(form);
    pin = cockpit.map.pin((at, isOver) => dragged(at, isOver));
    if (known) fill(known);
    kindChosen(known?.kind ?? read("kind"));
  }

  /** @template {Control} C @param {string} name @param {string} label @param {C} input @param {string} [hint] */
  function labelled(name, label, input, hint) {
    const made = element("label", "field");
    input.name = name;
    controls.set(name, input);
    made.append(element("span", "label", label), input);
    if (hint) made.append(element("span", "hint", hint));
    return made;
  }

  /** @param {string} name @param {string} label @param {number} most @param {string} [hint] */
  function text(name, label, most, hint) {
    const input = element("input");
    Object.assign(input, { maxLength: most, autocomplete: "off" });
    return labelled(name, label, input, hint);
  }

  /** @param {string} name @param {string} label @param {Record<string, string>} options @param {string} [none] */
  function choice(name, label, options, none) {
    const select = element("select");
    if (none !== undefined) select.append(new Option(none, ""));
    for (const [code, word] of Object.entries(options)) select.append(new Option(word, code));
    return labelled(name, label, select);
  }

  /** @param {string} name @param {string} label */
  function number(name, label) {
    const input = element("input");
    Object.assign(input, { type: "number", step: "any", inputMode: "decimal" });
    return labelled(name, label, input);
  }

  function identity() {
    const id = text("id", say("编号"), 64, say("小写字母、数字、- 和 _；用过的编号不能再用"));
    Object.assign(control("id"), { required: true, pattern: "[a-z0-9][a-z0-9_\\-]*", autocapitalize: "none", spellcheck: false });
    const kinds = choice("kind", say("类型"), Object.fromEntries(Object.entries(words.kinds).map(([code, one]) => [code, one.name])));
    control("kind").addEventListener("change", () => kindChosen(read("kind")));
    return [id, kinds];
  }

  function site() {
    const made = choice("site", say("场所（闸机计入哪里）"), words.sites, say("未注明"));
    made.dataset.ofGates = "";
    return made;
  }

  function further() {
    const interval = number("interval", say("上报间隔（秒）"));
    control("interval").value = String(words.interval);
    return [
      interval,
      ...(Object.keys(words.rooms).length ? [choice("room", say("房间"), words.rooms, say("不在房间内"))] : []),
      choice("codec", say("编解码"), words.codecs, say("按格式识别")),
      ...(Object.keys(words.gateways).length ? [choice("gateway", say("网关"), words.gateways, say("自己连接"))] : []),
    ];
  }

  /** @param {string} kind */
  function kindChosen(kind) {
    const counts = words.kinds[kind]?.counts ?? false;
    for (const one of cockpit.findAll("[data-of-gates]")) one.hidden = !counts;
  }

  /** @param {Api.Registration} known */
  function fill(known) {
    const of = /** @type {Record<string, any>} */ (known);
    for (const name of ["name", "site", "interval", "room", "codec", "gateway"]) {
      const one = controls.get(name);
      if (one && of[name] !== null) one.value = String(of[name]);
    }
    if (known.lon === null || known.lat === null) return look();
    control("lon").value = String(known.raw_lon ?? known.lon);
    control("lat").value = String(known.raw_lat ?? known.lat);
    control("crs").value = known.raw_lon === null ? MAP_SYSTEM : known.crs;
    const at = /** @type {Maps.Position} */ ([known.lon, known.lat]);
    pin.set(at);
    // Plotly sets the view of its own layout as long as it plots.
    cockpit.map.whenUp((handle) => handle.once("idle", () => cockpit.map.goTo(at, ZOOM)));
    look();
  }

  /* --- where it stands --- */

  function position() {
    const made = element("fieldset", "position");
    made.append(element("legend", "label", say("位置：在图上点一下再拖动，或填写")));
    made.append(number("lon", say("经度")), number("lat", say("纬度")), choice("crs", say("坐标系"), words.systems));
    for (const name of ["lon", "lat", "crs"]) control(name).addEventListener("change", () => look(true));
    const here = element("button", "quiet", say("用手机现在的位置"));
    here.type = "button";
    here.addEventListener("click", locate);
    where = element("p", "second where");
    where.dataset.area = "";
    where.setAttribute("role", "status");
    made.append(here, where);
    return made;
  }

  function locate() {
    if (!navigator.geolocation) return cockpit.setText(where, say("▲ 此浏览器不能定位"));
    cockpit.setText(where, say("定位中…"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        control("lon").value = coords.longitude.toFixed(6);
        control("lat").value = coords.latitude.toFixed(6);
        control("crs").value = "WGS84";
        look(true);
      },
      () => cockpit.setText(where, say("▲ 没有定位；请在图上点，或填写经纬度")),
      { enableHighAccuracy: true, timeout: 15000 },
    );
  }

  /** @param {Maps.Position} at @param {boolean} isOver */
  function dragged([lon, lat], isOver) {
    control("lon").value = String(lon);
    control("lat").value = String(lat);
    control("crs").value = MAP_SYSTEM;   // the map's own
    if (isOver) look();
  }

  /* Which area it is, as soon as somebody rests; ``isTyped``: the map is to go there. */
  function look(isTyped = false) {
    const turn = (asked += 1);
    setTimeout(async () => {
      if (turn !== asked) return;
      if (!read("lon") || !read("lat")) return cockpit.setText(where, say("○ 没有位置：地图上看不到"));
      const query = new URLSearchParams({ lon: read("lon"), lat: read("lat"), crs: read("crs") });
      const answer = await cockpit.request(`/api/v1/${community()}/place?${query}`);
      if (turn !== asked) return;
      if (!answer.ok) return cockpit.setText(where, "▲ " + answer.body.detail);
      const told = /** @type {Api.Place} */ (answer.body);
      if (isTyped) {
        pin.set([told.lon, told.lat]);
        cockpit.map.goTo([told.lon, told.lat], ZOOM);
      }
      const area = told.area ? words.areas[told.area] ?? told.area : say("片区之外");
      const beside = cockpit.onSpot(told.lon, told.lat).filter((one) => one.id !== changing());
      const parts = [say("✓ {area} · {lon}，{lat}（CGCS2000）", { area, lon: told.lon.toFixed(5), lat: told.lat.toFixed(5) }), ...told.notes.map((one) => "▲ " + one)];
      if (beside.length) parts.push(say("◇ 同一位置已有 {names}，图上会错开画", { names: beside.map((one) => one.name).join(say("、")) }));
      cockpit.setText(where, parts.join("\n"));
    }, LOOK_MS);
  }

  /* --- what came of it --- */

  function said() {
    /** @type {Record<string, any>} */
    const body = { interval: Number(read("interval")) };
    for (const name of ["id", "kind", "name"]) if (controls.has(name)) body[name] = read(name);
    for (const name of ["site", "room", "codec", "gateway"]) if (controls.has(name)) body[name] = read(name) || null;
    if (read("lon") && read("lat")) Object.assign(body, { lon: Number(read("lon")), lat: Number(read("lat")), crs: read("crs") });
    if (!body.name) delete body.name;
    return body;
  }

  /** @param {HTMLElement} place @param {Api.Registration | null} known */
  async function submit(place, known) {
    const answer = await cockpit.post(known ? api(`/${known.id}`) : api(), said());
    if (!answer.ok) return cockpit.sayOutcome(outcome, false, answer.body.detail);
    const notes = /** @type {string[]} */ (answer.body.notes);
    if (known) {
      const text = [say("已保存"), ...notes.map((one) => "▲ " + one)].join("\n");
      cockpit.sayOutcome(outcome, true, text);
      if (!cockpit.find("[data-back]")) outcome.after(link(known.id, say("回到设备页")));
      for (const one of controls.values()) if (one instanceof HTMLInputElement) one.defaultValue = one.value;
      return;
    }
    registered(place, answer.body, notes);
  }

  /** @param {string} id @param {string} name */
  function link(id, name) {
    const made = element("a", "", name);
    made.href = `/devices/${id}`;
    made.dataset.back = "";
    return made;
  }

  /** @param {HTMLElement} place @param {Api.Credentials} of @param {string[]} notes */
  function registered(place, of, notes) {
    const sample = words.kinds[read("kind")]?.sample ?? "{}";
    const made = cockpit.showCredentials(place, of, sample);
    const first = element("p", "first-value", say("◌ 等待第一条消息…"));
    first.dataset.firstValue = "";
    first.setAttribute("role", "status");
    const again = element("button", "", say("再登记一台"));
    again.type = "button";
    again.addEventListener("click", () => begin(place));
    const ways = element("p", "actions");
    ways.append(link(of.device, say("打开设备页")), again);
    made.querySelector("h3")?.after(...notes.map((one) => element("p", "note", "▲ " + one)), first);
    made.append(ways);
    made.scrollIntoView({ block: "start" });
    waitsFor = of.device;
    pin.set(null);
  }

  function firstValue() {
    const line = waitsFor === null ? null : cockpit.find("[data-first-value]");
    const one = waitsFor === null ? undefined : cockpit.devices().find(({ id }) => id === waitsFor);
    const [first] = one ? cockpit.inOrder(one.latest) : [];
    if (!line || !first) return;
    const [code, [ts, value]] = first;
    const name = cockpit.metrics[code]?.name ?? code;
    const heard = say("● 首条读数 {name} {value} · {when}", { name, value: cockpit.reading(code, value), when: cockpit.time.clock(ts) });
    const unknown = code in cockpit.metrics ? "" : say("；名称未知，请在设备页指明是哪一项");
    cockpit.setText(line, heard + unknown);
  }
})();
