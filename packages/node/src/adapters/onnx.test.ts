import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, OnnxRuntime, TensorInput, TensorType } from '@understudy/core/adapters';
import * as runtime from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { onnx } from './onnx.ts';
import { fakeCall } from '@understudy/core/testing';

const data = (file: string): URL => new URL(`../../test-data/${file}`, import.meta.url);
const call: Call = fakeCall();

interface Rows {
  readonly featureNames: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly benign: { readonly champion: readonly number[]; readonly challenger: readonly number[] };
}
const { featureNames, rows, benign } = JSON.parse(await readFile(data('rows.json'), 'utf8')) as Rows;
const inputs = rows.map((row) => Object.fromEntries(row.map((value, index) => [featureNames[index], value])));

const mapping = {
  features: featureNames,
  outputs: { probabilities: 'float32', label: 'int64' },
  output: ({ probabilities, label }: { probabilities: { data: ArrayLike<number> }; label: { data: ArrayLike<bigint> } }) => ({
    benign: probabilities.data[1],
    label: label.data[0],
  }),
} as const;

/** Largest distance of the probabilities, and whether every label is the likelier class. */
function compare(answers: readonly unknown[], expected: readonly number[]): { rows: number; furthest: number; labels: boolean } {
  const given = answers as readonly { readonly benign: number; readonly label: bigint }[];
  return {
    rows: given.length,
    furthest: Math.max(...given.map((answer, index) => Math.abs(answer.benign - (expected[index] ?? Number.NaN)))),
    labels: given.every(({ label }, index) => label === ((expected[index] ?? 0) > 0.5 ? 1n : 0n)),
  };
}
const within = { rows: 228, furthest: expect.closeTo(0, 5), labels: true };

describe.each(['champion', 'challenger'] as const)('%s', (name) => {
  const predict = onnx({ path: data(`${name}.onnx`), ...mapping });
  afterAll(() => predict.close());

  it('answers the probabilities of scikit-learn over all rows, one by one', async () => {
    const answers = await Promise.all(inputs.map((input): unknown => predict(input, call)));
    expect(compare(answers, benign[name])).toEqual(within);
  });

  it('and as one batch', async () => {
    expect(compare(await predict.predictBatch(inputs, call), benign[name])).toEqual(within);
  });
});

describe('mapping', () => {
  it('takes name and type of the only input from the model, and answers plain values', async () => {
    const predict = onnx({ bytes: new Uint8Array(await readFile(data('champion.onnx'))), features: featureNames });
    expect(await predict({ features: rows[0] }, call)).toEqual({
      label: 0,
      probabilities: [expect.closeTo(0.9179, 4), expect.closeTo(0.0821, 4)],
    });
    await predict.close();
  });

  const kinds = {
    float32: [0.5, -2],
    float64: [0.1, -1e300],
    bool: [true, false],
    string: ['a', 'é'],
    uint8: [0, 255],
    uint16: [0, 65_535],
    uint32: [0, 4_294_967_295],
    uint64: [0n, 2n ** 64n - 1n],
    int8: [-128, 127],
    int16: [-32_768, 32_767],
    int32: [-2_147_483_648, 2_147_483_647],
    int64: [-(2n ** 63n), 2n ** 63n - 1n],
  } satisfies Partial<Record<TensorType, readonly unknown[]>>;

  it('runs tensors of every type', async () => {
    const predict = onnx({
      path: data('kinds.onnx'),
      inputs: (): Record<string, TensorInput> =>
        Object.fromEntries(
          Object.entries(kinds).map(([type, values]) => [type, { type: type as TensorType, dims: [1, 2], data: values }]),
        ),
      output: (answers) =>
        Object.fromEntries(Object.values(answers).map(({ type, data: values }) => [type, Array.from<unknown>(values)])),
    });
    const expected = { ...kinds, float16: kinds.float32 };
    expect(await predict({}, call)).toEqual(expected);
    expect(await predict.predictBatch([{}, {}], call)).toEqual([expected, expected]);
    await predict.close();
  });

  it('takes columns by the names and types of the model', async () => {
    const predict = onnx({
      path: data('kinds.onnx'),
      outputs: { int64_out: 'int64', float32_out: 'float32', string_out: 'string' },
    });
    const input = Object.fromEntries(Object.entries(kinds).map(([type, [value]]) => [type, value]));
    expect(await predict({ ...input, int64: 7, more: 'ignored' }, call)).toEqual({
      int64_out: 7,
      float32_out: 0.5,
      string_out: 'a',
    });
    await expect(predict({ ...input, int64: 0.5 }, call)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('int64: expected an integer'),
    });
    await predict.close();
  });

  it('names a feature that is missing or no number', async () => {
    const predict = onnx({ path: data('champion.onnx'), features: featureNames });
    await expect(predict({ ...inputs[0], 'mean radius': undefined, 'worst area': '1' }, call)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(
        /mean radius: expected a number that fits float32, got nothing\n {2}worst area: .* got a string/,
      ),
    });
    await predict.close();
  });

  it('says what the runtime says of a wrong shape', async () => {
    const predict = onnx({ path: data('champion.onnx'), features: ['mean radius'] });
    await expect(predict(inputs[0] ?? {}, call)).rejects.toMatchObject({
      code: 'PREDICTOR_FAILED',
      message: expect.stringContaining('Expected: 30'),
    });
    await predict.close();
  });
});

describe('session', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'understudy-onnx-'))));
  afterAll(() => rm(folder, { recursive: true }));

  /** The runtime with a counted, and for one model failing, `create`. */
  function counted(): { lib: OnnxRuntime; created: unknown[]; released: unknown[] } {
    const created: unknown[] = [];
    const released: unknown[] = [];
    const create: OnnxRuntime['InferenceSession']['create'] = async (model, options) => {
      created.push(options);
      const session = await (typeof model === 'string'
        ? runtime.InferenceSession.create(model, options)
        : runtime.InferenceSession.create(model, options));
      const release = session.release.bind(session);
      session.release = () => (released.push(model), release());
      return session;
    };
    return { created, released, lib: { Tensor: runtime.Tensor, env: runtime.env, InferenceSession: { create } } };
  }

  it('is one for concurrent first calls, with the options given, and released by close', async () => {
    const { lib, created, released } = counted();
    const predict = onnx({ path: data('champion.onnx'), features: featureNames, lib, sessionOptions: { intraOpNumThreads: 1 } });
    expect(created).toEqual([]);
    await Promise.all(inputs.slice(0, 5).map((input): unknown => predict(input, call)));
    expect(created).toEqual([{ executionProviders: ['cpu'], logSeverityLevel: 3, intraOpNumThreads: 1 }]);
    await predict.close();
    expect(released).toHaveLength(1);
    await expect(predict(inputs[0] ?? {}, call)).rejects.toMatchObject({ code: 'CLOSED' });
    await predict.close();
    expect(released).toHaveLength(1);
  });

  it('that cannot be loaded is tried again by the next call', async () => {
    const path = join(folder, 'late.onnx');
    const predict = onnx({ path, features: featureNames });
    const failures = await Promise.allSettled([predict(inputs[0] ?? {}, call), predict(inputs[0] ?? {}, call)]);
    expect(failures).toMatchObject([
      { reason: { code: 'PREDICTOR_FAILED', message: expect.stringContaining('late.onnx could not be loaded') } },
      { status: 'rejected' },
    ]);
    await writeFile(path, 'no model');
    await expect(predict(inputs[0] ?? {}, call)).rejects.toMatchObject({ code: 'PREDICTOR_FAILED' });
    expect(predict.describe()).toEqual({});
    await copyFile(data('champion.onnx'), path);
    expect(await predict(inputs[0] ?? {}, call)).toHaveProperty('label', 0);
    await predict.close();
  });

  it('is refused when its file changes while it is opened', async () => {
    const path = join(folder, 'moving.onnx');
    await copyFile(data('champion.onnx'), path);
    const { lib } = counted();
    const create = vi.fn<OnnxRuntime['InferenceSession']['create']>(async (model, options) => {
      const session = await lib.InferenceSession.create(model, options);
      await copyFile(data('challenger.onnx'), path);
      return session;
    });
    const predict = onnx({ path, features: featureNames, lib: { ...lib, InferenceSession: { create } } });
    await expect(predict(inputs[0] ?? {}, call)).rejects.toMatchObject({
      code: 'PREDICTOR_FAILED',
      retryable: true,
      message: expect.stringContaining('was changed'),
    });
    create.mockImplementation(lib.InferenceSession.create);
    await predict(inputs[0] ?? {}, call);
    expect(predict.describe()['digest']).toBe(digestOf(await readFile(data('challenger.onnx'))));
    await predict.close();
  });

  it('is described by digest and runtime once it is loaded', async () => {
    const bytes = await readFile(data('champion.onnx'));
    for (const predict of [
      onnx({ path: data('champion.onnx'), features: featureNames }),
      onnx({ bytes, features: featureNames }),
    ]) {
      expect(predict.describe()).toEqual({});
      await predict(inputs[0] ?? {}, call);
      expect(predict.describe()).toEqual({ digest: digestOf(bytes), runtime: `onnxruntime-node ${runtime.env.versions.node}` });
      await predict.close();
    }
  });

  const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
});

it('says how to install a runtime that is missing', async () => {
  vi.doMock('onnxruntime-node', () => {
    throw new Error('Cannot find package');
  });
  const predict = onnx({ path: data('champion.onnx'), features: featureNames });
  await expect(predict(inputs[0] ?? {}, call)).rejects.toMatchObject({
    code: 'PEER_MISSING',
    message: expect.stringContaining('npm install onnxruntime-node'),
  });
  vi.doUnmock('onnxruntime-node');
  await predict.close();
});

it('wants either a path or bytes', () => {
  expect(() => onnx({})).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  expect(() => onnx({ path: 'a.onnx', bytes: new Uint8Array(1) })).toThrow('expected either the path');
});
