import { flag, type Kinds, readOptions, text } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import type { NeedsParse } from './adapter-for.ts';
import type { AnswerPart, AnswerProtocol } from './answer-protocol.ts';
import { type AnswerOf, type AnswerSchema, answerSchema } from './answer-schema.ts';
import { CHAT, type ChatOptions, type ChatPredictor } from './chat-options.ts';
import { chatPredictor, type ChatProtocol } from './chat-predictor.ts';
import { asRecord, textIn } from './json-response.ts';
import { inputOf, textOf } from './openai-chat.ts';
import { baseUrl, endpointUrl } from './vendor-options.ts';
import { bearer } from './vendor-request.ts';
import { responsesUsage } from './vendor-usage.ts';

/** An item of the `input` of `/responses`: a message, or what a tool answered. */
export interface OpenAIInputItem {
  readonly type?: string;
  readonly role?: 'system' | 'developer' | 'user' | 'assistant';
  /** A text, or parts: `[{ type: 'input_text', text }, { type: 'input_image', image_url }]`. */
  readonly content?: string | readonly object[];
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string | readonly object[];
  readonly id?: string;
}

/** An event of a stream of `/responses`; its fields depend on its type. */
export interface OpenAIResponsesEvent {
  /** `response.created`, `response.output_text.delta`, `response.completed`, … */
  readonly type: string;
  readonly delta?: string;
  readonly item?: object;
  readonly response?: object;
}

export interface OpenAIResponsesOptions<
  I,
  C = string,
  S extends AnswerSchema | undefined = AnswerSchema | undefined,
  O = unknown,
> extends ChatOptions<I, OpenAIInputItem, OpenAIResponsesEvent, C, S, O> {
  /** The base of the API. A query stays at the end. @defaultValue 'https://api.openai.com/v1' */
  readonly url?: string | URL;
  /** The name under which the schema is sent. @defaultValue 'answer' */
  readonly schemaName?: string;
  /**
   * Whether the answer must follow the schema to the letter. Every property must be required then: say `nullable` in place of `optional`.
   * @defaultValue true
   */
  readonly strict?: boolean;
}

const OPENAI_RESPONSES: Kinds<OpenAIResponsesOptions<unknown, unknown>> = {
  ...CHAT,
  url: baseUrl('https://api.openai.com/v1'),
  schemaName: text,
  strict: flag,
};
const DEFAULTS = { url: 'https://api.openai.com/v1', schemaName: 'answer', strict: true, prefill: false } as const;

/**
 * A predictor that asks a language model over OpenAI's `/responses`. OpenAI keeps answers there unless `body: { store: false }` is set.
 *
 * ```ts
 * openaiResponses({ model: 'gpt-5-mini', apiKey, messages: (ticket) => [{ role: 'user', content: ticket.text }] })
 * ```
 *
 * Answers, reports and errors are those of `openaiChat`; a whole stream ends with `response.completed` or `response.incomplete`.
 */
export function openaiResponses<I = unknown, S extends AnswerSchema | undefined = undefined, O = AnswerOf<S>, C = string>(
  options: OpenAIResponsesOptions<I, C, S, O> & NeedsParse<AnswerOf<S>, O>,
): ChatPredictor<I, O, NoInfer<C>> {
  const { url, schemaName, strict, ...settings } = readOptions(
    'openaiResponses',
    options,
    OPENAI_RESPONSES as Kinds<OpenAIResponsesOptions<I, C, S, O>>,
    DEFAULTS,
  );
  const schema = answerSchema('openaiResponses', settings.schema, { closed: strict, strict });
  return chatPredictor(settings, schema, responsesProtocol(endpointUrl(url, '/responses'), schemaName, strict));
}

function responsesProtocol(url: string, schemaName: string, strict: boolean): ChatProtocol<OpenAIInputItem> {
  return {
    url,
    provider: 'openai',
    keyHeader: bearer,
    streamType: 'text/event-stream',
    ...responsesAnswers,
    body: ({ model, messages, system, maxTokens, temperature, tools, schema }) => ({
      model,
      input: messages,
      instructions: system,
      max_output_tokens: maxTokens,
      temperature,
      tools,
      text: schema === undefined ? undefined : { format: { type: 'json_schema', name: schemaName, schema, strict } },
    }),
  };
}

/** How `/responses` answers. */
export const responsesAnswers: AnswerProtocol = {
  terminator: 'response.completed',
  errorIn: (document) => {
    if (document['type'] === 'error') return document['error'] ?? document;
    const response = document['type'] === 'response.failed' ? asRecord(document['response']) : document;
    if (response['error'] !== undefined && response['error'] !== null) return response['error'];
    return response['status'] === 'failed' || document['type'] === 'response.failed' ? { type: 'server_error' } : undefined;
  },
  answer: (document) => (Array.isArray(document['output']) ? partOf(document) : undefined),
  reader: responsesReader,
};

/** Reads one stream. The last event has all of the answer once more; some servers send nothing before it. */
function responsesReader(): (event: Readonly<Record<string, unknown>>) => AnswerPart {
  let hasDeltas = false;
  return (event) => {
    switch (event['type']) {
      case 'response.output_text.delta':
        hasDeltas = true;
        return { text: textOf(event['delta']) };
      case 'response.refusal.delta':
        hasDeltas = true;
        return { refusal: textOf(event['delta']) };
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
      case 'response.function_call_arguments.delta':
        return { beside: textOf(event['delta']) };
      case 'response.created':
      case 'response.in_progress':
        return { model: textIn(asRecord(event['response']), 'model'), id: textIn(asRecord(event['response']), 'id') };
      case 'response.completed':
      case 'response.incomplete': {
        const { text, refusal, model, id, usage, finishReason, stopped, toolCalls } = partOf(asRecord(event['response']));
        const said = hasDeltas ? {} : { text, refusal };
        return { ...said, model, id, usage, finishReason, stopped, begunCalls: toolCalls?.length, isEnd: true };
      }
      default:
        return {};
    }
  };
}

function partOf(response: Readonly<Record<string, unknown>>): AnswerPart {
  const items: readonly unknown[] = Array.isArray(response['output']) ? response['output'] : [];
  const contents = items
    .map((item) => asRecord(item))
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => (Array.isArray(content) ? content.map((part: unknown) => asRecord(part)) : []));
  const calls = items.map((item) => asRecord(item)).filter(({ type }) => type === 'function_call');
  const of = (type: string, field: string): string =>
    contents.map((part) => (part['type'] === type ? textOf(part[field]) : '')).join('');
  const reason = asRecord(response['incomplete_details'])['reason'];
  return {
    text: of('output_text', 'text'),
    beside: calls.map((call) => textOf(call['arguments'])).join(''),
    refusal: of('refusal', 'refusal'),
    stopped: reason === 'content_filter' ? 'content-filtered' : undefined,
    finishReason: finishReasonOf(response['status'], reason, calls.length > 0),
    usage: responsesUsage(response['usage']),
    model: textIn(response, 'model'),
    id: textIn(response, 'id'),
    toolCalls: calls.map((call) => ({
      id: textOf(call['call_id']),
      name: textOf(call['name']),
      input: inputOf(call['arguments']),
    })),
  };
}

function finishReasonOf(status: unknown, reason: unknown, callsTools: boolean): CallReport['finishReason'] {
  if (reason === 'content_filter') return 'content-filter';
  if (reason === 'max_output_tokens') return 'length';
  if (callsTools) return 'tool-calls';
  return status === 'completed' || status === undefined ? 'stop' : 'other';
}
