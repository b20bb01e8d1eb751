import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { cooldown } from '../policies/cooldown.ts';
import { hedge } from '../policies/hedge.ts';
import { retry } from '../policies/retry.ts';
import { timeout } from '../policies/timeout.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: (...exchange: Parameters<RequestListener>) => unknown): Promise<string> {
  const server = createServer((request, response) => void listener(request, response));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a 503 is tried again; what no try mends is the response itself', async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls++;
    response.statusCode = calls < 3 ? 503 : 200;
    response.end(`answer ${calls}`);
  });
  const fetch = guardedFetch([retry({ attempts: 3, baseMs: 1 })]);
  expect(await (await fetch(url)).text()).toBe('answer 3');
  calls = -10;
  const last = await fetch(url);
  expect([last.status, await last.text()]).toEqual([503, 'answer -7']);
});

test('a 404 is an answer, a 503 opens the circuit, and then nothing is sent', async () => {
  let calls = 0;
  const url = await serve((request, response) => {
    calls++;
    response.statusCode = request.url === '/missing' ? 404 : 503;
    response.end();
  });
  const fetch = guardedFetch([circuitBreaker({ consecutiveFailures: 2 })]);
  for (let call = 0; call < 3; call++) expect((await fetch(`${url}/missing`)).status).toBe(404);
  for (let call = 0; call < 2; call++) expect((await fetch(url)).status).toBe(503);
  await expect(fetch(url)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  expect(calls).toBe(5);
});

test('a 4xx is the answer of its caller: it says nothing of the endpoint, and nobody asks again', async () => {
  const answers = [503, 404, 503];
  const url = await serve((_, response) => response.writeHead(answers.shift() ?? 200).end());
  const events: string[] = [];
  const fetch = guardedFetch([circuitBreaker({ consecutiveFailures: 2 })], {
    onEvent: (event) => events.push('resultClass' in event ? event.resultClass : event.type),
  });
  for (const status of [503, 404, 503]) expect((await fetch(url)).status).toBe(status);
  await expect(fetch(url)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  expect(events).toEqual(['failed', 'caller-error', 'circuit', 'failed', 'rejected']);
});

test('a `Request` is sent a second time by hedge() with its whole body', async () => {
  const bodies: string[] = [];
  const url = await serve((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      bodies.push(text);
      if (bodies.length > 1) response.end('second');
    });
  });
  const fetch = guardedFetch([hedge({ delayMs: 20 }), circuitBreaker({ consecutiveFailures: 1 })]);
  const answer = await fetch(new Request(url, { method: 'POST', body: 'hello' }));
  expect([await answer.text(), bodies]).toEqual(['second', ['hello', 'hello']]);
});

test('a key that is rejected is left alone', async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls++;
    response.writeHead(401).end();
  });
  const fetch = guardedFetch([cooldown(), retry({ attempts: 3, baseMs: 0 })]);
  expect((await fetch(url)).status).toBe(401);
  await expect(fetch(url)).rejects.toMatchObject({ code: 'KEY_REJECTED' });
  expect(calls).toBe(1);
});

test('a body that streams is sent once, and a body that is read late outlives the timeout', async () => {
  let calls = 0;
  const finish = Promise.withResolvers<void>();
  const url = await serve((request, response) => {
    calls++;
    request.resume();
    if (request.method === 'POST') return void response.writeHead(503).end();
    response.write('first ');
    void finish.promise.then(() => response.end('last'));
  });
  const fetch = guardedFetch([retry({ attempts: 3, baseMs: 1 }), timeout({ ms: 2000 })]);
  const body = new ReadableStream({ start: (stream) => (stream.enqueue(new TextEncoder().encode('x')), stream.close()) });
  expect((await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(503);
  expect(calls).toBe(1);
  const response = await fetch(url);
  await new Promise((done) => setTimeout(done, 50));
  finish.resolve();
  expect(await response.text()).toBe('first last');
});

test("the caller's abort also ends the reading of a body", async () => {
  const url = await serve((_, response) => void response.write('first'));
  const abort = new AbortController();
  const response = await guardedFetch([timeout({ ms: 5000 })])(url, { signal: abort.signal });
  const text = response.text();
  abort.abort(new Error('the user left'));
  await expect(text).rejects.toThrow(/user left|abort/i);
});

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('one ');
  yield new TextEncoder().encode('two');
}

test.each([
  ['an async iterable', () => ({ body: chunks() as unknown as BodyInit, duplex: 'half' })],
  ['a ReadableStream', () => ({ body: Readable.toWeb(Readable.from(chunks())) as unknown as BodyInit, duplex: 'half' })],
  ["Node's Readable", () => ({ body: Readable.from(chunks()) as unknown as BodyInit, duplex: 'half' })],
])('A7 %s is never sent twice, and the caller gets the first answer', async (_, init) => {
  const bodies: string[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(body);
    response.statusCode = 503;
    response.end('busy');
  });
  const answer = await guardedFetch([retry({ baseMs: 0 })])(url, { method: 'POST', ...init() });
  expect([answer.status, await answer.text(), bodies]).toEqual([503, 'busy', ['one two']]);
});

test.each([
  ['a string', () => 'one two'],
  ['bytes', () => new TextEncoder().encode('one two')],
  ['a Blob', () => new Blob(['one two'])],
  ['URLSearchParams', () => new URLSearchParams({ a: '1' })],
])('A7 %s is sent again, whole', async (_, make) => {
  const bodies: string[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(body);
    response.statusCode = bodies.length < 3 ? 503 : 200;
    response.end();
  });
  const answer = await guardedFetch([retry({ baseMs: 0 })])(url, { method: 'POST', body: make() });
  expect([answer.status, bodies.length, new Set(bodies).size]).toEqual([200, 3, 1]);
  expect(bodies[0]).not.toBe('');
});

test('A7 a Request with a body is copied for each attempt, and used up in the end', async () => {
  const bodies: string[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(body);
    response.statusCode = bodies.length < 2 ? 503 : 200;
    response.end();
  });
  const request = new Request(url, { method: 'POST', body: 'whole' });
  const answer = await guardedFetch([retry({ baseMs: 0 })])(request);
  expect([answer.status, bodies, request.bodyUsed]).toEqual([200, ['whole', 'whole'], true]);
});

test('A8 what is tried again is cancelled: no connection is kept by an answer that nobody reads', async () => {
  let open = 0;
  let calls = 0;
  const big = Buffer.alloc(300_000);
  const server = createServer((_, response) => {
    response.statusCode = ++calls % 3 === 0 ? 200 : 503;
    response.end(big);
  });
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => open--);
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetch = guardedFetch([retry({ baseMs: 0 })]);
  for (let call = 0; call < 20; call++) await (await fetch(url)).arrayBuffer();
  expect(calls).toBe(60);
  await vi.waitFor(() => expect(open).toBeLessThanOrEqual(3), { timeout: 120_000 });
});

test('A6 an origin that asks to wait for an hour holds up no other, for no longer than the cap, and says so', async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const fetch = guardedFetch([circuitBreaker()], {
    clock,
    deadlineMs: 10_000,
    fetch: async (input) => {
      const address = input instanceof Request ? input.url : input.toString();
      asked.push(address);
      return address.startsWith('https://a')
        ? new Response('', { status: 429, headers: { 'retry-after': '3600' } })
        : new Response('ok');
    },
  });
  expect((await fetch('https://a/x')).status).toBe(429);
  await expect(fetch('https://a/y')).rejects.toMatchObject({
    code: 'THROTTLED',
    message: 'The endpoint of fetch https://a has asked its callers to wait for another 60000 ms.',
    details: { retryAfterMs: 60_000 },
  });
  expect(await (await fetch('https://b/x')).text()).toBe('ok');
  expect(fetch.calls.get('https://a')?.status()['throttled']).toEqual({ forMs: 60_000 });
  fetch.calls.get('https://a')?.release();
  expect((await fetch('https://a/z')).status).toBe(429);
  await clock.advance(60_000);
  expect((await fetch('https://a/z')).status).toBe(429);
  expect(asked).toEqual(['https://a/x', 'https://b/x', 'https://a/z', 'https://a/z']);
});

test('A6 a request has a deadline of two minutes where none is said', async () => {
  const clock = new VirtualClock();
  const fetch = guardedFetch([], { clock, fetch: () => new Promise(() => {}) });
  const told = fetch('https://a/x').catch((error: unknown) => error);
  await clock.advance(119_990);
  expect(clock.pending).toBe(1);
  await clock.advance(20);
  expect(await told).toMatchObject({ code: 'TIMEOUT' });
  expect(clock.pending).toBe(0);
});

test('options that make no sense are told when it is made', () => {
  const wrong = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return (error as { details: { problems: { path: string }[] } }).details.problems.map(({ path }) => path);
    }
  };
  expect(wrong(() => guardedFetch('x' as never))).toEqual(['guardedFetch.policies']);
  expect(wrong(() => guardedFetch([{} as never]))).toEqual(['guardedFetch.policies[0]']);
  expect(wrong(() => guardedFetch([], { deadlineMs: Number.NaN, fetsch: 1 } as never))).toEqual([
    'guardedFetch.fetsch',
    'guardedFetch.deadlineMs',
  ]);
});

test('what a fetch of the user answers that is no response of the platform passes through', async () => {
  const odd: readonly object[] = [
    { ok: true, status: 200, json: async () => ({ fine: true }) },
    {
      ok: true,
      status: 200,
      headers: new Headers({ 'content-type': 'application/json' }),
      body: Readable.from(['{"fine":true}']),
      json: async () => ({ fine: true }),
    },
  ];
  for (const response of odd) {
    const fetch = guardedFetch([retry()], {
      fetch: (async () => response) as never,
      failsOn: (async () => Promise.reject(new Error('later'))) as never,
    });
    expect(await (await fetch('http://a/', { method: 'POST', body: '{}' })).json()).toEqual({ fine: true });
  }
});

test('each attempt carries the trace that it is told, and a header of the caller wins', async () => {
  const seen: (string | undefined)[][] = [];
  const url = await serve(({ headers }, response) => {
    seen.push([headers.traceparent, headers.tracestate, headers['x-own']].map((value) => value?.toString()));
    response.statusCode = seen.length === 1 ? 503 : 200;
    response.end();
  });
  const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  let answer: unknown = { traceparent: own, tracestate: 'v=1' };
  const traceContext = (): never =>
    (answer instanceof Error
      ? (() => {
          throw answer;
        })()
      : answer) as never;
  const fetch = guardedFetch([retry({ attempts: 2, baseMs: 1 })], { traceContext });
  await fetch(url, { headers: { 'x-own': '1' } });
  await fetch(new Request(url, { method: 'POST', body: 'x', headers: { 'x-own': '2' } }));
  await fetch(url, { headers: { traceparent: 'mine' } });
  for (const odd of [undefined, null, 5, { traceparent: 'x' }, { traceparent: own.toUpperCase() }, new Error('no span')]) {
    answer = odd;
    // oxlint-disable-next-line no-await-in-loop -- in order
    await fetch(url);
  }
  expect(seen).toEqual([
    [own, 'v=1', '1'],
    [own, 'v=1', '1'],
    [own, 'v=1', '2'],
    ['mine', undefined, undefined],
    ...Array.from({ length: 6 }, () => [undefined, undefined, undefined]),
  ]);
});
