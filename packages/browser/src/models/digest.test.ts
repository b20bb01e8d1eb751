import { describe, expect, it } from 'vitest';
import { hexFrom, hexOf, sha256 } from './digest.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { sha256Of } from './sha256.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('hexOf', () => {
  it.each([
    [`sha256:${EMPTY}`, EMPTY],
    [`sha256:${EMPTY.toUpperCase()}`, EMPTY],
    ['sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', EMPTY],
  ])('reads %s', (digest, hex) => expect(hexOf(digest)).toBe(hex));

  it.each([
    undefined,
    7,
    '',
    EMPTY,
    `sha256:${EMPTY}0`,
    `sha512:${EMPTY}`,
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=',
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  ])('takes %s for none', (digest) => expect(hexOf(digest)).toBeUndefined());
});

describe('the SHA-256 of pages without https', () => {
  it('is that of the platform for every length up to 300 bytes, and for more', async () => {
    for (const length of [...Array.from({ length: 301 }, (_, index) => index), 65_537]) {
      const bytes = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
      const all = new Uint8Array(length);
      all.set(bytes);
      expect(hexFrom(sha256Of(all))).toBe(await sha256(all.buffer));
    }
  });

  it('reads a part of a buffer', () => {
    const inside = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect(hexFrom(sha256Of(inside))).toBe(hexFrom(sha256Of(new Uint8Array([2, 3]))));
  });
});

describe('GrowingBytes', () => {
  it('gives what was added, whatever was expected', () => {
    for (const expected of [0, 1, 5, 100, 1e15]) {
      const bytes = new GrowingBytes();
      bytes.expect(expected);
      bytes.add(new Uint8Array([1, 2]));
      bytes.add(new Uint8Array([3, 4, 5]));
      expect([...bytes.view(1, 9)]).toEqual([2, 3, 4, 5]);
      expect(new Uint8Array(bytes.take())).toEqual(new Uint8Array([1, 2, 3, 4, 5]));
      expect([bytes.length, bytes.take().byteLength]).toEqual([0, 0]);
    }
  });

  it('begins anew', () => {
    const bytes = new GrowingBytes();
    bytes.add(new Uint8Array(2_000_000).fill(7));
    bytes.clear();
    bytes.add(new Uint8Array([1]));
    expect(new Uint8Array(bytes.take())).toEqual(new Uint8Array([1]));
  });
});
