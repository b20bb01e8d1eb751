import type { Problems } from '../errors/index.ts';
import { elementRule, type Tensor, type TensorInputs, type TensorType } from './tensor.ts';

/** Names of tensors with their types. */
export type TensorTypes = Readonly<Record<string, TensorType>>;

/** Tensors of declared names and types. */
export type TensorsOf<T extends TensorTypes> = { readonly [Name in keyof T]: Tensor<T[Name]> };

/**
 * How an input becomes tensors and how tensors become an output: the same for every runtime, so that a model can move from
 * one to another. At most one of `features`, `columns` and `inputs`.
 */
export interface TensorMapping<I, T extends TensorTypes> {
  /**
   * Fields of the input object that make one row, in this order: one tensor of shape `[1, features.length]`. An input that is an
   * array, or has an array `features`, is the row itself. Every feature must be a finite number.
   */
  readonly features?: readonly string[];
  /**
   * The name of the tensor that `features` makes.
   * @defaultValue the model's only input, where the runtime knows it; else `'input'`
   */
  readonly inputName?: string;
  /**
   * Fields of the input object that are a tensor each, of shape `[1, 1]`, with the field's name and this type.
   * @defaultValue the model's inputs, where the runtime knows them; else every field of the input: numbers as `float64`,
   * booleans as `bool`, strings as `string`, bigints as `int64`
   */
  readonly columns?: TensorTypes;
  /** Makes the tensors from one input. For `predictBatch` the first axis of each must be 1: it is where rows are stacked. */
  readonly inputs?: (input: I) => TensorInputs;
  /**
   * The tensors that the model must answer, with their types; others are not asked for.
   * @defaultValue whatever the model answers
   */
  readonly outputs?: T;
  /**
   * Makes the output from the tensors of one row.
   * @defaultValue an object with each tensor under its name: its only element, or nested arrays without the batch axis;
   * bigints that fit a number as numbers
   */
  readonly output?: (tensors: TensorsOf<T>) => unknown;
}

/** Checks what can be checked before the first call. */
export function checkMapping<I, T extends TensorTypes>(mapping: TensorMapping<I, T>, problems: Problems): void {
  const { features, columns, inputs, outputs, inputName } = mapping;
  const ways = [features, columns, inputs].filter((way) => way !== undefined);
  problems.expect(ways.length <= 1, 'inputs', 'expected only one of features, columns and inputs');
  problems.expect(inputName === undefined || features !== undefined, 'inputName', 'names the tensor of features: give those too');
  problems.expect(features === undefined || features.length > 0, 'features', 'expected at least one name of a field');
  problems.expect(features === undefined || new Set(features).size === features.length, 'features', 'expected each name once');
  for (const [option, types] of Object.entries({ columns, outputs })) {
    for (const [name, type] of Object.entries(types ?? {})) {
      problems.expect(
        elementRule(type) !== undefined,
        `${option}.${name}`,
        "expected a type such as 'float32', 'int64', 'bool' or 'string'",
      );
    }
  }
}
