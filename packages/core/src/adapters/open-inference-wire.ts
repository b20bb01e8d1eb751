import { UnderstudyError } from '../errors/index.ts';
import { asRecord, type JsonSource, parseJson } from './json-response.ts';
import { checkTensor, elementRule, type Tensor, tensorError, type TensorInputs, type TensorType } from './tensor.ts';

/** Tensors to and from the JSON of the Open Inference Protocol v2 (KServe `predict-v2`, "Inference REST"). */

/**
 * The text of an inference request. Data is written flat. It is written by hand because `JSON.stringify` knows no bigint, and
 * `JSON.rawJSON` is missing in some browsers.
 *
 * @throws UnderstudyError `INPUT_INVALID` naming the tensor and the element that its type cannot hold.
 */
export function writeRequest(inputs: TensorInputs, outputs: readonly string[] | undefined, parameters: unknown): string {
  const written = Object.entries(inputs).map(([name, tensor]) => {
    const { type, dims, data } = tensor;
    checkTensor(name, tensor, 'INPUT_INVALID');
    const values = Array.from(data, (value, index) => {
      if (typeof value === 'string') return JSON.stringify(value);
      if (typeof value !== 'number' || Number.isFinite(value)) return String(value);
      throw tensorError(name, `has NaN or an infinity at element ${index}, which JSON cannot carry`, 'INPUT_INVALID');
    });
    return `{"name":${JSON.stringify(name)},"shape":[${dims.join(',')}],"datatype":"${wireType(type)}","data":[${values.join(',')}]}`;
  });
  const more = [
    ...(outputs === undefined ? [] : [`,"outputs":${JSON.stringify(outputs.map((name) => ({ name })))}`]),
    ...(parameters === undefined ? [] : [`,"parameters":${JSON.stringify(parameters)}`]),
  ];
  return `{"inputs":[${written.join(',')}]${more.join('')}}`;
}

/** What an inference response says. Only `outputs` is required: the specification's own example leaves out `model_name`. */
export interface WireResponse {
  readonly modelVersion: string | undefined;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/**
 * Reads an inference response: data nested or flat, 64-bit integers without loss.
 *
 * @throws UnderstudyError `RESPONSE_INVALID` naming the tensor.
 */
export function readResponse(text: string, source: JsonSource): WireResponse {
  const document = asRecord(
    parseJson(text, { ...source, name: tensorOf }, mayHoldLongIntegers(text) ? keepLongIntegers : undefined),
  );
  if (!Array.isArray(document['outputs'])) {
    throw new UnderstudyError(
      'RESPONSE_INVALID',
      `${source.where} answered JSON without "outputs": is it an Open Inference endpoint?`,
    );
  }
  const tensors = document['outputs'].map((output: unknown, index): [string, Tensor] => {
    const { name, shape, datatype, data } = asRecord(output);
    const label = typeof name === 'string' ? name : `outputs[${index}]`;
    const type = typeOf(datatype);
    if (type === undefined)
      throw tensorError(label, 'has a datatype that the Open Inference Protocol does not know', 'RESPONSE_INVALID');
    if (!Array.isArray(shape) || !Array.isArray(data))
      throw tensorError(label, 'has no list "shape" or no list "data" (binary data is not asked for)', 'RESPONSE_INVALID');
    return [label, readTensor(label, type, shape as readonly number[], data)];
  });
  const version = document['model_version'];
  return { modelVersion: typeof version === 'string' ? version : undefined, tensors: Object.fromEntries(tensors) };
}

function readTensor(name: string, type: TensorType, dims: readonly number[], data: readonly unknown[]): Tensor {
  const flat = Array.isArray(data[0]) ? flatten(name, data, dims) : data;
  const convert = type === 'int64' || type === 'uint64' ? toBigInt : type.startsWith('float') ? toNumber : undefined;
  const tensor = { type, dims, data: (convert === undefined ? flat : flat.map(convert)) as Tensor['data'] };
  checkTensor(name, tensor, 'RESPONSE_INVALID');
  return tensor;
}

function flatten(name: string, data: readonly unknown[], [length, ...inner]: readonly number[]): readonly unknown[] {
  if (data.length !== length)
    throw tensorError(name, 'has nested data whose lengths are not those of its shape', 'RESPONSE_INVALID');
  if (inner.length === 0) return data;
  return data.flatMap((row) => flatten(name, Array.isArray(row) ? row : [], inner));
}

/** Values of a wrong kind pass: `checkTensor` names them. */
function toBigInt(value: unknown): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function toNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** A reviver costs several times the parsing: only for a text that has a 64-bit tensor and a number that could be rounded. */
function mayHoldLongIntegers(text: string): boolean {
  return /"U?INT64"/.test(text) && /\d{16}/.test(text);
}

/**
 * Integers beyond 2^53 as bigint, from their source text. Engines without it (Chrome < 114, Firefox < 135, Safari < 18.4) give
 * rounded numbers, which `checkTensor` refuses.
 */
function keepLongIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;
}

/** `tensor "scores" data[3]`, for a bare NaN in a document. */
function tensorOf(document: unknown, [, index, ...rest]: readonly (string | number)[]): string {
  const outputs = asRecord(document)['outputs'];
  const name = Array.isArray(outputs) && typeof index === 'number' ? asRecord(outputs[index])['name'] : undefined;
  const place = rest.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join('');
  return `tensor "${typeof name === 'string' ? name : String(index)}" ${place}`;
}

const NAMES: Readonly<Record<string, TensorType>> = {
  BOOL: 'bool',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};

/** `INT64` → `int64`, `FP32` → `float32`, `BYTES` → `string`. */
function typeOf(datatype: unknown): TensorType | undefined {
  if (typeof datatype !== 'string') return undefined;
  const integer = /^U?INT\d+$/.test(datatype) ? datatype.toLowerCase() : '';
  if (Object.hasOwn(NAMES, datatype)) return NAMES[datatype];
  return elementRule(integer) === undefined ? undefined : (integer as TensorType);
}

function wireType(type: TensorType): string {
  return Object.keys(NAMES).find((name) => NAMES[name] === type) ?? type.toUpperCase();
}
