import { flag, type Kinds, readOptions, text } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import type { NeedsParse } from './adapter-for.ts';
import type { AnswerPart, AnswerProtocol } from './answer-protocol.ts';
import { type AnswerOf, type AnswerSchema, answerSchema } from './answer-schema.ts';
import { CHAT, type ChatOptions, type ChatPredictor, type ToolCall } from './chat-options.ts';
import { chatPredictor, type ChatProtocol } from './chat-predictor.ts';
import { asRecord, textIn } from './json-response.ts';
import { baseUrl, endpointUrl } from './vendor-options.ts';
import { bearer } from './vendor-request.ts';
import { chatCompletionUsage } from './vendor-usage.ts';

/** A message of `/chat/completions`. */
export interface OpenAIMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  /** A text, or parts: `[{ type: 'text', text }, { type: 'image_url', image_url: { url } }]`. */
  readonly content?: string | readonly object[] | null;
  readonly name?: string;
  readonly tool_calls?: readonly object[];
  readonly tool_call_id?: string;
  readonly refusal?: string | null;
}

/** An event of a stream of `/chat/completions`. */
export interface OpenAIChatChunk {
  readonly id?: string;
  readonly model?: string;
  /** None on the last one, which has the usage. */
  readonly choices?: readonly {
    readonly index: number;
    readonly delta: {
      readonly role?: string;
      readonly content?: string | null;
      readonly refusal?: string | null;
      readonly reasoning_content?: string | null;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: object | null;
}

export interface OpenAIChatOptions<
  I,
  C = string,
  S extends AnswerSchema | undefined = AnswerSchema | undefined,
  O = unknown,
> extends ChatOptions<I, OpenAIMessage, OpenAIChatChunk, C, S, O> {
  /**
   * The base of the API, for all servers that speak it: Azure (`https://….openai.azure.com/openai/v1`), OpenRouter
   * (`https://openrouter.ai/api/v1`), vLLM (`http://localhost:8000/v1`). A query stays at the end.
   * @defaultValue 'https://api.openai.com/v1'
   */
  readonly url?: string | URL;
  /** The name under which the schema is sent. @defaultValue 'answer' */
  readonly schemaName?: string;
  /**
   * Whether the answer must follow the schema to the letter. Every property must be required then: say `nullable` in place of `optional`.
   * @defaultValue true
   */
  readonly strict?: boolean;
}

const OPENAI_CHAT: Kinds<OpenAIChatOptions<unknown, unknown>> = {
  ...CHAT,
  url: baseUrl('https://api.openai.com/v1'),
  schemaName: text,
  strict: flag,
};
const DEFAULTS = { url: 'https://api.openai.com/v1', schemaName: 'answer', strict: true, prefill: false } as const;

/**
 * A predictor that asks a language model over OpenAI's `/chat/completions`, which most servers of language models speak.
 *
 * ```ts
 * openaiChat({ model: 'gpt-5-mini', apiKey, messages: (ticket) => [{ role: 'user', content: ticket.text }] })
 * ```
 *
 * It answers the text; with `schema` its JSON. It reports tokens, the model, the reason to end, and what the endpoint says of its limits.
 *
 * @throws UnderstudyError As `http`. `ANSWER_REFUSED` (`details.kind`: `refused`, `content-filtered`), `OUTPUT_INVALID` for an answer that is
 * no JSON where a schema is set. Of a stream also `STREAM_CUT`, for one that ends without `[DONE]` or says that it failed.
 */
export function openaiChat<I = unknown, S extends AnswerSchema | undefined = undefined, O = AnswerOf<S>, C = string>(
  options: OpenAIChatOptions<I, C, S, O> & NeedsParse<AnswerOf<S>, O>,
): ChatPredictor<I, O, NoInfer<C>> {
  const { url, schemaName, strict, ...settings } = readOptions(
    'openaiChat',
    options,
    OPENAI_CHAT as Kinds<OpenAIChatOptions<I, C, S, O>>,
    DEFAULTS,
  );
  const endpoint = endpointUrl(url, '/chat/completions');
  const schema = answerSchema('openaiChat', settings.schema, { closed: strict, strict });
  return chatPredictor(settings, schema, chatProtocol(endpoint, schemaName, strict));
}

function chatProtocol(url: string, schemaName: string, strict: boolean): ChatProtocol<OpenAIMessage> {
  // OpenAI's reasoning models refuse `max_tokens`; most of the other servers know no other name.
  const isOpenAI = /^https?:\/\/[^/?#]*\.(?:openai|azure)\.com(?:[:/?#]|$)/i.test(url);
  return {
    url,
    provider: 'openai',
    keyHeader: bearer,
    streamType: 'text/event-stream',
    ...chatAnswers,
    body: ({ model, messages, system, maxTokens, temperature, tools, schema, stream }) => ({
      model,
      messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      [isOpenAI ? 'max_completion_tokens' : 'max_tokens']: maxTokens,
      temperature,
      tools,
      response_format:
        schema === undefined ? undefined : { type: 'json_schema', json_schema: { name: schemaName, schema, strict } },
      stream_options: stream ? { include_usage: true } : undefined,
    }),
  };
}

/** How `/chat/completions` answers. */
export const chatAnswers: AnswerProtocol = {
  terminator: '[DONE]',
  errorIn: errorOf,
  answer: (document) => {
    const choice = first(document['choices']);
    if (choice === undefined) return undefined;
    const message = asRecord(choice['message']);
    return { ...partOf(document, choice, message), toolCalls: toolCallsOf(message['tool_calls']) };
  },
  reader: chatReader,
};

/** Reads one stream, whose end is `[DONE]`. Some servers send a `message` in place of deltas, or once more after them. */
function chatReader(): (event: Readonly<Record<string, unknown>>) => AnswerPart {
  let hasDeltas = false;
  return (event) => {
    const choice = first(event['choices']);
    if (choice === undefined) return partOf(event, NONE, NONE);
    const part = partOf(event, choice, asRecord(choice['delta']));
    hasDeltas ||= part.text !== '';
    return hasDeltas || choice['message'] === undefined ? part : partOf(event, choice, asRecord(choice['message']));
  };
}

/** An error under status 200: `{ error }`, vLLM's `{ object: 'error' }`, or a choice that ended by one. */
function errorOf(document: Readonly<Record<string, unknown>>): unknown {
  if (document['error'] !== undefined && document['error'] !== null) return document['error'];
  if (document['object'] === 'error') return document;
  const choice = first(document['choices']);
  return choice?.['finish_reason'] === 'error' ? (choice['error'] ?? { type: 'error' }) : undefined;
}

const FINISH_REASONS: Readonly<Record<string, CallReport['finishReason']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
};

const NONE = {};

function partOf(
  document: Readonly<Record<string, unknown>>,
  choice: Readonly<Record<string, unknown>>,
  message: Readonly<Record<string, unknown>>,
): AnswerPart {
  const reason = choice['finish_reason'];
  // One literal: spreads cost more than the rest of it, for every piece of a stream.
  return {
    usage: chatCompletionUsage(document['usage']),
    model: textIn(document, 'model'),
    id: textIn(document, 'id'),
    text: textOf(message['content']),
    beside: textOf(message['reasoning_content'] ?? message['reasoning']) + argumentsOf(message['tool_calls']),
    refusal: textOf(message['refusal']),
    begunCalls: begunCalls(message['tool_calls']),
    stopped: reason === 'content_filter' ? 'content-filtered' : undefined,
    finishReason:
      typeof reason !== 'string' ? undefined : Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : 'other',
  };
}

/** The first choice: more are not asked for. */
function first(choices: unknown): Readonly<Record<string, unknown>> | undefined {
  const list: readonly unknown[] = Array.isArray(choices) ? choices : [];
  const found = list.find((choice) => (asRecord(choice)['index'] ?? 0) === 0);
  return found === undefined ? undefined : asRecord(found);
}

/** A text, or the texts of parts, as Mistral has them. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (typeof asRecord(part)['text'] === 'string' ? String(asRecord(part)['text']) : ''))
    .join('');
}

function argumentsOf(calls: unknown): string {
  if (!Array.isArray(calls)) return '';
  return calls.map((call: unknown) => textOf(asRecord(asRecord(call)['function'])['arguments'])).join('');
}

/** The name comes with the first piece of a call. */
function begunCalls(calls: unknown): number {
  if (!Array.isArray(calls)) return 0;
  return calls.filter((call: unknown) => textOf(asRecord(asRecord(call)['function'])['name']) !== '').length;
}

function toolCallsOf(calls: unknown): readonly ToolCall[] {
  if (!Array.isArray(calls)) return [];
  return calls.map((call: unknown) => {
    const asked = asRecord(asRecord(call)['function']);
    return { id: textOf(asRecord(call)['id']), name: textOf(asked['name']), input: inputOf(asked['arguments']) };
  });
}

/** Arguments of a tool: models write them, so that they may be no JSON. */
export function inputOf(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
