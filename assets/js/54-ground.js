/* The ground's page: look at a survey file on the map, take it, go back to an earlier version. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const PREVIEW = "survey-preview";
  const WORDS = { added: say("新增"), replaced: say("替换"), removed: say("删除") };
  /** @type {Record<string, string>} */
  const LEFT_OUT = { texts: say("文字注记") };
  /** @type {[layer: string, query: URLSearchParams, file: File] | null} */
  let looked = null;   // the query that was found good; only that can be taken

  /** @param {Record<string, string>} choices */
  function select(choices) {
    const made = cockpit.element("select");
    for (const [value, name] of Object.entries(choices)) {
      const option = cockpit.element("option", "", name);
      option.value = value;
      made.append(option);
    }
    return made;
  }

  /** @param {string} text @param {HTMLElement} field */
  function labelled(text, field) {
    const label = cockpit.element("label", "", text + " ");
    label.append(field);
    return label;
  }

  /** @param {HTMLElement} place */
  function form(place) {
    const { layers, systems } = JSON.parse(place.dataset.surveyForm);
    const [layer, system] = [select(layers), select(systems)];
    const file = cockpit.element("input");
    file.type = "file";
    file.accept = JSON.parse(place.dataset.surveyForm).endings.join(",");
    const [part, shift] = [select({}), cockpit.element("input")];
    const partLabel = labelled(say("文件中的图层"), part);
    const shiftLabel = labelled(say("接受未知偏差（30 至 130 米）"), shift);
    shift.type = "checkbox";
    partLabel.hidden = shiftLabel.hidden = true;
    const look = cockpit.element("button", "", say("预览"));
    const take = cockpit.element("button", "", say("确认导入"));
    look.type = take.type = "button";
    take.disabled = true;
    const forget = () => { looked = null; take.disabled = true; preview([]); };
    for (const field of [layer, system, file, part, shift]) field.addEventListener("change", forget);
    // Another file is another question: what was asked about the former does not hold for it.
    file.addEventListener("change", () => {
      partLabel.hidden = shiftLabel.hidden = true;
      part.replaceChildren();
      shift.checked = false;
    });
    look.addEventListener("click", async () => {
      const [given] = file.files ?? [];
      if (!given) return cockpit.sayOutcome(outcome(), false, say("请先选择文件"));
      const query = new URLSearchParams({ file: given.name });
      if (system.value) query.set("crs", system.value);
      if (part.value) query.set("source_layer", part.value);
      if (shift.checked) query.set("accept_shift", "true");
      const answer = await send(layer.value, query, given, true);
      report(answer);
      if (answer.body.layers) offer(part, partLabel, answer.body.layers);
      if ((answer.body.kinds || []).includes("shift")) shiftLabel.hidden = false;
      take.disabled = !answer.ok;
      looked = answer.ok ? [layer.value, query, given] : null;
    });
    take.addEventListener("click", async () => {
      if (!looked) return;
      take.disabled = true;
      const answer = await send(...looked, false);
      if (answer.ok) cockpit.reloadSaying(told(answer.body));
      else report(answer);
    });
    place.append(labelled(say("图层"), layer), labelled(say("坐标系"), system), labelled(say("文件"), file), partLabel, shiftLabel, look, take);
  }

  /** @param {HTMLSelectElement} part @param {HTMLElement} label @param {Api.SurveyLayer[]} layers */
  function offer(part, label, layers) {
    /** @type {Record<string, string>} */
    const choices = { "": say("请选择") };
    for (const one of layers) choices[one.name] = say("{name}（{features} 个要素）", { name: one.name, features: one.features });
    part.replaceChildren(...select(choices).childNodes);
    // Nothing is chosen beforehand: browsers keep the last option that was moved.
    part.value = "";
    label.hidden = false;
  }

  const outcome = () => cockpit.need("[data-outcome]");

  /** @param {string} layer @param {URLSearchParams} query @param {File} file @param {boolean} isDry */
  async function send(layer, query, file, isDry) {
    const work = cockpit.far.begin(/** @type {HTMLElement} */ (outcome().parentElement));
    const asked = new URLSearchParams(query);
    asked.set("dry_run", String(isDry));
    asked.set("work", work.name);
    try {
      return await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/ground/${layer}?${asked}`, file);
    } finally {
      work.end();
    }
  }

  /** @param {Answer} answer */
  function report(answer) {
    const list = cockpit.need("[data-survey-report]");
    const { body } = answer;
    list.replaceChildren();
    preview(answer.ok ? body.shapes || [] : []);
    if (!answer.ok) {
      const faults = (cockpit.language === "zh-CN" ? body.faults_zh : body.faults) || [];
      cockpit.sayOutcome(outcome(), false, faults.length ? say("{count} 处问题，没有导入", { count: body.count }) : body.detail);
      for (const fault of faults) list.append(cockpit.element("p", "", fault));
      return;
    }
    cockpit.sayOutcome(outcome(), true, told(body));
    for (const line of howRead(body)) list.append(cockpit.element("p", "", line));
  }

  /* What shows whether the file was read rightly. */
  /** @param {Api.SurveyReport} body */
  function howRead(body) {
    const lines = [say("文字编码 {encoding}{known}", { encoding: body.encoding, known: body.names.length ? say("，如：{known}", { known: body.names.join(say("、")) }) : "" })];
    for (const [what, count] of Object.entries(body.left_out)) lines.push(say("未导入：{what} {count} 个", { what: LEFT_OUT[what] || what, count }));
    if (body.shift) lines.push(say("坐标系 {shift} 没有已知精度的转换参数，可能偏差 30 至 130 米", { shift: body.shift }));
    return lines;
  }

  /** @param {Api.SurveyReport} body */
  function told(body) {
    const change = /** @type {["added" | "replaced" | "removed", string][]} */ (Object.entries(WORDS)).map(([key, word]) => `${word} ${body[key]}`).join(say("，"));
    const said = body.imported ? say("已导入，版本 {version}", { version: body.version }) : say("可以导入，尚未改变");
    return say("{said}：{features} 个要素（{crs}），{change}", { said, features: body.features, crs: body.crs, change });
  }

  /** @param {Maps.Feature[]} features */
  function preview(features) {
    cockpit.map.put("preview", addPreview);
    cockpit.map.setFeatures(PREVIEW, features);
  }

  /** @param {Maps.Handle} map */
  function addPreview(map) {
    if (!map.getSource(PREVIEW)) {
      map.addSource(PREVIEW, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
      const colour = getComputedStyle(cockpit.root).getPropertyValue("--low").trim();
      map.addLayer({ id: PREVIEW, type: "line", source: PREVIEW, paint: { "line-color": colour, "line-width": 2.5 } });
      map.addLayer({
        id: PREVIEW + "-points", type: "circle", source: PREVIEW, filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-color": colour, "circle-radius": 5 },
      });
    }
  }

  /** @param {HTMLButtonElement} button */
  async function use(button) {
    button.disabled = true;
    const answer = await cockpit.post(`/api/v1/${cockpit.root.dataset.community}/ground/${button.dataset.useVersion}`, {});
    button.disabled = false;
    if (answer.ok) cockpit.reloadSaying(say("已改用"));
    else cockpit.sayOutcome(outcome(), false, answer.body.detail);
  }

  /* --- what lies on it, one by one --- */

  /** @param {Narrowing} narrowed */
  async function places(narrowed) {
    const query = narrowed.query();
    // Every kind of every layer is offered: one layer is always meant.
    if (!query.get("layer")) query.set("layer", "buildings");
    /** @type {{places: Api.Place[]}} */
    const found = await cockpit.ask("places", query);
    const rows = found.places.map((one) => ({
      id: one.code, name: one.name ?? "—", kind: narrowed.word("kind", one.kind), area: one.area ? narrowed.word("area", one.area) : say("片区外"),
      drawn: one.schematic ? say("示意") : say("测绘"), place: `${one.lon.toFixed(5)}, ${one.lat.toFixed(5)}`,
    }));
    return { rows, total: rows.length, word: say("共 {n} 处", { n: cockpit.number(rows.length) }) };
  }

  cockpit.pages.ground = {
    async start() {
      cockpit.listed("places-table", places);
      cockpit.sayKept(cockpit.find("[data-outcome]"));
      await cockpit.whoAmI();
      const why = cockpit.whyNot("manager");
      if (why !== null) {
        cockpit.refuse(cockpit.need("[data-survey-form]"), why);
        for (const button of cockpit.findAll("[data-use-version]")) button.hidden = true;
        return;
      }
      form(cockpit.need("[data-survey-form]"));
      for (const button of /** @type {Iterable<HTMLButtonElement>} */ (cockpit.findAll("[data-use-version]"))) button.addEventListener("click", () => use(button));
    },
  };
})();
