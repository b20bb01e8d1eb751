import { type Kinds, readOptions, text } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import type { NeedsParse } from './adapter-for.ts';
import type { AnswerPart, AnswerProtocol } from './answer-protocol.ts';
import { type AnswerOf, type AnswerSchema, answerSchema } from './answer-schema.ts';
import { CHAT, type ChatOptions, type ChatPredictor } from './chat-options.ts';
import { chatPredictor, type ChatProtocol } from './chat-predictor.ts';
import { asRecord, textIn } from './json-response.ts';
import { textOf } from './openai-chat.ts';
import { baseUrl } from './vendor-options.ts';
import { anthropicUsage } from './vendor-usage.ts';

/** A message of Anthropic's `/v1/messages`. */
export interface AnthropicMessage {
  readonly role: 'user' | 'assistant' | 'system';
  /** A text, or blocks: `[{ type: 'text', text }, { type: 'image', source }]`. */
  readonly content: string | readonly object[];
}

/** An event of a stream of `/v1/messages`; its fields depend on its type. */
export interface AnthropicEvent {
  /** `message_start`, `content_block_start`, `content_block_delta`, `content_block_stop`, `message_delta`, `message_stop`, `ping`. */
  readonly type: string;
  readonly index?: number;
  readonly message?: object;
  readonly content_block?: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly delta?: {
    /** `text_delta`, `thinking_delta`, `input_json_delta`, … */
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string | null;
  };
  readonly usage?: object;
}

export interface AnthropicMessagesOptions<
  I,
  C = string,
  S extends AnswerSchema | undefined = AnswerSchema | undefined,
  O = unknown,
> extends ChatOptions<I, AnthropicMessage, AnthropicEvent, C, S, O> {
  /** Where the API is, with or without the `/v1` at its end. @defaultValue 'https://api.anthropic.com/v1' */
  readonly url?: string | URL;
  /** The version of the API, sent as `anthropic-version`. @defaultValue '2023-06-01' */
  readonly version?: string;
}

const ANTHROPIC: Kinds<AnthropicMessagesOptions<unknown, unknown>> = {
  ...CHAT,
  url: baseUrl('https://api.anthropic.com/v1'),
  version: text,
};
const DEFAULTS = {
  url: 'https://api.anthropic.com/v1',
  version: '2023-06-01',
  maxTokens: 4096,
  prefill: true,
} as const;

/**
 * A predictor that asks a language model over Anthropic's `/v1/messages`. A schema is sent as `output_config.format`.
 *
 * ```ts
 * anthropicMessages({ model: 'claude-sonnet-5-5', apiKey, messages: (ticket) => [{ role: 'user', content: ticket.text }] })
 * ```
 *
 * Answers, reports and errors are those of `openaiChat`; a whole stream ends with `message_stop`.
 */
export function anthropicMessages<I = unknown, S extends AnswerSchema | undefined = undefined, O = AnswerOf<S>, C = string>(
  options: AnthropicMessagesOptions<I, C, S, O> & NeedsParse<AnswerOf<S>, O>,
): ChatPredictor<I, O, NoInfer<C>> {
  const { url, version, ...settings } = readOptions(
    'anthropicMessages',
    options,
    ANTHROPIC as Kinds<AnthropicMessagesOptions<I, C, S, O>>,
    DEFAULTS,
  );
  const [, before = '', query = ''] = /^([^?#]*)(.*)$/.exec(String(url)) ?? [];
  const endpoint = `${before.replace(/(?:\/v1)?(?:\/messages)?\/*$/, '')}/v1/messages${query}`;
  const schema = answerSchema('anthropicMessages', settings.schema, { closed: true, strict: false });
  return chatPredictor(settings, schema, messagesProtocol(endpoint, version));
}

function messagesProtocol(url: string, version: string): ChatProtocol<AnthropicMessage> {
  return {
    url,
    provider: 'anthropic',
    keyHeader: (key) => ({ 'x-api-key': key }),
    headers: { 'anthropic-version': version },
    streamType: 'text/event-stream',
    ...messagesAnswers,
    body: ({ model, messages, system, maxTokens, temperature, tools, schema }) => ({
      model,
      max_tokens: maxTokens,
      system,
      messages,
      temperature,
      tools,
      output_config: schema === undefined ? undefined : { format: { type: 'json_schema', schema } },
    }),
  };
}

/** How `/v1/messages` answers. */
export const messagesAnswers: AnswerProtocol = {
  terminator: 'message_stop',
  errorIn: (document) => (document['type'] === 'error' ? (document['error'] ?? document) : (document['error'] ?? undefined)),
  answer: (document) => {
    const blocks = document['content'];
    if (!Array.isArray(blocks)) return undefined;
    const contents = blocks.map((block: unknown) => asRecord(block));
    return {
      ...endOf(document),
      text: contents.map(({ type, text: said }) => (type === 'text' ? textOf(said) : '')).join(''),
      beside: contents.map(({ thinking, input }) => textOf(thinking) + (JSON.stringify(input) ?? '')).join(''),
      usage: anthropicUsage(document['usage']),
      model: textIn(document, 'model'),
      id: textIn(document, 'id'),
      toolCalls: contents
        .filter(({ type }) => type === 'tool_use')
        .map(({ id, name, input }) => ({ id: textOf(id), name: textOf(name), input })),
    };
  },
  reader: messagesReader,
};

/** Reads one stream: its usage comes at the start and at the end, and what is `null` at the end was told at the start. */
function messagesReader(): (event: Readonly<Record<string, unknown>>) => AnswerPart {
  let usage: Readonly<Record<string, unknown>> = {};
  const withUsage = (told: unknown): AnswerPart['usage'] => {
    usage = { ...usage, ...Object.fromEntries(Object.entries(asRecord(told)).filter(([, value]) => value !== null)) };
    return anthropicUsage(usage);
  };
  return (event) => {
    switch (event['type']) {
      case 'message_start': {
        const message = asRecord(event['message']);
        return { model: textIn(message, 'model'), id: textIn(message, 'id'), usage: withUsage(message['usage']) };
      }
      case 'content_block_start': {
        const block = asRecord(event['content_block']);
        return { text: textOf(block['text']), begunCalls: block['type'] === 'tool_use' ? 1 : 0 };
      }
      case 'content_block_delta': {
        const delta = asRecord(event['delta']);
        return { text: textOf(delta['text']), beside: textOf(delta['thinking']) + textOf(delta['partial_json']) };
      }
      case 'message_delta':
        return { ...endOf(asRecord(event['delta'])), usage: withUsage(event['usage']) };
      case 'message_stop':
        return { isEnd: true };
      default:
        return {};
    }
  };
}

const FINISH_REASONS: Readonly<Record<string, CallReport['finishReason']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
};

/** Why a message ended: it is on the message, or on the delta at its end. */
function endOf(message: Readonly<Record<string, unknown>>): AnswerPart {
  const reason = message['stop_reason'];
  if (typeof reason !== 'string') return {};
  return {
    finishReason: Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : 'other',
    stopped: reason === 'refusal' ? 'refused' : undefined,
  };
}
