/* How far long work has come that a page waits for: a bar after a second, with rows of rows, and a button that stops it. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, element } = cockpit;
  const AFTER_MS = 1000;
  const AGAIN_MS = 500;
  const GIVE_UP_MS = 30000;   // a download of which nothing was heard so long is over, or done where nobody can ask
  /** @type {Record<string, (done: string, total: string) => string>} */
  const STAGES = {
    reading: () => say("正在读取文件"),
    checking: (done, total) => say("正在检查 {done} / {total} 行", { done, total }),
    writing: (done, total) => say("正在写入 {done} / {total} 行", { done, total }),
  };

  /** @param {HTMLElement} place */
  function begin(place) {
    const name = cockpit.outbox.newId();
    const path = `/api/v1/work/${name}`;
    const box = element("div", "far");
    box.setAttribute("role", "status");
    const bar = element("progress");
    bar.setAttribute("aria-label", say("进度"));
    const words = element("span", "second");
    const stop = element("button", "quiet", say("停下"));
    stop.type = "button";
    stop.addEventListener("click", () => {
      stop.disabled = true;
      cockpit.setText(words, say("正在停下"));
      cockpit.post(`${path}/stop`, {});
    });
    box.append(bar, words, stop);
    const began = performance.now();
    let isOver = false, isSeen = false;
    const work = { name, end, isDownload: false };

    function end() {
      isOver = true;
      box.remove();
    }

    async function look() {
      if (isOver) return;
      const answer = await cockpit.request(path);
      if (isOver) return;
      if (answer.ok) show(answer.body);
      else if (work.isDownload && (isSeen || performance.now() - began > GIVE_UP_MS)) return end();
      setTimeout(look, AGAIN_MS);
    }

    /** @param {{stage: string, done: number, total: number}} told */
    function show({ stage, done, total }) {
      isSeen = true;
      if (!box.isConnected) place.append(box);
      if (total) Object.assign(bar, { max: total, value: done });
      else bar.removeAttribute("value");
      if (!stop.disabled) cockpit.setText(words, STAGES[stage](cockpit.number(done), cockpit.number(total)));
    }

    setTimeout(look, AFTER_MS);
    return work;
  }

  /** @param {HTMLAnchorElement} link @param {HTMLElement} place */
  function download(link, place) {
    link.addEventListener("click", () => {
      const work = begin(place);
      work.isDownload = true;
      const address = new URL(link.href);
      address.searchParams.set("work", work.name);
      link.href = address.href;
    });
  }

  cockpit.far = { begin, download };
})();
