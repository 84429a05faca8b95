/* Steps of events that are taken on the phone: each is an entry of the outbox, with its photos beside it. Of one event they
   go one after the other; each names the step after which it was meant, so that nobody's work is passed over. */
(function () {
  "use strict";

  const cockpit = window.cockpit;
  const { say, outbox, outboxStore: store } = cockpit;
  const steps = (cockpit.steps = /** @type {Steps} */ ({}));
  /** @type {Map<string, string>} */
  const drafts = new Map();   // event -> the entry that is being written for its next step

  /** @returns {Life} */
  const life = () => JSON.parse(cockpit.root.dataset.life);
  /** @param {FiledReport} one @returns {one is FiledReport & { step: PhoneStep }} */
  const isOpen = (one) => Boolean(one.step && !one.step.isTaken && (one.state === "waiting" || one.state === "refused"));

  steps.open = async (event) => (await outbox.mine()).filter(isOpen).filter((one) => one.event === event);

  steps.before = async function ({ step, event, n = 0 }) {
    if (!step || !event) return null;
    return (await steps.open(event)).find((one) => (one.n ?? 0) < n && one.state === "refused") ?? null;
  };

  steps.asked = ({ step, body }) => ({ to: step?.to, note: body.detail || "", seq: step?.seq });

  steps.draft = async function (event) {
    const found = (await outbox.mine()).find((one) => one.state === "draft" && one.step && one.event === event) ?? null;
    if (found) drafts.set(event, found.id);
    return found;
  };

  /* The entry of the next step, under an id of its own from the first letter or photo on. */
  /** @param {string} event */
  function idOf(event) {
    const known = drafts.get(event);
    if (known !== undefined) return known;
    const made = outbox.newId();
    drafts.set(event, made);
    return made;
  }

  /** @param {string} id @param {Task} told @param {FiledReport | null} kept */
  const entry = (id, told, kept) => ({
    id, event: told.id, owner: outbox.owner(), community: cockpit.root.dataset.community, tries: 0, stamp: cockpit.clock.stamp(), body: { title: told.title }, ...kept,
  });

  steps.write = async function (told, note) {
    const id = idOf(told.id);
    const isFilled = Boolean(note || (await store.photos(id)).length);
    await store.change(id, (kept) => {
      if (kept && kept.state !== "draft") return null;
      const step = { to: null, name: "", seq: told.seq, from: told.state };
      return { ...entry(id, told, kept), state: "draft", isFilled, step, body: { title: told.title, detail: note } };
    });
    outbox.changed();
    return id;
  };

  steps.addPhoto = async function (told, note, made) {
    const id = idOf(told.id);
    if ((await store.photos(id)).length >= cockpit.photos.MOST) throw new Error(say("一件最多 {most} 张照片", { most: cockpit.photos.MOST }));
    await store.putPhoto({ ...made, id: outbox.newId(), report: id });
    await steps.write(told, note);
  };

  steps.take = async function (told, note, to, name) {
    const id = idOf(told.id);
    drafts.delete(told.id);   // what is written from now on is of the step after this one
    const n = await outbox.next();
    const made = await store.change(id, (kept) => {
      if (kept && kept.state !== "draft") return null;   // a second tap
      const step = { to, name, seq: told.seq, from: told.state };
      return { ...entry(id, told, kept), n, state: "waiting", stamp: cockpit.clock.stamp(), step, body: { title: told.title, detail: note } };
    });
    outbox.changed();
    return Boolean(made);
  };

  /* How an event will stand once what waits here has arrived. */
  steps.ahead = async function (told) {
    const open = await steps.open(told.id);
    const last = open.at(-1);
    if (!last) return { ...told, open };
    return { ...told, open, state: last.step.to ?? told.state, seq: last.step.seq + 1 };
  };

  /* Send a step that came too late once more, for the event as it stands now: after who sends it has seen that. Answers with
     why it cannot be, null where it is under way. */
  steps.again = async function (one) {
    const answer = await cockpit.request(`/api/v1/${one.community}/events/${one.event}`);
    if (!answer.ok) return cockpit.reason(answer);
    const present = answer.body.properties;
    const { states } = life();
    const least = one.step?.to ? states[present.state].to[one.step.to] : undefined;
    if (!least || !cockpit.may(least)) {
      return say("现在是「{state}」，不能再办「{step}」", { state: present.state_name, step: one.step?.name });
    }
    const open = (await steps.open(one.event ?? "")).filter((other) => (other.n ?? 0) >= (one.n ?? 0));
    for (const [place, other] of open.entries()) {
      await store.change(other.id, (kept) => kept?.step ? { ...kept, step: { ...kept.step, seq: present.seq + place, from: place ? kept.step.from : present.state } } : null);
    }
    await outbox.again(one.id);
    return null;
  };

  /* Send only its photos: the step is not taken. */
  steps.photosOnly = async function (one) {
    await store.change(one.id, (kept) => kept && { ...kept, step: null, isFilled: undefined, state: "waiting", reason: null });
    if (one.event && drafts.get(one.event) === one.id) drafts.delete(one.event);
    return outbox.again(one.id);
  };

  /* Change what was written of a step that the server does not have. */
  steps.rewrite = async function (id, note) {
    await store.change(id, (kept) => (kept?.step && !kept.step.isTaken ? { ...kept, body: { ...kept.body, detail: note } } : null));
    outbox.changed();
  };
})();
