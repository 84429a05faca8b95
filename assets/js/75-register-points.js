/* A person's points: what is in hand, and every entry with the balance after it, to be read out or printed. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const { registers } = cockpit;
  const AT_ONCE = 50;
  /** @type {Record<string, string>} */
  const KINDS = { earned: say("获得"), spent: say("兑换"), expired: say("过期"), reversal: say("冲正") };

  /** @typedef {{id: number, at: string, kind: string, amount: number, balance: number, memo: string}} Entry */

  registers.parts.persons = function (row) {
    const folded = element("details", "statement");
    const place = element("div", "found");
    folded.append(element("summary", "", say("共富点对账单")), place);
    folded.addEventListener("toggle", () => folded.open && look(row.id, place));
    return folded;
  };

  /** @param {number} person @param {HTMLElement} place */
  async function look(person, place) {
    try {
      /** @type {{accounts: {id: number, balance: number, earned: number, spent: number, expired: number}[]}} */
      const { accounts: [account] } = await cockpit.ask("points/accounts", { person });
      if (!account) {
        place.replaceChildren(element("p", "second", say("还没有共富点")));
        return;
      }
      const { balance, earned, spent, expired } = account;
      const sums = say("现有 {balance} 点：获得 {earned}，兑换 {spent}，过期 {expired}", { balance: cockpit.number(balance), earned: cockpit.number(earned), spent: cockpit.number(spent), expired: cockpit.number(expired) });
      const list = element("div");
      place.replaceChildren(element("p", "", sums), list);
      await more(account.id, list, null);
    } catch (error) {
      cockpit.refuse(place, error.message);
    }
  }

  /** @param {number} account @param {HTMLElement} list @param {string | null} cursor */
  async function more(account, list, cursor) {
    /** @type {{entries: Entry[], next_cursor: string | null}} */
    const { entries, next_cursor: next } = await cockpit.ask(`points/accounts/${account}/statement`, { limit: AT_ONCE, ...(cursor ? { cursor } : {}) });
    const heads = [say("时间"), say("事项"), say("变动"), say("余额"), say("说明")];
    list.append(registers.plain(heads, entries.map((one) => [cockpit.time.full(Date.parse(one.at)), KINDS[one.kind] ?? one.kind, `${one.amount > 0 ? "+" : "−"}${cockpit.number(Math.abs(one.amount))}`, cockpit.number(one.balance), one.memo])));
    if (!next) return;
    const button = element("button", "quiet", say("更早的"));
    button.type = "button";
    button.addEventListener("click", () => {
      button.remove();
      more(account, list, next);
    });
    list.append(button);
  }
})();
