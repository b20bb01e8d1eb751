import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { llmServer, type LlmServer, rateLimited, type Turn } from '../../tests/support/llm-server.ts';
import { UnderstudyError } from '../errors/index.ts';
import { classifyError } from '../policies/classify.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { fakeCall } from '../testing/fake-call.ts';
import type { Call } from '../types/index.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { ChatAnswer, ChatPredictor } from './chat-options.ts';
import { ollamaChat } from './ollama-chat.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';

/** Options that all four share. */
interface More {
  readonly system?: string;
  readonly apiKey?: string | ((call: Pick<Call, 'signal'>) => Promise<string>);
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly tools?: readonly object[];
  readonly schema?: z.ZodType | Record<string, unknown>;
  readonly body?: Record<string, unknown>;
  readonly parse?: (answer: ChatAnswer) => unknown;
  readonly prefill?: boolean;
  readonly headers?: Record<string, string>;
  readonly idempotencyHeader?: string;
}
type Make = (server: Pick<LlmServer, 'url'>, more?: More) => ChatPredictor<string>;
const COMMON = { model: 'm', messages: (text: string) => [{ role: 'user' as const, content: text }] };
const makeChat: Make = ({ url }, more) => openaiChat({ url: `${url}/v1`, ...COMMON, ...more });
const makeResponses: Make = ({ url }, more) => openaiResponses({ url: `${url}/v1`, ...COMMON, ...more });
const makeAnthropic: Make = ({ url }, more) => anthropicMessages({ url, ...COMMON, ...more });
const makeOllama: Make = ({ url }, more) => ollamaChat({ url, ...COMMON, ...more });
const VENDORS: readonly (readonly [string, Make])[] = [
  ['openaiChat', makeChat],
  ['openaiResponses', makeResponses],
  ['anthropicMessages', makeAnthropic],
  ['ollamaChat', makeOllama],
];

async function streamed(predictor: ChatPredictor<string>, call: Call): Promise<string> {
  let text = '';
  for await (const chunk of await predictor.stream('Hi', call)) text += chunk;
  return text;
}
const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const TICKET = z.object({ topic: z.string(), urgent: z.boolean() });

describe.each(VENDORS)('an answer of %s', (name, make) => {
  it('is the text, with what it used and why it ended', async () => {
    await using server = await llmServer({ script: [{ text: 'Grüße 🌍', usage: { input: 10, output: 4 }, finish: 'length' }] });
    const call = fakeCall();
    expect(await make(server)('Hi', call)).toBe('Grüße 🌍');
    expect(call.reported).toMatchObject({
      model: 'm',
      finishReason: 'length',
      estimated: false,
      usage: { inputTokens: { total: 10, noCache: 10 }, outputTokens: { total: 4 } },
    });
    expect(server.requests[0]?.stream).toBe(false);
  });

  it('with a schema is the JSON of it', async () => {
    await using server = await llmServer({
      script: [
        { text: '{"topic":"bill","urgent":true}' },
        { text: 'I think it is a bill.' },
        { text: '{"topic":"bi', finish: 'length' },
      ],
    });
    const predictor = make(server, { schema: TICKET });
    expect(await predictor('Hi', fakeCall())).toEqual({ topic: 'bill', urgent: true });
    const sent = JSON.stringify(server.requests[0]?.body);
    expect(sent).toContain('"topic":{"type":"string"}');
    for (const reason of ['', 'raise maxTokens']) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await thrown(Promise.resolve(predictor('Hi', fakeCall())));
      expect([UnderstudyError.is(error, 'OUTPUT_INVALID'), classifyError(error, undefined), failureKind(error)]).toEqual([
        true,
        'failed',
        'invalid-output',
      ]);
      expect(String(error)).toContain(reason);
      expect(String(error)).not.toContain('bill');
    }
  });

  it('sends a schema that is plain data as it is', async () => {
    await using server = await llmServer({ script: [{ text: '{}' }] });
    const schema = { type: 'object', properties: { a: { type: 'string' } }, title: 'mine' };
    await make(server, { schema })('Hi', fakeCall());
    expect(JSON.stringify(server.requests[0]?.body)).toContain(JSON.stringify(schema));
  });

  it('goes to parse with all that is known of it', async () => {
    await using server = await llmServer({ script: [{ text: 'Look:', toolCalls: [{ name: 'look', input: { at: 'sky' } }] }] });
    const tools = [{ name: 'look' }];
    const answer = (await make(server, { tools, parse: (given) => given })('Hi', fakeCall())) as ChatAnswer;
    expect(answer).toMatchObject({
      text: 'Look:',
      value: 'Look:',
      model: 'm',
      finishReason: 'tool-calls',
      toolCalls: [{ name: 'look', input: { at: 'sky' } }],
    });
    expect(server.requests[0]?.body['tools']).toEqual(tools);
  });

  it('that calls tools in place of JSON is no invalid one', async () => {
    await using server = await llmServer({ script: [{ toolCalls: [{ name: 'look', input: 1 }] }] });
    const predictor = make(server, { schema: TICKET, parse: ({ toolCalls }) => toolCalls[0]?.name });
    expect(await predictor('Hi', fakeCall())).toBe('look');
  });

  it('is asked for as the options say, and fields of the body win', async () => {
    await using server = await llmServer();
    const more = {
      system: 'Be brief.',
      maxTokens: 7,
      temperature: 0.5,
      headers: { 'x-team': 'fraud' },
      idempotencyHeader: 'idempotency-key',
    };
    await make(server, more)('Hi', fakeCall({ idempotencyKey: 'once' }));
    await make(server, { ...more, body: { temperature: 1, stream: true, user: 'u' } })('Hi', fakeCall());
    const [first, second] = server.requests;
    expect(JSON.stringify(first?.body)).toContain('Be brief.');
    expect(JSON.stringify(first?.body)).toMatch(/(max_tokens|max_output_tokens|num_predict)":7/);
    expect(first?.headers).toMatchObject({ 'x-team': 'fraud', 'idempotency-key': 'once', accept: 'application/json' });
    expect(second?.body).toMatchObject({ temperature: 1, stream: false, user: 'u' });
    if (name === 'ollamaChat') expect(first?.body['options']).toMatchObject({ temperature: 0.5 });
    else expect(first?.body['temperature']).toBe(0.5);
  });

  it('is asked for with the key, which is told nowhere', async () => {
    await using server = await llmServer({ keys: ['sk-secret'] });
    let asked = 0;
    const apiKey = (): Promise<string> => Promise.resolve(`sk-secret${asked++ === 0 ? '' : 'ish'}`);
    const predictor = make(server, { apiKey });
    expect(await predictor('Hi', fakeCall())).toBe('pong');
    const refused = await thrown(Promise.resolve(predictor('Hi', fakeCall())));
    expect(failureKind(refused)).toBe('auth');
    expect(JSON.stringify(refused) + String(refused)).not.toContain('sk-secret');
    const bad = await thrown((async () => make(server, { apiKey: 'sk-secret\n' })('Hi', fakeCall()))());
    const worse = await thrown(Promise.resolve(make(server, { apiKey: () => Promise.resolve('sk-secret\n') })('Hi', fakeCall())));
    for (const error of [bad, worse]) {
      expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID')).toBe(true);
      expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain('sk-secret');
    }
  });

  it('does not wait for a key longer than its call lasts', async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    setTimeout(() => controller.abort(reason), 5);
    const predictor = make({ url: 'http://127.0.0.1:9' }, { apiKey: () => new Promise(() => {}) });
    expect(await thrown(Promise.resolve(predictor('Hi', fakeCall({ signal: controller.signal }))))).toBe(reason);
  });

  it('under status 200 that says that it failed is an error', async () => {
    await using server = await llmServer({
      script: [{ fault: { kind: 'error-event' } }, { fault: { kind: 'html' } }, { fault: { kind: 'invalid-json' } }],
    });
    const codes: unknown[] = [];
    for (const _ of [1, 2, 3]) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await thrown(Promise.resolve(make(server)('Hi', fakeCall())));
      codes.push(UnderstudyError.is(error) && error.code);
      expect(classifyError(error, undefined)).toBe('failed');
    }
    expect(codes).toEqual(['HTTP_STATUS', 'RESPONSE_INVALID', 'RESPONSE_INVALID']);
  });

  it('that is no answer of a language model is invalid', async () => {
    const error = await thrown((async () => make({ url: 'https://host' }, {}).stream)());
    expect(error).toBe(undefined);
    const options = { fetch: () => Promise.resolve(Response.json({ hello: 1 })) };
    const given = make({ url: 'https://host' }, options as More);
    expect(await thrown(Promise.resolve(given('Hi', fakeCall())))).toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  it('mends an output that broke its contract', async () => {
    await using server = await llmServer({ script: [{ text: '{"topic":"x","urgent":true}' }] });
    const repair = {
      output: { topic: 7 },
      problems: [
        { path: 'topic', message: 'expected a text' },
        { path: '', message: 'too short' },
      ],
    };
    await make(server, { schema: TICKET })('Hi', fakeCall({ repair }));
    const { messages, input } = server.requests[0]?.body ?? {};
    expect(messages ?? input).toMatchObject([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '{"topic":7}' },
      { role: 'user', content: expect.stringContaining('- topic: expected a text\n- the whole answer: too short') as string },
    ]);
  });

  it('goes on where a stream broke', async () => {
    const text = 'one two three four';
    await using server = await llmServer({ script: [{ text }, { text }] });
    const prefilled = make(server, { prefill: true });
    expect(await streamed(prefilled, fakeCall({ delivered: ['one', ' two'] }))).toBe(' three four');
    // The model begins with the white space that the caller has got.
    expect(await streamed(prefilled, fakeCall({ delivered: ['one', ' two '] }))).toBe('three four');
    await streamed(make(server, { prefill: false }), fakeCall({ delivered: ['one', ' two '] }));
    await streamed(prefilled, fakeCall({ delivered: [] }));
    const sent = server.requests.map(({ body }) => (body['messages'] ?? body['input']) as { role: string; content: string }[]);
    expect(sent.map((messages) => messages.map(({ role }) => role))).toEqual([
      ['user', 'assistant'],
      ['user', 'assistant'],
      ['user', 'assistant', 'user'],
      ['user'],
    ]);
    expect(sent[1]?.[1]?.content).toBe('one two');
  });

  it('has chunks of your own', async () => {
    await using server = await llmServer({ script: [{ text: 'a b' }, { text: 'a b' }] });
    const events: unknown[] = [];
    const own = { url: name === 'anthropicMessages' || name === 'ollamaChat' ? server.url : `${server.url}/v1`, ...COMMON };
    const chunk = (event: object): object => event;
    const factory = { openaiChat, openaiResponses, anthropicMessages, ollamaChat }[name] as unknown as (
      options: object,
    ) => ChatPredictor<string, object>;
    for await (const event of await factory({ ...own, chunk }).stream('Hi', fakeCall())) events.push(event);
    expect(events.length).toBeGreaterThan(2);
    expect(JSON.stringify(events)).toContain('" b"');
    for await (const event of await factory({ ...own, chunk: () => undefined }).stream('Hi', fakeCall()))
      expect(event).toBe('never');
  });

  it('knows the model', () => {
    expect(make({ url: 'https://host' }).describe()).toEqual({ model: 'm' });
  });
});

describe('usage', () => {
  const usage = { input: 100, cacheRead: 60, cacheWrite: 10, output: 20, reasoning: 5 };
  it.each(VENDORS.slice(0, 3))('of %s counts cached tokens once, whole and streamed', async (_, make) => {
    await using server = await llmServer({
      script: [
        { text: 'x', usage },
        { text: 'x', usage },
      ],
    });
    const calls = [fakeCall(), fakeCall()] as const;
    await make(server)('Hi', calls[0]);
    await streamed(make(server), calls[1]);
    for (const { reported } of calls) {
      expect(reported?.usage).toEqual({
        inputTokens: { total: 100, noCache: 30, cacheRead: 60, cacheWrite: 10 },
        outputTokens: { total: 20, text: 15, reasoning: 5 },
      });
    }
    expect(server.account).toMatchObject({ inputTokens: 200, cacheReadTokens: 120, cacheWriteTokens: 20, outputTokens: 40 });
  });

  it('of a stream that breaks keeps what the start told', async () => {
    await using server = await llmServer({ script: [{ text: 'four more', usage, fault: { kind: 'reset', after: 1 } }] });
    const call = fakeCall();
    await thrown(streamed(makeAnthropic(server), call));
    expect(call.reported).toMatchObject({
      estimated: true,
      usage: { inputTokens: { total: 100, cacheRead: 60 }, outputTokens: { total: 1 } },
    });
  });

  it('of a stream that failed before it began is not known', async () => {
    await using server = await llmServer({ script: [{ fault: { kind: 'error-event', after: 0 } }] });
    const call = fakeCall();
    await thrown(streamed(makeChat(server), call));
    expect(call.reported).toEqual({ request: expect.objectContaining({ operation: 'chat' }) as object });
  });
});

describe('a refusal', () => {
  const cases: readonly (readonly [string, Make, Turn, string])[] = [
    ['by a message', makeChat, { refusal: 'No.' }, 'refused'],
    ['by a filter', makeChat, { text: 'Well', finish: 'content-filter' }, 'content-filtered'],
    ['by a part', makeResponses, { refusal: 'No.' }, 'refused'],
    ['by incomplete details', makeResponses, { text: 'Well', finish: 'content-filter' }, 'content-filtered'],
    ['by a reason to stop', makeAnthropic, { refusal: 'No.' }, 'refused'],
  ];
  it.each(cases)('%s is the fault of the request: no try again on the same model', async (_, make, turn, kind) => {
    await using server = await llmServer({ script: [turn, turn] });
    for (const stream of [false, true]) {
      const call = fakeCall();
      // oxlint-disable-next-line no-await-in-loop
      const error = await thrown(stream ? streamed(make(server), call) : Promise.resolve(make(server)('Hi', call)));
      expect([UnderstudyError.is(error, 'ANSWER_REFUSED'), failureKind(error), classifyError(error, undefined)]).toEqual([
        true,
        kind,
        'caller-error',
      ]);
      expect(JSON.stringify(error)).not.toContain('No.');
      expect(call.reported?.estimated).toBe(false);
      expect(call.reported?.usage?.outputTokens.total).toBeGreaterThan(0);
    }
  });
});

describe('what the endpoint says of its limits', () => {
  it('is reported, also where the status is an error', async () => {
    const headers = {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '6m0s',
    };
    await using server = await llmServer({ script: [{ headers }, { headers, fault: rateLimited() }, { headers }] });
    const limits = { requests: { limit: 60, remaining: 0, resetMs: 360_000 } };
    for (const work of [
      (call: Call) => Promise.resolve(makeChat(server)('Hi', call)),
      (call: Call) => thrown(Promise.resolve(makeChat(server)('Hi', call))),
      (call: Call) => streamed(makeChat(server), call),
    ]) {
      const call = fakeCall();
      // oxlint-disable-next-line no-await-in-loop
      await work(call);
      expect(call.reported?.limits).toEqual(limits);
    }
  });
});

describe('addresses', () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : String(input));
    return Response.json({});
  };
  const addressOf = async (predictor: ChatPredictor<string>): Promise<string | undefined> => {
    await thrown(Promise.resolve(predictor('Hi', fakeCall())));
    return asked.at(-1);
  };
  it.each([
    ['https://host/v1', 'https://host/v1/chat/completions'],
    ['https://host/v1/', 'https://host/v1/chat/completions'],
    ['https://host/v1/chat/completions', 'https://host/v1/chat/completions'],
    [
      'https://me.openai.azure.com/openai/deployments/x?api-version=2',
      'https://me.openai.azure.com/openai/deployments/x/chat/completions?api-version=2',
    ],
  ])('of OpenAI from %s', async (url, expected) => {
    expect(await addressOf(openaiChat({ ...COMMON, url, fetch }))).toBe(expected);
  });
  it.each(['https://host', 'https://host/', 'https://host/v1', 'https://host/v1/', 'https://host/v1/messages'])(
    'of Anthropic from %s',
    async (url) => {
      expect(await addressOf(anthropicMessages({ ...COMMON, url, fetch }))).toBe('https://host/v1/messages');
    },
  );
  it('by default are the vendors', async () => {
    expect([
      await addressOf(openaiChat({ ...COMMON, fetch })),
      await addressOf(openaiResponses({ ...COMMON, fetch })),
      await addressOf(anthropicMessages({ ...COMMON, fetch })),
      await addressOf(ollamaChat({ ...COMMON, fetch })),
      await addressOf(ollamaChat({ ...COMMON, url: 'https://ollama.com/api/', fetch })),
    ]).toEqual([
      'https://api.openai.com/v1/chat/completions',
      'https://api.openai.com/v1/responses',
      'https://api.anthropic.com/v1/messages',
      'http://localhost:11434/api/chat',
      'https://ollama.com/api/chat',
    ]);
  });
  it('decide what the limit of tokens is called', async () => {
    const bodies: string[] = [];
    const keep: typeof globalThis.fetch = async (input) => {
      bodies.push(input instanceof Request ? await input.text() : '');
      return Response.json({});
    };
    for (const url of ['https://api.openai.com/v1', 'https://x.openai.azure.com/openai/v1', 'http://localhost:8000/v1']) {
      // oxlint-disable-next-line no-await-in-loop
      await thrown(Promise.resolve(openaiChat({ ...COMMON, url, maxTokens: 5, fetch: keep })('Hi', fakeCall())));
    }
    expect(bodies.map((body) => /max_\w+/.exec(body)?.[0])).toEqual([
      'max_completion_tokens',
      'max_completion_tokens',
      'max_tokens',
    ]);
  });
});

describe('options', () => {
  it('that are wrong are told at once', () => {
    const make = (): unknown => openaiChat({ model: '', messages: 'Hi' as never, temprature: 1 } as never);
    expect(make).toThrow(/openaiChat\.temprature: is not an option, did you mean temperature\?/);
    expect(make).toThrow(/openaiChat\.model/);
    expect(make).toThrow(/openaiChat\.messages/);
  });
  it('whose functions answer something else are a mistake in the program', async () => {
    for (const more of [{ messages: () => 'Hi' as never }, { system: () => 7 as never }, { body: () => 'x' as never }]) {
      const predictor = openaiChat({ ...COMMON, url: 'http://127.0.0.1:9', ...more });
      // oxlint-disable-next-line no-await-in-loop
      expect(await thrown(Promise.resolve(predictor('Hi', fakeCall())))).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    }
  });
});
