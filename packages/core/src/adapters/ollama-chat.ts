import { type Kinds, readOptions } from '../errors/index.ts';
import type { NeedsParse } from './adapter-for.ts';
import type { AnswerPart, AnswerProtocol } from './answer-protocol.ts';
import { type AnswerOf, type AnswerSchema, answerSchema } from './answer-schema.ts';
import { CHAT, type ChatOptions, type ChatPredictor } from './chat-options.ts';
import { chatPredictor, type ChatProtocol } from './chat-predictor.ts';
import { asRecord, textIn } from './json-response.ts';
import { textOf } from './openai-chat.ts';
import { baseUrl, endpointUrl } from './vendor-options.ts';
import { bearer } from './vendor-request.ts';
import { ollamaUsage } from './vendor-usage.ts';

/** A message of Ollama's `/api/chat`. */
export interface OllamaMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** In base64. */
  readonly images?: readonly string[];
  readonly tool_calls?: readonly object[];
  readonly tool_name?: string;
}

/** A line of a stream of `/api/chat`. */
export interface OllamaChunk {
  readonly model?: string;
  readonly message?: {
    readonly role?: string;
    readonly content?: string;
    readonly thinking?: string;
    readonly tool_calls?: readonly object[];
  };
  readonly done?: boolean;
  readonly done_reason?: string;
}

export interface OllamaChatOptions<
  I,
  C = string,
  S extends AnswerSchema | undefined = AnswerSchema | undefined,
  O = unknown,
> extends ChatOptions<I, OllamaMessage, OllamaChunk, C, S, O> {
  /** Where Ollama is, with or without the `/api` at its end. @defaultValue 'http://localhost:11434' */
  readonly url?: string | URL;
}

const OLLAMA: Kinds<OllamaChatOptions<unknown, unknown>> = {
  ...CHAT,
  url: baseUrl('http://localhost:11434'),
};

/**
 * A predictor that asks a language model over Ollama's own `/api/chat`. A schema is sent as `format`, `maxTokens` as `options.num_predict`; more
 * options of the model go by `body: { options: { num_ctx: 8192 } }`, which replaces those two.
 *
 * ```ts
 * ollamaChat({ model: 'gemma3', messages: (ticket) => [{ role: 'user', content: ticket.text }] })
 * ```
 *
 * Answers, reports and errors are those of `openaiChat`; a whole stream ends with a line that says `"done": true`.
 */
export function ollamaChat<I = unknown, S extends AnswerSchema | undefined = undefined, O = AnswerOf<S>, C = string>(
  options: OllamaChatOptions<I, C, S, O> & NeedsParse<AnswerOf<S>, O>,
): ChatPredictor<I, O, NoInfer<C>> {
  const { url, ...settings } = readOptions('ollamaChat', options, OLLAMA as Kinds<OllamaChatOptions<I, C, S, O>>, {
    url: 'http://localhost:11434',
    prefill: true,
  });
  const schema = answerSchema('ollamaChat', settings.schema, { closed: false, strict: false });
  return chatPredictor(settings, schema, ollamaProtocol(endpointUrl(String(url).replace(/\/api\/*$/, ''), '/api/chat')));
}

function ollamaProtocol(url: string): ChatProtocol<OllamaMessage> {
  return {
    url,
    provider: 'ollama',
    keyHeader: bearer,
    streamType: 'application/x-ndjson',
    ...ollamaAnswers,
    body: ({ model, messages, system, maxTokens, temperature, tools, schema }) => ({
      model,
      messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      format: schema,
      tools,
      options: maxTokens === undefined && temperature === undefined ? undefined : { num_predict: maxTokens, temperature },
    }),
  };
}

/** How Ollama's `/api/chat` answers. */
export const ollamaAnswers: AnswerProtocol = {
  terminator: 'a line with "done": true',
  errorIn: (document) => document['error'] ?? undefined,
  answer: (document) => (typeof document['message'] === 'object' ? partOf(document) : undefined),
  reader: () => partOf,
};

function partOf(line: Readonly<Record<string, unknown>>): AnswerPart {
  const message = asRecord(line['message']);
  const calls: readonly unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  const { done, done_reason: reason } = line;
  return {
    text: textOf(message['content']),
    beside: textOf(message['thinking']),
    model: textIn(line, 'model'),
    usage: ollamaUsage(line),
    finishReason:
      done !== true
        ? undefined
        : calls.length > 0
          ? 'tool-calls'
          : reason === undefined || reason === 'stop'
            ? 'stop'
            : reason === 'length'
              ? 'length'
              : 'other',
    toolCalls: calls.map((call, index) => {
      const asked = asRecord(asRecord(call)['function']);
      return { id: textOf(asRecord(call)['id']) || String(index), name: textOf(asked['name']), input: asked['arguments'] };
    }),
    isEnd: done === true,
  };
}
