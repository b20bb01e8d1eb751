import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { isRecord, readProperty, told } from '../errors/index.ts';
import type { KpiDefinition } from '../model/contract.ts';
import type { Model, PredictOptions } from '../model/model-api.ts';
import type { ModelOptions, ShadowOptions, VariantOptions } from '../model/model-options.ts';
import { isFiltered } from '../model/plan.ts';
import type { ModelStream, StreamOptions, VariantStreamOptions } from '../model/stream-contract.ts';
import type { AsyncComparator } from '../routing/comparators.ts';
import { defineModel, type DefineModel } from '../runtime/define-model.ts';
import { atOnce } from '../time/index.ts';
import type { ContractView, FilteredEntry, Tier, TierAnswer } from '../types/index.ts';
import {
  CALL_OPTIONS,
  GENERATE_RESULT,
  NO_USAGE,
  PARTS,
  type StreamChunk,
  type StreamHead,
  textResult,
} from './language-model-contract.ts';
import { type AnyDecision, withDecision } from './decision-metadata.ts';
import { definedVariants, givenVariants } from './given-variants.ts';
import { sharedUrls } from './shared-urls.ts';
import { ofAnswers } from './compared-text.ts';
import { type AnyLanguageModel, answerWithoutJson, wrappedModel } from './wrapped-model.ts';

/** What rules see of a call of the AI SDK. */
export interface LanguageRequest {
  /** The text of the last message of the user; empty where there is none. */
  readonly text: string;
  readonly options: LanguageModelV4CallOptions;
}

/** A model of the AI SDK with what is said of a variant. */
export interface LanguageVariant extends Pick<VariantOptions<unknown, unknown>, 'policies' | 'effects'> {
  /** Limits of its streams, in place of the model's. */
  readonly stream?: Omit<VariantStreamOptions, 'continues'>;
  readonly model: AnyLanguageModel;
  /** @defaultValue the provider and the id of the model */
  readonly version?: string;
}

type Options<V extends string, K extends string> = ModelOptions<
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4GenerateResult,
  unknown,
  V,
  LanguageModelV4GenerateResult,
  K
>;
type TextTier = Tier<LanguageRequest, string>;

/** The options of a model, where variants are models of the AI SDK and rules answer text. */
export interface LanguageModelOptions<V extends string, K extends string> extends Omit<
  Options<V, K>,
  'variants' | 'fallback' | 'stream' | 'shadow'
> {
  /** Unique in a runtime; the `modelId` of what is made. */
  readonly name: string;
  readonly variants: Readonly<Record<V, AnyLanguageModel | LanguageVariant>>;
  /** Tried in this order after the assigned variant. `rules()` and `always()` answer a text. */
  readonly fallback?: readonly (NoInfer<V> | TextTier | FilteredEntry<NoInfer<V> | TextTier>)[];
  /** Limits of streams. The AI SDK has no part that says "begin anew", and its models cannot go on: a stream that breaks is an error. */
  readonly stream?: Omit<StreamOptions, 'onBreak'>;
  /** Variants that run beside the served one; their answers are compared and never returned. Comparators get the text of each. */
  readonly shadow?: { readonly [P in NoInfer<V>]?: ShadowOptions<LanguageModelV4CallOptions, string> };
  readonly kpis?: Readonly<Record<K, KpiDefinition>>;
  /** What defines the model: that of a runtime, for its store, sinks and policies. @defaultValue the default runtime */
  readonly understudy?: { readonly defineModel: DefineModel };
}

/** A language model of the AI SDK with everything that a model of ours has. */
export interface GuardedLanguageModel<V extends string, K extends string> extends LanguageModelV4 {
  /** The model behind it: `status()`, `control`, `recordOutcome()`, `on()`, … */
  readonly understudy: Model<
    LanguageModelV4CallOptions,
    LanguageModelV4CallOptions,
    LanguageModelV4GenerateResult,
    LanguageModelV4GenerateResult,
    V,
    K,
    StreamChunk
  >;
}

/**
 * One language model of the AI SDK out of several: it fails over from one to the next, and to rules and fixed texts; it has policies, shadows,
 * rollouts, monitors and events like every model. Give it to `generateText`, `streamText` and the rest of the AI SDK.
 *
 * A call says whose it is by `providerOptions: { understudy: { unit, tenant, priority, deadlineMs, force } }`. The answer says who
 * served it: read that by `decisionOf(providerMetadata)`.
 * Set `maxRetries: 0` in the AI SDK: retries are a policy here.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, `DUPLICATE_MODEL`
 */
export function languageModel<V extends string, K extends string = never>(
  options: LanguageModelOptions<V, K>,
): GuardedLanguageModel<V, K> {
  const given = givenVariants<LanguageModelV4>('languageModel', options, ['doGenerate', 'doStream']);
  const { name, variants: _, fallback, shadow, kpis, understudy, ...rest } = options;
  // What no guard has seen is not handed out.
  const isGuarded = (rest.guards?.output ?? []).length > 0;
  const define = (understudy?.defineModel ?? defineModel) as (
    contract: object,
    options: object,
  ) => GuardedLanguageModel<V, K>['understudy'];
  const model = define(
    { name, input: CALL_OPTIONS, output: GENERATE_RESULT, stream: PARTS, ...(kpis === undefined ? {} : { kpis }) },
    {
      ...rest,
      ...(shadow === undefined ? {} : { shadow: isRecord(shadow) ? ofTexts(shadow) : shadow }),
      variants: definedVariants(given, wrappedModel),
      ...(fallback === undefined ? {} : { fallback: Array.isArray(fallback) ? fallback.map(entryOf) : fallback }),
    },
  );
  return {
    specificationVersion: 'v4',
    provider: 'understudy',
    modelId: name,
    get supportedUrls() {
      return sharedUrls(given.map(({ model: { supportedUrls } }) => supportedUrls));
    },
    understudy: model,
    doGenerate: async (callOptions) => {
      const [input, call] = splitOptions(callOptions);
      try {
        const decision = await model.predict(input, call as PredictOptions<V>);
        const { output } = decision;
        return { ...output, providerMetadata: withDecision(output.providerMetadata, decision) };
      } catch (error) {
        // The AI SDK may mend what is no JSON, and has an error of its own for it.
        const answer = isGuarded ? undefined : answerWithoutJson(error);
        if (answer === undefined) throw error;
        return answer;
      }
    },
    doStream: async (callOptions) => {
      const [input, call] = splitOptions(callOptions);
      return streamOf(model.stream(input, { ...(call as PredictOptions<V>), onBreak: 'error' }));
    },
  };
}

/** Shadows whose comparators get texts. What is no such option is told with the others when the model is defined. */
const ofTexts = (shadow: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(shadow).map(([name, given]) => {
      const compare = isRecord(given) ? given['compare'] : undefined;
      const isOwn = typeof compare === 'function';
      return [name, isOwn ? { ...(given as object), compare: ofAnswers(compare as AsyncComparator<string>) } : given];
    }),
  );

type Stream = ModelStream<StreamChunk, AnyDecision>;

function entryOf(entry: string | TextTier | FilteredEntry<string | TextTier>): unknown {
  if (isFiltered<string | TextTier>(entry)) return { ...entry, entry: entryOf(entry.entry) };
  return typeof entry === 'object' && entry !== null && typeof entry.answer === 'function' ? textTier(entry) : entry;
}

/** A tier that answers text as one of a language model. */
function textTier(tier: TextTier): Tier<LanguageModelV4CallOptions, LanguageModelV4GenerateResult> {
  return {
    kind: tier.kind,
    get name() {
      return tier.name;
    },
    get version() {
      return tier.version;
    },
    check: ({ name }) => tier.check?.(textView(name)),
    answer: (options, failure, call) => {
      const answer: TierAnswer<unknown> = tier.answer({ text: lastText(options.prompt), options }, failure, call);
      atOnce(answer);
      if (!isRecord(answer) || 'abstains' in answer) return answer;
      const { output } = answer;
      atOnce(output);
      // What is thrown is an abstention: the next tier is asked.
      if (typeof output !== 'string') throw new TypeError(`${tier.name} answered ${told(output)}, where a text was expected.`);
      return { ...answer, output: textResult(output) };
    },
  };
}

/** What rules are checked against. */
const textView = (name: string): ContractView => ({
  name,
  input: [
    { path: 'text', type: 'string', optional: false, nullable: false },
    { path: 'options', type: 'object', optional: false, nullable: false, open: true },
  ],
  output: undefined,
  checkOutput: (value) => (typeof value === 'string' ? [] : [{ path: '', message: 'expected a text' }]),
});

/** Nothing is relied on: a tier that cannot fail must not, whatever was asked. */
function lastText(prompt: LanguageModelV4Prompt): string {
  const last: unknown = prompt.findLast((message) => readProperty(message, 'role') === 'user');
  const content = readProperty(last, 'content');
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => textIn(part)).join('');
}

function textIn(part: unknown): string {
  const text = readProperty(part, 'text');
  return typeof text === 'string' ? text : '';
}

/** What of a call is for us, and what for the model that serves it. */
export function splitOptions<T extends Pick<LanguageModelV4CallOptions, 'abortSignal' | 'providerOptions'>>(
  options: T,
): readonly [input: T, call: PredictOptions] {
  const { abortSignal: signal, providerOptions, ...rest } = options;
  const { understudy: own, ...others } = providerOptions ?? {};
  const call = { ...own, ...(signal === undefined ? {} : { signal }) };
  return [{ ...rest, ...(providerOptions === undefined ? {} : { providerOptions: others }) } as T, call];
}

/** The stream of a call, once its first content is there. Rejects where nothing could serve. */
async function streamOf(stream: Stream): Promise<LanguageModelV4StreamResult> {
  const first = await stream.next();
  const head: Partial<StreamHead> = !first.done && first.value.type === 'head' ? first.value : {};
  let waiting: StreamChunk | undefined = first.done || first.value.type === 'head' ? undefined : first.value;
  const next = async (): Promise<LanguageModelV4StreamPart | undefined> => {
    const chunk = waiting ?? (await nextOf(stream));
    waiting = undefined;
    if (chunk?.type === 'head') return next();
    if (chunk?.type !== 'finish') return chunk;
    // Its decision is known when the stream has ended, and belongs to its last part.
    await nextOf(stream);
    return { ...chunk, providerMetadata: withDecision(chunk.providerMetadata, await stream.decision) };
  };
  const { request, response } = head;
  return {
    stream: new ReadableStream<LanguageModelV4StreamPart>(
      {
        pull: async (controller) => {
          try {
            const part = await next();
            if (part === undefined) return controller.close();
            controller.enqueue(part);
          } catch (error) {
            if (isAbort(error)) return controller.error(error);
            controller.enqueue({ type: 'error', error });
            controller.enqueue({ type: 'finish', finishReason: { unified: 'error', raw: undefined }, usage: NO_USAGE });
            controller.close();
          }
        },
        cancel: (reason) => stream.cancel(reason),
      },
      { highWaterMark: 0 },
    ),
    ...(request === undefined ? {} : { request }),
    ...(response === undefined ? {} : { response }),
  };
}

async function nextOf(stream: Stream): Promise<StreamChunk | undefined> {
  const { done, value } = await stream.next();
  return done === true ? undefined : value;
}

const isAbort = (error: unknown): boolean => isRecord(error) && Reflect.get(error, 'name') === 'AbortError';
