import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from '../types/index.ts';
import type { Tensor, TensorInput, TensorInputs, Tensors } from './tensor.ts';
import type { TensorMapping, TensorTypes } from './tensor-mapping.ts';
import { tensorPredictor, type TensorRunner } from './tensor-predictor.ts';
import { fakeCall } from '../testing/fake-call.ts';

const call: Call = fakeCall();

/** What the runner is given for the mapping and the inputs. */
async function sent(
  mapping: TensorMapping<unknown, TensorTypes>,
  rows: readonly unknown[],
  inputs?: TensorTypes,
): Promise<TensorInputs> {
  let seen: TensorInputs = {};
  const run: TensorRunner['run'] = (tensors) => {
    seen = tensors;
    return Promise.resolve({ y: { type: 'float32', dims: [rows.length], data: rows.map(() => 0) } });
  };
  const predict = tensorPredictor('test', mapping, () => ({ run, ...(inputs === undefined ? {} : { inputs }) }));
  await (rows.length === 1 ? predict(rows[0], call) : predict.predictBatch(rows, call));
  return seen;
}

/** What a predictor answers when the model answers these tensors. */
async function answer(tensors: Tensors, mapping: TensorMapping<unknown, TensorTypes> = {}, count?: number): Promise<unknown> {
  const predict = tensorPredictor('test', { inputs: () => ({}), ...mapping }, () => ({ run: () => Promise.resolve(tensors) }));
  return count === undefined ? predict({}, call) : predict.predictBatch(Array.from({ length: count }), call);
}

describe('features', () => {
  const features = ['radius', 'texture'];
  const row = { radius: 17.5, id: 'ignored', texture: 10 };

  it.each([
    ['fields', [row]],
    ['an array', [[17.5, 10]]],
    ['an array in features', [{ features: [17.5, 10] }]],
  ])('make a float32 row from %s', async (_name, rows) => {
    expect(await sent({ features }, rows)).toEqual({ input: { type: 'float32', dims: [1, 2], data: [17.5, 10] } });
  });

  it('stack rows', async () => {
    expect(await sent({ features, inputName: 'x' }, [row, [1, 2], row])).toEqual({
      x: { type: 'float32', dims: [3, 2], data: [17.5, 10, 1, 2, 17.5, 10] },
    });
  });

  it("take name and type of the model's only input", async () => {
    expect(await sent({ features }, [row], { x: 'float64' })).toEqual({ x: { type: 'float64', dims: [1, 2], data: [17.5, 10] } });
  });

  it('ask which input they make where there are several', async () => {
    const known = { x: 'float32', mask: 'bool' } as const;
    await expect(sent({ features }, [row], known)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('"x", "mask"'),
    });
    await expect(sent({ features, inputName: 'z' }, [row], known)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(await sent({ features, inputName: 'x' }, [row], known)).toHaveProperty('x');
  });

  it.each([
    [{ radius: 1 }, 'texture: expected a number that fits float32, got nothing'],
    [{ radius: 1, texture: null }, 'texture: expected a number that fits float32, got null'],
    [{ radius: '1', texture: 1 }, 'radius: expected a number that fits float32, got a string'],
    [{ radius: Number.NaN, texture: 1 }, 'radius: expected a number that fits float32, got NaN or an infinity'],
    [{ radius: 1e300, texture: 1 }, 'radius: expected a number that fits float32, got another number'],
    [{ features: [1] }, 'features: expected 2 numbers, got 1'],
    [[1, 2, 3], 'features: expected 2 numbers, got 3'],
    [undefined, 'radius: expected a number that fits float32, got nothing'],
  ])('name what is wrong in %j', async (input, message) => {
    await expect(sent({ features }, [input])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('name the row of a batch, and everything at once', async () => {
    await expect(sent({ features }, [row, { radius: true, texture: [] }])).rejects.toMatchObject({
      details: { problems: [{ path: '[1].radius' }, { path: '[1].texture' }] },
    });
  });
});

describe('columns', () => {
  const row = { age: 40, smoker: true, city: 'Bonn', account: 2n ** 60n };

  it('are guessed from the first row', async () => {
    expect(await sent({}, [row])).toEqual({
      age: { type: 'float64', dims: [1, 1], data: [40] },
      smoker: { type: 'bool', dims: [1, 1], data: [true] },
      city: { type: 'string', dims: [1, 1], data: ['Bonn'] },
      account: { type: 'int64', dims: [1, 1], data: [2n ** 60n] },
    });
  });

  it("are the model's inputs where they are known, and what is declared before all", async () => {
    expect(await sent({}, [row, row], { age: 'float32' })).toEqual({ age: { type: 'float32', dims: [2, 1], data: [40, 40] } });
    expect(await sent({ columns: { age: 'int64' } }, [row], { age: 'float32' })).toEqual({
      age: { type: 'int64', dims: [1, 1], data: [40] },
    });
  });

  it.each([
    [{ columns: { age: 'uint8' } }, { age: 300 }, 'age: expected an integer from 0 to 255, got another number'],
    [{ columns: { age: 'uint8' } }, {}, 'age: expected an integer from 0 to 255, got nothing'],
    [{}, { at: new Date(0) }, 'at: a tensor cannot be made of an object'],
    [{}, { list: [1] }, 'list: a tensor cannot be made of an array'],
    [{}, 'text', '(whole value): expected an object, got a string'],
  ] as const)('name what is wrong: %j with %j', async (mapping, input, message) => {
    await expect(sent(mapping, [input])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('inputs', () => {
  const tensorOf = (dims: number[], data: ArrayLike<unknown>): TensorInput => ({ type: 'float32', dims, data });

  it('pass as they are for one row', async () => {
    const tensors = { x: tensorOf([2, 2], new Float32Array([1, 2, 3, 4])) };
    expect((await sent({ inputs: () => tensors }, [{}]))['x']).toBe(tensors.x);
  });

  it('are stacked along the first axis', async () => {
    const inputs = (row: unknown): TensorInputs => ({ x: tensorOf([1, 2], new Float32Array([Number(row), 0.5])) });
    expect(await sent({ inputs }, [1, 2, 3])).toEqual({ x: { type: 'float32', dims: [3, 2], data: [1, 0.5, 2, 0.5, 3, 0.5] } });
  });

  it.each([
    ['another length', tensorOf([1, 1], [1])],
    ['another type', { type: 'int32', dims: [1, 2], data: [1, 2] } as const],
    ['no batch axis', tensorOf([2], [1, 2])],
  ])('cannot be stacked with %s', async (_name, second) => {
    const rows = [tensorOf([1, 2], [1, 2]), second];
    await expect(sent({ inputs: (row) => ({ x: rows[Number(row)] ?? second }) }, [0, 1])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { tensor: 'x' },
    });
  });

  it('cannot be stacked where a row lacks one', async () => {
    const inputs = (row: unknown): TensorInputs => (row === 0 ? { x: tensorOf([1, 1], [1]) } : {});
    await expect(sent({ inputs }, [0, 1])).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { tensor: 'x' } });
  });

  it('are checked', async () => {
    await expect(sent({ inputs: () => ({ x: tensorOf([1, 3], [1]) }) }, [{}])).rejects.toThrow(
      'Tensor "x" has 1 elements, but its dims [1, 3] need 3.',
    );
  });
});

describe('outputs', () => {
  const label = { type: 'int64', dims: [2], data: new BigInt64Array([1n, 2n ** 60n]) } as const;
  const scores = { type: 'float32', dims: [2, 3], data: [0, 1, 2, 3, 4, 5] } as const;

  it.each<[Tensor, unknown]>([
    [{ type: 'float32', dims: [1, 1], data: [0.5] }, 0.5],
    [{ type: 'float32', dims: [], data: [0.5] }, 0.5],
    [{ type: 'int64', dims: [1], data: new BigInt64Array([7n]) }, 7],
    [{ type: 'int64', dims: [1, 2], data: [2n ** 60n, -3n] }, [2n ** 60n, -3]],
    [{ type: 'string', dims: [1, 2], data: ['a', 'b'] }, ['a', 'b']],
    [{ type: 'float32', dims: [3], data: [1, 2, 3] }, [1, 2, 3]],
    [
      { type: 'bool', dims: [1, 2, 2], data: [true, false, true, true] },
      [
        [true, false],
        [true, true],
      ],
    ],
    [
      { type: 'float32', dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [{ type: 'float32', dims: [1, 0], data: [] }, []],
  ])('become plain values: %#', async (tensor, value) => {
    expect(await answer({ y: tensor })).toEqual({ y: value });
  });

  it('are split along the first axis', async () => {
    expect(await answer({ label, scores }, {}, 2)).toEqual([
      { label: 1, scores: [0, 1, 2] },
      { label: 2n ** 60n, scores: [3, 4, 5] },
    ]);
  });

  it('are given to `output`, row by row', async () => {
    expect(
      await answer({ scores }, { output: ({ scores: tensor }) => ({ dims: tensor?.dims, last: tensor?.data[2] }) }, 2),
    ).toEqual([
      { dims: [1, 3], last: 2 },
      { dims: [1, 3], last: 5 },
    ]);
  });

  it('that are missing or of another type are named', async () => {
    await expect(answer({ scores }, { outputs: { label: 'int64' } })).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
      message: 'The model was to answer the tensor "label" (int64); it answered "scores" (float32).',
    });
    await expect(answer({ scores }, { outputs: { scores: 'float64' } })).rejects.toMatchObject({ details: { tensor: 'scores' } });
  });

  it('that do not have the rows on their first axis are named', async () => {
    await expect(answer({ scores }, {}, 3)).rejects.toMatchObject({ code: 'RESPONSE_INVALID', details: { tensor: 'scores' } });
  });

  it('asks for the declared ones only', async () => {
    const run = vi.fn<TensorRunner['run']>(() => Promise.resolve({ scores }));
    await tensorPredictor('test', { features: ['a'], outputs: { scores: 'float32' } }, () => ({ run }))({ a: 1 }, call);
    expect(run.mock.calls[0]?.slice(1)).toEqual([['scores'], call]);
  });
});

it('a batch answers what its rows answer one by one (property)', async () => {
  const run: TensorRunner['run'] = ({ input }) => {
    const [rows = 0, width = 0] = input?.dims ?? [];
    const sums = Array.from({ length: rows }, (_, row) =>
      Array.from(input?.data ?? [], Number).slice(row * width, (row + 1) * width),
    );
    return Promise.resolve({
      sum: { type: 'float64', dims: [rows], data: sums.map((values) => values.reduce((total, value) => total + value, 0)) },
      echo: { type: 'float64', dims: [rows, width], data: sums.flat() },
    });
  };
  const predict = tensorPredictor('test', { features: ['a', 'b', 'c'] }, () => ({ run }));
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(values, { maxLength: 5 }), async (rows) => {
      expect(await predict.predictBatch(rows, call)).toEqual(await Promise.all(rows.map((row): unknown => predict(row, call))));
    }),
  );
});

it('says everything that is wrong with a mapping at once', () => {
  const mapping = { features: ['a', 7 as never], columns: { b: 'float' as 'float32' }, outputs: { c: 'int' as 'int8' } };
  expect(() => tensorPredictor('onnx', mapping, () => ({ run: () => Promise.resolve({}) }))).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: { problems: ['features[1]', 'columns.b', 'outputs.c'].map((path) => expect.objectContaining({ path })) },
    }),
  );
  expect(() => tensorPredictor('onnx', { inputName: 'x', features: [] }, () => ({ run: () => Promise.resolve({}) }))).toThrow(
    'onnx() has a problem',
  );
});
