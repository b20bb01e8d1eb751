/**
 * Versions of models: where they came from, who approved them, which one serves, and what changed when.
 *
 * @module
 */
export { createRegistry, type RegisteredModel, type Registry, type RegistryOptions } from './registry/registry.ts';
export type { RegistryStore } from './registry/registry-log.ts';
export type {
  Approval,
  Lineage,
  RegisteredVersion,
  RegistryChange,
  RegistryEntry,
  VersionDraft,
  VersionQuery,
  VersionSource,
  VersionStatus,
} from './registry/registry-state.ts';
export { mlflowRegistry, type MlflowRegistryOptions } from './registry/mlflow-registry.ts';
export { type DefineRegisteredModel, fromRegistry, type FromRegistryOptions } from './registry/serve-registered.ts';
export {
  cardMarkdown,
  fingerprintIn,
  googleCard,
  type LiveFigure,
  modelCard,
  type ModelCard,
  type ModelCardAbout,
  type ModelCardOptions,
} from './registry/model-card.ts';
