/** URL-safe characters in ASCII order, so that the order of encoded strings is the order of the encoded numbers. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const DIGITS = new Int8Array(128).fill(-1);
CODES.forEach((code, digit) => (DIGITS[code] = digit));

/** The code of the six bits of `word` from `shift` on. Masked, so that the index is always in the table. */
const code = (word: number, shift: number): number => CODES[(word >>> shift) & 63] as number;

/**
 * Twelve characters for the low 24 bits of three words. One call of `fromCharCode` with twelve codes: joining pairs from a
 * table costs twice as much.
 */
export function encode72(a: number, b: number, c: number): string {
  return String.fromCharCode(
    code(a, 18),
    code(a, 12),
    code(a, 6),
    code(a, 0),
    code(b, 18),
    code(b, 12),
    code(b, 6),
    code(b, 0),
    code(c, 18),
    code(c, 12),
    code(c, 6),
    code(c, 0),
  );
}

/** Sixteen characters for the low 24 bits of four words. */
export function encode96(a: number, b: number, c: number, d: number): string {
  return String.fromCharCode(
    code(a, 18),
    code(a, 12),
    code(a, 6),
    code(a, 0),
    code(b, 18),
    code(b, 12),
    code(b, 6),
    code(b, 0),
    code(c, 18),
    code(c, 12),
    code(c, 6),
    code(c, 0),
    code(d, 18),
    code(d, 12),
    code(d, 6),
    code(d, 0),
  );
}

/** Four characters for the low 24 bits of `word`. */
export function encode24(word: number): string {
  return String.fromCharCode(code(word, 18), code(word, 12), code(word, 6), code(word, 0));
}

/** The bytes of an encoded string, three for four characters; `undefined` where a character is not of the alphabet. */
export function decodeBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length / 4) * 3);
  for (let index = 0; index < text.length / 4; index++) {
    let word = 0;
    for (let at = index * 4; at < index * 4 + 4; at++) {
      const digit = DIGITS[text.charCodeAt(at)] ?? -1;
      if (digit < 0) return undefined;
      word = (word << 6) | digit;
    }
    bytes[index * 3] = word >>> 16;
    bytes[index * 3 + 1] = word >>> 8;
    bytes[index * 3 + 2] = word;
  }
  return bytes;
}
