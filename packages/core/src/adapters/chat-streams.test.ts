import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  contextTooLong,
  type Fault,
  llmServer,
  type LlmServer,
  overloaded,
  quotaExhausted,
  rateLimited,
  type Turn,
} from '../../tests/support/llm-server.ts';
import { UnderstudyError } from '../errors/index.ts';
import { classifyError } from '../policies/classify.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { type FakeCall, fakeCall } from '../testing/fake-call.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { ChatPredictor } from './chat-options.ts';
import { ollamaChat } from './ollama-chat.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';

interface Options {
  readonly maxResponseBytes?: number;
  readonly fetch?: typeof fetch;
}
const COMMON = { model: 'm', messages: (text: string) => [{ role: 'user' as const, content: text }] };

const VENDORS: readonly (readonly [string, (url: string, more?: Options) => ChatPredictor<string>])[] = [
  ['openaiChat', (url, more) => openaiChat({ url: `${url}/v1`, ...COMMON, ...more })],
  ['openaiResponses', (url, more) => openaiResponses({ url: `${url}/v1`, ...COMMON, ...more })],
  ['anthropicMessages', (url, more) => anthropicMessages({ url, ...COMMON, ...more })],
  ['ollamaChat', (url, more) => ollamaChat({ url, ...COMMON, ...more })],
];

const TEXT = 'Grüße an alle 🌍 in der Welt';

interface Read {
  readonly text: string;
  readonly chunks: number;
  readonly error: unknown;
  readonly call: FakeCall;
}

async function read(predictor: ChatPredictor<string>, call = fakeCall()): Promise<Read> {
  const chunks: string[] = [];
  let error: unknown;
  try {
    for await (const chunk of await predictor.stream('Hi there', call)) chunks.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { text: chunks.join(''), chunks: chunks.length, error, call };
}

async function readTurn(make: (url: string, more?: Options) => ChatPredictor<string>, turn: Turn, more?: Options): Promise<Read> {
  await using server = await llmServer({ script: [turn] });
  return await read(make(server.url, more));
}

const codeOf = (error: unknown): string => (UnderstudyError.is(error) ? error.code : String(error));
const freed = (server: LlmServer): Promise<void> => vi.waitFor(() => expect(server.open).toBe(0));

describe.each(VENDORS)('a stream of %s', (name, make) => {
  it('is the text, whatever its bytes come in', async () => {
    const turns: Turn[] = [
      { text: TEXT },
      { text: TEXT, cut: [1] },
      { text: TEXT, cut: [3, 1, 2, 50] },
      { text: TEXT, lineEnd: '\r\n', cut: [5, 1] },
      { text: TEXT, bom: true },
      { text: TEXT, reasoning: 'Hm, hm.' },
      ...(name === 'ollamaChat'
        ? []
        : [
            { text: TEXT, comments: true },
            { text: TEXT, lineEnd: '\r' as const, cut: [7] },
          ]),
    ];
    for (const turn of turns) {
      // oxlint-disable-next-line no-await-in-loop
      const { text, error } = await readTurn(make, turn);
      expect([turn, text, error]).toEqual([turn, TEXT, undefined]);
    }
  });

  it('reports what it used, of which model, and why it ended', async () => {
    const usage = { input: 100, output: 20, reasoning: 0 };
    const { call } = await readTurn(make, { text: TEXT, usage, finish: 'length' });
    expect(call.reported).toMatchObject({
      usage: { inputTokens: { total: 100 }, outputTokens: { total: 20 } },
      estimated: false,
      model: 'm',
      finishReason: 'length',
    });
  });

  it('that ends without its terminator is no answer', async () => {
    for (const fault of [
      { kind: 'no-terminator' },
      { kind: 'no-terminator', after: 2 },
      { kind: 'no-terminator', after: 0 },
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop
      const { error, text, call } = await readTurn(make, { text: TEXT, fault });
      expect([codeOf(error), failureKind(error), classifyError(error, undefined)]).toEqual([
        'STREAM_CUT',
        'stream-cut',
        'failed',
      ]);
      expect(TEXT.startsWith(text)).toBe(true);
      expect(UnderstudyError.is(error) && error.retryable).toBe(true);
      expect(call.reported?.estimated).toBe(true);
    }
  });

  it('whose connection is reset is cut, with the usage so far as an estimate', async () => {
    const { error, text, call } = await readTurn(make, { text: TEXT, fault: { kind: 'reset', after: 3 } });
    expect([codeOf(error), text]).toEqual(['STREAM_CUT', 'Grüße an alle']);
    expect(call.reported).toMatchObject({ estimated: true, usage: { outputTokens: { total: Math.ceil(text.length / 4) } } });
    expect(call.reported?.usage?.inputTokens.total).toBeGreaterThan(0);
  });

  it('that is reset before its headers was never connected', async () => {
    const { error } = await readTurn(make, { fault: { kind: 'reset', after: 'request' } });
    expect([codeOf(error), failureKind(error)]).toEqual(['PREDICTOR_FAILED', 'connection']);
  });

  it('that says that it failed throws what it said', async () => {
    for (const after of [0, 2]) {
      // oxlint-disable-next-line no-await-in-loop
      const { error, text } = await readTurn(make, { text: TEXT, fault: { kind: 'error-event', after } });
      expect([codeOf(error), text]).toEqual(['STREAM_CUT', after === 0 ? '' : 'Grüße an']);
      expect(classifyError(error, undefined)).toBe('failed');
      expect(failureKind(error)).toBe(name === 'anthropicMessages' ? 'overloaded' : 'stream-cut');
    }
  });

  it('with an event that is no JSON is invalid', async () => {
    const { error, text } = await readTurn(make, { text: TEXT, fault: { kind: 'invalid-json', after: 2 } });
    expect(text).toBe('Grüße an');
    // At the end of the body it may be half of an event.
    expect(['RESPONSE_INVALID', 'STREAM_CUT']).toContain(codeOf(error));
  });

  it('in place of which a page comes is invalid', async () => {
    const { error } = await readTurn(make, { fault: { kind: 'html' } });
    expect([codeOf(error), failureKind(error)]).toEqual(['RESPONSE_INVALID', 'invalid-output']);
  });

  it.each<readonly [Fault, string, string]>([
    [rateLimited(3), 'throttled', 'rate-limited'],
    [
      quotaExhausted(),
      name === 'ollamaChat' ? 'throttled' : 'caller-error',
      name === 'ollamaChat' ? 'rate-limited' : 'quota-exhausted',
    ],
    [overloaded(), 'failed', 'overloaded'],
    [overloaded(529), 'failed', 'overloaded'],
    [contextTooLong(), 'caller-error', name === 'ollamaChat' ? 'invalid-request' : 'context-length'],
    [{ kind: 'status', status: 401 }, 'caller-error', 'auth'],
  ])('whose status is %j is %s', async (fault, expected, kind) => {
    const { error } = await readTurn(make, { fault });
    expect([codeOf(error), classifyError(error, undefined), failureKind(error)]).toEqual(['HTTP_STATUS', expected, kind]);
    if (fault.kind === 'status' && fault.retryAfter !== undefined)
      expect(UnderstudyError.is(error) && error.details.retryAfterMs).toBe(3000);
  });

  it('ends at an abort while nothing comes, with the reason of the abort', async () => {
    await using server = await llmServer({
      script: [
        { fault: { kind: 'stall', after: 'headers' } },
        { text: TEXT, fault: { kind: 'stall', after: 1 } },
        { fault: { kind: 'stall', after: 'request' } },
      ],
    });
    for (const _ of [1, 2, 3]) {
      const reason = new Error('time is up');
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 30);
      // oxlint-disable-next-line no-await-in-loop
      const { error } = await read(make(server.url), fakeCall({ signal: controller.signal }));
      expect(error).toBe(reason);
    }
    await freed(server);
  });

  it('frees its connection when its reader leaves, also while a read is pending', async () => {
    await using server = await llmServer({ script: [{ text: TEXT, fault: { kind: 'stall', after: 1 } }] });
    const call = fakeCall();
    const chunks = await make(server.url).stream('Hi', call);
    expect(await chunks.next()).toEqual({ done: false, value: 'Grüße' });
    const pending = chunks.next();
    expect(await chunks.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await freed(server);
    expect(call.reported).toMatchObject({ estimated: true, usage: { outputTokens: { total: 2 } } });
  });

  it('tells what it used as soon as it is aborted or left', async () => {
    const fault = { kind: 'stall', after: 1 } as const;
    await using server = await llmServer({
      script: [
        { text: TEXT, fault },
        { text: TEXT, fault },
      ],
    });
    const controller = new AbortController();
    const calls = [fakeCall({ signal: controller.signal }), fakeCall()] as const;
    const [aborted, left] = [await make(server.url).stream('Hi', calls[0]), await make(server.url).stream('Hi', calls[1])];
    await Promise.all([aborted.next(), left.next()]);
    controller.abort();
    const leaving = left.return?.();
    for (const call of calls) expect(call.reported).toMatchObject({ estimated: true, usage: { outputTokens: { total: 2 } } });
    await Promise.all([leaving, aborted.return?.()]);
    await freed(server);
  });

  it('is open before it is read, and free when nobody reads it', async () => {
    await using server = await llmServer({ script: [{ text: TEXT, fault: { kind: 'stall', after: 'headers' } }] });
    const call = fakeCall();
    const chunks = await make(server.url).stream('Hi', call);
    expect(server.open).toBe(1);
    await chunks.return?.();
    await freed(server);
    expect(call.reported?.estimated).toBe(true);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('leaves its connection to the next one when it is whole', async () => {
    await using server = await llmServer();
    for (const _ of [1, 2, 3]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await read(make(server.url))).text).toBe('pong');
      // oxlint-disable-next-line no-await-in-loop
      await freed(server);
      // oxlint-disable-next-line no-await-in-loop
      await sleep(5);
    }
    expect(server.connections).toBe(1);
  });

  it('is bounded', async () => {
    const long = 'x'.repeat(5000);
    const { error } = await readTurn(make, { text: long }, { maxResponseBytes: 2000 });
    expect([codeOf(error), String(error)]).toEqual(['RESPONSE_INVALID', expect.stringContaining('maxResponseBytes')]);
  });

  it('of a server that does not stream is its whole answer', async () => {
    await using server = await llmServer({ script: [{ text: TEXT }] });
    const whole: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      const body = (await request.text()).replace('"stream":true', '"stream":false');
      return fetch(request.url, { method: 'POST', headers: request.headers, body });
    };
    const { text, error, call } = await read(make(server.url, { fetch: whole }));
    expect([text, error, call.reported?.finishReason]).toEqual([TEXT, undefined, 'stop']);
  });

  it('reads no further than it is pulled', async () => {
    let pulled = 0;
    const encoder = new TextEncoder();
    const endless: typeof fetch = () =>
      Promise.resolve(
        new Response(
          new ReadableStream(
            {
              pull: (controller) => {
                pulled++;
                controller.enqueue(encoder.encode(EVENT[name] ?? ''));
              },
            },
            { highWaterMark: 0 },
          ),
          { headers: { 'content-type': name === 'ollamaChat' ? 'application/x-ndjson' : 'text/event-stream' } },
        ),
      );
    const chunks = await make('http://host', { fetch: endless }).stream('Hi', fakeCall());
    expect(pulled).toBe(0);
    await chunks.next();
    await chunks.next();
    await sleep(5);
    expect(pulled).toBe(2);
    await chunks.return?.();
  });
});

const EVENT: Readonly<Record<string, string>> = {
  openaiChat: 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
  openaiResponses: 'data: {"type":"response.output_text.delta","delta":"x"}\n\n',
  anthropicMessages: 'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n',
  ollamaChat: '{"message":{"role":"assistant","content":"x"},"done":false}\n',
};
