/** Tests of the examples: real HTTP, a reader who stays, and one who leaves half-way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { serve } from '@hono/node-server';
import { app } from './hono.ts';
import { answer } from './model.ts';
import { POST } from './route.ts';

/** What each example sends for one chunk. */
const EXAMPLES = [
  { name: 'Hono', fetch: app.fetch, sent: (chunk: string) => chunk },
  { name: 'a route handler', fetch: POST, sent: (chunk: string) => `data: ${JSON.stringify({ type: 'chunk', chunk })}\n\n` },
] as const;

/** Runs with a server of the example, and a request to it. */
async function served(
  fetchOf: (request: Request) => Response | Promise<Response>,
  run: (ask: (signal?: AbortSignal) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const server = serve({ fetch: fetchOf, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
  const body = JSON.stringify({ question: 'word' });
  try {
    await run((signal) =>
      fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal: signal ?? null }),
    );
  } finally {
    server.close();
  }
}

for (const { name, fetch: fetchOf, sent } of EXAMPLES) {
  await test(`${name}: the words come as they are made`, () =>
    served(fetchOf, async (ask) => {
      const response = await ask();
      assert.equal(response.status, 200);
      const decoder = new TextDecoder();
      let [text, parts] = ['', 0];
      for await (const part of response.body ?? []) {
        text += decoder.decode(part, { stream: true });
        parts++;
      }
      assert.equal(text, Array.from({ length: 20 }, (_, index) => sent(`word ${index + 1} `)).join(''));
      assert.ok(parts > 5, `${parts} parts`);
    }));

  await test(`${name}: a reader who leaves half-way cancels the call`, () =>
    served(fetchOf, async (ask) => {
      const before = answer.status().calls;
      const leaving = new AbortController();
      const reader = (await ask(leaving.signal)).body?.getReader();
      await reader?.read();
      await reader?.read();
      leaving.abort();
      for (let turn = 0; turn < 100 && answer.status().calls.inFlight > 0; turn++) await sleep(10);
      const { inFlight, cancelled, failed, served: servedCalls } = answer.status().calls;
      assert.deepEqual([inFlight, failed, servedCalls, cancelled], [0, before.failed, before.served, before.cancelled + 1]);
    }));
}
