import { type ErrorCode, UnderstudyError } from '../errors/index.ts';

/** Element types, by their names in ONNX Runtime. The Open Inference Protocol's names are in the table of docs/guides/onnx.md. */
export type TensorType =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'string';

/** What one element is in JavaScript: 64-bit integers are bigint, so that none is rounded. */
export type ElementOf<T extends TensorType> = T extends 'bool'
  ? boolean
  : T extends 'string'
    ? string
    : T extends 'int64' | 'uint64'
      ? bigint
      : number;

/** An array or a typed array. */
export interface TensorData<E> extends ArrayLike<E>, Iterable<E> {}

/** A tensor as it comes out of a model. */
export interface Tensor<T extends TensorType = TensorType> {
  readonly type: T;
  /** Lengths of the axes, the batch first: `[1, 30]` is one row of 30. */
  readonly dims: readonly number[];
  /** Flat, row-major. */
  readonly data: TensorData<ElementOf<T>>;
}

/** A tensor as it goes into a model: plain numbers are as good as bigints. */
export interface TensorInput {
  readonly type: TensorType;
  /** Lengths of the axes, the batch first: `[1, 30]` is one row of 30. */
  readonly dims: readonly number[];
  /** Flat, row-major. */
  readonly data: ArrayLike<unknown>;
}

export type Tensors = Readonly<Record<string, Tensor>>;
export type TensorInputs = Readonly<Record<string, TensorInput>>;

interface ElementRule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/**
 * What an element of a type may be; `undefined` for a type that is none. The ranges are those of two's complement and of
 * IEEE 754. NaN and the infinities are floats: tree models read NaN as "missing".
 */
export function elementRule(type: string): ElementRule | undefined {
  if (type === 'bool') return { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
  if (type === 'string') return { expected: 'a string', accepts: (value) => typeof value === 'string' };
  if (type === 'float16') return float(type, 65_504);
  if (type === 'float32') return float(type, 3.402_823_466_385_288_6e38);
  if (type === 'float64') return float(type, Number.MAX_VALUE);
  const [, unsigned, bits] = /^(u?)int(8|16|32|64)$/.exec(type) ?? [];
  return bits === undefined ? undefined : integer(BigInt(bits), unsigned === '');
}

function float(type: string, largest: number): ElementRule {
  return {
    expected: `a number that fits ${type}`,
    accepts: (value) => typeof value === 'number' && (Math.abs(value) <= largest || !Number.isFinite(value)),
  };
}

function integer(bits: bigint, signed: boolean): ElementRule {
  const smallest = signed ? -(2n ** (bits - 1n)) : 0n;
  const largest = 2n ** (signed ? bits - 1n : bits) - 1n;
  return {
    expected: `an integer from ${smallest} to ${largest}${bits === 64n ? ', as a bigint where it is beyond 2^53' : ''}`,
    accepts: (value) =>
      (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) &&
      value >= smallest &&
      value <= largest,
  };
}

/**
 * Checks type, shape and every element of a tensor. Values stay out of the message: they are inputs and outputs.
 *
 * @throws UnderstudyError with `code`, naming the tensor and the element.
 */
export function checkTensor(name: string, tensor: TensorInput, code: ErrorCode): void {
  const { type, dims, data } = tensor;
  const rule = elementRule(type);
  if (rule === undefined)
    throw tensorError(name, `has the unknown type ${type}; float32, int64, bool and string are known ones`, code);
  if (!dims.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw tensorError(name, 'has dims that are not whole numbers from 0', code);
  const count = elementCount(dims);
  if (data.length !== count)
    throw tensorError(name, `has ${data.length} elements, but its dims [${dims.join(', ')}] need ${count}`, code);
  for (let index = 0; index < count; index++) {
    if (!rule.accepts(data[index])) throw tensorError(name, `must have ${rule.expected} at element ${index}`, code);
  }
}

export function tensorError(name: string, problem: string, code: ErrorCode): UnderstudyError {
  return new UnderstudyError(code, `Tensor "${name}" ${problem}.`, { details: { tensor: name } });
}

/** How many elements a tensor of these dims has: one where there are none. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}
