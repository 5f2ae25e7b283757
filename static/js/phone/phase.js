/* In which state the app is, and what can be done about it: one word from what is known. */

export const FRESH_MS = 10_000;

/** facts: supported, elsewhere (another tab records), signedIn (null: not known), car, permission, recording, fixAge (ms or null), online. */
export function phaseOf(facts) {
  if (!facts.supported) return "unsupported";
  if (facts.elsewhere) return "elsewhere";
  if (!facts.car) return facts.signedIn === false ? "signed_out" : facts.signedIn === null ? "unreachable" : "no_car";
  if (facts.permission === "denied") return "denied";
  if (!facts.recording) return "ready";
  if (facts.fixAge === null || facts.fixAge > FRESH_MS) return "waiting_gps";
  return facts.online ? "recording" : "offline";
}
