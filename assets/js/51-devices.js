/* The devices: how each stands, or what each measured in a period, and what is amiss with which. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const GATHER_MS = 2000;
  const LOOK_MS = 1000;
  const LISTED = 50;   // of those with which something is amiss
  /** @type {(() => Promise<void>) | null} */
  let load = null;
  /** @type {number | null} */
  let timer = null;

  /** @param {Narrowing} narrowed */
  async function ask(narrowed) {
    const query = narrowed.query();
    const metric = query.get("measured");
    const grid = await /** @type {NonNullable<Window["dash_ag_grid"]>} */ (window.dash_ag_grid).getApiAsync("devices-list-table");
    grid.setColumnsVisible(["moved", "mean", "n"], metric !== null);
    grid.setColumnsVisible(["status", "seen"], metric === null);
    return metric === null ? standing(narrowed, query) : measured(narrowed, query, metric);
  }

  /* Who speaks and says something that is in doubt is suspect. */
  /** @param {Record<string, any>} one @returns {Status} */
  const statusOf = ({ status, latest }) => (status === "online" && Object.values(latest).some(({ quality }) => quality === "suspect") ? "suspect" : status);

  /** @param {Narrowing} narrowed @param {URLSearchParams} query */
  async function standing(narrowed, query) {
    /** @type {{features: {id: string, properties: Record<string, any>}[]}} */
    const { features } = await cockpit.ask("devices", query);
    const rows = features.map(({ id, properties: one }) => {
      const [sign, word] = cockpit.STATUS[statusOf(one)];
      const seen = one.last_seen ? Date.parse(one.last_seen) : null;
      return { id, name: one.name, kind: narrowed.word("kind", one.kind), area: one.area ? narrowed.word("area", one.area) : "—", status: `${sign} ${word}`, seen };
    });
    return { rows, total: rows.length, word: say("共 {n} 台", { n: cockpit.number(rows.length) }) };
  }

  /* What each measured, and together: the mean is over all values, what counters moved on is a sum. */
  /** @param {Narrowing} narrowed @param {URLSearchParams} query @param {string} metric */
  async function measured(narrowed, query, metric) {
    query.set("metric", metric);
    query.delete("measured");
    const [{ devices, unit }, { features }] = await Promise.all([cockpit.ask("readings/devices", query), cockpit.ask("devices", {})]);
    const names = new Map(features.map((/** @type {{id: string, properties: Record<string, any>}} */ one) => [one.id, one.properties]));
    const { precision = 0 } = cockpit.metrics[metric] || {};
    /** @param {number | null} value */
    const number = (value) => (value === null ? "—" : cockpit.number(value, precision));
    const area = query.get("area");
    const shown = devices.filter((/** @type {{area: string | null}} */ one) => !area || one.area === area);
    let [n, total, moved] = [0, 0, 0];
    const rows = shown.map((/** @type {{device: string, area: string | null, mean: number | null, n: number, moved: number}} */ one) => {
      n += one.n;
      total += (one.mean ?? 0) * one.n;
      moved += one.moved;
      const { name = one.device, kind = "" } = names.get(one.device) || {};
      return { id: one.device, name, kind: narrowed.word("kind", kind), area: one.area ? narrowed.word("area", one.area) : "—", mean: number(one.mean), n: cockpit.number(one.n), moved: number(one.moved) };
    });
    const sum = query.get("of") === "moved" ? moved : n ? total / n : 0;
    const told = { n: rows.length, value: n ? number(sum) : "—", unit };
    const word = query.get("of") === "moved" ? say("{n} 台合计 {value} {unit}", told) : say("{n} 台的均值 {value} {unit}", told);
    return { rows, total: Number(sum.toFixed(precision)), word };
  }

  /* --- what is amiss --- */

  /* What of a device somebody should look at, in words. */
  /** @param {Live.Device} one */
  function faults(one) {
    const found = [];
    if (one.last_seen === null) found.push(say("从未上报"));
    if (one.lon === null || one.lat === null) found.push(say("没有位置"));
    else {
      const beside = cockpit.onSpot(one.lon, one.lat).filter(({ id }) => id !== one.id);
      if (beside.length) found.push(say("与 {names} 在同一位置", { names: beside.slice(0, 3).map(({ name }) => name).join(say("、")) }));
    }
    if (one.kind === "gate" && !Object.values(cockpit.state.visitors ?? {}).some((at) => Object.hasOwn(at.gates ?? {}, one.id))) found.push(say("没有场所，客流不计入"));
    const unknown = Object.keys(one.latest).filter((code) => !Object.hasOwn(cockpit.metrics, code));
    if (unknown.length) found.push(say("未知指标 {names}", { names: unknown.join(say("、")) }));
    if (one.clock_offset !== null) found.push(say("时钟不准"));
    return found;
  }

  /* How many are away, late or doubtful now: each a way to those. */
  function unwell() {
    const named = /** @type {const} */ (["offline", "stale", "suspect"]);
    const statuses = cockpit.devices().map((one) => cockpit.statusOf(one));
    return named.flatMap((status) => {
      const [sign, name] = cockpit.STATUS[status];
      const n = statuses.filter((one) => one === status).length;
      if (!n) return [];
      const link = element("a", "", `${sign} ${say("{name} {n} 台", { name, n })}`);
      const query = new URLSearchParams({ community: cockpit.root.dataset.community ?? "", status });
      link.href = cockpit.link(`/devices?${query}`);
      return [link];
    });
  }

  let drawn = "";
  function amiss() {
    const place = cockpit.find("[data-amiss]");
    if (!place || !cockpit.state.devices) return;
    /** @type {[Live.Device, string[]][]} */
    const rows = [];
    let n = 0;
    for (const one of cockpit.devices()) {
      const found = faults(one);
      if (!found.length) continue;
      n += 1;
      if (rows.length < LISTED) rows.push([one, found]);
    }
    const sick = unwell();
    const text = JSON.stringify([n, sick.map((link) => link.textContent), rows.map(([one, found]) => [one.id, one.name, found])]);
    if (text === drawn) return;
    drawn = text;
    const total = cockpit.devices().length;
    const head = element("p", "second", n ? say("{total} 台设备，{n} 台的登记需要处理", { total, n }) : say("{total} 台设备，登记都没有问题", { total }));
    cockpit.find("[data-unwell]")?.replaceChildren(...sick);
    const list = rows.map(([one, found]) => {
      const name = element("a", "", one.name);
      name.href = `/devices/${one.id}`;
      return [name, one.kind_name, found.join(say("；"))];
    });
    const table = list.length ? [cockpit.table([say("名称"), say("类型"), say("问题")], list, "plain")] : [];
    const rest = n > rows.length ? [element("p", "second", say("还有 {n} 台未列出", { n: n - rows.length }))] : [];
    place.replaceChildren(head, ...table, ...rest);
  }

  cockpit.pages.devices = {
    async start() {
      setInterval(amiss, LOOK_MS);   // silence makes one stale without a message
      load = await cockpit.listed("devices-list-table", ask);
    },
    render(changed) {
      amiss();
      // A list of how devices stand follows them; what they measured in days that are over does not.
      if (load && changed && changed.devices && !location.search.includes("measured=")) timer = timer || setTimeout(() => { timer = null; load?.(); }, GATHER_MS);
    },
  };
})();
