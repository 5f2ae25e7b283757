/* The phone's key: made in the browser, never readable by anybody, us included; and its name, did:key. */

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P256_PUB = [0x80, 0x24]; // multicodec 0x1200 as a varint
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function base58(bytes) {
  let number = BigInt(`0x${hex(bytes)}`);
  let digits = "";
  for (; number; number /= 58n) digits = BASE58[Number(number % 58n)] + digits;
  return digits;
}

/** A new pair whose private half cannot leave the keystore, and its did:key. */
export async function makeKey() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)); // 4, x, y
  return { key: privateKey, producer: `did:key:z${base58([...P256_PUB, 2 + (point[64] & 1), ...point.slice(1, 33)])}` };
}

/** ECDSA over the text's UTF-8 with SHA-256: 0x, r and s, s in the lower half of the order as the server asks. */
export async function sign(key, text) {
  const digits = hex(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(text))));
  const s = BigInt(`0x${digits.slice(64)}`);
  return `0x${digits.slice(0, 64)}${(s > ORDER / 2n ? ORDER - s : s).toString(16).padStart(64, "0")}`;
}
