/* Positions of the browser as readings: what is sent, and what is too inexact to be. */

export const WORST_M = 50; // a fix whose stated accuracy is worse says too little about where a car is
export const EVERY_MS = 1000;
const DAY = 86_400_000;
const EARTH_M = 6_371_000;
const radians = (degrees) => (degrees * Math.PI) / 180;
const rounded = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;
const told = (value) => typeof value === "number" && Number.isFinite(value);

/** A fix as {ts, latitude, longitude, accuracy, altitude?, heading?, speed? in km/h}, or {left: why} when none is kept. */
export function fixOf({ coords, timestamp }, { last, since, now = Date.now() }) {
  const ts = Math.abs(timestamp - now) < DAY ? Math.round(timestamp) : now; // some browsers count from another epoch
  if (ts < since) return { left: "early" }; // remembered from before this recording, maybe from another car
  if (!told(coords.accuracy) || coords.accuracy > WORST_M) return { left: "inexact" };
  if (last && ts < last.ts + EVERY_MS) return { left: "soon" };
  const fix = { ts, latitude: rounded(coords.latitude, 6), longitude: rounded(coords.longitude, 6), accuracy: coords.accuracy };
  if (told(coords.altitude)) fix.altitude = rounded(coords.altitude, 1);
  if (told(coords.heading)) fix.heading = rounded(coords.heading, 1);
  if (told(coords.speed) && coords.speed >= 0) fix.speed = rounded(coords.speed * 3.6, 2);
  return fix;
}

/** What the server is told of a fix. Its accuracy in meters is no HDOP, so none is told. */
export function signalsOf({ ts, latitude, longitude, altitude, heading, speed }) {
  const timestamp = new Date(ts).toISOString();
  const place = heading === undefined ? { latitude, longitude } : { heading, latitude, longitude };
  const signals = [{ name: "currentLocationCoordinates", timestamp, value: place }];
  if (altitude !== undefined) signals.push({ name: "currentLocationAltitude", timestamp, value: altitude });
  if (speed !== undefined) signals.push({ name: "speed", timestamp, value: speed });
  return signals;
}

/** Meters between two fixes. */
export function meters(a, b) {
  const [north, east] = [radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)];
  const chord = Math.sin(north / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** The way so far. Steps shorter than what positions wander by while the car stands are not counted until they add up. */
export function createWay() {
  let base;
  let sum = 0;
  return {
    step(fix) {
      const far = base ? meters(base, fix) : 0;
      if (base && far < Math.max(10, fix.accuracy)) return sum;
      sum += far;
      base = fix;
      return sum;
    },
  };
}
