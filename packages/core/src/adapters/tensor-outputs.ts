import { UnderstudyError } from '../errors/index.ts';
import { elementCount, type Tensor, tensorError, type Tensors } from './tensor.ts';
import type { TensorsOf, TensorTypes } from './tensor-mapping.ts';

/** The tensors that were declared, with the types that were declared; all of them where none was. */
export function declaredTensors<T extends TensorTypes>(tensors: Tensors, outputs: T | undefined): TensorsOf<T> {
  for (const [name, type] of Object.entries(outputs ?? {})) {
    const tensor = tensors[name];
    if (tensor?.type === type) continue;
    const came = Object.entries(tensors).map(([other, { type: otherType }]) => `"${other}" (${otherType})`);
    throw new UnderstudyError(
      'RESPONSE_INVALID',
      `The model was to answer the tensor "${name}" (${type}); it answered ${came.join(', ') || 'none'}.`,
      {
        details: { tensor: name },
      },
    );
  }
  return tensors as TensorsOf<T>;
}

/** One set of tensors a row, from tensors whose first axis is the rows. */
export function splitRows(tensors: Tensors, count: number): Tensors[] {
  const rows: Record<string, Tensor>[] = Array.from({ length: count }, () => ({}));
  for (const [name, { type, dims, data }] of Object.entries(tensors)) {
    if (dims[0] !== count) {
      throw tensorError(
        name,
        `has dims [${dims.join(', ')}], where ${count} rows were sent: its first axis must be theirs`,
        'RESPONSE_INVALID',
      );
    }
    const all = Array.from(data);
    const rowDims = [1, ...dims.slice(1)];
    const size = elementCount(rowDims);
    for (const [index, row] of rows.entries())
      row[name] = { type, dims: rowDims, data: all.slice(index * size, (index + 1) * size) };
  }
  return rows;
}

/** Each tensor under its name: its only element, or nested arrays without a batch axis of 1; bigints that fit as numbers. */
export function plainOutput(tensors: Tensors): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, data }]) => {
      const values = Array.from<unknown>(data).map((value) =>
        typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value,
      );
      return [name, values.length === 1 ? values[0] : nest(values, dims[0] === 1 ? dims.slice(1) : dims)];
    }),
  );
}

function nest(values: readonly unknown[], [length = 0, ...inner]: readonly number[]): readonly unknown[] {
  if (inner.length === 0) return values;
  const size = elementCount(inner);
  return Array.from({ length }, (_, index) => nest(values.slice(index * size, (index + 1) * size), inner));
}
