/* What a steward has written and the server does not have yet, in the phone's own database: reports, and their photos
   beside them. What the phone will not keep stays in this page's memory, and that is said. */
(function () {
  "use strict";

  /** @typedef {"reports" | "photos"} Store */

  const cockpit = window.cockpit;
  const { say } = cockpit;
  const NAME = "cockpit-reports";
  const VERSION = 2;
  const LEDGER = "cockpit-outbox-count";   // kept apart: tells when the browser has thrown the others away
  const memory = { reports: new Map(), photos: new Map() };
  const store = (cockpit.outboxStore = /** @type {OutboxStore} */ ({ fault: null }));
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;

  function open() {
    opened = opened || new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME, VERSION);
      opening.onupgradeneeded = ({ oldVersion }) => upgrade(opening.result, /** @type {IDBTransaction} */ (opening.transaction), oldVersion);
      opening.onsuccess = () => {
        const database = opening.result;
        database.onversionchange = () => database.close();
        database.onclose = () => (opened = null);
        resolve(database);
      };
      opening.onerror = () => reject(opening.error);
      opening.onblocked = () => reject(new Error(say("请关闭本站的其他页面")));
    });
    opened.catch(() => (opened = null));
    return opened;
  }

  /* The first version kept reports of nobody in particular, with their photos in them. */
  /** @param {IDBDatabase} database @param {IDBTransaction} transaction @param {number} oldVersion */
  function upgrade(database, transaction, oldVersion) {
    const photos = database.createObjectStore("photos", { keyPath: "id" });
    photos.createIndex("report", "report");
    if (!oldVersion) return void database.createObjectStore("reports", { keyPath: "id" });
    const opening = transaction.objectStore("reports").openCursor();
    opening.onsuccess = () => {
      const cursor = opening.result;
      if (!cursor) return;
      const { photos: blobs, ...report } = cursor.value;
      const { ts, ...body } = report.body;
      blobs.forEach((/** @type {ArrayBuffer} */ bytes, /** @type {number} */ place) => photos.put({ id: `${report.id}-${place}`, report: report.id, bytes, type: "image/jpeg" }));
      const reason = { status: 0, text: say("升级前留下的，不知由谁填写；是您的请点「修改」后再发") };
      cursor.update({ ...report, body, owner: null, state: "refused", reason, tries: 1, stamp: { wall: ts, ahead: null } });
      cursor.continue();
    };
  }

  /* Work in one transaction; resolves when it is on the disk. */
  /** @param {Store[]} names @param {IDBTransactionMode} mode @param {(at: IDBTransaction, fail: (error: unknown) => void) => IDBRequest | void} work */
  async function within(names, mode, work) {
    const transaction = (await open()).transaction(names, mode, { durability: "strict" });
    return new Promise((resolve, reject) => {
      /** @type {IDBRequest | void} */
      let result;
      /** @type {unknown} */
      let failure = null;
      transaction.oncomplete = () => resolve(result && "result" in result ? result.result : result);
      transaction.onerror = transaction.onabort = () => reject(failure || transaction.error || new Error(say("存储中断")));
      result = work(transaction, (error) => {
        failure = error;
        transaction.abort();
      });
    });
  }

  /** @param {Store} name @param {Photo | FiledReport} value */
  async function put(name, value) {
    try {
      await within([name], "readwrite", (at) => at.objectStore(name).put(value));
      memory[name].delete(value.id);
      await settle();
    } catch (error) {
      memory[name].set(value.id, value);
      store.fault = wordsOf(error);
    }
  }

  /* What this page alone has goes to the disk as soon as that takes something again. */
  async function settle() {
    if (!store.isHeld()) return;
    try {
      await within(["reports", "photos"], "readwrite", (at) => {
        for (const name of /** @type {Store[]} */ (["reports", "photos"])) for (const one of memory[name].values()) at.objectStore(name).put(one);
      });
      memory.reports.clear();
      memory.photos.clear();
      store.fault = null;
    } catch (error) { /* it stays in the page, and that is said */ }
  }

  /** @param {unknown} error */
  const wordsOf = (error) => (error instanceof DOMException && error.name === "QuotaExceededError" ? say("手机存储已满") : say("浏览器不能保存（无痕模式，或存储被禁用）"));

  /* Whether it can be written at all is found out before somebody relies on it. */
  async function probe() {
    try {
      await within(["reports"], "readwrite", (at) => {
        at.objectStore("reports").put({ id: "" });
        at.objectStore("reports").delete("");
      });
    } catch (error) {
      store.fault = wordsOf(error);
    }
  }

  /** @param {Store} name @param {(at: IDBObjectStore) => IDBRequest} ask */
  async function all(name, ask) {
    /** @type {any[]} */
    let found = [];
    try {
      found = await within([name], "readonly", (at) => ask(at.objectStore(name)));
    } catch (error) {
      store.fault = store.fault || wordsOf(error);
    }
    return [...found.filter((one) => !memory[name].has(one.id)), ...memory[name].values()];
  }

  /* Every report of everybody on this phone, in the order in which they were filed. */
  store.reports = async () => (await all("reports", (at) => at.getAll())).sort((a, b) => (a.n ?? 0) - (b.n ?? 0) || a.stamp.wall - b.stamp.wall);

  /* The photos of a report that the server does not have. */
  store.photos = async (report) => (await all("photos", (at) => at.index("report").getAll(report))).filter((one) => one.report === report);

  store.putPhoto = (photo) => put("photos", photo);

  /* Change a report: ``alter`` gets what is kept, null where there is none, and returns what is to be, null to leave it.
     No other page comes in between. */
  store.change = async function (id, alter) {
    /** @type {FiledReport | null | false} */
    let made = null;
    const held = memory.reports.get(id);
    try {
      await within(["reports"], "readwrite", (at, fail) => {
        const reports = at.objectStore("reports");
        const reading = reports.get(id);
        reading.onsuccess = () => {
          try {
            made = alter(held || reading.result || null);
            if (made) reports.put(made);
          } catch (error) {
            fail(error);
          }
        };
      });
      if (made) memory.reports.delete(id);
      await settle();
    } catch (error) {
      made = made || alter(held || null);
      if (made) await put("reports", made);
    }
    await note();
    return made;
  };

  store.removePhoto = async function (id) {
    memory.photos.delete(id);
    await within(["photos"], "readwrite", (at) => void at.objectStore("photos").delete(id)).catch(() => {});
  };

  /* Take a report and its photos away for good. */
  store.remove = async function (id) {
    for (const { id: photo } of await store.photos(id)) await store.removePhoto(photo);
    memory.reports.delete(id);
    await within(["reports"], "readwrite", (at) => void at.objectStore("reports").delete(id)).catch(() => {});
    await note();
  };

  /* Whether something is in this page's memory alone. */
  store.isHeld = () => memory.reports.size + memory.photos.size > 0;

  async function note() {
    try {
      localStorage.setItem(LEDGER, String((await store.reports()).filter((one) => one.state !== "sent").length));
    } catch (error) { /* no ledger, no comparison */ }
  }

  /* What this phone cannot promise, in words: null where it keeps all. */
  store.doubts = async function () {
    await probe();
    const kept = (await store.reports()).filter((one) => one.state !== "sent").length;
    let noted = 0;
    try { noted = Number(localStorage.getItem(LEDGER) || 0); } catch (error) { /* no ledger, no comparison */ }
    const lost = noted - kept;
    await note();
    if (lost > 0) return say("▲ 浏览器清除了 {lost} 件没有发出的内容", { lost });
    if (store.fault) return say("▲ {fault}：没有发出的内容只在此页面里，发出前不要关闭", { fault: store.fault });
    const { storage } = navigator;
    if (!storage || !storage.persist) return null;
    const { quota, usage } = await storage.estimate();
    if (quota !== undefined && usage !== undefined && quota - usage < 50e6) return say("▲ 手机存储将满，照片可能存不下；请先清理");
    return (await storage.persisted()) || (await storage.persist()) ? null : say("◷ 未发出的内容存在此浏览器里；清除浏览数据会丢失，请尽快联网发出");
  };

  cockpit.holds(store.isHeld);
})();
