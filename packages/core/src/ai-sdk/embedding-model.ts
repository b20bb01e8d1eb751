import type { EmbeddingModelV4, EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider';
import { isRecord } from '../errors/index.ts';
import type { Model, PredictOptions } from '../model/model-api.ts';
import type { ModelOptions, VariantOptions } from '../model/model-options.ts';
import { defineModel, type DefineModel } from '../runtime/define-model.ts';
import type { AdapterPredictor, Call } from '../types/index.ts';
import { NO_USAGE, schemaOf } from './language-model-contract.ts';
import { providerName } from './provider-name.ts';
import { withDecision } from './decision-metadata.ts';
import { definedVariants, givenVariants } from './given-variants.ts';
import { splitOptions } from './language-model.ts';

/** An embedding model with what is said of a variant. */
export interface EmbeddingVariant extends Pick<VariantOptions<unknown, unknown>, 'policies'> {
  readonly model: EmbeddingModelV4;
  /** @defaultValue the provider and the id of the model */
  readonly version?: string;
}

type Options<V extends string> = ModelOptions<
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  EmbeddingModelV4Result,
  unknown,
  V,
  EmbeddingModelV4Result,
  never
>;

/** The options of a model, where variants are embedding models of the AI SDK. */
export interface EmbeddingModelOptions<V extends string> extends Omit<Options<V>, 'variants' | 'stream'> {
  /** Unique in a runtime; the `modelId` of what is made. */
  readonly name: string;
  /** One model at several endpoints: vectors of two different models cannot be compared. */
  readonly variants: Readonly<Record<V, EmbeddingModelV4 | EmbeddingVariant>>;
  /** What defines the model. @defaultValue the default runtime */
  readonly understudy?: { readonly defineModel: DefineModel };
}

/** An embedding model of the AI SDK with everything that a model of ours has. */
export interface GuardedEmbeddingModel<V extends string> extends EmbeddingModelV4 {
  readonly understudy: Model<
    EmbeddingModelV4CallOptions,
    EmbeddingModelV4CallOptions,
    EmbeddingModelV4Result,
    EmbeddingModelV4Result,
    V,
    never
  >;
}

const CALL_OPTIONS = schemaOf<EmbeddingModelV4CallOptions>((value) =>
  isRecord(value) && Array.isArray(value['values']) ? undefined : 'expected call options of the AI SDK with values',
);

const RESULT = schemaOf<EmbeddingModelV4Result>((value) =>
  isRecord(value) && Array.isArray(value['embeddings']) ? undefined : 'expected a result of doEmbed() with embeddings',
);

/**
 * One embedding model of the AI SDK out of several endpoints of one model, as `languageModel()` is one out of several language models. An answer
 * with another number of vectors than it was asked for is a failure.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, `DUPLICATE_MODEL`
 */
export function embeddingModel<V extends string>(options: EmbeddingModelOptions<V>): GuardedEmbeddingModel<V> {
  const given = givenVariants<EmbeddingModelV4>('embeddingModel', options, ['doEmbed']);
  const { name, variants: _, understudy, ...rest } = options;
  const define = (understudy?.defineModel ?? defineModel) as (
    contract: object,
    options: object,
  ) => GuardedEmbeddingModel<V>['understudy'];
  const model = define({ name, input: CALL_OPTIONS, output: RESULT }, { ...rest, variants: definedVariants(given, embedder) });
  return {
    specificationVersion: 'v4',
    provider: 'understudy',
    modelId: name,
    get maxEmbeddingsPerCall() {
      return least(given.map(({ model: { maxEmbeddingsPerCall } }) => maxEmbeddingsPerCall));
    },
    get supportsParallelCalls() {
      return Promise.all(given.map(async ({ model: { supportsParallelCalls } }) => supportsParallelCalls)).then((all) =>
        all.every(Boolean),
      );
    },
    understudy: model,
    doEmbed: async (callOptions) => {
      const [input, call] = splitOptions(callOptions);
      const decision = await model.predict(input, call as PredictOptions<V>);
      const { output } = decision;
      return { ...output, providerMetadata: withDecision(output.providerMetadata, decision) };
    },
  };
}

function embedder(model: EmbeddingModelV4): AdapterPredictor {
  const request = { operation: 'embeddings', provider: providerName(model.provider), model: model.modelId };
  return async (options: EmbeddingModelV4CallOptions, call: Call): Promise<EmbeddingModelV4Result> => {
    call.report({ request });
    const result = await model.doEmbed({ ...options, abortSignal: call.signal });
    const tokens = result.usage?.tokens;
    if (tokens !== undefined) {
      const inputTokens = { total: tokens, noCache: tokens, cacheRead: undefined, cacheWrite: undefined };
      call.report({ usage: { ...NO_USAGE, inputTokens }, model: model.modelId });
    }
    if (result.embeddings.length !== options.values.length)
      throw new TypeError(`${model.modelId} answered ${result.embeddings.length} vectors for ${options.values.length} texts.`);
    return result;
  };
}

/** The smallest of the limits that are told; `undefined` where none is. */
async function least(given: readonly (PromiseLike<number | undefined> | number | undefined)[]): Promise<number | undefined> {
  const limits = (await Promise.all(given.map(async (limit) => limit))).filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
