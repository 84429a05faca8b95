/* The outbox: what a steward filed goes to the server as soon as there is a line, once, in the name of whoever wrote it,
   and in the order in which it was filed. Nothing leaves it before the server has it or the person takes it out. States:
   draft, waiting, refused, sent. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const store = cockpit.outboxStore;
  const outbox = (cockpit.outbox = /** @type {Outbox} */ ({ sending: null }));   // the id of what is on its way from this page
  const BACK_OFF_MS = [2000, 4000, 8000, 15000, 30000, 60000];
  const LOCK_MS = 3000;           // another page of ours is sending: look again
  const MOST_WAIT_MS = 3600000;
  const SENT_KEPT = 10;
  const NOT_IN = say("服务器先前已收到它，之后的改动没有并入；可在事件页补充");
  const WAITS = [0, 401, 408, 425, 429];   // and every 5xx: it is not the report's fault
  const pages = "BroadcastChannel" in window ? new BroadcastChannel("cockpit-outbox") : null;
  /** @type {Me | null} */
  let me = null;
  /** @type {Promise<void> | null} */
  let running = null;
  let isAskedAgain = false;
  let failures = 0;
  /** @type {number | undefined} */
  let timer;

  outbox.owner = () => (me ? me.name || me.was || null : null);

  /* Who is signed in has become known, or known again. */
  outbox.known = function (found) {
    const isFirst = me === null;
    me = found;
    if (!isFirst) return;
    window.addEventListener("online", () => {
      failures = 0;
      outbox.flush();
    });
    document.addEventListener("visibilitychange", () => document.hidden || outbox.look());
    if (pages) pages.onmessage = () => changed(false);
    outbox.flush();
  };

  /* Somebody looks at the page again: perhaps they signed in elsewhere. */
  outbox.look = async function () {
    await cockpit.whoAmI(true);
    // What one person wrote is not for the eyes of the next.
    if (me?.isReplacedBy && cockpit.root.dataset.page === "report") location.reload();
    outbox.flush();
  };

  /** @param {FiledReport} one */
  const isMine = (one) => one.owner === outbox.owner() && one.owner !== null;
  /** @param {FiledReport} one */
  const isLeft = (one) => one.state === "waiting" || one.state === "refused" || (one.state === "draft" && one.isFilled);

  /* Of whoever is signed in, with what nobody has signed. */
  outbox.mine = async () => (await store.reports()).filter((one) => isMine(one) || (one.owner === null && outbox.owner()));

  outbox.counts = async function () {
    const left = (await store.reports()).filter(isLeft);
    const mine = left.filter(isMine);
    return {
      mine: mine.length,
      waiting: mine.filter((one) => one.state === "waiting").length,
      drafts: mine.filter((one) => one.state === "draft").length,
      refused: mine.filter((one) => one.state === "refused").length,
      others: left.length - mine.length,
    };
  };

  /* An id that nobody else's report has; also where the page came without TLS. */
  outbox.newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /* A report as it begins, or goes on where it was sent before: then the server may know it. Whose it is and for which
     community it was written stays, whichever page it is open in. */
  /** @param {string} id @param {FiledReport | null} before */
  function fresh(id, before) {
    const { tries = 0, event = null, stamp = cockpit.clock.stamp() } = before && before.tries ? before : {};
    return { id, owner: before?.owner ?? outbox.owner(), community: before?.community ?? cockpit.root.dataset.community, tries, event, stamp };
  }

  /* Keep a draft; one that was filed meanwhile, in another page, is left as it is. */
  outbox.keep = async function (id, body, isFilled) {
    const made = await store.change(id, (before) => {
      if (before && before.state !== "draft") return null;
      return { ...fresh(id, before), state: "draft", body, isFilled };
    });
    changed();
    return made;
  };

  /** @param {FiledReport} one @param {FiledBody} body */
  const isSame = (one, body) => one.body.detail === body.detail && one.body.category === body.category;

  /* The number after that of whatever was filed last: the wall clock, which somebody may set, orders nothing. */
  outbox.next = async () => 1 + Math.max(0, ...(await store.reports()).map((one) => one.n ?? 0));

  /* File a draft; null where it was filed already just so. */
  outbox.file = async function (id, body) {
    const n = await outbox.next();
    const made = await store.change(id, (before) => {
      if (before && before.state !== "draft" && isSame(before, body)) return null;
      // It arrived while it was being changed.
      if (before && before.event && !isSame(before, body)) return { ...before, body, state: "refused", reason: { status: 200, text: NOT_IN } };
      return { ...fresh(id, before), n, state: "waiting", body };
    });
    changed();
    return made;
  };

  /* Photos for an event that the server has. */
  outbox.addPhotos = async function (event, title, made) {
    const id = outbox.newId();
    for (const one of made) await store.putPhoto({ ...one, id: outbox.newId(), report: id });
    const { community } = cockpit.root.dataset;
    const n = await outbox.next();
    await store.change(id, () => ({ id, n, owner: outbox.owner(), community, state: "waiting", body: { title }, tries: 0, event, stamp: cockpit.clock.stamp() }));
    changed();
    return id;
  };

  /* Take a report back into hand, as a draft of whoever is signed in, under its own id. */
  outbox.reopen = async function (id) {
    const made = await store.change(id, (one) => (one && !one.event && one.state !== "sent" ? { ...one, state: "draft", isFilled: true, owner: outbox.owner(), reason: null } : null));
    changed();
    return made;
  };

  /* Send it once more, whatever was said of it. */
  outbox.again = async function (id) {
    await store.change(id, (one) => one && isMine(one) && { ...one, state: "waiting", reason: null, hold: null });
    for (const photo of await store.photos(id)) if (photo.reason) await store.putPhoto({ ...photo, reason: null });
    failures = 0;
    changed();
    return outbox.flush();
  };

  outbox.remove = async function (id) {
    await store.remove(id);
    changed();
  };

  /* --- sending --- */

  /* Send what is due; one page of this phone at a time. */
  outbox.flush = function () {
    isAskedAgain = true;
    running = running || alone().finally(() => { running = null; });
    return running;
  };

  async function alone() {
    while (isAskedAgain) {
      isAskedAgain = false;
      if (!navigator.locks) await run();   // without TLS there are no locks: the report's own id keeps it one
      else await navigator.locks.request("cockpit-outbox", { ifAvailable: true }, (lock) => (lock ? run() : again(LOCK_MS)));
    }
    outbox.sending = null;
    changed();
  }

  /** @param {number} ms */
  function again(ms) {
    clearTimeout(timer);
    timer = setTimeout(outbox.flush, ms);
  }

  async function run() {
    clearTimeout(timer);
    const mine = (await store.reports()).filter(isMine);
    const waiting = mine.filter((one) => one.state === "waiting");
    if (!waiting.length) return;
    if (!me?.name || me.isExpired) await cockpit.whoAmI(true);
    if (!me) return;
    if (!me.name && me.was && !me.isExpired) again(backOff());
    if (!me.name || me.isExpired || me.isReplacedBy) return;
    // What is new first, photos after: none of them keeps a fire from being reported.
    const turn = { left: new Set(), next: Infinity };
    const isOver = async (/** @type {FiledReport[]} */ those, /** @type {typeof deliver} */ by) => {
      for (const one of those) if (!(await attempt(one, by, turn))) return true;
      return false;
    };
    if (await isOver(waiting.filter((one) => !one.step && !one.event), file)) return;
    const left = (await store.reports()).filter((one) => isMine(one) && one.state === "waiting");
    if (await isOver(left, deliver)) return;
    if (turn.next < Infinity) return again(turn.next);
    failures = 0;
  }

  /* Try one; returns whether the next may be tried. Where the server wants it later, only what must come after it waits
     with it: what is of the same event, or, where a community's own part does not answer, all of that community. */
  /** @param {FiledReport} one @param {typeof deliver} by @param {{ left: Set<string>, next: number }} turn */
  async function attempt(one, by, turn) {
    const later = (/** @type {number} */ ms, /** @type {string} */ what) => {
      turn.next = Math.min(turn.next, ms);
      turn.left.add(what);
      return true;
    };
    if (turn.left.has(one.community) || turn.left.has(one.event ?? one.id)) return true;
    // What follows a step that was refused was meant for an event as it never was.
    if (await cockpit.steps.before(one)) return true;
    const ms = held(one);
    if (ms > 0) return later(ms, one.event ?? one.id);
    outbox.sending = one.id;
    changed();
    const answer = await by(one);
    outbox.sending = null;
    if (!answer) return true;
    const { isWaiting, wait } = await put(one, answer);
    if (!isWaiting) return true;
    if (answer.status === 401) return false;
    const next = wait || (turn.next < Infinity ? turn.next : backOff());
    if (answer.status) return later(next, answer.status === 408 ? (one.event ?? one.id) : one.community);
    again(next);
    return false;
  }

  /* How long the server asked to wait still; a clock that was set tells nothing. */
  /** @param {FiledReport} given */
  function held({ hold }) {
    if (!hold) return 0;
    const past = Date.now() - hold.since;
    return past < 0 || past > hold.ms ? 0 : hold.ms - past;
  }

  /** @param {number} bytes */
  const patience = (bytes) => 30000 + bytes / 10;   // 10 kB in a second are a very bad line

  /* Send a report without its photos; null when the server has it, else the answer that stopped it. */
  /** @param {FiledReport} one @returns {Promise<Answer | null>} */
  async function file(one) {
    const answer = await sendOnce(one, `/api/v1/${one.community}/events`, one.body);
    if (!answer.ok || !answer.body.id) return answer;
    await filed(one, answer);
    return null;
  }

  /* Send a report or a step, then its photos; null when all is done, else the answer that stopped it. */
  /** @param {FiledReport} one @returns {Promise<Answer | null>} */
  async function deliver(one) {
    const base = `/api/v1/${one.community}/events`;
    const { event } = one;
    if (one.step && !one.step.isTaken) {
      const answer = await sendOnce(one, `${base}/${event}/transitions`, cockpit.steps.asked(one));
      if (!answer.ok) return answer;
      await store.change(one.id, (kept) => kept && kept.step ? { ...kept, step: { ...kept.step, isTaken: true } } : null);
    } else if (!event) {
      return null;   // written meanwhile: it is the next turn's
    }
    for (const photo of await store.photos(one.id)) {
      if (photo.reason) continue;
      const answer = await sendPhoto(`${base}/${event}/photos`, photo);
      if (answer && waits(answer)) return answer;
    }
    return finish(one.id);
  }

  /* Under its own id, and with the time when it was made as far as the phone's clock can be believed: both stay the same
     however often it is sent. */
  /** @param {FiledReport} one @param {string} path @param {object} asked */
  async function sendOnce(one, path, asked) {
    const ts = one.body.ts || cockpit.clock.timeOf(one.stamp);
    const time = ts ? { ts } : {};
    await store.change(one.id, (kept) => kept && { ...kept, tries: kept.tries + 1, body: { ...kept.body, ...time } });
    return cockpit.post(path, { ...asked, id: one.id, ...time }, { patience: patience(0) });
  }

  /** @param {FiledReport} one @param {Answer} answer */
  async function filed(one, answer) {
    const { detail = "", duplicates = [] } = answer.body.properties || {};
    // The server had it under this id: what was changed since is not in it.
    const isOther = answer.status === 200 && detail !== (one.body.detail || "");
    await store.change(one.id, (kept) => kept && { ...kept, event: answer.body.id, isOther, near: duplicates.length });
  }

  /* Send a photo, smaller where it is too large; what is refused for good is kept with the reason. */
  /** @param {string} path @param {Photo} photo */
  async function sendPhoto(path, photo) {
    const answer = await cockpit.post(path, new Blob([photo.bytes], { type: photo.type }), { patience: patience(photo.bytes.byteLength) });
    if (answer.ok) return void (await store.removePhoto(photo.id));
    if (waits(answer)) return answer;
    const smaller = answer.status === 413 ? await cockpit.photos.smaller(photo) : null;
    if (smaller) {
      await store.putPhoto({ ...photo, ...smaller });
      return sendPhoto(path, { ...photo, ...smaller });
    }
    await store.putPhoto({ ...photo, reason: { status: answer.status, text: answer.body.detail } });
    return null;
  }

  /* All of it is with the server, or refused for good. */
  /** @param {string} id */
  async function finish(id) {
    const refused = (await store.photos(id)).filter((one) => one.reason);
    const made = await store.change(id, (one) => {
      if (!one || one.state === "draft") return null;   // taken back into hand meanwhile
      const texts = [
        ...(one.isOther ? [NOT_IN] : []),
        ...(refused.length ? [say("{n} 张照片未被接收：{what}", { n: refused.length, what: refused[0].reason?.text })] : []),
      ];
      const reason = texts.length ? { status: refused[0]?.reason?.status ?? 200, text: texts.join(say("；")) } : null;
      return { ...one, state: reason ? "refused" : "sent", reason, hold: null };
    });
    if (made) tell({ ok: !made.reason, event: made.event, step: made.step ? made.step.name : null, near: made.near || 0, text: made.reason ? made.reason.text : "" });
    const done = (await store.reports()).filter((one) => one.state === "sent");
    for (const old of done.slice(0, -SENT_KEPT)) await store.remove(old.id);
    return null;
  }

  /** @param {Answer} answer */
  const waits = (answer) => WAITS.includes(answer.status) || answer.status >= 500 || (answer.isForeign && answer.status < 400) || Boolean(me?.isReplacedBy);

  /* Keep what came of it; returns whether it waits, and how long the server asked for. */
  /** @param {FiledReport} one @param {Answer} answer */
  async function put(one, answer) {
    const reason = { status: answer.status, text: answer.body.detail || say("服务器没有给出编号") };
    const isWaiting = waits(answer);
    const ms = Math.min(answer.retryMs ?? 0, MOST_WAIT_MS);
    const hold = isWaiting && ms ? { since: Date.now(), ms } : null;
    const made = await store.change(one.id, (kept) => {
      const isHeld = !kept || kept.state === "draft";   // taken back into hand meanwhile
      return isHeld ? null : { ...kept, state: isWaiting ? "waiting" : "refused", reason, hold };
    });
    const { event = null, step = null } = made || {};
    // Sent again under its own number, it does no harm where it had arrived.
    const text = answer.status === 0 ? say("连接中断，恢复后自动再发；不会重复上报") : reason.text;
    tell({ ok: false, event, step: step ? step.name : null, isWaiting, text });
    return { isWaiting, wait: ms };
  }

  /* A little by chance, so that not all phones of a street come back at once. */
  function backOff() {
    const ms = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)];
    failures += 1;
    return ms * (0.8 + Math.random() * 0.4);
  }

  /* --- what the pages show of it --- */

  /** @param {OutboxSaid} what */
  const tell = (what) => cockpit.root.dispatchEvent(new CustomEvent("outbox-said", { detail: what }));

  /** @param {boolean} isOwn */
  function changed(isOwn = true) {
    if (isOwn && pages) pages.postMessage("changed");
    cockpit.root.dispatchEvent(new CustomEvent("outbox"));
  }
  outbox.changed = changed;
})();
