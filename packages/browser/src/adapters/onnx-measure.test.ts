import type { Tensor, Tensors } from '@understudy/core/adapters';
import { describe, expect, it } from 'vitest';
import { choice, difference, timed } from './onnx-measure.ts';

const floats = (...data: readonly number[]): Tensors => ({ y: { type: 'float32', dims: [data.length], data: [...data] } });
const of = (tensor: Partial<Tensor>): Tensors => ({ y: { type: 'int64', dims: [1], data: [1n], ...tensor } });

describe('difference', () => {
  it.each<[string, Tensors, Tensors]>([
    ['the same', floats(1, 0, NaN, Infinity), floats(1, 0, NaN, Infinity)],
    ['floats within the tolerance, absolutely below 1', floats(0.5, 0), floats(0.5009, 0.0009)],
    ['floats within the tolerance, relatively above 1', floats(-1000), floats(-1000.9)],
    ['equal integers', of({}), of({})],
    ['what only WebGPU answers', floats(1), { ...floats(1), more: floats(1)['y'] as Tensor }],
  ])('is none for %s', (_, a, b) => expect(difference(a, b, 1e-3)).toBeUndefined());

  it.each<[string, Tensors, Tensors]>([
    ['a float that is off below 1', floats(0.5), floats(0.5011)],
    ['a float that is off above 1', floats(1000), floats(1001.1)],
    ['NaN in place of a number', floats(1), floats(NaN)],
    ['a number in place of NaN', floats(NaN), floats(1)],
    ['infinity in place of a number', floats(1), floats(Infinity)],
    ['another integer', of({}), of({ data: [2n] })],
    ['another text', of({ type: 'string', data: ['a'] }), of({ type: 'string', data: ['b'] })],
    ['another type', of({}), of({ type: 'float32', data: [1] })],
    ['another shape', floats(1, 2), { y: { type: 'float32', dims: [1, 2], data: [1, 2] } }],
    ['no such tensor', floats(1), {}],
  ])('is the name of the tensor for %s', (_, a, b) => expect(difference(a, b, 1e-3)).toBe('y'));
});

describe('choice', () => {
  it.each([
    [2, 1, floats(1), 'webgpu', /faster/],
    [1, 1, floats(1), 'wasm', /as fast/],
    [1, 2, floats(1), 'wasm', /as fast/],
    [2, 1, floats(9), 'wasm', /another y/],
  ] as const)('of wasm in %d ms and WebGPU in %d ms', (wasmMs, webgpuMs, tensors, use, why) => {
    const found = choice({ ms: wasmMs, tensors: floats(1) }, { ms: webgpuMs, tensors }, 1e-3);
    expect(found).toEqual({ use, wasmMs, webgpuMs, why: expect.stringMatching(why) });
  });
});

it('two runs are not counted, and the fastest of the others is', async () => {
  let at = 0;
  const tookMs = [1, 1, 50, 20, 30];
  const run = async (): Promise<Tensors> => {
    at += tookMs.shift() ?? 0;
    return floats(tookMs.length);
  };
  expect(await timed(run, 3, () => at)).toEqual({ ms: 20, tensors: floats(0) });
});
