/* Harsh maneuvers from the phone's motion sensors and the speed of its positions. What the sensors say stays here: only
   the maneuver is told. How the phone lies in the car is unknown, so strength is taken across gravity, and whether the car
   braked, sped up or turned is read from speed and yaw. What neither explains was a hand or a pothole. */

/** Published: the page shows them, and so does docs/phone.md. m/s², except where the name says otherwise. */
export const THRESHOLDS = { braking: 3, extremeBraking: 6, acceleration: 3, cornering: 3.5, release: 2, hold_ms: 400, least_kmh: 10, change_kmh: 5 };

const LEVEL_S = 5; // how slowly the idea of "down" follows where the browser does not tell gravity apart
const SMOOTH_S = 0.2;
const KEPT_MS = 30_000;
const SETTLE_MS = 3000;
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a, b) => a.map((part, at) => part - b[at]);
const times = (a, factor) => a.map((part) => part * factor);
const length = (a) => Math.sqrt(dot(a, a));
const toward = (from, to, share) => from.map((part, at) => part + (to[at] - part) * share);
const whole = (vector) => vector?.every((part) => typeof part === "number" && Number.isFinite(part));
const parts = (told) => told && [told.x, told.y, told.z];

export function createMotion(limits = THRESHOLDS) {
  const least = Math.min(limits.braking, limits.acceleration, limits.cornering);
  let last, down, pull, yaw, open;
  let ended = [];
  let speeds = [];

  /** Strength across gravity (m/s²) and turning about it (deg/s), smoothed. */
  function sense(t, force, free, turning) {
    const dt = (t - last) / 1000;
    if (last === undefined || dt <= 0 || dt > 1) [last, down, pull, yaw, open] = [t, free ? minus(force, free) : force, [0, 0, 0], 0, undefined];
    else last = t;
    const step = Math.max(0, Math.min(dt || 0, 1));
    down = free ? minus(force, free) : toward(down, force, step / (LEVEL_S + step));
    const up = times(down, 1 / (length(down) || 1));
    const car = free ?? minus(force, down);
    pull = toward(pull, minus(car, times(up, dot(car, up))), step / (SMOOTH_S + step));
    yaw += ((turning ? dot(turning, up) : 0) - yaw) * (step / (SMOOTH_S + step));
    return length(pull);
  }

  function watch(t, strength) {
    if (open) {
      if (strength > open.peak) open.peak = strength;
      open.yaw += yaw;
      open.samples += 1;
      if (strength >= limits.release) return;
      if (t - open.start >= limits.hold_ms) ended.push({ ...open, end: t, yaw: Math.abs(open.yaw / open.samples) });
      open = undefined;
    } else if (strength >= least) open = { start: t, peak: strength, yaw, samples: 1 };
  }

  function name({ start, end, peak, yaw: turn }) {
    const before = speeds.findLast(({ t }) => t <= start + 500) ?? speeds[0];
    const after = speeds.find(({ t }) => t >= end - 500) ?? speeds.at(-1);
    if (!before || !after || Math.max(before.kmh, after.kmh) < limits.least_kmh) return undefined;
    const across = ((before.kmh + after.kmh) / 7.2) * ((turn * Math.PI) / 180);
    const change = after.kmh - before.kmh;
    if (peak >= limits.cornering && across >= 0.6 * peak) return "behavior.harshCornering";
    if (change <= -limits.change_kmh && peak >= limits.braking) return peak >= limits.extremeBraking ? "behavior.extremeBraking" : "behavior.harshBraking";
    if (change >= limits.change_kmh && peak >= limits.acceleration) return "behavior.harshAcceleration";
    return undefined;
  }

  return {
    /** A speed of the positions, km/h. */
    speed(t, kmh) {
      speeds = [...speeds.filter((each) => each.t > t - KEPT_MS), { t, kmh }];
    },

    /** One `devicemotion`: moments in ms; sensors that a phone lacks are null. */
    sample(t, { acceleration, accelerationIncludingGravity, rotationRate }) {
      const [force, free] = [parts(accelerationIncludingGravity), parts(acceleration)];
      const turning = rotationRate && [rotationRate.beta, rotationRate.gamma, rotationRate.alpha];
      if (whole(force)) watch(t, sense(t, force, whole(free) ? free : undefined, whole(turning) ? turning : undefined));
    },

    /** Maneuvers that are over and whose speed afterwards is known: {name, ts, duration_ms, peak}. Each is given once. */
    take(now) {
      const ready = ended.filter(({ end }) => now - end >= SETTLE_MS || speeds.some(({ t }) => t >= end));
      ended = ended.filter((each) => !ready.includes(each));
      return ready.flatMap((each) => {
        const named = name(each);
        return named ? [{ name: named, ts: each.start, duration_ms: each.end - each.start, peak: Math.round(each.peak * 10) / 10 }] : [];
      });
    },
  };
}

/** What the server is told of a maneuver. */
export function eventOf({ name, ts, duration_ms, peak }) {
  return { name, timestamp: new Date(ts).toISOString(), durationNs: Math.round(duration_ms * 1e6), metadata: JSON.stringify({ peak_ms2: peak, by: "phone" }) };
}
