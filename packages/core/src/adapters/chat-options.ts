import { callback, either, flag, isRecord, kind, type Kinds, list, required, text, whole, within } from '../errors/index.ts';
import type { Call, CallReport, MaybePromise, Usage } from '../types/index.ts';
import type { AdapterFor } from './adapter-for.ts';
import { ANSWER_SCHEMA, type AnswerSchema } from './answer-schema.ts';
import { CONNECTION, type Connection } from './connection.ts';
import { API_KEY, type ApiKey } from './vendor-options.ts';

/** A tool that a model asks to be called. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments; a text where the model wrote something that is no JSON. */
  readonly input: unknown;
}

/** What a language model answered. */
export interface ChatAnswer {
  /** The text, without the reasoning. */
  readonly text: string;
  /** With `schema` the JSON of the text; else the text. */
  readonly value: unknown;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: CallReport['finishReason'];
  /** The model that answered, as the endpoint names it. */
  readonly model: string | undefined;
  readonly usage: Usage | undefined;
  /** The whole answer, as the endpoint sent it. */
  readonly raw: unknown;
}

/**
 * What all adapters of language models can be told. `M`: messages of the protocol, `E`: events of its stream, `C`: chunks, `S`: the schema,
 * `O`: what `parse` makes of an answer.
 */
export interface ChatOptions<
  I,
  M,
  E,
  C = string,
  S extends AnswerSchema | undefined = AnswerSchema | undefined,
  O = unknown,
> extends Connection {
  /** The model to ask, as the endpoint names it. */
  readonly model: string;
  /**
   * Sent with every request. It is in no message and no event.
   * @defaultValue none
   */
  readonly apiKey?: ApiKey | undefined;
  /** The conversation for an input. */
  readonly messages: (input: I) => readonly M[];
  /**
   * What the model is told before the conversation.
   * @defaultValue nothing
   */
  readonly system?: string | ((input: I) => string);
  /** At most so many tokens are answered. @defaultValue the endpoint's; 4096 for Anthropic, who has none */
  readonly maxTokens?: number;
  /** From 0 (always the likeliest) up to 2. @defaultValue the endpoint's */
  readonly temperature?: number;
  /** Tools in the shape of the protocol; what the model wants called is in `toolCalls` of the answer. @defaultValue none */
  readonly tools?: readonly object[];
  /** More fields of the request, or what makes them. They win over those that the adapter makes, all but `stream`. @defaultValue none */
  readonly body?: Readonly<Record<string, unknown>> | ((input: I) => Readonly<Record<string, unknown>>);
  /**
   * How the answer must look, as a rule the `output` of the contract: zod from 4.2 on and other schemas of the Standard JSON Schema interface,
   * or a JSON Schema as plain data, which is sent as it is. The answer is then the JSON of the text.
   * @defaultValue the answer is text
   */
  readonly schema?: S;
  /** What to make of a whole answer; a stream has chunks. @defaultValue its `value`: the text, or with `schema` the JSON */
  readonly parse?: (answer: ChatAnswer) => MaybePromise<O>;
  /** The chunk of an event of the stream; `undefined`: none. @defaultValue the text of the event */
  readonly chunk?: (event: E) => C | undefined;
  /**
   * Whether the endpoint goes on with an answer that is the last message of the conversation. Used when a stream goes on after a break
   * (`onBreak: 'continue'`). `false`: a message of the user asks the model to go on.
   * @defaultValue true for Anthropic and Ollama, false for OpenAI. Some of Anthropic's models refuse it.
   */
  readonly prefill?: boolean;
  /**
   * A larger response is refused while it is read, in bytes after decompression.
   * @defaultValue 16_777_216 (16 MiB); of a stream 268_435_456 (256 MiB), and 16 MiB for one of its events
   */
  readonly maxResponseBytes?: number;
}

/** A predictor of a language model, which can stream: by default the text, as it comes. */
export interface ChatPredictor<I, O = unknown, C = string> extends AdapterFor<I, O> {
  /**
   * The answer in chunks, as soon as the endpoint begins to answer. Only what is pulled is read, and the connection is free when the reader
   * leaves, also while a read is pending: `for await (const chunk of await predictor.stream(input, call))`.
   *
   * @throws UnderstudyError As the predictor does; the chunks also `STREAM_CUT`, where a stream ends before its answer is whole.
   */
  readonly stream: (input: I, call: Call) => Promise<AsyncIterableIterator<C>>;
  /** The model that was asked for. */
  readonly describe: () => Readonly<Record<string, string>>;
}

/** The kinds of {@link ChatOptions}; `url` is each adapter's own. */
export const CHAT: Kinds<ChatOptions<unknown, unknown, unknown, unknown>> = {
  ...CONNECTION,
  model: required(text),
  apiKey: API_KEY,
  messages: required(callback),
  system: either(text, callback),
  maxTokens: whole(1),
  temperature: within(0, 2),
  tools: list(kind(isRecord, 'a tool')),
  body: either(kind(isRecord, 'an object with fields of the request'), callback),
  schema: ANSWER_SCHEMA,
  parse: callback,
  chunk: callback,
  prefill: flag,
};
