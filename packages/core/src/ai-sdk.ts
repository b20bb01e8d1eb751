/**
 * Models of the AI SDK: one guarded language model out of several, and one guarded embedding model.
 *
 * @module
 */
export { type DecisionMetadata, decisionOf } from './ai-sdk/decision-metadata.ts';
export {
  type GuardedLanguageModel,
  languageModel,
  type LanguageModelOptions,
  type LanguageRequest,
  type LanguageVariant,
} from './ai-sdk/language-model.ts';
export type { StreamChunk, StreamHead } from './ai-sdk/language-model-contract.ts';
export type { AnyLanguageModel } from './ai-sdk/wrapped-model.ts';
export {
  embeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingVariant,
  type GuardedEmbeddingModel,
} from './ai-sdk/embedding-model.ts';
