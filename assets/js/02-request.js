/* Asking the server: whatever comes back, a proxy's page or nothing at all, is said in words. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  /* What a status means where the answer says nothing itself. */
  /** @type {Record<number, string>} */
  const WORDS = {
    400: say("内容不被接受"), 403: say("没有权限，或被代理拦下"), 404: say("服务器上没有这一项"), 408: say("超时"), 409: say("与现状冲突"), 410: say("这一项已不存在"),
    413: say("太大，服务器或代理不收"), 415: say("格式不被接受"), 422: say("内容不被接受"), 429: say("太频繁，稍后再试"),
    500: say("服务器出错"), 502: say("服务器暂时不在"), 503: say("服务器暂时忙"), 504: say("服务器没有及时回答"),
  };
  /** @type {Record<string, string>} */
  const CUT = { GET: say("连接中断，没有执行"), POST: say("连接中断，不知是否已执行") };
  const OFF = say("没有联网，没有发出去");   // what was asked without a network never left

  const BUSY = 503;
  const TRIES = 4;
  const READ_MS = 60000;         // a question may be forgotten on its way, and nobody say so
  const WAIT_MS = [500, 5000];   // at least and at most, whatever the server asks for

  /* What an address answers: {ok, status, body, retryMs, isForeign}. Where it is refused, body.detail says why in words,
     whoever refused; ``patience``: after so many ms it is given up, a question by itself after a minute. A busy server is
     asked again, where nothing is changed by asking. */
  cockpit.request = async function (path, options = {}) {
    for (let tried = 1; ; tried += 1) {
      const answer = await once(path, options);
      if (answer.status !== BUSY || options.method || tried === TRIES) return answer;
      const wait = Math.min(Math.max(answer.retryMs ?? 0, WAIT_MS[0]), WAIT_MS[1]);
      // Those who were refused together do not come back together.
      await new Promise((done) => setTimeout(done, wait * (1 + Math.random() / 2)));
    }
  };

  /** @param {string} path @param {Asking} given */
  async function once(path, { patience = null, ...options }) {
    if (!options.method) patience ??= READ_MS;
    const giveUp = new AbortController();
    const isOff = !navigator.onLine;
    const timer = patience === null ? null : setTimeout(() => giveUp.abort(), patience);
    try {
      const headers = { "Accept-Language": cockpit.language, ...options.headers };
      const answer = await fetch(path, { ...options, headers, signal: giveUp.signal });
      const body = cockpit.own(readBody(await answer.text()));
      const { ok, status } = answer;
      cockpit.clock.toldBy(answer);
      const retryMs = waitOf(answer.headers.get("Retry-After"));
      // The page of a proxy's or of a hotel's is no answer of ours, whatever its status.
      const isForeign = body === undefined;
      if (isForeign) return { ok: false, status, body: { detail: foreign(status) }, retryMs, isForeign };
      if (!ok && typeof body.detail !== "string") body.detail = WORDS[status] || say("没有执行（{status}）", { status });
      return { ok, status, body, retryMs, isForeign };
    } catch (error) {
      return { ok: false, status: 0, body: { detail: isOff ? OFF : CUT[options.method || "GET"] || CUT.POST }, retryMs: null, isForeign: false };
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  /** @param {number} status */
  const foreign = (status) => [WORDS[status], say("回答看不懂（{status}），可能来自中间的代理", { status })].filter(Boolean).join(say("；"));

  /** @param {string} text */
  function readBody(text) {
    if (!text) return {};
    try {
      return JSON.parse(text);
    } catch (error) {
      return undefined;
    }
  }

  /* Retry-After (RFC 9110, 10.2.3), in ms: seconds, or a date of the server's. */
  /** @param {string | null} header */
  function waitOf(header) {
    if (!header) return null;
    const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - cockpit.clock.server();
    return Number.isNaN(ms) ? null : Math.max(0, ms);
  }
})();
