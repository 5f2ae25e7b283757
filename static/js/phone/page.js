/* How things stand, written on the page: from what is known, and nothing else. */

import { FRESH_MS, phaseOf } from "phone/phase";

const LANGUAGE = document.documentElement.lang;
const figure = new Intl.NumberFormat(LANGUAGE);
const clock = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });

export const WORDS = JSON.parse(document.getElementById("words").textContent);
export const find = (name) => document.querySelector(`[data-${name}]`);
export const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, name) => (typeof values[name] === "number" ? figure.format(values[name]) : (values[name] ?? whole)));
export const write = (name, text) => find(name).textContent !== text && (find(name).textContent = text);
export const nameOf = (car) => car.nickname || [car.make, car.model].filter(Boolean).join(" ") || car.id.slice(0, 8);

const show = (name, yes) => (find(name).hidden = !yes);
const waits = (moments) => (moments === 1 ? WORDS.line.waiting_one : fill(WORDS.line.waiting, { n: moments }));

function ago(moment) {
  if (!moment) return WORDS.line.never;
  const minutes = Math.floor((Date.now() - moment) / 60_000);
  return minutes < 1 ? WORDS.line.now : minutes < 60 ? fill(WORDS.line.minutes, { n: minutes }) : clock.format(moment);
}

function lasted(ms) {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return [...(hours ? [hours] : []), String(minutes).padStart(hours ? 2 : 1, "0"), String(seconds).padStart(2, "0")].join(":");
}

/** facts: as `phaseOf` takes them. known: of the store. drive: the recording that goes on, or the last. fresh: nothing came before today. */
export function paint({ facts, known, cars, drive, problem, fresh, motionHeard }) {
  const phase = phaseOf(facts);
  document.body.dataset.phase = phase;
  write("title", WORDS.title[phase]);
  write("help", WORDS.help[phase]);
  write("waits", facts.online || !known.waiting.moments ? "" : waits(known.waiting.moments));
  show("start", phase === "ready" || (phase === "denied" && !facts.recording));
  show("stop", facts.recording);
  show("sign-in", facts.signedIn === false && !facts.recording);
  show("problem", problem);
  write("problem-words", problem ?? "");
  show("now", facts.recording);
  if (facts.recording) paintDrive(drive);
  paintCars(facts, cars);
  paintSending(known);
  paintFirst(facts, known, drive, fresh);
  write("key", known.producer ? `…${known.producer.slice(-12)}` : WORDS.line.never);
  write("awake", navigator.wakeLock ? WORDS.line.awake_on : WORDS.line.awake_off);
  write("motion", (motionHeard ?? globalThis.DeviceMotionEvent?.requestPermission) ? WORDS.line.motion_on : WORDS.line.motion_off);
}

function paintDrive({ last, kmh, meters, since }) {
  const now = last && Date.now() - last.ts < FRESH_MS ? last : null;
  const told = now && kmh !== undefined;
  find("speed").classList.toggle("missing", !told);
  write("speed", told ? figure.format(Math.round(kmh)) : "–");
  write("way", fill(WORDS.line.km, { far: (meters / 1000).toFixed(1) }));
  write("time", lasted(Date.now() - since));
  write("accuracy", now ? fill(WORDS.line.accuracy, { n: Math.round(now.accuracy) }) : "–");
}

function paintCars(facts, cars) {
  const select = find("car");
  const offered = cars.length || !facts.car ? cars.map((each) => [each.id, nameOf(each)]) : [[facts.car.id, facts.car.name]];
  const wanted = JSON.stringify([offered, facts.car?.id]);
  if (select.dataset.drawn !== wanted) {
    select.dataset.drawn = wanted; // not drawn again under a finger
    const options = facts.car ? offered : [["", WORDS.line.choose], ...offered];
    select.replaceChildren(...options.map(([value, name]) => new Option(name, value, false, value === (facts.car?.id ?? ""))));
  }
  select.disabled = facts.recording || !facts.signedIn || !facts.online;
  show("car-help", facts.recording);
  show("no-cars", facts.signedIn && !cars.length);
}

function paintSending(known) {
  const refused = known.refused.reduce((sum, each) => sum + each.count, 0);
  write("waiting", known.waiting.moments ? figure.format(known.waiting.moments) : WORDS.line.none);
  write("upload", ago(known.lastUpload));
  for (const [name, count] of Object.entries({ sent: known.sent, inexact: known.inexact, refused })) write(name, figure.format(count));
  show("refusals", refused);
  const rows = known.refused.map(({ code, count, last }) => {
    const row = find("refusal-row").content.cloneNode(true);
    [WORDS.refusal[code] ?? code, figure.format(count), ago(last)].forEach((text, at) => (row.querySelectorAll("td")[at].textContent = text));
    return row;
  });
  find("refusal-rows").replaceChildren(...rows);
}

function paintFirst(facts, known, drive, fresh) {
  const received = known.received?.vehicle === facts.car?.id ? known.received : null;
  const done = { car: facts.car, record: drive, fix: drive?.last, first: received };
  show("wizard", fresh && facts.supported && facts.signedIn !== false && !received);
  show("first", fresh && received && facts.car);
  let current = true;
  for (const step of document.querySelectorAll("[data-step]")) {
    const over = Boolean(done[step.dataset.step]);
    step.classList.toggle("done", over);
    if (!over && current) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
    current &&= over;
  }
  if (!received || !facts.car) return;
  write("first-car", facts.car.name);
  write("first-stored", figure.format(received.stored));
  write("first-at", clock.format(received.at));
  find("first-link").href = `/vehicles/${facts.car.id}/`;
}
