export type { Contract, KpiDefinition, Target, TruthOf } from './contract.ts';
export type { AnyContract, AnyOptions } from './any-definition.ts';
export { checkDefinition, type DefinitionContext } from './definition/check-definition.ts';
export type { Decision, Explanation, ServedBy } from './decision.ts';
export type { ModelDependencies } from './model-dependencies.ts';
export { ManagedModel } from './managed-model.ts';
export type {
  Model,
  ModelCommands,
  Outcome,
  OutcomeResult,
  PredictManyOptions,
  PredictOptions,
  RolloutCommands,
  Unit,
} from './model-api.ts';
export type { Effects, ModelOptions, OptionsOf, OutcomeOptions, ShadowOptions, VariantOptions } from './model-options.ts';
export type { SharingStatus } from '../control/index.ts';
export type { ModelStatus, ShadowStatus, VariantStatus } from './status.ts';
