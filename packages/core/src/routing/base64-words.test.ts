import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBytes, encode24, encode72, encode96 } from './base64-words.ts';

const word = fc.integer({ min: 0, max: 0xff_ffff });
const bytesOf = (...words: readonly number[]): number[] => words.flatMap((each) => [each >>> 16, (each >>> 8) & 255, each & 255]);

test('comes back as it was, and is safe in a URL (property)', () => {
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      for (const [text, bytes] of [
        [encode24(a), bytesOf(a)],
        [encode72(a, b, c), bytesOf(a, b, c)],
        [encode96(a, b, c, d), bytesOf(a, b, c, d)],
      ] as const) {
        expect(encodeURIComponent(text)).toBe(text);
        expect(Array.from(decodeBytes(text) ?? [])).toEqual(bytes);
      }
    }),
  );
});

test('texts stand in the order of their numbers (property)', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(Math.sign(Number(encode24(a) > encode24(b)) - Number(encode24(a) < encode24(b)))).toBe(Math.sign(a - b));
    }),
  );
});

test('takes the low 24 bits of a word, signed or not', () => {
  expect([encode24(0), encode24(-1), encode24(0xff_ffff), encode24(0x1_00_0001)]).toEqual(['----', 'zzzz', 'zzzz', '---0']);
});

test.each(['+---', '---=', 'é---', '--- ', '😀--', '\u0000---'])('%s is not of the alphabet', (text) => {
  expect(decodeBytes(text)).toBeUndefined();
});
