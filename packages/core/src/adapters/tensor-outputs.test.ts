import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensors } from './tensor.ts';
import { declaredTensors, plainOutput, splitRows } from './tensor-outputs.ts';

const TENSORS: Tensors = {
  label: { type: 'int64', dims: [2], data: [1n, 0n] },
  shares: { type: 'float32', dims: [2, 2], data: Float32Array.of(0.25, 0.75, 1, 0) },
};

describe('declaredTensors', () => {
  it('are those that came, where nothing was declared or all of it is there', () => {
    expect(declaredTensors(TENSORS, undefined)).toBe(TENSORS);
    expect(declaredTensors(TENSORS, { label: 'int64' })).toBe(TENSORS);
  });

  it.each([
    [TENSORS, { score: 'float32' }, '"score" (float32); it answered "label" (int64), "shares" (float32).'],
    [TENSORS, { label: 'string' }, '"label" (string); it answered "label" (int64), "shares" (float32).'],
    [{}, { label: 'string' }, '"label" (string); it answered none.'],
  ] as const)('says what came instead', (tensors, outputs, message) => {
    expect(() => declaredTensors(tensors, outputs)).toThrow(
      expect.objectContaining({
        code: 'RESPONSE_INVALID',
        message: `The model was to answer the tensor ${message}`,
        details: { tensor: Object.keys(outputs)[0] },
      }),
    );
  });
});

describe('splitRows', () => {
  it('gives each row its part of every tensor', () => {
    expect(splitRows(TENSORS, 2)).toEqual([
      { label: { type: 'int64', dims: [1], data: [1n] }, shares: { type: 'float32', dims: [1, 2], data: [0.25, 0.75] } },
      { label: { type: 'int64', dims: [1], data: [0n] }, shares: { type: 'float32', dims: [1, 2], data: [1, 0] } },
    ]);
  });

  it.each([[[3]], [[1, 2]], [[]]])('refuses dims %j for two rows', (dims) => {
    const data = new Float32Array(dims.reduce((product, length) => product * length, 1));
    expect(() => splitRows({ y: { type: 'float32', dims, data } }, 2)).toThrow(
      expect.objectContaining({
        code: 'RESPONSE_INVALID',
        message: `Tensor "y" has dims [${dims.join(', ')}], where 2 rows were sent: its first axis must be theirs.`,
      }),
    );
  });

  it('the rows put together are what came (property)', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.nat(3), { maxLength: 2 }), (count, inner) => {
        const dims = [count, ...inner];
        const size = dims.reduce((product, length) => product * length, 1);
        const data = Array.from({ length: size }, (_, index) => index);
        const rows = splitRows({ y: { type: 'float64', dims, data } }, count);
        expect(rows.map(({ y }) => y?.dims)).toEqual(rows.map(() => [1, ...inner]));
        expect(rows.flatMap(({ y }) => Array.from<unknown>(y?.data ?? []))).toEqual(data);
        expect(rows).toHaveLength(count);
      }),
    );
  });
});

describe('plainOutput', () => {
  it('is the only element, or nested arrays without a batch of one', () => {
    expect(
      plainOutput({
        score: { type: 'float32', dims: [1, 1], data: Float32Array.of(0.5) },
        scalar: { type: 'string', dims: [], data: ['x'] },
        row: { type: 'bool', dims: [1, 3], data: [true, false, true] },
        flat: { type: 'float64', dims: [3], data: [1, 2, 3] },
        batch: { type: 'float64', dims: [2, 1, 2], data: [1, 2, 3, 4] },
        nothing: { type: 'float32', dims: [1, 0], data: [] },
      }),
    ).toEqual({ score: 0.5, scalar: 'x', row: [true, false, true], flat: [1, 2, 3], batch: [[[1, 2]], [[3, 4]]], nothing: [] });
  });

  it('has numbers for the bigints that are not rounded by it', () => {
    const data = BigInt64Array.of(-7n, 2n ** 53n - 1n, 2n ** 53n);
    expect(plainOutput({ n: { type: 'int64', dims: [3], data } })).toEqual({ n: [-7, 2 ** 53 - 1, 2n ** 53n] });
  });
});
