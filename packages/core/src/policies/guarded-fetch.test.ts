import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
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
