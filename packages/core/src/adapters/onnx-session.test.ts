import { describe, expect, it } from 'vitest';
import { fromHalf, onnxRunner, type OnnxRuntime, type OnnxSession, type OnnxTensor } from './onnx-session.ts';

class FakeTensor implements OnnxTensor {
  readonly type: string;
  readonly data: ArrayLike<unknown>;
  readonly dims: readonly number[];

  constructor(type: string, data: ArrayLike<unknown>, dims: readonly number[]) {
    if (type === 'float16') throw new TypeError('no float16 here');
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

function runnerOf(answers: Readonly<Record<string, OnnxTensor>>, more: Partial<OnnxSession> = {}) {
  const session: OnnxSession = {
    inputNames: ['x'],
    outputNames: ['y', 'z'],
    run: () => Promise.resolve(answers),
    release: () => Promise.resolve(),
    ...more,
  };
  const create = (): Promise<OnnxSession> => Promise.resolve(session);
  const runtime: OnnxRuntime = { Tensor: FakeTensor, InferenceSession: { create }, env: { versions: { common: '1' } } };
  return onnxRunner(runtime, session);
}

describe('onnxRunner', () => {
  it('knows the inputs where the session does', () => {
    expect(runnerOf({}).inputs).toBeUndefined();
    const inputMetadata = [{ name: 'x', isTensor: true, type: 'float32' }];
    expect(runnerOf({}, { inputMetadata }).inputs).toEqual({ x: 'float32' });
  });

  it('feeds tensors of the runtime and fetches what is asked for, or all', async () => {
    const runs: unknown[] = [];
    const run: OnnxSession['run'] = (feeds, fetches) => Promise.resolve({}).finally(() => runs.push([feeds, fetches]));
    const runner = runnerOf({}, { run });
    const x = { type: 'float32', dims: [1], data: [1] } as const;
    await runner.run({ x }, ['y']);
    await runner.run({ x }, undefined);
    expect(runs).toEqual([
      [{ x: expect.any(FakeTensor) }, ['y']],
      [{ x: expect.any(FakeTensor) }, ['y', 'z']],
    ]);
  });

  it('reads bools as booleans and the bits of a float16 as numbers', async () => {
    const runner = runnerOf({
      bool: { type: 'bool', dims: [2], data: new Uint8Array([0, 1]) },
      half: { type: 'float16', dims: [2], data: new Uint16Array([0x3e_00, 0xc0_00]) },
      int64: { type: 'int64', dims: [1], data: new BigInt64Array([5n]) },
    });
    expect(await runner.run({}, undefined)).toEqual({
      bool: { type: 'bool', dims: [2], data: [false, true] },
      half: { type: 'float16', dims: [2], data: [1.5, -2] },
      int64: { type: 'int64', dims: [1], data: new BigInt64Array([5n]) },
    });
  });

  it('names a tensor that the runtime does not take', async () => {
    await expect(runnerOf({}).run({ x: { type: 'float16', dims: [1], data: [1] } }, undefined)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: 'Tensor "x" is not one that ONNX Runtime takes: no float16 here.',
      cause: expect.any(TypeError),
    });
  });

  it.each([[new Error('bad dims')], ['bad dims']])('says what the runtime throws: %s', async (thrown) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const runner = runnerOf({}, { run: () => Promise.reject(thrown) });
    await expect(runner.run({}, undefined)).rejects.toMatchObject({
      code: 'PREDICTOR_FAILED',
      message: 'ONNX Runtime could not run the model: bad dims',
      cause: thrown,
    });
  });
});

it('fromHalf reads binary16', () => {
  const bits = [0x00_00, 0x80_00, 0x00_01, 0x03_ff, 0x04_00, 0x3c_00, 0x35_55, 0x7b_ff, 0xfb_ff, 0x7c_00, 0xfc_00, 0x7e_00];
  expect(bits.map(fromHalf)).toEqual([
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    0.333251953125,
    65_504,
    -65_504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
});
