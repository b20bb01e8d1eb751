// Streams of official clients through guardedFetch: the rows 27 to 33 of the conformance suite, bare and guarded.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { llmServer, type LlmServer, quotaExhausted, rateLimited, type Turn } from '../../tests/support/llm-server.ts';
import { UnderstudyError } from '../errors/index.ts';
import { budget } from '../policies/budget.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import type { ComposedEvent } from '../policies/compose.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { hedge } from '../policies/hedge.ts';
import { retry } from '../policies/retry.ts';
import { tokenLimit } from '../policies/token-limit.ts';
import type { CallReport, CustomPolicy } from '../types/index.ts';
import { guardedFetch, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts';

const QUICK = { connectMs: 400, firstContentMs: 400, idleMs: 400 };
const RETRY = [retry({ attempts: 3, baseMs: 1, budgetShare: 1, budgetMin: 10 })];
const MESSAGES = [{ role: 'user' as const, content: 'Say hello to the world.' }];

type Read = (
  server: LlmServer,
  fetch: typeof globalThis.fetch,
  told: (text: string) => void,
  signal?: AbortSignal,
) => Promise<void>;

const readChat: Read = async (server, fetch, told, signal) => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 0, fetch });
  const stream = await client.chat.completions.create({ model: 'm', messages: MESSAGES, stream: true }, { signal });
  for await (const chunk of stream) told(chunk.choices[0]?.delta.content ?? '');
};
const readResponses: Read = async (server, fetch, told, signal) => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 0, fetch });
  const stream = await client.responses.create({ model: 'm', input: 'Hi', stream: true }, { signal });
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') told(event.delta);
    // The client hands these on as events like all others.
    if (event.type === 'response.failed') throw new OpenAI.APIError(undefined, event, 'failed', undefined);
  }
};
const readAnthropic: Read = async (server, fetch, told, signal) => {
  const client = new Anthropic({ baseURL: server.url, apiKey: 'k', maxRetries: 0, fetch });
  const stream = await client.messages.create({ model: 'm', max_tokens: 100, messages: MESSAGES, stream: true }, { signal });
  for await (const event of stream)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') told(event.delta.text);
};

const CLIENTS: readonly (readonly [string, Read, unknown])[] = [
  ['chat completions', readChat, OpenAI.APIError],
  ['responses', readResponses, OpenAI.APIError],
  ['messages', readAnthropic, Anthropic.APIError],
];

async function outcome(read: Read, server: LlmServer, fetch: typeof globalThis.fetch): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    await read(server, fetch, (more) => {
      text += more;
    });
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
}

/** The error as it was thrown, or the one that a client has wrapped. */
const causeOf = (error: unknown): unknown =>
  UnderstudyError.is(error) ? error : error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : error;

/** Keeps what attempts have reported. */
function ledger(): { readonly policy: CustomPolicy; readonly seen: { report: CallReport | undefined; resultClass: string }[] } {
  const seen: { report: CallReport | undefined; resultClass: string }[] = [];
  const policy: CustomPolicy = {
    kind: 'ledger',
    create: () => ({
      admit: () => 1,
      settle: (_, resultClass, __, result) => void seen.push({ report: result?.report, resultClass }),
    }),
  };
  return { policy, seen };
}

const guard = (options: GuardedFetchOptions = {}): GuardedFetch => guardedFetch(RETRY, { stream: QUICK, ...options });
const failed = (turn: Turn, times: number): Turn[] => Array.from({ length: times }, () => turn);

describe.each(CLIENTS)('a stream of %s', (name, read, apiError) => {
  it('is the same as without guard, and reports what it used', async () => {
    const turn: Turn = {
      text: 'Grüße an 🌍 alle',
      usage: { input: 40, output: 9 },
      cut: [1, 2, 3, 7],
      lineEnd: '\r\n',
      comments: true,
    };
    await using server = await llmServer({ script: [turn, turn] });
    const { policy, seen } = ledger();
    const events: ComposedEvent[] = [];
    const guarded = guardedFetch([...RETRY, policy], { onEvent: (event) => void events.push(event) });
    expect([await outcome(read, server, fetch), await outcome(read, server, guarded)]).toEqual(
      Array.from({ length: 2 }, () => ({ text: 'Grüße an 🌍 alle', error: undefined })),
    );
    // OpenAI tells tokens of chat completions only where that is asked for.
    const isTold = name !== 'chat completions';
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(seen[0]).toMatchObject({ resultClass: 'ok', report: { model: 'm', finishReason: 'stop', estimated: !isTold } });
    if (isTold) expect(seen[0]?.report?.usage).toMatchObject({ inputTokens: { total: 40 }, outputTokens: { total: 9 } });
    expect(events).toMatchObject([{ type: 'success', attempt: 1 }]);
  });

  it('27 that stalls before its content is tried again; bare it hangs', async () => {
    for (const after of ['headers', 0] as const) {
      // oxlint-disable-next-line no-await-in-loop
      await using server = await llmServer({ script: [{ fault: { kind: 'stall', after } }, { text: 'hello you' }] });
      // oxlint-disable-next-line no-await-in-loop
      expect(await outcome(read, server, guard())).toEqual({ text: 'hello you', error: undefined });
      expect(server.requests).toHaveLength(2);
      // oxlint-disable-next-line no-await-in-loop
      await vi.waitFor(() => expect(server.open).toBe(0));
    }
    await using server = await llmServer({ script: [{ fault: { kind: 'stall', after: 0 } }] });
    const left = new AbortController();
    const bare = read(server, fetch, () => undefined, left.signal);
    expect(await Promise.race([bare.catch(() => 'ended'), new Promise((late) => setTimeout(late, 800, 'hangs'))])).toBe('hangs');
    left.abort();
    await bare.catch(() => undefined);
  });

  it('27 that stalls before its headers, or every time, is a timeout', async () => {
    await using server = await llmServer({
      script: [{ fault: { kind: 'stall', after: 'request' } }, ...failed({ fault: { kind: 'stall', after: 0 } }, 2)],
    });
    const { text, error } = await outcome(read, server, guard());
    expect([text, causeOf(error)]).toMatchObject(['', { code: 'TIMEOUT', details: { scope: 'first-content' } }]);
    expect(server.requests).toHaveLength(3);
  });

  it('27 that stalls after its content breaks off', async () => {
    await using server = await llmServer({ script: [{ text: 'one two three', fault: { kind: 'stall', after: 1 } }] });
    const { text, error } = await outcome(read, server, guard());
    expect([text, error]).toMatchObject([
      'one',
      { code: 'STREAM_CUT', details: { kind: 'timeout' }, cause: { code: 'TIMEOUT' } },
    ]);
    expect(server.requests).toHaveLength(1);
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it('28 that ends without its terminator is no short success', async () => {
    const cut: Turn = { text: 'one two three', fault: { kind: 'no-terminator', after: 2 } };
    await using server = await llmServer({ script: [cut, cut] });
    expect(await outcome(read, server, fetch)).toEqual({ text: 'one two', error: undefined });
    const { policy, seen } = ledger();
    const { text, error } = await outcome(read, server, guardedFetch([...RETRY, policy]));
    expect([text, error]).toMatchObject(['one two', { code: 'STREAM_CUT', details: { kind: 'stream-cut' } }]);
    expect(UnderstudyError.is(error) && Number(error.details['delivered'])).toBeGreaterThan(50);
    expect(seen).toMatchObject([{ resultClass: 'failed', report: { estimated: true, usage: { outputTokens: { total: 2 } } } }]);
  });

  it('28 that ends before its content is tried again', async () => {
    await using server = await llmServer({ script: [{ fault: { kind: 'no-terminator', after: 0 } }, { text: 'hello you' }] });
    expect(await outcome(read, server, guard())).toEqual({ text: 'hello you', error: undefined });
  });

  it('29 that begins with an error is tried again unseen', async () => {
    await using server = await llmServer({ script: [{ fault: { kind: 'error-event' } }, { text: 'hello you' }] });
    const events: ComposedEvent[] = [];
    const guarded = guard({ onEvent: (event) => void events.push(event) });
    expect(await outcome(read, server, guarded)).toEqual({ text: 'hello you', error: undefined });
    await vi.waitFor(() => expect(events.map(({ type }) => type)).toEqual(['retry', 'success']));
    expect(events[0]).toMatchObject({ error: { code: 'STREAM_CUT' } });
  });

  it('29 whose errors have no end, or come after content, is the error of its own client', async () => {
    await using server = await llmServer({
      script: [
        ...failed({ fault: { kind: 'error-event' } }, 3),
        { text: 'one two', fault: { kind: 'error-event', after: 1 }, cut: [9999], dripMs: 20 },
      ],
    });
    const { policy, seen } = ledger();
    const guarded = guardedFetch([...RETRY, policy]);
    const first = await outcome(read, server, guarded);
    expect(first.text).toBe('');
    expect(first.error).toBeInstanceOf(apiError);
    expect(server.requests).toHaveLength(3);
    const second = await outcome(read, server, guarded);
    expect(second.text).toBe('one');
    expect(second.error).toBeInstanceOf(apiError);
    expect([server.requests.length, seen.map(({ resultClass }) => resultClass)]).toEqual([4, Array(4).fill('failed')]);
  });

  it('30 that is reset says nothing twice', async () => {
    await using server = await llmServer({
      script: [
        { text: 'hello', fault: { kind: 'reset', after: 0 } },
        { text: 'hello you', fault: { kind: 'reset', after: 1 } },
      ],
    });
    const { text, error } = await outcome(read, server, guard());
    expect([text, error]).toMatchObject(['hello', { code: 'STREAM_CUT', details: { kind: 'stream-cut' } }]);
    expect(server.requests).toHaveLength(2);
  });

  it('31 whose quota is gone is asked once, and fails as its client fails', async () => {
    await using server = await llmServer({ script: [{ fault: quotaExhausted() }] });
    const { error } = await outcome(read, server, guard());
    expect(error).toBeInstanceOf(apiError);
    expect(error).toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(1);
  });

  it('32 that is asked to wait settles with the abort of its caller', async () => {
    await using server = await llmServer({ script: [{ fault: rateLimited(2) }] });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    const before = performance.now();
    await expect(read(server, guard(), () => undefined, abort.signal)).rejects.toThrow(/abort/i);
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('ends with the abort of its caller, and with a reader that leaves; both free the connection', async () => {
    await using server = await llmServer({ script: failed({ text: 'one two', fault: { kind: 'stall', after: 1 } }, 2) });
    const { policy, seen } = ledger();
    const guarded = guardedFetch([...RETRY, policy, circuitBreaker({ consecutiveFailures: 1 })]);
    const abort = new AbortController();
    await read(server, guarded, () => abort.abort(), abort.signal).catch(() => undefined);
    await read(server, guarded, () => {
      throw new Error('left');
    }).catch(() => undefined);
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(seen).toMatchObject([{ resultClass: 'cancelled' }, { resultClass: 'cancelled' }]);
  });

  it('is hedged until its content', async () => {
    await using server = await llmServer({
      script: [
        { text: 'hello you', firstMs: 2000 },
        { text: 'hello you', betweenMs: 20 },
      ],
    });
    const guarded = guardedFetch([hedge({ delayMs: 30 }), concurrencyLimit()]);
    expect(await outcome(read, server, guarded)).toEqual({ text: 'hello you', error: undefined });
    expect(server.requests).toHaveLength(2);
    await vi.waitFor(() => expect(server.open).toBe(0));
    await vi.waitFor(() => expect(guarded.calls.get(server.url)?.status()['concurrencyLimit']).toMatchObject({ active: 0 }));
  });
});

describe('what passes a guarded fetch', () => {
  it('reports what answers in JSON used, and what the endpoint says of its limits', async () => {
    await using server = await llmServer({
      script: failed({ text: 'Hi', usage: { input: 10, output: 2 }, headers: { 'x-ratelimit-remaining-requests': '7' } }, 3),
    });
    const { policy, seen } = ledger();
    const guarded = guardedFetch([policy]);
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 0, fetch: guarded });
    const chat = await client.chat.completions.create({ model: 'm', messages: MESSAGES });
    const response = await client.responses.create({ model: 'm', input: 'Hi' });
    const anthropic = new Anthropic({ baseURL: server.url, apiKey: 'k', maxRetries: 0, fetch: guarded });
    const message = await anthropic.messages.create({ model: 'm', max_tokens: 10, messages: MESSAGES });
    await client.embeddings.create({ model: 'e', input: 'Hi' });
    expect([chat.choices[0]?.message.content, response.output_text, message.content]).toMatchObject([
      'Hi',
      'Hi',
      [{ text: 'Hi' }],
    ]);
    const usage = { inputTokens: { total: 10 }, outputTokens: { total: 2 } };
    const report = { model: 'm', finishReason: 'stop', usage, limits: { requests: { remaining: 7 } } };
    expect(seen.map((end) => end.report)).toMatchObject([
      report,
      report,
      report,
      { model: 'e', usage: { inputTokens: { total: 1 } } },
    ]);
  });

  it('is counted by a budget and by a limit of tokens, streams too', async () => {
    const turn: Turn = { text: 'Hi you', usage: { input: 50, output: 10 } };
    await using server = await llmServer({ script: [turn, turn, turn] });
    const guarded = guardedFetch([budget({ tokensPerDay: 130 }), tokenLimit({ perMinute: 100_000 })]);
    const client = new Anthropic({ baseURL: server.url, apiKey: 'k', maxRetries: 0, fetch: guarded });
    await client.messages.create({ model: 'm', max_tokens: 10, messages: MESSAGES });
    expect((await outcome(readAnthropic, server, guarded)).text).toBe('Hi you');
    const { error } = await outcome(readAnthropic, server, guarded);
    expect(causeOf(error)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(server.requests).toHaveLength(2);
    expect(guarded.calls.get(server.url)?.status()['tokenLimit']).toMatchObject({ reserved: 0 });
  });

  it('that is JSON, and large or slow, passes through', async () => {
    const big = JSON.stringify({ text: 'x'.repeat(5 * 1024 * 1024) });
    const guarded = guardedFetch([], {
      fetch: async (input) => {
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode(big.slice(0, 10)));
            if ((input as string).endsWith('/slow')) await new Promise((done) => setTimeout(done, 1500));
            controller.enqueue(new TextEncoder().encode(big.slice(10)));
            controller.close();
          },
        });
        return new Response(body, { headers: { 'content-type': 'application/json' } });
      },
    });
    for (const path of ['quick', 'slow']) {
      const began = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      const response = await guarded(`https://a/${path}`, { method: 'POST' });
      expect(performance.now() - began).toBeLessThan(1400);
      // oxlint-disable-next-line no-await-in-loop
      expect((await response.text()) === big).toBe(true);
    }
  });

  it('tells once of a client that repeats requests by itself', async () => {
    await using server = await llmServer({
      script: failed({ fault: { kind: 'status', status: 500, retryAfterMs: 1 } as never }, 2),
    });
    const events: ComposedEvent[] = [];
    const guarded = guardedFetch([], { onEvent: (event) => void events.push(event) });
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', maxRetries: 2, fetch: guarded });
    await client.chat.completions.create({ model: 'm', messages: MESSAGES });
    expect(guarded.calls.get(server.url)?.status()['clientRetries']).toMatchObject({
      count: 2,
      remedy: expect.stringContaining('maxRetries: 0'),
    });
    expect(events.filter(({ type }) => type === 'fault')).toMatchObject([
      { where: 'client', error: { message: expect.stringContaining('maxRetries: 0') } },
    ]);
  });
});

it.each([
  [
    'an error in JSON',
    '{"error":{"message":"busy","code":429}}',
    'application/json',
    { code: 'HTTP_STATUS', details: { status: 429 } },
  ],
  ['a page', '<html>', 'text/html; charset=utf-8', { code: 'RESPONSE_INVALID', details: { body: '<html>' } }],
  ['a whole answer', '{"choices":[]}', 'Application/JSON', { code: 'RESPONSE_INVALID' }],
  ['nothing', null, '', { code: 'RESPONSE_INVALID' }],
])('a request for a stream that is answered by %s is tried again, and is no empty answer', async (_, body, type, error) => {
  let asked = 0;
  const fetch = guardedFetch([retry({ attempts: 2, baseMs: 0 })], {
    fetch: async () => {
      asked++;
      return new Response(body, { headers: type === '' ? {} : { 'content-type': type } });
    },
  });
  const answer = fetch('https://h.test/v1/chat/completions', { method: 'POST', body: '{"stream": true}' });
  await expect(answer).rejects.toMatchObject(error);
  expect(asked).toBe(2);
});

it('a stream whose type is written in capitals is one', async () => {
  const fetch = guardedFetch([], {
    fetch: async () =>
      new Response('data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n', {
        headers: { 'content-type': 'Text/Event-Stream' },
      }),
  });
  const answer = await fetch('https://h.test/v1/chat/completions', { method: 'POST', body: '{"stream":true}' });
  expect(await answer.text()).toContain('hi');
});
