import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createUnderstudy, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { pagerDuty } from './pager-duty.ts';
import { slack } from './slack.ts';
import { spooled } from './spooled.ts';
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

/** A runtime's queue before the webhook: what was delivered, lost and told. */
async function deliveredBy(options: Partial<WebhookOptions> & { readonly url: string }, count: number) {
  const understudy = createUnderstudy({
    sinks: [webhook({ secret: SECRET, types: ['decision'], ...options })],
    sinkQueue: { backoffMs: 0 },
  });
  const model = understudy.defineModel(
    { name: 'm', input: z.object({}), output: z.object({}) },
    { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
  );
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push((await model.predict({})).id);
  await understudy.close({ timeoutMs: 60_000 });
  return { ids, status: understudy.status().sinks[0] };
}

const idsOf = (received: readonly Received[]): unknown[] => received.map(({ headers }) => headers['webhook-id']);

test('D1 an event that is refused for good is lost alone: the other nineteen arrive', async () => {
  const { url, received } = await receiver([[204], [204], [400]]);
  const { ids, status } = await deliveredBy({ url }, 20);
  expect(status).toMatchObject({ delivered: 19, queued: 0, lost: { 'refused/routine': 1 } });
  expect(idsOf(received)).toEqual(ids);
});

test('D1 a 503 at the first try of each event loses none, and sends none that has arrived again', async () => {
  const { url, received } = await receiver(Array.from({ length: 40 }, (_, index) => [index % 2 === 0 ? 503 : 204]));
  const { ids, status } = await deliveredBy({ url }, 20);
  expect(status).toMatchObject({ delivered: 20, queued: 0, lost: {} });
  expect(idsOf(received)).toEqual(ids.flatMap((id) => [id, id]));
});

test('D1 an event that fails at every try is lost alone, and what arrived before and after it counts as delivered', async () => {
  const { url } = await receiver([[204], [500], [500], [500], [500], [500], [204]]);
  const { status } = await deliveredBy({ url, retryMs: 0 }, 5);
  expect(status).toMatchObject({ delivered: 4, lost: { 'delivery-failed/routine': 1 } });
});

test('an alert is tried for an hour, more often than the queue tries', async () => {
  const { url, received } = await receiver([...Array.from({ length: 6 }, (): [number] => [503]), [204]]);
  const { status } = await deliveredBy({ url }, 1);
  expect(status).toMatchObject({ delivered: 1, lost: {} });
  expect(received).toHaveLength(7);
  const alerts = [
    webhook({ url, secret: SECRET }),
    slack({ url }),
    pagerDuty({ routingKey: 'R0123456789abcdefR0123456789abcd' }),
    spooled(slack({ url }), { directory: 'nowhere' }),
  ];
  expect(alerts.map(({ retryMs }) => retryMs)).toEqual([3_600_000, 3_600_000, 3_600_000, 3_600_000]);
});

test.each([301, 302, 303, 307, 308])(
  'A9 a %i is not followed: neither the alert nor its signature goes elsewhere',
  async (code) => {
    const target = await receiver([]);
    const other = target.url.replace('127.0.0.1', 'localhost');
    const { url } = await receiver([[code, { location: `${other}?token=SECRET` }]]);
    const error = await failure(webhook({ url, secret: SECRET }).write([alert('a')], { signal }));
    expect(error).toMatchObject({ code: 'SINK_FAILED', retryable: false, details: { status: code } });
    const { origin } = new URL(other);
    expect(error.message).toContain(`answered ${code}: it redirects to ${origin}, which is not followed`);
    expect(error.message).not.toContain('SECRET');
    expect(error.message).not.toContain('/alerts, which');
    expect(target.received).toEqual([]);
  },
);

test('A9 a redirect to a path of the same host names its origin, one without a target says so', async () => {
  const { url } = await receiver([[302, { location: '/login?next=SECRET' }], [304]]);
  const sink = webhook({ url, secret: SECRET });
  expect((await failure(sink.write([alert('a')], { signal }))).message).toContain(`redirects to ${new URL(url).origin},`);
  expect((await failure(sink.write([alert('a')], { signal }))).message).toContain('redirects elsewhere');
});

test.each([
  ['that answers 400', async () => (await receiver([[400], [400]])).url],
  ['that cannot be reached', async () => 'http://127.0.0.1:1/alerts'],
  [
    'that redirects',
    async () => {
      const location = 'http://u:PASSWORD@127.0.0.1:1/?TOKEN';
      return (
        await receiver([
          [302, { location }],
          [302, { location }],
        ])
      ).url;
    },
  ],
])('F5 of a receiver %s nothing secret is told: not in the status, not by printing the error', async (_name, urlOf) => {
  const url = (await urlOf()).replace('http://', 'http://user:PASSWORD@') + '?token=TOKEN';
  const headers = { authorization: 'Bearer AUTHORIZATION' };
  const error = await failure(webhook({ url, secret: SECRET, headers }).write([alert('a')], { signal }));
  const secrets = /PASSWORD|TOKEN|AUTHORIZATION|webhook-signature/;
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(secrets);
  const { status } = await deliveredBy({ url, headers, types: ['decision'], retryMs: 0 }, 1);
  expect(status?.lastError ?? '').toContain('127.0.0.1');
  expect(status?.lastError ?? '').not.toMatch(secrets);
});

test('F5 a user and a password in the address are sent as an authorization, as fetch takes none', async () => {
  const { url, received } = await receiver([]);
  await webhook({ url: url.replace('http://', 'http://us%65r:p%40ss@'), secret: SECRET }).write([alert('a')], { signal });
  expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
});

test('F5 an address or a secret that is refused is not repeated', () => {
  for (const url of ['ftp://user:PASSWORD@host/?TOKEN', 'PASSWORD', 7] as never[])
    expect(() => webhook({ url, secret: 'PASSWORD' })).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/PASSWORD|TOKEN/) }),
    );
});

test('B4 a misspelt option is named, with the one that was meant', () => {
  expect(() => webhook({ url: 'https://x', secret: SECRET, typs: ['alert-raised'] } as never)).toThrow(/webhook\.typs: .*types/);
  expect(() => webhook({ url: 'https://x', secret: SECRET, types: ['alert-rised'] } as never)).toThrow(
    /types\[0\]: .*alert-raised/,
  );
});

test('a body that breaks off after its status changes nothing', async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error('cut')),
    cancel: () => {
      throw new Error('cut');
    },
  });
  const sink = webhook({ url: 'https://x', secret: SECRET, fetch: async () => new Response(body, { status: 200 }) });
  await expect(sink.write([alert('a')], { signal })).resolves.toBeUndefined();
});
