/** A digest as integrity attributes have it (`sha256-` and base64), or as ours (`sha256:` and hexadecimal digits): its 64 digits. */
export function hexOf(digest: unknown): string | undefined {
  if (typeof digest !== 'string') return undefined;
  const hex = /^sha256:([\da-f]{64})$/i.exec(digest)?.[1];
  if (hex !== undefined) return hex.toLowerCase();
  // 32 bytes are 43 characters of base64, the last of which has two bits too many, and `=`.
  const base64 = /^sha256-([A-Za-z\d+/]{42}[AEIMQUYcgkosw048]=)$/.exec(digest)?.[1];
  return base64 === undefined ? undefined : hexFrom(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

/** SHA-256 of the whole, as 64 hexadecimal digits. A page without https has no `crypto.subtle`: it loads a slower one. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const { subtle } = crypto as Partial<Crypto>;
  const digest = subtle === undefined ? await slowDigest(bytes) : new Uint8Array(await subtle.digest('SHA-256', bytes));
  return hexFrom(digest);
}

/** So much takes some 2 ms. */
const PIECE_BYTES = 128 * 1024;

/** Piece by piece: the page's own thread does it. */
async function slowDigest(bytes: ArrayBuffer): Promise<Uint8Array> {
  const hashes = await import('@noble/hashes/sha2.js');
  const hash = hashes.sha256.create();
  for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
    hash.update(new Uint8Array(bytes, from, Math.min(PIECE_BYTES, bytes.byteLength - from)));
    await new Promise((next) => setTimeout(next));
  }
  return hash.digest();
}

export const hexFrom = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
