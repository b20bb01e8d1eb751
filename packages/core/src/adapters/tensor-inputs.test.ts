import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { toTensors } from './tensor-inputs.ts';

function thrownBy(work: () => unknown): UnderstudyError {
  try {
    work();
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
  }
  throw new Error('expected an UnderstudyError');
}

const problemsOf = (work: () => unknown): string[] => {
  const { code, details } = thrownBy(work);
  return [code, ...(details.problems ?? []).map(({ path, message }) => `${path}: ${message}`)];
};

describe('features', () => {
  const features = ['a', 'b'];

  it('make one row each, in their order, whatever form the row has', () => {
    const rows = [{ b: 2, a: 1 }, [3, 4], { features: [5, 6], a: 0, b: 0 }];
    expect(toTensors(rows, { features }, undefined)).toEqual({
      input: { type: 'float32', dims: [3, 2], data: [1, 2, 3, 4, 5, 6] },
    });
  });

  it('take name and type from the only input of the model', () => {
    expect(toTensors([[1, 2]], { features }, { x: 'float64' })).toEqual({ x: { type: 'float64', dims: [1, 2], data: [1, 2] } });
    expect(toTensors([[1, 2]], { features, inputName: 'y' }, { x: 'float64', y: 'int32' })).toEqual({
      y: { type: 'int32', dims: [1, 2], data: [1, 2] },
    });
    expect(Object.keys(toTensors([[1, 2]], { features, inputName: 'mine' }, undefined))).toEqual(['mine']);
  });

  it.each([{ features }, { features, inputName: 'z' }])(
    'of a model with several inputs need one of their names: %j',
    (mapping) => {
      const error = thrownBy(() => toTensors([[1, 2]], mapping, { x: 'float32', y: 'float32' }));
      expect(error.code).toBe('CONFIGURATION_INVALID');
      expect(error.message).toBe('The model takes "x", "y": set inputName to the one that features make, or use inputs.');
    },
  );

  it('are named where they are wrong, by row where there are several, never with their value', () => {
    const rows = [{ a: 'secret', b: null }, { a: Number.NaN }, [1], { a: 1e39, b: [] }];
    const number = 'expected a number that fits float32, got';
    expect(problemsOf(() => toTensors(rows, { features }, undefined))).toEqual([
      'INPUT_INVALID',
      `[0].a: ${number} a string`,
      `[0].b: ${number} null`,
      `[1].a: ${number} NaN or an infinity`,
      `[1].b: ${number} nothing`,
      '[2].features: expected 2 numbers, got 1',
      `[3].a: ${number} another number`,
      `[3].b: ${number} an array`,
    ]);
    expect(problemsOf(() => toTensors([{ a: {}, b: 1 }], { features }, undefined))).toEqual([
      'INPUT_INVALID',
      `a: ${number} an object`,
    ]);
  });
});

describe('columns', () => {
  it('are those that were declared, before those of the model', () => {
    const row = { a: 1, b: true, c: 'x' };
    const tensors = toTensors([row, row], { columns: { b: 'bool', a: 'int64' } }, { c: 'string' });
    expect(tensors).toEqual({
      b: { type: 'bool', dims: [2, 1], data: [true, true] },
      a: { type: 'int64', dims: [2, 1], data: [1, 1] },
    });
    expect(toTensors([row], {}, { c: 'string' })).toEqual({ c: { type: 'string', dims: [1, 1], data: ['x'] } });
  });

  it('are guessed from the first row where nobody knows them', () => {
    expect(toTensors([{ a: 1, b: false, c: 2n, d: 'x' }], {}, undefined)).toEqual({
      a: { type: 'float64', dims: [1, 1], data: [1] },
      b: { type: 'bool', dims: [1, 1], data: [false] },
      c: { type: 'int64', dims: [1, 1], data: [2n] },
      d: { type: 'string', dims: [1, 1], data: ['x'] },
    });
    expect(problemsOf(() => toTensors([{ a: 1 }, { a: '1' }], {}, undefined))).toEqual([
      'INPUT_INVALID',
      '[1].a: expected a number that fits float64, got a string',
    ]);
  });

  it.each([
    [7, ': expected an object, got another number; give features or inputs for other inputs'],
    [null, ': expected an object, got null; give features or inputs for other inputs'],
    [[1], ': expected an object, got an array; give features or inputs for other inputs'],
    [{ a: { b: 1 } }, 'a: a tensor cannot be made of an object; say which fields are tensors by columns, features or inputs'],
    [{ a: [1] }, 'a: a tensor cannot be made of an array; say which fields are tensors by columns, features or inputs'],
  ])('cannot be guessed from %j', (row, problem) => {
    expect(problemsOf(() => toTensors([row], {}, undefined))).toEqual(['INPUT_INVALID', problem]);
  });
});

describe('inputs', () => {
  const inputs = (data: readonly number[]) => ({ x: { type: 'float32', dims: [1, data.length], data } }) as const;

  it('of several rows are stacked along the first axis (property)', () => {
    const sizes = fc.integer({ min: 0, max: 4 });
    const rows = sizes.chain((size) => {
      const row = fc.array(fc.float({ noNaN: true }), { minLength: size, maxLength: size });
      return fc.array(row, { minLength: 1, maxLength: 5 });
    });
    fc.assert(
      fc.property(rows, (rows) => {
        const [first = []] = rows;
        const expected = { x: { type: 'float32', dims: [rows.length, first.length], data: rows.flat() } };
        expect(toTensors(rows, { inputs }, undefined)).toEqual(expected);
      }),
    );
  });

  it('of one row may have any first axis', () => {
    const tensors = { x: { type: 'float32', dims: [3], data: [1, 2, 3] } } as const;
    expect(toTensors([0], { inputs: () => tensors }, undefined)).toEqual(tensors);
  });

  it.each([
    [
      'another shape',
      [
        { type: 'float32', dims: [1, 2], data: [1, 2] },
        { type: 'float32', dims: [1, 1], data: [1] },
      ],
    ],
    [
      'another type',
      [
        { type: 'float32', dims: [1], data: [1] },
        { type: 'int32', dims: [1], data: [1] },
      ],
    ],
    [
      'a longer first axis',
      [
        { type: 'float32', dims: [2], data: [1, 2] },
        { type: 'float32', dims: [2], data: [1, 2] },
      ],
    ],
    ['no such tensor', [{ type: 'float32', dims: [1], data: [1] }, undefined]],
  ] as const)('cannot be stacked with %s', (_, rows) => {
    const mapping = { inputs: (row: (typeof rows)[number]) => (row === undefined ? {} : { x: row }) };
    const error = thrownBy(() => toTensors(rows, mapping, undefined));
    expect([error.code, error.details]).toEqual(['INPUT_INVALID', { tensor: 'x' }]);
    expect(error.message).toContain('Tensor "x" cannot be stacked: every row must have it');
  });

  it('are checked, also of one row', () => {
    const wrong = { x: { type: 'uint8', dims: [1, 2], data: [1, 256] } } as const;
    expect(thrownBy(() => toTensors([0], { inputs: () => wrong }, undefined)).message).toBe(
      'Tensor "x" must have an integer from 0 to 255 at element 1.',
    );
  });
});
