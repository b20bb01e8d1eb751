import type {
  LanguageModelV2,
  LanguageModelV2Usage,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { answerOf, requestOf } from '../adapters/repair-request.ts';
import { jsonOfText } from '../contract/json-text.ts';
import { readProperty, UnderstudyError } from '../errors/index.ts';
import { withAnswer } from '../policies/repair-json.ts';
import type { AdapterPredictor, Call, CallReport, Repair } from '../types/index.ts';
import { providerName } from './provider-name.ts';
import { NO_USAGE, PARTS, type StreamChunk } from './language-model-contract.ts';

/** A model of the AI SDK, of this version of its specification or one of the two before it. */
export type AnyLanguageModel = LanguageModelV4 | LanguageModelV3 | LanguageModelV2;

/** Characters of a token, where nobody has counted (OpenAI's rule of thumb for English). */
const CHARACTERS_OF_A_TOKEN = 4;
/** So long, in milliseconds, a stream may take to end after its last part. */
const LAST_PARTS_MS = 250;

/** A predictor that asks a model of the AI SDK: whole, or in parts. */
export function wrappedModel(model: AnyLanguageModel): AdapterPredictor {
  // The versions differ in usage and finish reasons alone as far as they are read here; both are made alike below.
  const inner = model as LanguageModelV4;
  const asked = (options: LanguageModelV4CallOptions, { signal, repair }: Call): LanguageModelV4CallOptions => ({
    ...options,
    ...(repair === undefined ? {} : { prompt: [...options.prompt, ...repairTurns(repair)] }),
    abortSignal: signal,
  });
  const request = { operation: 'chat', provider: providerName(model.provider), model: model.modelId };
  const generate = async (options: LanguageModelV4CallOptions, call: Call): Promise<LanguageModelV4GenerateResult> => {
    call.report({ request });
    const result = await inner.doGenerate(asked(options, call));
    const [usage, finishReason] = [usageOf(result.usage), finishReasonOf(result.finishReason)];
    call.report(reportOf(usage, finishReason, result.response?.modelId ?? model.modelId, result.response?.id));
    if (finishReason.unified === 'content-filter' && result.content.length === 0) throw refused(model.modelId);
    const answer = { ...result, usage, finishReason };
    if (options.responseFormat?.type === 'json') checkJson(answer, model.modelId);
    return answer;
  };
  const stream = async (options: LanguageModelV4CallOptions, call: Call): Promise<AsyncIterable<StreamChunk>> => {
    call.report({ request });
    return new PartReader(await inner.doStream(asked(options, call)), model.modelId, options.prompt, call);
  };
  return Object.assign(generate, { stream }) as AdapterPredictor;
}

const repairTurns = (repair: Repair): LanguageModelV4Prompt => [
  { role: 'assistant', content: [{ type: 'text', text: answerOf(repair) }] },
  { role: 'user', content: [{ type: 'text', text: requestOf(repair) }] },
];

/** Answers that were no JSON, by the errors that say so. */
const NO_JSON = new WeakMap<object, LanguageModelV4GenerateResult>();

/** The answer of the last model, where a call failed because that was no JSON; `undefined` for any other error. */
export function answerWithoutJson(error: unknown): LanguageModelV4GenerateResult | undefined {
  const cause = UnderstudyError.is(error, 'NOTHING_SERVED') ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null ? NO_JSON.get(cause) : undefined;
}

/**
 * An answer in JSON was asked for: a text that is none is of no use, and another model may do better. One in a fence of Markdown passes as it is,
 * and so does one that calls tools, which has not answered yet.
 */
function checkJson(answer: LanguageModelV4GenerateResult, modelId: string): void {
  const { content, finishReason } = answer;
  if (content.some(({ type }) => type === 'tool-call')) return;
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  try {
    jsonOfText(text);
  } catch {
    const why = finishReason.unified === 'length' ? ' It reached its limit of tokens: raise maxOutputTokens.' : '';
    const message = `expected JSON, got ${text === '' ? 'no text' : `a text of ${text.length} characters`}.${why}`;
    const details = { problems: [{ path: '', message }] };
    const error = new UnderstudyError('OUTPUT_INVALID', `The answer of ${modelId} has a problem: ${message}`, { details });
    NO_JSON.set(error, answer);
    throw withAnswer(error, text);
  }
}

/** The parts of one stream. No generator: one that waits for a part could not be left. */
class PartReader implements AsyncIterableIterator<StreamChunk> {
  readonly #opened: LanguageModelV4StreamResult;
  readonly #reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>;
  readonly #call: Call;
  readonly #prompt: LanguageModelV4Prompt;
  #modelId: string;
  #responseId: string | undefined;
  #hasBegun = false;
  #hasContent = false;
  #characters = 0;
  #isFinished = false;

  constructor(opened: LanguageModelV4StreamResult, modelId: string, prompt: LanguageModelV4Prompt, call: Call) {
    this.#prompt = prompt;
    this.#opened = opened;
    this.#reader = opened.stream.getReader();
    this.#modelId = modelId;
    this.#call = call;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamChunk, undefined>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      const { request, response } = this.#opened;
      return { done: false, value: { type: 'head', request, response } };
    }
    // Nothing comes after it that anybody reads; a stream that does not end would be waited for.
    if (this.#isFinished) return this.#ended();
    const { done, value } = await this.#reader.read().catch((error: unknown) => this.#broken(cut(this.#modelId, error)));
    if (!done) return { done, value: this.#seen(value) };
    this.#broken(cut(this.#modelId));
  }

  /** The answer is whole; its stream gets a moment to end by itself, so that its connection can be used again. */
  #ended(): IteratorResult<StreamChunk, undefined> {
    const cancel = (): void => void this.#reader.cancel().catch(() => undefined);
    const timer = setTimeout(cancel, LAST_PARTS_MS);
    const isOver = (): void => clearTimeout(timer);
    this.#reader.closed.then(isOver, isOver);
    void this.#reader.read().catch(isOver);
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<StreamChunk, undefined>> {
    if (!this.#isFinished) this.#estimate();
    await this.#reader.cancel();
    return { done: true, value: undefined };
  }

  #seen(part: LanguageModelV4StreamPart): LanguageModelV4StreamPart {
    if (part.type === 'text-delta' || part.type === 'reasoning-delta' || part.type === 'tool-input-delta')
      this.#characters += part.delta.length;
    if (PARTS.isContent(part)) this.#hasContent = true;
    if (part.type === 'response-metadata') {
      this.#modelId = part.modelId ?? this.#modelId;
      this.#responseId = part.id ?? this.#responseId;
    }
    if (part.type === 'error') return this.#broken(part.error);
    return part.type === 'finish' ? this.#finished(part) : part;
  }

  #finished(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): LanguageModelV4StreamPart {
    const [usage, finishReason] = [usageOf(part.usage), finishReasonOf(part.finishReason)];
    if (finishReason.unified === 'interrupted') return this.#broken(cut(this.#modelId));
    this.#isFinished = true;
    this.#call.report(reportOf(usage, finishReason, this.#modelId, this.#responseId));
    if (finishReason.unified === 'content-filter' && !this.#hasContent) throw refused(this.#modelId);
    return { ...part, usage, finishReason };
  }

  #broken(error: unknown): never {
    this.#estimate();
    throw error;
  }

  /** What has come so far has been paid for, too, and the whole prompt. Before anything came nobody knows. */
  #estimate(): void {
    if (this.#characters === 0) return;
    const [input, output] = [tokensOf(promptLength(this.#prompt)), tokensOf(this.#characters)];
    const usage = {
      inputTokens: { ...NO_USAGE.inputTokens, total: input, noCache: input },
      outputTokens: { ...NO_USAGE.outputTokens, total: output },
    };
    this.#call.report({ usage, estimated: true, model: this.#modelId });
  }
}

const tokensOf = (characters: number): number => Math.ceil(characters / CHARACTERS_OF_A_TOKEN);

const textLength = (text: unknown): number => (typeof text === 'string' ? text.length : 0);

/** Characters of the texts of a prompt; images and files count nothing. */
function promptLength(prompt: LanguageModelV4Prompt): number {
  let length = 0;
  for (const message of prompt) {
    const content = readProperty(message, 'content');
    if (typeof content === 'string') length += content.length;
    else if (Array.isArray(content)) for (const part of content) length += textLength(readProperty(part, 'text'));
  }
  return length;
}

const cut = (modelId: string, cause?: unknown): UnderstudyError =>
  new UnderstudyError('STREAM_CUT', `The stream of ${modelId} ended before its answer was finished.`, { retryable: true, cause });

const refused = (modelId: string): UnderstudyError =>
  new UnderstudyError('ANSWER_REFUSED', `A content filter stopped the answer of ${modelId}.`, {
    details: { kind: 'content-filtered' },
  });

function reportOf(
  usage: LanguageModelV4Usage,
  { unified }: LanguageModelV4FinishReason,
  model: string,
  responseId: string | undefined,
): CallReport {
  const report = { usage, model, finishReason: unified === 'interrupted' ? 'error' : unified } as const;
  return responseId === undefined ? report : { ...report, responseId };
}

/** Usage of version 2 is flat: its cached and reasoning tokens are parts of its totals; cached ones that are more than the total stand beside it. */
function usageOf(usage: LanguageModelV4Usage | LanguageModelV2Usage): LanguageModelV4Usage {
  const { inputTokens: input, outputTokens: output } = usage;
  if (typeof input === 'object' && typeof output === 'object') return usage as LanguageModelV4Usage;
  const { cachedInputTokens: cacheRead, reasoningTokens: reasoning } = usage as LanguageModelV2Usage;
  const [told, written] = [input as number | undefined, output as number | undefined];
  const isBeside = told !== undefined && cacheRead !== undefined && cacheRead > told;
  const total = isBeside ? told + cacheRead : told;
  return {
    inputTokens: {
      total,
      noCache: total === undefined ? undefined : total - (cacheRead ?? 0),
      cacheRead,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: written,
      text: written === undefined ? undefined : written - (reasoning ?? 0),
      reasoning,
    },
  };
}

/** Finish reasons of version 2 are texts. */
function finishReasonOf(reason: LanguageModelV4FinishReason | string): LanguageModelV4FinishReason {
  if (typeof reason !== 'string') return reason;
  return { unified: reason === 'unknown' ? 'other' : (reason as LanguageModelV4FinishReason['unified']), raw: reason };
}
