import { describe, expect, it, vi } from 'vitest';
import { hexOf, sha256 } from './digest.ts';
import { GrowingBytes } from './growing-bytes.ts';

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

describe('sha256', () => {
  it.each([0, 1, 100_000, 128 * 1024, 700_001])('of %d bytes is the same on a page without https', async (length) => {
    const { buffer } = Uint8Array.from({ length }, (_, index) => index * 7919);
    const expected = await sha256(buffer);
    const subtle = vi.spyOn(crypto, 'subtle', 'get').mockReturnValue(undefined as never);
    expect(await sha256(buffer)).toBe(expected);
    expect(subtle).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    if (length === 0) expect(expected).toBe(EMPTY);
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
