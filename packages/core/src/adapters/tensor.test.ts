import { describe, expect, it } from 'vitest';
import { checkTensor, elementCount, elementRule, type TensorType } from './tensor.ts';

describe('elementRule', () => {
  it.each<[TensorType, unknown[], unknown[]]>([
    ['bool', [true, false], [0, 'true', null]],
    ['string', ['', 'é'], [1, null]],
    ['uint8', [0, 255, 255n], [-1, 256, 1.5, '1', Number.NaN]],
    ['int8', [-128, 127], [-129, 128]],
    ['uint16', [65_535], [65_536]],
    ['int16', [-32_768], [32_768]],
    ['uint32', [4_294_967_295], [4_294_967_296]],
    ['int32', [-2_147_483_648], [2_147_483_648]],
    ['uint64', [0, 2n ** 64n - 1n], [-1n, 2n ** 64n, 2 ** 53]],
    ['int64', [-(2n ** 63n), 2n ** 63n - 1n, -(2 ** 53 - 1)], [2n ** 63n, 2 ** 53, 0.5]],
    ['float16', [65_504, -65_504, Number.NaN], [65_505, 1n, '1']],
    ['float32', [3.4028234663852886e38, Number.POSITIVE_INFINITY], [3.5e38]],
    ['float64', [Number.MAX_VALUE, Number.NaN], [null]],
  ])('%s', (type, good, bad) => {
    const rule = elementRule(type);
    expect(good.map((value) => rule?.accepts(value))).toEqual(good.map(() => true));
    expect(bad.map((value) => rule?.accepts(value))).toEqual(bad.map(() => false));
  });

  it('knows no other types', () => {
    expect(['int128', 'int', 'uint4', 'bfloat16', '', 'constructor'].map((type) => elementRule(type))).toEqual(
      Array.from({ length: 6 }),
    );
  });
});

describe('checkTensor', () => {
  it('passes typed arrays, empty tensors and scalars', () => {
    expect(() => {
      checkTensor('x', { type: 'int64', dims: [2], data: new BigInt64Array(2) }, 'INPUT_INVALID');
      checkTensor('x', { type: 'float32', dims: [0, 30], data: [] }, 'INPUT_INVALID');
      checkTensor('x', { type: 'float32', dims: [], data: [1] }, 'INPUT_INVALID');
    }).not.toThrow();
  });

  it.each([
    [
      { type: 'decimal' as TensorType, dims: [1], data: [1] },
      'Tensor "x" has the unknown type decimal; float32, int64, bool and string are known ones.',
    ],
    [{ type: 'float32' as const, dims: [1, -1], data: [1] }, 'Tensor "x" has dims that are not whole numbers from 0.'],
    [{ type: 'float32' as const, dims: [2, 3], data: [1, 2] }, 'Tensor "x" has 2 elements, but its dims [2, 3] need 6.'],
    [{ type: 'uint8' as const, dims: [2], data: [1, 300] }, 'Tensor "x" must have an integer from 0 to 255 at element 1.'],
  ])('names tensor and element, never the value: %j', (tensor, message) => {
    expect(() => checkTensor('x', tensor, 'RESPONSE_INVALID')).toThrow(
      expect.objectContaining({ code: 'RESPONSE_INVALID', message, details: { tensor: 'x' } }),
    );
  });
});

it('elementCount', () => {
  expect([[], [3], [2, 3, 4], [5, 0]].map(elementCount)).toEqual([1, 3, 24, 0]);
});
