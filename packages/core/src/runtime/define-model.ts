import type { Contract, TruthOf } from '../model/contract.ts';
import type { Model } from '../model/model-api.ts';
import type { OptionsOf } from '../model/model-options.ts';
import type { InOf, OutOf, Schema } from '../types/index.ts';
import { defaultDependencies } from './default-dependencies.ts';
import { ModelRegistry } from './model-registry.ts';

/**
 * Defines a model. Two arguments, since TypeScript infers the contract completely before the callbacks in the options: no type
 * argument and no annotation is ever needed. Does no I/O, starts no timer and draws no randomness; predictors are called at
 * the first `predict`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path; `DUPLICATE_MODEL` for a name that the
 * runtime knows, unless `replace: true`
 */
export interface DefineModel {
  <I extends Schema, O extends Schema, V extends string, T extends Schema = never, K extends string = never, C = never>(
    contract: Contract<I, O, T, K, C>,
    options: OptionsOf<I, O, V, T, NoInfer<K>, NoInfer<C>>,
  ): Model<InOf<I>, OutOf<I>, OutOf<O>, TruthOf<O, T>, V, K, C>;
}

let defaultRuntime: ModelRegistry | undefined;

/**
 * {@link DefineModel} in a default runtime: a store in memory, no sinks, no policies; it never writes to the console. A
 * bundle without {@link createUnderstudy} does not carry what that adds.
 */
export const defineModel = ((contract, options) => {
  defaultRuntime ??= new ModelRegistry(defaultDependencies());
  return defaultRuntime.define(contract, options);
}) as DefineModel;
