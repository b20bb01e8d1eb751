import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { afterEach, expect, test } from 'vitest';
import { webhook, type WebhookOptions } from './webhook.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const SECRET = `whsec_${Buffer.from('a secret of twenty-four bytes or more').toString('base64')}`;
const signal = new AbortController().signal;
const alert = (id: string): UnderstudyEvent => ({
  v: 1,
  type: 'alert-raised',
  phase: 'raised',
  id,
  at: 1,
  model: 'm',
  monitor: 'accuracy',
  kind: 'liveMetric',
  since: 1,
  reason: 'accuracy 0.7',
  actions: ['pause'],
  readings: [],
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A receiver that gives these answers in turn, then 204. */
async function receiver(
  answers: readonly [status: number, headers?: Record<string, string>][],
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      const [status, headers] = left.shift() ?? [204];
      response.writeHead(status, headers).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`, received };
}

const failure = async (work: unknown): Promise<UnderstudyError> => {
  try {
    await work;
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
  }
  throw new Error('expected an UnderstudyError');
};

test('one signed request an event, as Standard Webhooks has it', async () => {
  const { url, received } = await receiver([]);
  const sink = webhook({ url, secret: SECRET, now: () => 1_700_000_000_500, headers: { authorization: 'Bearer x' } });
  expect([sink.accepts?.('alert-raised'), sink.accepts?.('retrain-requested'), sink.accepts?.('decision')]).toEqual([
    true,
    true,
    false,
  ]);
  await sink.write([alert('a'), alert('b')], { signal });
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['a', 'b']);
  const { headers, body } = received[0] ?? { headers: {}, body: '' };
  const key = Buffer.from(SECRET.slice(6), 'base64');
  expect(headers).toMatchObject({
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,${createHmac('sha256', key).update(`a.1700000000.${body}`).digest('base64')}`,
    'content-type': 'application/json',
    authorization: 'Bearer x',
  });
  expect(JSON.parse(body)).toEqual(alert('a'));
});

test('tells the queue when to try again, and does not repeat what has arrived', async () => {
  const { url, received } = await receiver([
    [204],
    [503],
    [429, { 'retry-after': '7' }],
    [503, { 'retry-after': new Date(1_700_000_009_000).toUTCString() }],
  ]);
  const sink = webhook({ url, secret: SECRET, now: () => 1_700_000_000_000 });
  const batch = [alert('a'), alert('b')];
  expect(await failure(sink.write(batch, { signal }))).toMatchObject({
    code: 'SINK_FAILED',
    retryable: true,
    details: { status: 503 },
  });
  expect(await failure(sink.write(batch, { signal }))).toMatchObject({ details: { status: 429, retryAfterMs: 7000 } });
  expect(await failure(sink.write(batch, { signal }))).toMatchObject({ details: { status: 503, retryAfterMs: 9000 } });
  await sink.write(batch, { signal });
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['a', 'b', 'b', 'b', 'b']);
});

test('a request that is refused for good is given up; one that cannot be made is not', async () => {
  const { url } = await receiver([[401]]);
  expect(await failure(webhook({ url, secret: SECRET }).write([alert('a')], { signal }))).toMatchObject({ retryable: false });
  const nowhere = webhook({ url: 'http://127.0.0.1:1/', secret: SECRET });
  expect(await failure(nowhere.write([alert('a')], { signal }))).toMatchObject({ code: 'SINK_FAILED', retryable: true });
});

test('wrong options are named, all of them', () => {
  const wrong = { url: 'ftp://x', secret: 'short', types: [], timeoutMs: 0 } as WebhookOptions;
  expect(() => webhook(wrong)).toThrow(/url: .*secret: .*got 5.*types: .*timeoutMs: /s);
});
