/* What must survive a closed page: the key, what was measured and not yet answered for, and what was refused. IndexedDB.

   readings  one moment each, as it was measured         {vehicle, ts, signals, events}
   batches   readings with a number and an id of their own, kept until the server answered for that id
   refused   how much was not stored, by reason          {code, count, last}
   state     single values by name                       key, producer, phone, car, sequence, … */

const NAMES = ["readings", "batches", "refused", "state"];

function upgrade({ target: { result: db } }) {
  db.createObjectStore("readings", { autoIncrement: true });
  db.createObjectStore("batches", { keyPath: "sequence" });
  db.createObjectStore("refused", { keyPath: "code" });
  db.createObjectStore("state");
}

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The store; `onGone` is called when it is taken away from outside (signed out elsewhere, data cleared). */
export async function openStore({ name = "commons-phone", onGone = () => {} } = {}) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = upgrade;
  const db = await answer(opening);
  let gone = false; // then nothing is answered any more: the page is about to begin anew
  const leave = () => ((gone = true), db.close(), onGone());
  db.onclose = db.onversionchange = leave;

  async function within(mode, work) {
    if (gone) return new Promise(() => {});
    const transaction = db.transaction(NAMES, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
    const stores = Object.fromEntries(NAMES.map((each) => [each, transaction.objectStore(each)]));
    try {
      const result = await work(stores);
      await done;
      return result;
    } catch (error) {
      done.catch(() => {});
      if (!transaction.error) transaction.abort();
      throw error;
    }
  }

  const put = (state, values) => Object.entries(values).forEach(([each, value]) => state.put(value, each));

  async function count({ refused }, code, more, now) {
    const known = await answer(refused.get(code));
    refused.put({ code, count: (known?.count ?? 0) + more, last: now });
  }

  /** The next number, higher than any that was used before: written down before anything is signed with it. */
  async function number({ state }) {
    const next = ((await answer(state.get("sequence"))) ?? 0) + 1;
    state.put(next, "sequence");
    return next;
  }

  return {
    get: (name) => within("readonly", ({ state }) => answer(state.get(name))),
    set: (values) => within("readwrite", ({ state }) => put(state, values)),
    add: (reading) => within("readwrite", ({ readings }) => readings.add(reading)),
    count: (code, more, now) => within("readwrite", (stores) => count(stores, code, more, now)),
    refused: () => within("readonly", ({ refused }) => answer(refused.getAll())),

    /** How many moments wait, and since when. */
    waiting: () =>
      within("readonly", async ({ readings, batches }) => {
        const [loose, bound] = [await answer(readings.count()), await answer(batches.getAll())];
        const first = (await answer(readings.openCursor()))?.value;
        const moments = [...bound.map((batch) => batch.since), ...(first ? [first.ts] : [])];
        return { moments: loose + bound.reduce((sum, batch) => sum + batch.moments, 0), since: Math.min(...moments) };
      }),

    /** The oldest batch, or a new one of the oldest readings of one vehicle; nothing when all is answered for. */
    next: ({ most, id, now }) =>
      within("readwrite", async (stores) => {
        const [known] = await answer(stores.batches.getAll(null, 1));
        if (known) return known;
        const [keys, found] = [await answer(stores.readings.getAllKeys(null, most)), await answer(stores.readings.getAll(null, most))];
        if (!found.length) return undefined;
        const other = found.findIndex((reading) => reading.vehicle !== found[0].vehicle);
        const taken = other < 0 ? found : found.slice(0, other);
        const batch = {
          sequence: await number(stores), id, vehicle: found[0].vehicle, time: now, since: taken[0].ts, moments: taken.length,
          data: { signals: taken.flatMap((reading) => reading.signals), events: taken.flatMap((reading) => reading.events) },
        };
        stores.batches.add(batch);
        stores.readings.delete(IDBKeyRange.bound(keys[0], keys[taken.length - 1]));
        return batch;
      }),

    /** The server refused a batch's number: it gets another and another id, as if it had never been sent. */
    renumber: (batch, id) =>
      within("readwrite", async (stores) => {
        stores.batches.delete(batch.sequence);
        stores.batches.add({ ...batch, id, sequence: await number(stores) });
      }),

    /** The server answered for a batch: it is gone, what was refused of it is counted, `values` are kept. */
    settle: (batch, { refusals = [], values = {}, now }) =>
      within("readwrite", async (stores) => {
        stores.batches.delete(batch.sequence);
        for (const code of new Set(refusals)) await count(stores, code, refusals.filter((each) => each === code).length, now);
        put(stores.state, values);
      }),

    close: () => ((db.onclose = db.onversionchange = null), db.close()),

    async wipe() {
      gone = true;
      db.onclose = db.onversionchange = null;
      db.close();
      await answer(indexedDB.deleteDatabase(name));
    },
  };
}
