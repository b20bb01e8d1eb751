import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponse, writeRequest } from './open-inference-wire.ts';
import { elementCount, type Tensor, type TensorInput, type TensorType } from './tensor.ts';

const source = { where: 'POST http://host/v2/models/m/infer', contentType: 'application/json' };

const asResponse = (text: string): string => text.replace('{"inputs":', '{"outputs":');

function response(...outputs: unknown[]): string {
  return JSON.stringify({ outputs });
}

const integers = (bits: bigint, signed: boolean): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: signed ? -(2n ** (bits - 1n)) : 0n, max: 2n ** (signed ? bits - 1n : bits) - 1n });
const small = (bits: bigint, signed: boolean): fc.Arbitrary<number> => integers(bits, signed).map(Number);
// JSON.stringify, too, writes -0 as 0.
const finite = { noNaN: true, noDefaultInfinity: true } as const;
const positiveZero = (value: number): number => value + 0;

const elements: Record<TensorType, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  uint8: small(8n, false),
  uint16: small(16n, false),
  uint32: small(32n, false),
  uint64: integers(64n, false),
  int8: small(8n, true),
  int16: small(16n, true),
  int32: small(32n, true),
  int64: integers(64n, true),
  float16: fc.float({ ...finite, min: -65_504, max: 65_504 }).map(positiveZero),
  float32: fc.float(finite).map(positiveZero),
  float64: fc.double(finite).map(positiveZero),
  string: fc.string({ unit: 'binary' }),
};

const datatypes: Record<TensorType, string> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

function tensors(type: TensorType): fc.Arbitrary<TensorInput> {
  return fc
    .array(fc.nat(3), { minLength: 1, maxLength: 4 })
    .chain((dims) =>
      fc
        .array(elements[type], { minLength: elementCount(dims), maxLength: elementCount(dims) })
        .map((data) => ({ type, dims, data })),
    );
}

/** The flat data of a request text, nested as its dims say. */
function nested(text: string, dims: readonly number[], data: ArrayLike<unknown>): string {
  const written = (value: unknown): string => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));
  const nest = (values: readonly string[], [length = 0, ...inner]: readonly number[]): string => {
    const size = elementCount(inner);
    const rows = Array.from({ length }, (_, index) =>
      inner.length === 0 ? values[index] : nest(values.slice(index * size, (index + 1) * size), inner),
    );
    return `[${rows.join(',')}]`;
  };
  const at = text.indexOf('"data":[') + '"data":'.length;
  return `${text.slice(0, at)}${nest(Array.from(data, written), dims)}}]}`;
}

describe('row 35: every datatype, nested and flat, without model_name', () => {
  it.each(Object.entries(datatypes) as [TensorType, string][])('%s as %s round-trips (property)', (type, datatype) => {
    fc.assert(
      fc.property(tensors(type), (tensor) => {
        const text = asResponse(writeRequest({ 'the "x"': tensor }, undefined, undefined));
        expect(text).toContain(`"datatype":"${datatype}"`);
        const expected = { modelVersion: undefined, tensors: { 'the "x"': tensor } };
        expect(readResponse(text, source)).toEqual(expected);
        expect(readResponse(nested(text, tensor.dims, tensor.data), source)).toEqual(expected);
      }),
    );
  });
});

describe('writeRequest', () => {
  it('writes what the protocol says', () => {
    const inputs = {
      x: { type: 'float32', dims: [1, 2], data: new Float32Array([0.5, -2]) },
      id: { type: 'int64', dims: [1], data: [2n ** 63n - 1n] },
      account: { type: 'uint64', dims: [1], data: [7] },
    } as const;
    expect(writeRequest(inputs, ['y', 'z'], { content_type: 'pd' })).toBe(
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[0.5,-2]},{"name":"id","shape":[1],"datatype":"INT64","data":[9223372036854775807]},' +
        '{"name":"account","shape":[1],"datatype":"UINT64","data":[7]}],"outputs":[{"name":"y"},{"name":"z"}],"parameters":{"content_type":"pd"}}',
    );
  });

  it.each([
    [
      'NaN',
      { type: 'float32', dims: [2], data: [1, Number.NaN] },
      'Tensor "x" has NaN or an infinity at element 1, which JSON cannot carry.',
    ],
    [
      'an infinity',
      { type: 'float64', dims: [1], data: [Number.NEGATIVE_INFINITY] },
      'Tensor "x" has NaN or an infinity at element 0, which JSON cannot carry.',
    ],
    [
      'more than FP16 holds',
      { type: 'float16', dims: [1], data: [65_505] },
      'Tensor "x" must have a number that fits float16 at element 0.',
    ],
    [
      'a rounded number',
      { type: 'int64', dims: [1], data: [2 ** 60] },
      'Tensor "x" must have an integer from -9223372036854775808 to 9223372036854775807, as a bigint where it is beyond 2^53 at element 0.',
    ],
    ['too few elements', { type: 'bool', dims: [2, 2], data: [true] }, 'Tensor "x" has 1 elements, but its dims [2, 2] need 4.'],
  ] as const)('refuses %s', (_name, tensor, message) => {
    expect(() => writeRequest({ x: tensor }, undefined, undefined)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message }),
    );
  });
});

describe('readResponse', () => {
  it("reads the specification's own example", () => {
    const text = '{"id":"42","outputs":[{"name":"output0","shape":[3,2],"datatype":"FP32","data":[1.0,1.1,2.0,2.1,3.0,3.1]}]}';
    expect(readResponse(text, source).tensors['output0']).toEqual({
      type: 'float32',
      dims: [3, 2],
      data: [1, 1.1, 2, 2.1, 3, 3.1],
    });
  });

  it('reads model_version, and integers in float data however long', () => {
    const text =
      '{"model_name":"m","model_version":"3","outputs":[{"name":"y","shape":[2],"datatype":"FP64","data":[1,100000000000000000000]},{"name":"n","shape":[],"datatype":"INT64","data":[9007199254740993]}]}';
    const { modelVersion, tensors: read } = readResponse(text, source);
    expect(modelVersion).toBe('3');
    expect(read).toEqual<Record<string, Tensor>>({
      y: { type: 'float64', dims: [2], data: [1, 1e20] },
      n: { type: 'int64', dims: [], data: [9_007_199_254_740_993n] },
    });
  });

  it('keeps a tensor of any name', () => {
    const { tensors: read } = readResponse(response({ name: '__proto__', shape: [1], datatype: 'BOOL', data: [true] }), source);
    expect(Object.keys(read)).toEqual(['__proto__']);
  });

  const y = { name: 'y', shape: [2], datatype: 'FP32', data: [1, 2] };
  it.each([
    [
      'a bare NaN',
      '{"outputs":[{"name":"a","shape":[],"datatype":"FP32","data":[1]},{"name":"y","shape":[1,2],"datatype":"FP32","data":[[0,NaN]]}]}',
      'NaN at tensor "y" data[0][1]',
    ],
    [
      'null, as some write NaN',
      response({ ...y, data: [1, null] }),
      'Tensor "y" must have a number that fits float32 at element 1',
    ],
    ['too few elements', response({ ...y, data: [1] }), 'Tensor "y" has 1 elements, but its dims [2] need 2'],
    [
      'ragged data',
      response({ ...y, shape: [2, 2], data: [[1], [2, 3, 4]] }),
      'Tensor "y" has nested data whose lengths are not those of its shape',
    ],
    [
      'data nested too flat',
      response({ ...y, shape: [2, 1, 1], data: [[1], [2]] }),
      'Tensor "y" has nested data whose lengths are not those of its shape',
    ],
    [
      'data nested too deep',
      response({ ...y, data: [[1], [2]] }),
      'Tensor "y" must have a number that fits float32 at element 0',
    ],
    ['a negative length', response({ ...y, shape: [-1] }), 'Tensor "y" has dims that are not whole numbers from 0'],
    [
      'a strange datatype',
      response({ ...y, datatype: 'constructor' }),
      'Tensor "y" has a datatype that the Open Inference Protocol does not know',
    ],
    [
      'binary data',
      response({ name: 'y', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } }),
      'Tensor "y" has no list "shape" or no list "data"',
    ],
    [
      'a number out of range',
      response({ ...y, datatype: 'UINT8', data: [0, 256] }),
      'Tensor "y" must have an integer from 0 to 255 at element 1',
    ],
    [
      'an output without a name',
      response({ shape: [1], datatype: 'BOOL', data: [1] }),
      'Tensor "outputs[0]" must have true or false at element 0',
    ],
    ['no outputs', '{"predictions":[1]}', 'answered JSON without "outputs"'],
    ['a list', '[1]', 'answered JSON without "outputs"'],
    ['null', 'null', 'answered JSON without "outputs"'],
  ])('names the tensor of %s', (_name, text, message) => {
    expect(() => readResponse(text, source)).toThrow(
      expect.objectContaining({ code: 'RESPONSE_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
