/* How much waits in this phone, in the head of each page; of another person's only that there is some. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, outbox } = cockpit;
  /** @type {HTMLElement | null} */
  let mark = null;

  outbox.mark = function () {
    if (mark === null) cockpit.root.addEventListener("outbox", show);
    mark = cockpit.element("span", "outbox-mark");
    mark.hidden = true;
    show();
    return mark;
  };

  async function show() {
    const { mine, refused, drafts, others } = await outbox.counts();
    if (mark === null) return;
    /** @type {Node[]} */
    const parts = [];
    if (mine) {
      // A draft waits for who writes it, not for the line.
      const told = refused ? say("▲ 待处理 {mine}", { mine }) : mine > drafts ? say("◷ 待发 {drafts}", { drafts: mine - drafts }) : say("✎ 草稿 {drafts}", { drafts });
      const link = cockpit.element("a", "", told);
      link.href = `/report?community=${cockpit.root.dataset.community}`;
      parts.push(link);
    }
    if (others) parts.push(cockpit.element("span", "second", outbox.owner() ? say("他人待发 {others}", { others }) : say("◷ 待发 {others}", { others })));
    mark.hidden = parts.length === 0;
    mark.replaceChildren(...parts);
  }
})();
