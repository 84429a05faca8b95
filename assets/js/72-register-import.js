/* A file taken into a register: tried first, every fault by its line; then all of it, or nothing. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const { once } = cockpit.forms;
  const SHOWN = 200;
  const PATIENCE_MS = 120000;

  /* Send the file; how far that is stands where what was found will. */
  /** @param {File} file @param {boolean} isRehearsal @param {HTMLElement} found */
  async function send(file, isRehearsal, found) {
    const work = cockpit.far.begin(found);
    try {
      return await cockpit.post(registers.address(`/import?dry_run=${isRehearsal}&work=${work.name}`), file, { patience: PATIENCE_MS });
    } finally {
      work.end();
    }
  }

  registers.take = function () {
    const place = registers.dialog(say("{name} · 导入", { name: registers.declared.register.name }));
    const columns = registers.declared.register.fields.filter((one) => !one.computed).map((one) => one.name + (one.required ? say("（必填）") : "")).join(say("、"));
    const input = element("input");
    Object.assign(input, { type: "file", accept: ".csv,.xlsx", name: "file" });
    const made = cockpit.forms.field(say("CSV 或 XLSX 文件"), input, () => ({}));
    made.classList.add("file");
    const outcome = element("p", "outcome");
    outcome.setAttribute("role", "alert");
    const found = element("div", "found");
    place.append(
      element("p", "second", say("第一行是列名。可用的列：{columns}", { columns })),
      element("p", "second", say("有「编号」列的行更改已有的一行；先检查，全部无误才会导入；有一处错就一行也不导入。")),
      made, outcome, found,
    );
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) rehearse(file, outcome, found);
    });
    // The same file, mended or tried again, is a choice too.
    input.addEventListener("click", () => { input.value = ""; });
    input.focus();
  };

  /** @param {File} file @param {HTMLElement} outcome @param {HTMLElement} found */
  async function rehearse(file, outcome, found) {
    found.replaceChildren();
    cockpit.setText(outcome, say("正在检查 {name} …", { name: file.name }));
    const answer = await send(file, true, found);
    if (!answer.ok) {
      cockpit.sayOutcome(outcome, false, answer.body.detail);
      found.replaceChildren(faults(answer.body.faults ?? []));
      return;
    }
    const { added, changed, unchanged } = answer.body;
    cockpit.sayOutcome(outcome, true, say("没有错误：新增 {added} 行，更改 {changed} 行，不变 {unchanged} 行", { added, changed, unchanged }));
    if (!added && !changed) return;
    const button = element("button", "ahead", say("导入 {count} 行", { count: added + changed }));
    button.type = "button";
    button.addEventListener("click", () => once(button, () => take(file, outcome, found)));
    found.replaceChildren(button);
    button.focus();
  }

  /** @param {File} file @param {HTMLElement} outcome @param {HTMLElement} found */
  async function take(file, outcome, found) {
    const answer = await send(file, false, found);
    if (!answer.ok) {
      cockpit.sayOutcome(outcome, false, answer.body.detail);
      found.replaceChildren(faults(answer.body.faults ?? []));
      return;
    }
    const { added, changed } = answer.body;
    registers.refresh();
    registers.close();
    cockpit.sayOutcome(cockpit.need("[data-outcome]"), true, say("已导入：新增 {added} 行，更改 {changed} 行", { added, changed }));
  }

  /** @param {{line: number, column: string, why: string}[]} all */
  function faults(all) {
    const table = element("table", "figures faults");
    const head = element("tr");
    head.append(...[say("行"), say("列"), say("原因")].map((word) => element("th", "", word)));
    table.append(head, ...all.slice(0, SHOWN).map(({ line, column, why }) => {
      const row = element("tr");
      row.append(element("td", "", String(line)), element("td", "", column || say("整行")), element("td", "", why));
      return row;
    }));
    return all.length ? table : element("span");
  }
})();
