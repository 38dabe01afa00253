/** The code that an authenticator app shows now (RFC 6238). */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export async function totp(secret: string): Promise<string> {
  const bits = [...secret].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const seed = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000)));
  const key = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const digest = new DataView(await crypto.subtle.sign("HMAC", key, counter));
  const truncated = digest.getUint32(digest.getUint8(19) & 0xf) & 0x7fffffff;
  return String(truncated % 1_000_000).padStart(6, "0");
}
