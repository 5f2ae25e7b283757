/* Sends what waits: signs each batch as it leaves, keeps it until the server answered for it, waits longer after each failure.

   A batch keeps its id, number and contents over every attempt, so that one whose answer was lost is a duplicate the
   second time. Imports nothing: the page and its service worker both load it, and only one of them sends at a time. */

export const MOST = 500; // moments in an envelope: some 200 KB, a fifth of what the server takes
const LONGEST_S = 300;
const RENUMBERED = new Set(["sequence_reused", "sequence_too_old"]);
const newId = () => crypto.randomUUID();

export function createSender({ store, canonical, sign, url = "/api/v1/ingest", send = (...sent) => fetch(...sent), clock = () => new Date() }) {
  let failures = 0;

  const later = (code, seconds) => {
    failures += 1;
    const wait = seconds ?? Math.min(LONGEST_S, 2 ** failures) * (0.75 + Math.random() / 2);
    return { done: false, code, wait };
  };

  async function envelope(batch) {
    const [key, producer] = [await store.get("key"), await store.get("producer")];
    const event = {
      specversion: "1.0", type: "dimo.status", id: batch.id, source: producer, producer, subject: `urn:uuid:${batch.vehicle}`,
      time: batch.time, datacontenttype: "application/json", dataversion: "default/v1.0", sequence: String(batch.sequence),
      signedat: clock().toISOString(), data: batch.data,
    };
    return canonical({ ...event, signature: await sign(key, canonical(event)) });
  }

  async function post(text) {
    const headers = { "Content-Type": "application/cloudevents+json" };
    let body = text;
    if ("CompressionStream" in globalThis) {
      headers["Content-Encoding"] = "gzip";
      body = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
    }
    return send(url, { method: "POST", headers, body, credentials: "omit", signal: AbortSignal.timeout(30_000) });
  }

  async function settle(batch, result) {
    const now = clock().getTime();
    if (result.status === "rejected") {
      if (RENUMBERED.has(result.code)) return void (await store.renumber(batch, newId()));
      const refusals = [...batch.data.signals, ...batch.data.events].map(() => result.code);
      return void (await store.settle(batch, { refusals, values: { lastRefusal: result.code }, now }));
    }
    const refusals = [...(result.signals?.rejected ?? []), ...(result.events?.rejected ?? [])].map(({ code }) => code);
    const sent = ((await store.get("sent")) ?? 0) + batch.moments;
    const received = (await store.get("received")) ?? (result.signals?.stored ? { at: now, vehicle: batch.vehicle, stored: result.signals.stored } : undefined);
    await store.settle(batch, { refusals, values: { sent, lastUpload: now, ...(received && { received }) }, now });
  }

  /** Send until nothing waits: {done: true}, or {done: false, code, wait: seconds} when it is to be tried again. */
  async function flush() {
    for (;;) {
      const batch = await store.next({ most: MOST, id: newId(), now: clock().toISOString() });
      if (!batch) return { done: true };
      if (!(await store.get("key"))) return later("no_key");
      let response, said;
      try {
        response = await post(await envelope(batch));
        said = await response.json().catch(() => ({}));
      } catch {
        return later("network");
      }
      if (response.ok && said.results?.length === 1) {
        const [result] = said.results;
        if (result.code === "signedat_out_of_window") return later(result.code, 60);
        await settle(batch, result);
        failures = 0;
      } else if ([400, 413, 415, 422].includes(response.status)) {
        await settle(batch, { status: "rejected", code: said.code ?? "malformed" }); // as it is it will never be taken
      } else {
        const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
        return later(said.code ?? `http_${response.status}`, Number.isFinite(seconds) ? seconds : undefined);
      }
    }
  }

  return { flush };
}
