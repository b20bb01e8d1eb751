// What passes a guarded fetch, byte by byte, and what is left behind: no server, scripted bytes.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { llmServer, type Turn } from '../../tests/support/llm-server.ts';
import { UnderstudyError } from '../errors/index.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { retry } from '../policies/retry.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { CustomPolicy, ResultClass } from '../types/index.ts';
import { guardedFetch } from './guarded-fetch.ts';

const TEXT = 'Zwölf 🌍 Wörter';
const MESSAGES = [{ role: 'user', content: 'x' }];
const PATHS = ['/v1/chat/completions', '/v1/responses', '/v1/messages', '/api/chat'] as const;
const encoder = new TextEncoder();

interface Recorded {
  readonly path: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Bytes with the end of the first content in them. */
  readonly content: number;
  /** Bytes with the terminator in them. */
  readonly whole: number;
}

async function record(path: string, turn: Turn, mark: string): Promise<Recorded> {
  await using server = await llmServer({ script: [turn] });
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'm', max_tokens: 9, stream: true, messages: MESSAGES, input: 'x' }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Positions of bytes: of text, those of characters.
  const text = new TextDecoder('latin1').decode(bytes);
  const first = text.indexOf(new TextDecoder('latin1').decode(encoder.encode(mark)));
  const gap = path === '/api/chat' ? '\n' : '\n\n';
  return {
    path,
    type: response.headers.get('content-type') ?? '',
    bytes,
    content: text.indexOf(gap, first) + gap.length,
    whole: text.trimEnd().length,
  };
}

type End = 'close' | 'error';

/** A body of these pieces; each is made when it is pulled. */
function bodyOf(pieces: Iterable<Uint8Array>, end: End): ReadableStream<Uint8Array> {
  const each = pieces[Symbol.iterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = each.next();
        if (done !== true) return controller.enqueue(value);
        if (end === 'error') controller.error(new TypeError('terminated'));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function* cutAt(bytes: Uint8Array, ...at: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (const to of [...at, bytes.length]) {
    if (to > from) yield bytes.slice(from, to);
    from = to;
  }
}

async function read(response: Response): Promise<{ bytes: Uint8Array; error: unknown }> {
  const chunks: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { bytes: new Uint8Array(Buffer.concat(chunks)), error };
}

const post = (fetch: typeof globalThis.fetch, path: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`https://models.example${path}`, {
    method: 'POST',
    body: '{"stream":true}',
    ...(signal === undefined ? {} : { signal }),
  });
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe.each(PATHS)('bytes of %s', (path) => {
  let recorded: Recorded;
  beforeAll(async () => {
    const thinks = path === '/v1/messages';
    recorded = await record(
      path,
      { text: TEXT, comments: true, ...(thinks ? { reasoning: 'Hm' } : {}) },
      thinks ? 'Hm' : 'Zwölf',
    );
  });

  it('are the same, cut in two anywhere, and one by one', async () => {
    const { bytes, type } = recorded;
    let pieces: Iterable<Uint8Array> = [];
    const fetch = guardedFetch([], {
      fetch: async () => new Response(bodyOf(pieces, 'close'), { headers: { 'content-type': type, 'x-own': '1' } }),
    });
    for (let at = 0; at <= bytes.length; at++) {
      pieces = at === bytes.length ? cutAt(bytes, ...bytes.keys()) : cutAt(bytes, at);
      // oxlint-disable-next-line no-await-in-loop
      const response = await post(fetch, path);
      expect(response.headers.get('x-own')).toBe('1');
      // oxlint-disable-next-line no-await-in-loop
      const got = await read(response);
      expect([at, got.error, same(got.bytes, bytes)]).toEqual([at, undefined, true]);
    }
  });

  it.each<End>(['close', 'error'])('that end anywhere (%s) are no short success, and none is said twice', async (end) => {
    const { bytes, type, content, whole } = recorded;
    for (let length = 0; length <= bytes.length; length++) {
      let calls = 0;
      const fetch = guardedFetch([retry({ attempts: 2, baseMs: 0, budgetMin: 10 })], {
        fetch: async () => {
          calls++;
          const body = calls === 1 ? bodyOf(cutAt(bytes.slice(0, length)), end) : bodyOf(cutAt(bytes), 'close');
          return new Response(body, { headers: { 'content-type': type } });
        },
      });
      // oxlint-disable-next-line no-await-in-loop
      const got = await read(await post(fetch, path));
      // What a reset takes with it may have been the end of the last event.
      const isWhole = length >= (end === 'error' ? bytes.length : whole);
      if (isWhole)
        expect([length, got.error, same(got.bytes, bytes.slice(0, length)), calls]).toEqual([length, undefined, true, 1]);
      else if (calls === 2)
        expect([length, got.error, same(got.bytes, bytes), length < content]).toEqual([length, undefined, true, true]);
      else {
        expect([length, same(got.bytes, bytes.slice(0, length)), length >= content]).toEqual([length, true, true]);
        expect(got.error).toMatchObject({ code: 'STREAM_CUT', details: { delivered: length, kind: 'stream-cut' } });
      }
    }
  });

  it('of which none is content are refused, and say why', async () => {
    const { bytes, type } = recorded;
    const fetch = guardedFetch([], {
      fetch: async () => new Response(bodyOf(cutAt(bytes.slice(0, 20)), 'close'), { headers: { 'content-type': type } }),
    });
    await expect(post(fetch, path)).rejects.toMatchObject({ code: 'STREAM_CUT', message: expect.stringContaining(path) });
  });
});

describe('streams of no known protocol', () => {
  it.each([
    ['text/event-stream', 'event: tick\ndata: 1\n\ndata: {"a":1}\n\n: c\n\ndata: half'],
    ['text/event-stream', 'data: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}\n\n'],
    ['text/event-stream', 'data: {"choices":[{"text":"legacy"}]}\n\n'],
    ['text/event-stream', ''],
    ['application/x-ndjson', '{"row":1}\n{"row":2}\n{"ro'],
  ])('pass through as they come: %s %j', async (type, text) => {
    const fetch = guardedFetch([], {
      fetch: async () => new Response(bodyOf(cutAt(encoder.encode(text), 3, 9), 'close'), { headers: { 'content-type': type } }),
    });
    expect(await (await fetch('https://a/feed')).text()).toBe(text);
  });
});

describe('an answer', () => {
  const chat = (events: string): typeof fetch =>
    guardedFetch([], {
      fetch: async () =>
        new Response(bodyOf([encoder.encode(events)], 'close'), { headers: { 'content-type': 'text/event-stream' } }),
    });
  const EMPTY = 'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n';

  it('without text is whole where it says why it ended', async () => {
    const silent = `${EMPTY}data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
    expect(await (await post(chat(silent), PATHS[0])).text()).toBe(silent);
    await expect(post(chat(`${EMPTY}data: [DONE]\n\n`), PATHS[0])).rejects.toMatchObject({ code: 'STREAM_CUT' });
  });

  it('of no JSON is refused before its content, and passes after it', async () => {
    await expect(post(chat(`${EMPTY}data: {"broken\n\n`), PATHS[0])).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  it('keeps its address and its status', async () => {
    await using server = await llmServer();
    const response = await guardedFetch([])(`${server.url}${PATHS[0]}`, { method: 'POST', body: '{"model":"m","stream":true}' });
    expect([response.url, response.status, response.redirected]).toEqual([`${server.url}${PATHS[0]}`, 200, false]);
    await response.body?.cancel();
  });
});

describe('memory', () => {
  const event = encoder.encode('data: {"choices":[{"index":0,"delta":{"content":"0123456789"}}]}\n\n');

  it('of a thousand slow readers is what they have read', async () => {
    let made = 0;
    const endless = function* (): Generator<Uint8Array> {
      for (;;) {
        made++;
        yield event;
      }
    };
    const fetch = guardedFetch([], {
      fetch: async () => new Response(bodyOf(endless(), 'close'), { headers: { 'content-type': 'text/event-stream' } }),
    });
    const responses = await Promise.all(Array.from({ length: 1000 }, () => post(fetch, PATHS[0])));
    const readers = responses.map(({ body }) => (body ?? new ReadableStream<Uint8Array>()).getReader());
    await Promise.all(readers.map((reader) => reader.read()));
    await new Promise((later) => setTimeout(later, 50));
    expect(made).toBe(1000);
    await Promise.all(readers.map((reader) => reader.read()));
    expect(made).toBe(2000);
    await Promise.all(readers.map((reader) => reader.cancel()));
  });

  it.each([
    ['before its content', '', 5],
    ['after its content', new TextDecoder().decode(event), 18],
  ])('of an endless line is bounded %s', async (_, start, megabytes) => {
    let bytes = 0;
    const piece = encoder.encode('x'.repeat(65_536));
    const endless = function* (): Generator<Uint8Array> {
      yield encoder.encode(`${start}data: `);
      for (;;) {
        bytes += piece.length;
        yield piece;
      }
    };
    const fetch = guardedFetch([], {
      fetch: async () => new Response(bodyOf(endless(), 'close'), { headers: { 'content-type': 'text/event-stream' } }),
    });
    const error = await post(fetch, PATHS[0]).then(
      async (response) => (await read(response)).error,
      (thrown: unknown) => thrown,
    );
    const cause = UnderstudyError.is(error, 'STREAM_CUT') ? error.cause : error;
    expect(cause).toMatchObject({ code: 'RESPONSE_INVALID' });
    expect(bytes).toBeLessThan(megabytes * 1024 * 1024);
  });
});

// ---- nothing is left behind

type Step = { readonly kind: 'role' | 'text' | 'usage' | 'done' | 'error' | 'garbage' | 'wait' | 'stall' | 'reset' | 'end' };
const EVENTS: Readonly<Record<string, string>> = {
  role: '{"choices":[{"index":0,"delta":{"role":"assistant"}}]}',
  text: '{"choices":[{"index":0,"delta":{"content":"a"}}]}',
  usage: '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
  done: '[DONE]',
  error: '{"error":{"message":"no","type":"server_error"}}',
  garbage: '{"gar',
};
const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('role', 'text', 'text', 'text', 'usage', 'done', 'error', 'garbage', 'wait', 'stall', 'reset', 'end'),
  }),
  { maxLength: 8 },
);
const reader = fc.record({
  /** Milliseconds between reads. */
  slow: fc.constantFrom(0, 0, 50, 70_000),
  leavesAfter: fc.option(fc.integer({ min: 0, max: 5 })),
  abortsAt: fc.option(fc.constantFrom(0, 5, 60, 500, 70_000)),
  reads: fc.boolean(),
});

it('leaves no timer, no listener, no place and no open body behind, whatever happens, and says no text twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), reader, fc.boolean(), async (attempts, how, hears) => {
      const clock = new VirtualClock();
      const ends: ResultClass[] = [];
      let admitted = 0;
      let open = 0;
      const ledger: CustomPolicy = {
        kind: 'ledger',
        create: () => ({
          admit: () => ++admitted,
          settle: (_, resultClass) => void (resultClass === 'rejected' || ends.push(resultClass)),
        }),
      };
      let calls = 0;
      const inner: typeof fetch = async (_, init) => {
        const script = [...(attempts[Math.min(calls++, attempts.length - 1)] ?? [])];
        open++;
        let isOpen = true;
        const shut = (): void => {
          if (isOpen) open--;
          isOpen = false;
        };
        const body = new ReadableStream<Uint8Array>(
          {
            start(controller) {
              if (!hears) return;
              init?.signal?.addEventListener('abort', () => {
                if (isOpen) controller.error(init.signal?.reason);
                shut();
              });
            },
            async pull(controller) {
              const { kind } = script.shift() ?? { kind: 'end' };
              if (kind === 'wait') await new Promise<void>((wake) => clock.schedule(wake, 40));
              if (!isOpen) return;
              if (kind === 'stall') return new Promise<void>(() => {});
              if (kind === 'reset') {
                shut();
                return controller.error(new TypeError('terminated'));
              }
              if (kind === 'end') {
                shut();
                return controller.close();
              }
              controller.enqueue(encoder.encode(kind === 'wait' ? ': wait\n\n' : `data: ${EVENTS[kind] ?? ''}\n\n`));
            },
            cancel: shut,
          },
          { highWaterMark: 0 },
        );
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      };
      const guarded = guardedFetch(
        [
          ledger,
          concurrencyLimit({ max: 3 }),
          circuitBreaker({ consecutiveFailures: 100, failureRate: false }),
          retry({ attempts: 3, baseMs: 10 }),
        ],
        { clock, fetch: inner, random: () => 0.5, stream: { firstContentMs: 1000, idleMs: 1000 } },
      );
      const abort = new AbortController();
      let listeners = 0;
      const [add, remove] = [abort.signal.addEventListener, abort.signal.removeEventListener];
      abort.signal.addEventListener = (...given: Parameters<typeof add>) => (listeners++, add.apply(abort.signal, given));
      abort.signal.removeEventListener = (...given: Parameters<typeof remove>) => (
        listeners--,
        remove.apply(abort.signal, given)
      );
      if (how.abortsAt !== null) clock.schedule(() => abort.abort(new Error('left')), how.abortsAt);
      let isOver = false;
      let said = '';
      const work = (async () => {
        const response = await post(guarded, PATHS[0], abort.signal);
        if (!how.reads) return;
        const chunks = response.body?.getReader();
        for (let read = 0; how.leavesAfter === null || read < how.leavesAfter; read++) {
          if (how.slow > 0) await new Promise<void>((wake) => clock.schedule(wake, how.slow));
          const next = await chunks?.read();
          if (next === undefined || next.done) return;
          said += new TextDecoder().decode(next.value);
        }
        await chunks?.cancel();
      })().then(
        () => (isOver = true),
        () => (isOver = true),
      );
      for (let step = 0; step < 40; step++) await clock.advance(step < 20 ? 40 : 60_000);
      expect(isOver).toBe(true);
      await work;
      for (let step = 0; step < 4; step++) await clock.advance(60_000);
      const status = guarded.calls.get('https://models.example')?.status();
      expect({
        open,
        pending: clock.pending,
        active: status?.['concurrencyLimit']?.['active'],
        ends: ends.length - calls,
      }).toEqual({
        open: 0,
        pending: 0,
        active: 0,
        ends: 0,
      });
      if (how.abortsAt === null) expect(listeners).toBe(0);
      // All of it comes from one attempt.
      const texts = attempts.map((script) => script.filter(({ kind }) => kind === 'text').length);
      expect(said.split('"content":"a"').length - 1).toBeLessThanOrEqual(Math.max(...texts));
    }),
    { numRuns: 300 },
  );
});
