/** What both vendors have in common: a request as it was read, an answer, and the events of a stream. */
export type VendorName = 'openai' | 'anthropic';

export interface Question {
  readonly vendor: VendorName;
  readonly model: string;
  readonly stream: boolean;
  /** Instructions before the conversation. */
  readonly system: string;
  /** The rest of the conversation, as one text. */
  readonly said: string;
  /** What the model has said before: the answer goes on from there. */
  readonly begun: string;
  /** Anthropic caches what it is asked to, OpenAI every long beginning. */
  readonly caches: boolean;
}

export interface Tokens {
  /** All of the input, cached or not. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

type Json = Readonly<Record<string, unknown>>;

/** How a vendor says things. */
export interface Wire {
  readonly whole: (question: Question, text: string, tokens: Tokens) => Json;
  /** What a stream begins with, one piece of it, and what it ends with: lines of server-sent events. */
  readonly begin: (question: Question, tokens: Tokens) => string;
  readonly piece: (question: Question, text: string) => string;
  readonly end: (question: Question, tokens: Tokens) => string;
  readonly error: (status: number) => Json;
}

const lines = (...events: readonly (Json | string)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const named = (...events: readonly Json[]): string =>
  events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const chunk = ({ model }: Question, more: Json): Json => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_790_000_000,
  model,
  ...more,
});
const delta = (question: Question, content: Json, reason: string | null = null): Json =>
  chunk(question, { choices: [{ index: 0, delta: content, finish_reason: reason }] });

/** Cached tokens are a part of `prompt_tokens`. */
const openaiUsage = ({ input, cacheRead, output }: Tokens): Json => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cacheRead },
});

const openai: Wire = {
  whole: ({ model }, content, tokens) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage: openaiUsage(tokens),
  }),
  begin: (question) => lines(delta(question, { role: 'assistant', content: '' })),
  piece: (question, content) => lines(delta(question, { content })),
  end: (question, tokens) =>
    lines(delta(question, {}, 'stop'), chunk(question, { choices: [], usage: openaiUsage(tokens) }), '[DONE]'),
  error: (status) => ({
    error: {
      message: 'Please try again later.',
      type: status === 429 ? 'requests' : 'server_error',
      code: status === 429 ? 'rate_limit_exceeded' : null,
    },
  }),
};

/** Cached tokens are beside `input_tokens`. */
const anthropicUsage = ({ input, cacheRead, cacheWrite }: Tokens, output: number): Json => ({
  input_tokens: input - cacheRead - cacheWrite,
  cache_read_input_tokens: cacheRead,
  cache_creation_input_tokens: cacheWrite,
  output_tokens: output,
});
const message = ({ model }: Question, more: Json): Json => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  stop_sequence: null,
  ...more,
});

const anthropic: Wire = {
  whole: (question, text, tokens) =>
    message(question, {
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: anthropicUsage(tokens, tokens.output),
    }),
  begin: (question, tokens) =>
    named(
      {
        type: 'message_start',
        message: message(question, { content: [], stop_reason: null, usage: anthropicUsage(tokens, 1) }),
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ),
  piece: (_question, text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  end: (_question, tokens) =>
    named(
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: tokens.output },
      },
      { type: 'message_stop' },
    ),
  error: (status) => ({
    type: 'error',
    error: {
      type: status === 429 ? 'rate_limit_error' : status === 529 ? 'overloaded_error' : 'api_error',
      message: 'Please try again later.',
    },
  }),
};

export const WIRES: Readonly<Record<VendorName, Wire>> = { openai, anthropic };

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** A text, or the texts of its parts. */
const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((part) => {
          const { text } = record(part);
          return typeof text === 'string' ? text : '';
        })
        .join('');

/** Reads a request of either vendor. */
export function questionOf(vendor: VendorName, body: string): Question {
  const { model, stream, system, messages, ...rest } = record(JSON.parse(body));
  const all = list(messages).map((one) => ({ role: record(one)['role'], text: textOf(record(one)['content']) }));
  const isSystem = (role: unknown): boolean => role === 'system' || role === 'developer';
  const said = all.filter(({ role }) => !isSystem(role));
  return {
    vendor,
    model: String(model),
    stream: stream === true,
    system: textOf(system) + all.flatMap(({ role, text }) => (isSystem(role) ? [text] : [])).join(''),
    said: said.map(({ text }) => text).join('\n'),
    begun: said.findLast(({ role }) => role === 'assistant')?.text ?? '',
    caches: vendor === 'openai' || JSON.stringify([system, rest]).includes('"cache_control"'),
  };
}
