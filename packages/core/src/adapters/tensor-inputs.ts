import { Problems, UnderstudyError } from '../errors/index.ts';
import { checkTensor, elementRule, tensorError, type TensorInput, type TensorInputs, type TensorType } from './tensor.ts';
import type { TensorMapping, TensorTypes } from './tensor-mapping.ts';

const UNSTACKABLE = 'cannot be stacked: every row must have it, with the same type and dims, the first of which is 1';

/**
 * The tensors of one or more rows, stacked along the first axis.
 *
 * @param known The model's inputs, where the runtime knows them.
 * @throws UnderstudyError `INPUT_INVALID` with every field that is missing or of a wrong kind, never with its value;
 * `CONFIGURATION_INVALID` for features of a model that has several inputs.
 */
export function toTensors<I, T extends TensorTypes>(
  rows: readonly I[],
  mapping: TensorMapping<I, T>,
  known: TensorTypes | undefined,
): TensorInputs {
  const { features, columns, inputs, inputName } = mapping;
  if (inputs !== undefined) return stack(rows.map((row) => inputs(row)));
  const problems = new Problems();
  const tensors =
    features === undefined
      ? columnTensors(rows, columns ?? known ?? guessColumns(rows[0], problems), problems)
      : featureTensor(rows, features, featureName(inputName, known), problems);
  problems.throwIfAny('INPUT_INVALID', 'The input');
  return tensors;
}

/** Name and type of the tensor that features make. */
function featureName(inputName: string | undefined, known: TensorTypes | undefined): readonly [string, TensorType] {
  if (known === undefined) return [inputName ?? 'input', 'float32'];
  const names = Object.keys(known);
  const name = inputName ?? (names.length === 1 ? names[0] : undefined) ?? '';
  const type = known[name];
  if (type !== undefined) return [name, type];
  throw new UnderstudyError(
    'CONFIGURATION_INVALID',
    `The model takes ${names.map((known) => `"${known}"`).join(', ')}: set inputName to the one that features make, or use inputs.`,
  );
}

function featureTensor(
  rows: readonly unknown[],
  features: readonly string[],
  [name, type]: readonly [string, TensorType],
  problems: Problems,
): TensorInputs {
  const faultOf = faultFinder(type);
  const data: unknown[] = [];
  for (const [index, row] of rows.entries()) {
    const inner = Array.isArray(row) ? row : field(row, 'features');
    const values: readonly unknown[] = Array.isArray(inner) ? inner : features.map((feature) => field(row, feature));
    if (values.length !== features.length) {
      problems.add(pathOf(rows, index, 'features'), `expected ${features.length} numbers, got ${values.length}`);
      continue;
    }
    for (const [position, value] of values.entries()) {
      data.push(value);
      const fault = faultOf(value);
      if (fault !== undefined) problems.add(pathOf(rows, index, features[position] ?? ''), fault);
    }
  }
  return { [name]: { type, dims: [rows.length, features.length], data } };
}

function columnTensors(rows: readonly unknown[], columns: TensorTypes, problems: Problems): TensorInputs {
  const tensors: Record<string, TensorInput> = {};
  for (const [name, type] of Object.entries(columns)) {
    const faultOf = faultFinder(type);
    const data = rows.map((row) => field(row, name));
    for (const [index, value] of data.entries()) {
      const fault = faultOf(value);
      if (fault !== undefined) problems.add(pathOf(rows, index, name), fault);
    }
    tensors[name] = { type, dims: [rows.length, 1], data };
  }
  return tensors;
}

function guessColumns(row: unknown, problems: Problems): TensorTypes {
  const columns: Record<string, TensorType> = {};
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    problems.add('', `expected an object, got ${kindOf(row)}; give features or inputs for other inputs`);
    return columns;
  }
  for (const [name, value] of Object.entries(row)) {
    const type = typeof value;
    if (type === 'number') columns[name] = 'float64';
    else if (type === 'boolean') columns[name] = 'bool';
    else if (type === 'bigint') columns[name] = 'int64';
    else if (type === 'string') columns[name] = 'string';
    else
      problems.add(
        name,
        `a tensor cannot be made of ${kindOf(value)}; say which fields are tensors by columns, features or inputs`,
      );
  }
  return columns;
}

function stack(rows: readonly TensorInputs[]): TensorInputs {
  const [first = {}] = rows;
  const stacked: Record<string, TensorInput> = {};
  for (const [name, tensor] of Object.entries(first)) {
    const { type, dims } = tensor;
    const parts = rows.map((row) => {
      const part = row[name];
      const fits = part?.type === type && part.dims.join() === dims.join() && (part.dims[0] === 1 || rows.length === 1);
      if (!fits) throw tensorError(name, UNSTACKABLE, 'INPUT_INVALID');
      checkTensor(name, part, 'INPUT_INVALID');
      return part;
    });
    stacked[name] =
      rows.length === 1
        ? tensor
        : { type, dims: [rows.length, ...dims.slice(1)], data: parts.flatMap(({ data }) => Array.from(data)) };
  }
  return stacked;
}

/** What is wrong with an element of a tensor of this type; `undefined` for nothing. NaN and infinities are wrong in a field. */
function faultFinder(type: TensorType): (value: unknown) => string | undefined {
  const rule = elementRule(type);
  return (value) =>
    rule?.accepts(value) === true && (typeof value !== 'number' || Number.isFinite(value))
      ? undefined
      : `expected ${rule?.expected ?? type}, got ${kindOf(value)}`;
}

function pathOf(rows: readonly unknown[], index: number, name: string): string {
  return rows.length === 1 ? name : `[${index}].${name}`;
}

function field(row: unknown, name: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, name) : undefined;
}

/** What a value is, for messages: its kind, never the value. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isFinite(value) ? 'another number' : 'NaN or an infinity';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
