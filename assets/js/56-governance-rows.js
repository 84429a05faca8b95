/* What makes a figure of governance: its rows one by one, where the address asks for them (`of`). */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const MOST = 1000;
  /** @typedef {{id: string, name: string, kind: string, state: string, area: string, when: number | null, people: string, n: number}} Row */

  /** @param {Partial<Row> & {id: string, name: string}} given @returns {Row} */
  const row = (given) => ({ kind: "", state: "", area: "", when: null, people: "", n: 1, ...given });
  /** @param {URLSearchParams} query */
  const between = (query) => {
    const [from, to] = ["from", "to"].map((name) => (query.get(name) ? Date.parse(query.get(name) ?? "") : null));
    return (/** @type {number} */ ms) => (from === null || ms >= from) && (to === null || ms < to);
  };

  /** @param {Narrowing} narrowed @param {URLSearchParams} query @param {string} kind @returns {Promise<Row[]>} */
  async function matters(narrowed, query, kind) {
    const asked = new URLSearchParams(query);
    for (const name of ["of", "late", "body", "field"]) asked.delete(name);
    asked.set("kind", kind);
    asked.set("limit", String(MOST));
    /** @type {{matters: (Api.Matter & {month: string, since: string})[]}} */
    const answer = await cockpit.ask("governance/matters", asked);
    const month = cockpit.time.local(cockpit.now()).slice(0, 7);
    return answer.matters.filter((one) => query.get("late") !== "true" || one.month < month).map((one) => row({
      id: one.id, name: one.topic_name || one.title || "—", kind: narrowed.word("of", kind), state: one.state_name, when: Date.parse(one.since),
      area: one.area ? narrowed.word("area", one.area) : "",
    }));
  }

  /** @type {Record<string, (query: URLSearchParams) => Promise<Row[]>>} */
  const LISTS = {
    async members(query) {
      const { members } = await cockpit.ask("governance/council", {});
      return members.filter((/** @type {Record<string, any>} */ one) => !query.get("body") || one.body === query.get("body"))
        .map((/** @type {Record<string, any>} */ one) => row({ id: `m${one.id}`, name: one.name, kind: one.body_name, people: `${one.came} / ${one.invited}` }));
    },
    async meetings(query) {
      const isIn = between(query);
      const { meetings } = await cockpit.ask("governance/council", { limit: MOST });
      return meetings.filter((/** @type {Record<string, any>} */ one) => isIn(Date.parse(one.held)))
        .map((/** @type {Record<string, any>} */ one) => row({ id: `c${one.id}`, name: one.subject, when: Date.parse(one.held), people: `${one.came} / ${one.invited}` }));
    },
    async partners(query) {
      const { partners } = await cockpit.ask("governance/partners", {});
      return partners.filter((/** @type {Record<string, any>} */ one) => !query.get("field") || one.field === query.get("field"))
        .map((/** @type {Record<string, any>} */ one) => row({ id: `p${one.id}`, name: one.name, kind: one.field_name, people: say("{n} 次", { n: one.deeds.length }) }));
    },
    deeds: (query) => deeds(query, () => 1),
    served: (query) => deeds(query, (one) => one.people ?? 0),
    async grids() {
      /** @type {{grids: Record<string, any>[]}} */
      const { grids } = await cockpit.ask("stewards", {});
      return grids.filter((one) => one.has_steward).map((one) => row({ id: `g${one.grid}`, name: one.name ?? one.grid, people: one.steward ?? "" }));
    },
  };

  /* What partners did, those that are partners no more too. */
  /** @param {URLSearchParams} query @param {(one: {people: number | null}) => number} counts */
  async function deeds(query, counts) {
    const isIn = between(query);
    const { partners } = await cockpit.ask("governance/partners", { ended: "true" });
    /** @type {Row[]} */
    const found = [];
    for (const one of partners) {
      one.deeds.forEach((/** @type {{done: string, what: string, people: number | null}} */ deed, /** @type {number} */ place) => {
        const when = Date.parse(deed.done);
        if (isIn(when)) found.push(row({ id: `d${one.id}-${place}`, name: deed.what, kind: one.name, when, people: deed.people === null ? "" : String(deed.people), n: counts(deed) }));
      });
    }
    return found.sort((a, b) => Number(b.when) - Number(a.when));
  }

  /** @param {Narrowing} narrowed */
  async function ask(narrowed) {
    const query = narrowed.query();
    const of = query.get("of") ?? "members";
    const rows = await (LISTS[of] ? LISTS[of](query) : matters(narrowed, query, of));
    const total = rows.reduce((sum, one) => sum + one.n, 0);
    const told = { n: cockpit.number(rows.length), total: cockpit.number(total) };
    return { rows, total, word: of === "served" ? say("{n} 次，共 {total} 人次", told) : say("共 {n} 行", told) };
  }

  const HEAD = [say("事项"), say("类别"), say("状态"), say("片区"), say("时间"), say("人数")];

  /** @param {Row[]} rows */
  function show(rows) {
    const cells = rows.map((one) => [one.name, one.kind, one.state, one.area, one.when === null ? "" : cockpit.time.full(one.when), one.people]);
    const none = element("p", "second", say("没有符合条件的行"));
    cockpit.need("[data-governance-rows]").replaceChildren(rows.length ? cockpit.table(HEAD, cells) : none);
  }

  cockpit.governanceRows = function () {
    if (cockpit.find("[data-narrowing]")) cockpit.listed(show, ask);
  };
})();
