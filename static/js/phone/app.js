/* The phone's app: asks the sensors, keeps what they say, sends it, and shows how all of that stands. */

import { canonical } from "phone/canonical";
import { createWay, fixOf, meters, signalsOf } from "phone/fixes";
import { makeKey, sign } from "phone/keystore";
import { createMotion, eventOf } from "phone/motion";
import { WORDS, fill, find, nameOf, paint, write } from "phone/page";
import { createSender } from "phone/sender";
import { openStore } from "phone/store";

const SEND_AFTER_MS = 10_000; // or as soon as SEND_MANY wait
const SEND_MANY = 60;

const facts = { supported: supported(), elsewhere: false, signedIn: null, car: null, permission: "prompt", recording: false, fixAge: null, online: navigator.onLine };
const known = { waiting: { moments: 0, since: Infinity }, refused: [], sent: 0, inexact: 0, lastUpload: null, received: null, producer: null };
let store, sender, worker, cars = [], drive, fresh = true, nextTry = 0, problem = null, motionHeard, awake;

function supported() {
  return Boolean(globalThis.isSecureContext && navigator.geolocation && navigator.locks && globalThis.indexedDB && globalThis.crypto?.subtle);
}

/* -- the server ------------------------------------------------------------------------------------------------- */

async function api(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  }
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(said.detail ?? ""), { status: response.status });
  return said;
}

/** Who is signed in, and what of theirs this phone is. What another person left here is deleted before anything is shown. */
async function meet() {
  try {
    const [phones, vehicles] = await Promise.all([api("GET", "/api/v1/phones/"), api("GET", "/api/v1/vehicles/?page_size=500")]);
    facts.signedIn = true;
    cars = vehicles.results.filter((each) => each.kind === "car" && !each.retired_at && !each.owned_until);
    await agree(phones);
  } catch (error) {
    facts.signedIn = error.status === 401 || error.status === 403 ? false : null;
  }
}

async function agree(phones) {
  if (!(await store.get("phone"))) return;
  const own = phones.find((each) => each.producer === known.producer);
  if (!own) {
    await store.wipe();
    location.reload();
    await new Promise(() => {}); // nothing more is drawn of what is gone
  }
  await store.set({ sequence: Math.max((await store.get("sequence")) ?? 0, own.last_sequence) });
  if (own.suspect) problem = WORDS.problem.suspect;
  if (facts.recording || own.vehicle === (facts.car?.id ?? null)) return;
  if (facts.car) problem = WORDS.line.gone;
  await keepCar(cars.find((each) => each.id === own.vehicle));
}

async function keepCar(car) {
  facts.car = car ? { id: car.id, name: nameOf(car) } : null;
  fresh = true;
  await store.set({ car: facts.car, received: null });
}

/** Be in this car from now on: at the first time a key is made and registered. */
async function choose(id) {
  const car = cars.find((each) => each.id === id);
  if (!car || facts.recording) return;
  problem = null;
  try {
    const phone = await register();
    await api("PUT", `/api/v1/phones/${phone.id}/vehicle`, { vehicle: car.id });
    await keepCar(car);
  } catch (error) {
    problem = [WORDS.problem.choose, error.message].join(" ");
  }
  await draw();
}

async function register() {
  if (!known.producer) {
    const made = await makeKey();
    await store.set(made);
    known.producer = made.producer;
  }
  const { challenge } = await api("POST", "/api/v1/phones/challenge");
  const signature = await sign(await store.get("key"), challenge);
  const phone = await api("POST", "/api/v1/phones/", { producer: known.producer, challenge, signature });
  await store.set({ phone: phone.id, sequence: Math.max((await store.get("sequence")) ?? 0, phone.last_sequence) });
  return phone;
}

/** Send what waits, one tab or worker at a time; after a failure not before its time. */
async function send({ at_once: atOnce = false } = {}) {
  if (!store || !navigator.onLine || (Date.now() < nextTry && !atOnce)) return;
  await navigator.locks.request("commons-phone-send", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const result = await sender.flush().catch(() => ({ code: "full", wait: 9 }));
    nextTry = result.done ? 0 : Date.now() + result.wait * 1000;
    if (!result.done) problem = WORDS.problem[result.code] ?? WORDS.problem.other;
    else if (Object.values(WORDS.problem).includes(problem)) problem = null;
  });
  await draw();
}

/** Let the browser send in the background, where it can. */
async function sendLater() {
  if (known.waiting.moments) await worker?.sync?.register("phone-send").catch(() => {});
}

/* -- the sensors ------------------------------------------------------------------------------------------------ */

/** Begin: asked for by a tap, because phones let sensors and the screen be asked for only then. */
async function start() {
  const sensors = await globalThis.DeviceMotionEvent?.requestPermission?.().catch(() => "denied");
  if (sensors === "denied") motionHeard = false;
  navigator.locks.request("commons-phone-record", { ifAvailable: true }, (lock) => {
    facts.elsewhere = !lock;
    if (!lock) return draw();
    return new Promise((release) => record(release, sensors !== "denied"));
  });
}

function record(release, moved) {
  drive = { release, since: Date.now(), way: createWay(), meters: 0, last: null, motion: createMotion() };
  Object.assign(facts, { recording: true, fixAge: null });
  drive.watch = navigator.geolocation.watchPosition(heard, failed, { enableHighAccuracy: true, maximumAge: 0 });
  if (moved) addEventListener("devicemotion", felt);
  stayAwake();
  navigator.storage?.persist?.();
  draw();
}

async function stop() {
  navigator.geolocation.clearWatch(drive.watch);
  removeEventListener("devicemotion", felt);
  await tell(drive.motion.take(Infinity));
  awake?.release();
  awake = undefined;
  drive.release();
  Object.assign(facts, { recording: false, fixAge: null });
  await draw();
  await send({ at_once: true });
}

async function heard(position) {
  facts.permission = "granted";
  const fix = fixOf(position, drive);
  if (fix.left === "inexact") await store.set({ inexact: (known.inexact += 1) }).catch(() => {});
  if (fix.left) return;
  // Shown where the browser tells no speed; what is derived is not sent as if it had been measured.
  drive.kmh = fix.speed ?? (drive.last && (meters(drive.last, fix) / (fix.ts - drive.last.ts)) * 3600);
  drive.last = fix;
  drive.meters = drive.way.step(fix);
  facts.fixAge = 0;
  if (fix.speed !== undefined) drive.motion.speed(fix.ts, fix.speed);
  await keep({ ts: fix.ts, signals: signalsOf(fix), events: [] });
  await tell(drive.motion.take(Date.now()));
  await draw();
  if (!known.received) await send(); // the first data is shown as soon as it is there
}

async function tell(maneuvers) {
  for (const each of maneuvers) await keep({ ts: each.ts, signals: [], events: [eventOf(each)] });
}

/** Written down at once, so that a page that is closed without a word loses nothing. */
async function keep(reading) {
  try {
    await store.add({ vehicle: facts.car.id, ...reading });
  } catch {
    problem = WORDS.problem.full;
  }
}

function failed(error) {
  if (error.code !== error.PERMISSION_DENIED) return;
  facts.permission = "denied";
  if (facts.recording) stop();
}

function felt(event) {
  motionHeard ||= event.accelerationIncludingGravity?.x != null;
  drive.motion.sample(Date.now(), event);
}

async function stayAwake() {
  awake = await navigator.wakeLock?.request("screen").catch(() => undefined);
}

/* -- the page --------------------------------------------------------------------------------------------------- */

async function look() {
  const names = ["sent", "inexact", "lastUpload", "received", "producer"];
  const values = await Promise.all(names.map((name) => store.get(name)));
  names.forEach((name, at) => (known[name] = values[at] ?? known[name]));
  known.received = values[3] ?? null;
  [known.waiting, known.refused] = [await store.waiting(), await store.refused()];
}

async function draw() {
  if (store) await look();
  facts.online = navigator.onLine;
  facts.fixAge = facts.recording && drive.last ? Date.now() - drive.last.ts : null;
  paint({ facts, known, cars, drive, problem, fresh, motionHeard });
}

/** Delete what this phone holds; with something still waiting only after a second tap. */
async function forget() {
  if (known.waiting.moments && !find("forget").dataset.sure) {
    find("forget").dataset.sure = "yes";
    return write("forget-words", fill(WORDS.line.forget, { n: known.waiting.moments }));
  }
  const phone = await store.get("phone");
  if (facts.recording) await stop();
  if (phone) await api("DELETE", `/api/v1/phones/${phone}/vehicle`).catch(() => {}); // signed out or offline: its key is gone all the same
  await store.wipe();
  location.reload();
}

async function tick() {
  if (facts.elsewhere) {
    const { held } = await navigator.locks.query();
    facts.elsewhere = held.some(({ name }) => name === "commons-phone-record");
  }
  await draw();
  const { moments, since } = known.waiting;
  if (moments >= SEND_MANY || Date.now() - since >= SEND_AFTER_MS) await send();
}

async function boot() {
  if (facts.supported) {
    store = await openStore({ onGone: () => location.reload() });
    sender = createSender({ store, canonical, sign });
    facts.car = (await store.get("car")) ?? null;
    fresh = !(await store.get("received"));
    await look();
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => undefined);
    const allow = () => ((facts.permission = permission.state), draw());
    if (permission) (permission.onchange = allow), (facts.permission = permission.state);
    const { held } = await navigator.locks.query();
    facts.elsewhere = held.some(({ name }) => name === "commons-phone-record");
    await meet();
    const asked = new URLSearchParams(location.search).get("car");
    if (asked) history.replaceState(null, "", location.pathname);
    if (asked && asked !== facts.car?.id && facts.signedIn && !facts.elsewhere) await choose(asked);
    setInterval(tick, 1000);
  }
  await draw();
  document.documentElement.dataset.phone = "ready";
  if (facts.supported) await send();
}

find("start").addEventListener("click", start);
find("stop").addEventListener("click", stop);
find("forget").addEventListener("click", forget);
find("car").addEventListener("change", (event) => choose(event.target.value));
addEventListener("online", async () => {
  if (facts.signedIn !== true && store) await meet();
  await send({ at_once: true });
});
addEventListener("offline", () => (draw(), sendLater()));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") sendLater();
  else if (facts.recording) stayAwake();
});
addEventListener("pagehide", sendLater);

// Offline the page is the kept one, which was made for nobody: the theme is this person's own.
const theme = document.cookie.match(/(?:^|; )theme=(light|dark)/)?.[1];
if (theme) document.documentElement.dataset.theme = theme;
navigator.serviceWorker
  ?.register(document.body.dataset.worker, { type: "module", updateViaCache: "none" })
  .then((registration) => (worker = registration))
  .catch(() => {}); // without it all works but opening the page offline
boot();
