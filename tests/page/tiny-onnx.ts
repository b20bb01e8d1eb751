/** A writer of small ONNX files: protobuf messages (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), field by field. */

type Field = readonly [number: number, value: number | string | Buffer];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function message(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

export const FLOAT = 1;
export const INT64 = 7;

/** A constant of float32. */
export const floats = (name: string, dims: readonly number[], data: readonly number[]): Buffer =>
  tensor(name, FLOAT, dims, Buffer.from(new Float32Array(data).buffer));

/** A constant of int64. */
export const ints = (name: string, data: readonly number[]): Buffer =>
  tensor(name, INT64, [data.length], Buffer.from(new BigInt64Array(data.map(BigInt)).buffer));

const tensor = (name: string, type: number, dims: readonly number[], raw: Buffer): Buffer =>
  message(...dims.map((dim): Field => [1, dim]), [2, type], [8, name], [9, raw]);

/** A node whose attributes are whole numbers. */
export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): Buffer =>
  message(
    ...inputs.map((input): Field => [1, input]),
    [2, output],
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [5, message([1, name], [3, value], [20, 2])]),
  );

/** An input or output of a graph; a text is the name of a dimension that is not fixed. */
export const value = (name: string, type: number, dims: readonly (number | string)[]): Buffer => {
  const shape = message(...dims.map((dim): Field => [1, message(typeof dim === 'number' ? [1, dim] : [2, dim])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
};

export function model(graph: {
  readonly nodes: readonly Buffer[];
  readonly constants: readonly Buffer[];
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}): Buffer {
  const parts = message(
    ...graph.nodes.map((part): Field => [1, part]),
    [2, 'tiny'],
    ...graph.constants.map((part): Field => [5, part]),
    ...graph.inputs.map((part): Field => [11, part]),
    ...graph.outputs.map((part): Field => [12, part]),
  );
  return message([1, 8], [7, parts], [8, message([1, ''], [2, 13])]);
}
