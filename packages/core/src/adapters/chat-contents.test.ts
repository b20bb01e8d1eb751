import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { always, defineModel, type Model, textStream } from '../index.ts';
import { UnderstudyError } from '../errors/index.ts';
import { classifyError } from '../policies/classify.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { type FakeCall, fakeCall } from '../testing/fake-call.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { ChatAnswer, ChatPredictor } from './chat-options.ts';
import { ollamaChat } from './ollama-chat.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';

type More = { readonly schema?: z.ZodType; readonly parse?: (answer: ChatAnswer) => unknown };
type Make = (fetch: typeof globalThis.fetch, more?: More) => ChatPredictor<string>;
const COMMON = { model: 'm', messages: (text: string) => [{ role: 'user' as const, content: text }] };

/** How a vendor says things, as documents of a stream and at once. */
interface Vendor {
  readonly make: Make;
  readonly isLines?: boolean;
  /** A whole answer with this text and so many calls of tools; no usage is told. */
  readonly whole: (text: string | null, calls?: number, end?: 'stop' | 'length') => object;
  readonly text: (piece: string) => object;
  readonly call: (index: number) => object;
  readonly end: (calls: number, end?: 'stop' | 'length') => readonly (object | string)[];
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  openaiChat: {
    make: (fetch, more) => openaiChat({ ...COMMON, ...more, fetch }),
    whole: (content, calls = 0, end = 'stop') => ({
      choices: [
        {
          index: 0,
          message: { content, tool_calls: times(calls, (id) => ({ id, function: { name: 'look', arguments: '{}' } })) },
          finish_reason: calls > 0 ? 'tool_calls' : end,
        },
      ],
    }),
    text: (content) => ({ choices: [{ index: 0, delta: { content } }] }),
    call: (index) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, id: 'x', function: { name: 'look', arguments: '' } }] } }],
    }),
    end: (calls, end = 'stop') => [
      { choices: [{ index: 0, delta: {}, finish_reason: calls > 0 ? 'tool_calls' : end }] },
      '[DONE]',
    ],
  },
  openaiResponses: {
    make: (fetch, more) => openaiResponses({ ...COMMON, ...more, fetch }),
    whole: responseOf,
    text: (delta) => ({ type: 'response.output_text.delta', delta }),
    call: () => ({ type: 'response.function_call_arguments.delta', delta: '' }),
    end: (calls, end) => [
      { type: end === 'length' ? 'response.incomplete' : 'response.completed', response: responseOf(null, calls, end) },
    ],
  },
  anthropicMessages: {
    make: (fetch, more) => anthropicMessages({ ...COMMON, ...more, fetch }),
    whole: (text, calls = 0, end = 'stop') => ({
      type: 'message',
      content: [
        ...(text === null ? [] : [{ type: 'text', text }]),
        ...times(calls, (id) => ({ type: 'tool_use', id, name: 'look', input: {} })),
      ],
      stop_reason: calls > 0 ? 'tool_use' : end === 'stop' ? 'end_turn' : 'max_tokens',
    }),
    text: (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    call: (index) => ({ type: 'content_block_start', index, content_block: { type: 'tool_use', id: 'x', name: 'look' } }),
    end: (calls, end = 'stop') => [
      { type: 'message_delta', delta: { stop_reason: calls > 0 ? 'tool_use' : end === 'stop' ? 'end_turn' : 'max_tokens' } },
      { type: 'message_stop' },
    ],
  },
  ollamaChat: {
    make: (fetch, more) => ollamaChat({ ...COMMON, ...more, fetch }),
    isLines: true,
    whole: (content, calls = 0, end = 'stop') => ({
      message: { content, tool_calls: times(calls, () => ({ function: { name: 'look', arguments: {} } })) },
      done: true,
      done_reason: end,
    }),
    text: (content) => ({ message: { content }, done: false }),
    call: () => ({ message: { content: '', tool_calls: [{ function: { name: 'look', arguments: {} } }] }, done: false }),
    end: (_calls, end = 'stop') => [{ done: true, done_reason: end }],
  },
};

function times<T>(count: number, make: (id: string) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(`${index}`));
}

function responseOf(text: string | null, calls = 0, end: 'stop' | 'length' = 'stop'): object {
  return {
    status: end === 'stop' ? 'completed' : 'incomplete',
    ...(end === 'stop' ? {} : { incomplete_details: { reason: 'max_output_tokens' } }),
    output: [
      ...(text === null ? [] : [{ type: 'message', content: [{ type: 'output_text', text }] }]),
      ...times(calls, (id) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' })),
    ],
  };
}

/** Answers with the document, or with the events as a stream. */
const answering =
  (answer: object, isLines = false): typeof fetch =>
  () =>
    Promise.resolve(
      !Array.isArray(answer)
        ? Response.json(answer)
        : new Response(
            answer
              .map((event: unknown) => (typeof event === 'string' ? event : JSON.stringify(event)))
              .map((event) => (isLines ? `${event}\n` : `data: ${event}\n\n`))
              .join(''),
            { headers: { 'content-type': isLines ? 'application/x-ndjson' : 'text/event-stream' } },
          ),
    );

interface Read {
  readonly text: unknown;
  readonly error: unknown;
  readonly call: FakeCall;
}

async function ask(vendor: Vendor, answer: object, more?: More, call = fakeCall()): Promise<Read> {
  const predictor = vendor.make(answering(answer, vendor.isLines), more);
  let text: unknown = '';
  try {
    if (Array.isArray(answer)) for await (const chunk of await predictor.stream('Hi there', call)) text += chunk;
    else text = await predictor('Hi there', call);
  } catch (error) {
    return { text, error, call };
  }
  return { text, error: undefined, call };
}

describe.each(Object.entries(VENDORS))('an answer of %s without text', (_, vendor) => {
  const answers = (calls: number, end?: 'stop' | 'length'): readonly object[] => [
    vendor.whole(null, calls, end),
    vendor.whole('', calls, end),
    [...times(calls, Number).map((index) => vendor.call(index)), ...vendor.end(calls, end)],
  ];

  it('is a failure that says what came, and what to do', async () => {
    for (const answer of answers(0)) {
      // oxlint-disable-next-line no-await-in-loop
      const { error, text, call } = await ask(vendor, answer);
      expect(error).toMatchObject({ code: 'RESPONSE_INVALID', retryable: true });
      expect(String(error)).toMatch(
        /answered without text \(finish reason: stop\): retry\(\) asks again; set (?:parse|chunk) if/,
      );
      expect([text, failureKind(error), classifyError(error, undefined)]).toEqual(['', 'invalid-output', 'failed']);
      expect(call.reported?.usage?.inputTokens.total).toBe(2);
    }
    for (const answer of answers(0, 'length')) {
      // oxlint-disable-next-line no-await-in-loop
      expect(String((await ask(vendor, answer)).error)).toContain(
        '(finish reason: length): it reached its limit of tokens: raise maxTokens',
      );
    }
  });

  it('counts the tools that were called in its place', async () => {
    for (const answer of answers(2)) {
      // oxlint-disable-next-line no-await-in-loop
      const { error } = await ask(vendor, answer);
      expect(error).toMatchObject({ code: 'RESPONSE_INVALID' });
      expect(String(error)).toMatch(
        /\(finish reason: \S+, 2 tool calls\): set (?:parse|chunk), which is given them, or leave tools out\./,
      );
    }
  });

  it('is no JSON either', async () => {
    const schema = z.object({ a: z.number() });
    expect((await ask(vendor, vendor.whole(null), { schema })).error).toMatchObject({ code: 'RESPONSE_INVALID' });
    expect((await ask(vendor, vendor.whole(null, 1), { schema })).error).toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  it('is what parse says of it', async () => {
    const parse = ({ text, toolCalls }: ChatAnswer): unknown => [text, toolCalls.length];
    expect((await ask(vendor, vendor.whole(null, 1), { parse })).text).toEqual(['', 1]);
    expect((await ask(vendor, vendor.whole(''), { parse })).text).toEqual(['', 0]);
  });

  it('is right where it goes on with one', async () => {
    const call = fakeCall({ delivered: ['All', ' of it.'] });
    expect((await ask(vendor, vendor.end(0), {}, call)).error).toBe(undefined);
  });

  it('makes the next tier serve', async () => {
    const contract = { name: 'desk', input: z.string(), output: z.string(), stream: textStream() };
    const modelOf = (answer: object): Model<string, string, string, string, 'm', never, string> =>
      defineModel(contract, {
        variants: {
          m: { predictor: vendor.make(answering(answer, vendor.isLines)) as ChatPredictor<string, string>, version: '1' },
        },
        champion: 'm',
        fallback: [always('Please write to us.')],
        replace: true,
      });
    expect((await modelOf(vendor.whole(null)).predict('Hi')).output).toBe('Please write to us.');
    let text = '';
    for await (const chunk of modelOf([...vendor.end(0)]).stream('Hi')) text += chunk;
    expect(text).toBe('Please write to us.');
  });
});

describe('text in the last event alone', () => {
  const usage = { prompt_tokens: 2, completion_tokens: 3 };
  const message = (content: string, more = {}) => ({ choices: [{ index: 0, message: { content }, ...more }], usage });

  it('of a response is read, and not twice', async () => {
    const { openaiResponses: vendor } = VENDORS as Record<'openaiResponses', Vendor>;
    const completed = { type: 'response.completed', response: responseOf('Hello') };
    expect((await ask(vendor, [completed])).text).toBe('Hello');
    expect((await ask(vendor, [vendor.text('Hel'), vendor.text('lo'), completed])).text).toBe('Hello');
    expect((await ask(vendor, [vendor.call(0), completed])).text).toBe('Hello');
    const refused = { status: 'completed', output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }] };
    const { error } = await ask(vendor, [{ type: 'response.completed', response: refused }]);
    expect(error).toMatchObject({ code: 'ANSWER_REFUSED' });
  });

  it('of chat completions is read from a message, and not twice', async () => {
    const { openaiChat: vendor } = VENDORS as Record<'openaiChat', Vendor>;
    expect((await ask(vendor, [message('Hel'), message('lo', { finish_reason: 'stop' }), '[DONE]'])).text).toBe('Hello');
    expect((await ask(vendor, [message('Hello', { delta: {} }), '[DONE]'])).text).toBe('Hello');
    expect((await ask(vendor, [vendor.text('Hello'), message('Hello', { delta: {} }), '[DONE]'])).text).toBe('Hello');
  });

  it('of Ollama is read', async () => {
    const { ollamaChat: vendor } = VENDORS as Record<'ollamaChat', Vendor>;
    expect((await ask(vendor, [{ message: { content: 'Hello' }, done: true }])).text).toBe('Hello');
  });
});

describe('tokens that nobody told', () => {
  it.each(Object.entries(VENDORS))('of %s are estimated, whole, streamed and cut', async (_, vendor) => {
    for (const answer of [
      vendor.whole('Twelve chars'),
      [vendor.text('Twelve '), vendor.text('chars'), ...vendor.end(0)],
      [vendor.text('Twelve chars')],
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      const { call } = await ask(vendor, answer);
      expect(call.reported).toMatchObject({
        estimated: true,
        usage: { inputTokens: { total: 2, noCache: 2 }, outputTokens: { total: 3 } },
      });
    }
  });

  it('are estimated beside those that were told', async () => {
    const { ollamaChat: vendor } = VENDORS as Record<'ollamaChat', Vendor>;
    // Ollama leaves out what it had in its cache.
    const { call } = await ask(vendor, { message: { content: 'Hello' }, done: true, eval_count: 1 });
    expect(call.reported).toMatchObject({
      estimated: true,
      usage: { inputTokens: { total: 2 }, outputTokens: { total: 1, text: 1 } },
    });
  });

  it('of embeddings are estimated', async () => {
    const call = fakeCall();
    const fetch = answering({ data: [{ embedding: [1] }, { embedding: [2] }] });
    await openaiEmbeddings({ model: 'e', fetch })(['Four', 'more'], call);
    expect(call.reported).toMatchObject({
      estimated: true,
      model: 'e',
      usage: { inputTokens: { total: 2 }, outputTokens: { total: 0 } },
    });
  });
});

it.each(Object.entries(VENDORS))('JSON of %s in a fence of Markdown is JSON', async (_, vendor) => {
  const more = { schema: z.object({ a: z.number() }) };
  expect((await ask(vendor, vendor.whole('```json\n{"a":1}\n```'), more)).text).toEqual({ a: 1 });
  const { error } = await ask(vendor, vendor.whole('```json\nnothing\n```'), more);
  expect(UnderstudyError.is(error, 'OUTPUT_INVALID')).toBe(true);
});
