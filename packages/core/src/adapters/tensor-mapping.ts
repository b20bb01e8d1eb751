import { callback, checkOptions, kind, type Kinds, list, type Problems, record, type Relation, text } from '../errors/index.ts';
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

const type = kind(
  (value) => typeof value === 'string' && elementRule(value) !== undefined,
  "a type such as 'float32', 'int64', 'bool' or 'string'",
);

/** What can be checked before the first call. */
export const MAPPING: Kinds<TensorMapping<unknown, TensorTypes>> = {
  features: list(text, 1),
  inputName: text,
  columns: record(type),
  inputs: callback,
  outputs: record(type),
  output: callback,
};

/** What must hold between the options of a mapping. */
export function mappingRelations({
  features,
  columns,
  inputs,
  inputName,
}: Pick<TensorMapping<never, TensorTypes>, 'features' | 'columns' | 'inputs' | 'inputName'>): readonly Relation[] {
  const ways = [features, columns, inputs].filter((way) => way !== undefined);
  return [
    [ways.length <= 1, 'inputs', 'only one of features, columns and inputs'],
    [inputName === undefined || features !== undefined, 'inputName', 'features beside it, whose tensor it names'],
    [features === undefined || new Set(features).size === features.length, 'features', 'each name once'],
  ];
}

/** Checks the mapping of an adapter that checks its other options by itself. */
export function checkMapping(mapping: object, problems: Problems): void {
  const names = Object.keys(MAPPING);
  const part = Object.fromEntries(Object.entries(mapping).filter(([name]) => names.includes(name)));
  const found = checkOptions<TensorMapping<unknown, TensorTypes>, {}>(part, MAPPING, {}, mappingRelations).problems;
  for (const { path, message } of found) problems.add(path, message);
}
