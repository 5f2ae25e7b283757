/* JSON in the one form that is signed (RFC 8785). Numbers are written as JavaScript writes them: that is what the RFC asks for. */

const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The canonical form. Throws on what JSON cannot say: NaN, Infinity, undefined, half of a surrogate pair. */
export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is no number in JSON`);
    return JSON.stringify(value); // writes -0 as 0
  }
  if (typeof value === "string") {
    if (HALF.test(value)) throw new TypeError("half of a surrogate pair");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`${typeof value} has no form in JSON`);
  // sort() compares UTF-16 code units, as the RFC does
  return `{${Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
}
