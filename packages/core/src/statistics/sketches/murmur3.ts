const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const encoder = new TextEncoder();

function mix(k: number): number {
  const scaled = Math.imul(k, C1);
  return Math.imul((scaled << 15) | (scaled >>> 17), C2);
}

function round(h: number, k: number): number {
  const mixed = h ^ mix(k);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number, length: number): number {
  let x = h ^ length;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * MurmurHash3 x86 32-bit (A. Appleby, public domain algorithm) over UTF-8 bytes, of strings that share a prefix: the prefix is
 * hashed once. `new PrefixedHash('seed:').of('unit')` equals the hash of `'seed:unit'`.
 */
export class PrefixedHash {
  /** State after the whole 4-byte blocks of the prefix. */
  readonly #state: number;
  /** The 0–3 bytes of the prefix that fill no block, as the low bytes of a block. */
  readonly #carry: number;
  readonly #carried: number;
  readonly #length: number;

  /** `seed` is the numeric seed of the hash, 0 unless a compatibility mode says otherwise. */
  constructor(prefix: string, seed = 0) {
    const bytes = encoder.encode(prefix);
    let state = seed | 0;
    const blocks = bytes.length >>> 2;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let block = 0; block < blocks; block++) state = round(state, view.getInt32(block * 4, true));
    let carry = 0;
    for (let index = blocks * 4; index < bytes.length; index++) carry |= (bytes[index] ?? 0) << ((index & 3) * 8);
    this.#state = state;
    this.#carry = carry;
    this.#carried = bytes.length & 3;
    this.#length = bytes.length;
  }

  /** An unsigned 32-bit integer. */
  of(text: string): number {
    let state = this.#state;
    let block = this.#carry;
    let shift = this.#carried * 8;
    let all = 0;
    let index = 0;
    // Four characters at a time: what of them fills the block, then what is left for the next one.
    for (; index + 4 <= text.length; index += 4) {
      const a = text.charCodeAt(index);
      const b = text.charCodeAt(index + 1);
      const c = text.charCodeAt(index + 2);
      const d = text.charCodeAt(index + 3);
      const four = a | (b << 8) | (c << 16) | (d << 24);
      all |= a | b | c | d;
      state = round(state, block | (four << shift));
      block = shift === 0 ? 0 : four >>> (32 - shift);
    }
    for (; index < text.length; index++) {
      const code = text.charCodeAt(index);
      all |= code;
      block |= code << shift;
      shift = (shift + 8) & 31;
      if (shift === 0) {
        state = round(state, block);
        block = 0;
      }
    }
    if (all > 0x7f) return this.#ofBytes(encoder.encode(text));
    return finish(shift === 0 ? state : state ^ mix(block), this.#length + text.length);
  }

  #ofBytes(bytes: Uint8Array): number {
    let state = this.#state;
    let block = this.#carry;
    let filled = this.#carried;
    for (const byte of bytes) {
      block |= byte << (filled * 8);
      if (++filled === 4) {
        state = round(state, block);
        block = filled = 0;
      }
    }
    return finish(filled === 0 ? state : state ^ mix(block), this.#length + bytes.length);
  }
}

/** MurmurHash3 x86 32-bit of the UTF-8 bytes of `text`, as an unsigned integer. */
export function murmur3(text: string, seed = 0): number {
  return new PrefixedHash('', seed).of(text);
}
