import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { http, type HttpOptions } from './http.ts';
import { type Answer, failureOf, type Received, testReceiver } from './test-receiver.ts';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four bytes or more').toString('base64')}`;
const { signal } = new AbortController();

const changed = (id: string, change: Partial<UnderstudyEvent> = {}): UnderstudyEvent =>
  ({
    v: 1,
    type: 'circuit-changed',
    id,
    at: 5,
    model: 'm',
    variant: 'v1',
    from: 'closed',
    to: 'open',
    reason: 'r',
    ...change,
  }) as UnderstudyEvent;
const events = (count: number): UnderstudyEvent[] => Array.from({ length: count }, (_, index) => changed(`e${index}`));
const idsOf = ({ json }: Received): readonly unknown[] => (json['events'] as UnderstudyEvent[]).map(({ id }) => id);

/** Real events of a runtime with this sink: what became of them. */
async function deliveredBy(options: HttpOptions, count: number) {
  const understudy = createUnderstudy({ sinks: [http({ types: ['decision'], ...options })], sinkQueue: { backoffMs: 0 } });
  const model = understudy.defineModel(
    { name: 'm', input: z.object({}), output: z.object({}) },
    { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
  );
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push((await model.predict({})).id);
  await understudy.close({ timeoutMs: 60_000 });
  return { ids, status: understudy.status().sinks[0] };
}

describe('a request', () => {
  it('holds a batch, with headers of yours and a key that is the same for the same events', async () => {
    const { url, received } = await testReceiver([503]);
    const sink = http({ url, headers: { authorization: 'Bearer x' } });
    await failureOf(sink.write(events(2), { signal }));
    await sink.write(events(2), { signal });
    await sink.write([...events(1), changed('other')], { signal });
    expect(received.map(({ json }) => json)).toEqual([
      { events: events(2) },
      { events: events(2) },
      { events: [changed('e0'), changed('other')] },
    ]);
    const [first, again, other] = received.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^e0-[\da-f]{32}$/);
    expect(again).toBe(first);
    expect(other).toMatch(/^e0-/);
    expect(other).not.toBe(first);
    expect(received[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer x' });
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  it('has a key of plain characters, whatever the first id holds', async () => {
    const { url, received } = await testReceiver();
    await http({ url }).write([changed('a/β\ud800\n')], { signal });
    expect(received[0]?.headers['idempotency-key']).toMatch(/^a%2F%CE%B2%EF%BF%BD%0A-/);
  });

  it('is packed over 1,024 bytes, unless you say no', async () => {
    const { url, received } = await testReceiver();
    await http({ url }).write(events(1), { signal });
    await http({ url }).write(events(50), { signal });
    await http({ url, gzip: false }).write(events(50), { signal });
    expect(received.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', undefined]);
    expect(received[1]?.json).toEqual(received[2]?.json);
    expect(received[1]?.bytes.length).toBeLessThan((received[2]?.bytes.length ?? 0) / 4);
  });

  it('is signed as it is sent, packed or not', async () => {
    const { url, received } = await testReceiver();
    const sink = http({ url, secret: SECRET, now: () => 1_700_000_000_500 });
    await sink.write(events(1), { signal });
    await sink.write(events(50), { signal });
    for (const { headers, bytes } of received) {
      const id = headers['idempotency-key'];
      const hmac = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
        .update(`${id as string}.1700000000.`)
        .update(bytes);
      expect(headers).toMatchObject({
        'webhook-id': id,
        'webhook-timestamp': '1700000000',
        'webhook-signature': `v1,${hmac.digest('base64')}`,
      });
    }
    expect(received[1]?.headers['content-encoding']).toBe('gzip');
  });

  it('is a batch of CloudEvents 1.0 on demand', async () => {
    const { url, received } = await testReceiver();
    const named = changed('b', { application: 'claims api', environment: 'production' });
    await http({ url, format: 'cloudevents' }).write([changed('a'), named, changed('c', { model: '' })], { signal });
    expect(received[0]?.headers['content-type']).toBe('application/cloudevents-batch+json');
    const [a, b, c] = (received[0]?.json ?? []) as unknown as Record<string, unknown>[];
    expect(a).toEqual({
      specversion: '1.0',
      id: 'a',
      source: '/understudy',
      type: 'dev.understudy.circuit-changed',
      subject: 'm',
      time: '1970-01-01T00:00:00.005Z',
      datacontenttype: 'application/json',
      data: changed('a'),
    });
    expect(b).toMatchObject({ source: '/claims%20api/production', data: named });
    expect(c).not.toHaveProperty('subject');
  });

  it('has the events that you choose, and content on demand', () => {
    const url = 'https://x';
    expect(http({ url }).accepts?.('decision')).toBe(true);
    expect(http({ url, types: ['alert-raised'] }).accepts?.('decision')).toBe(false);
    expect([http({ url }).content, http({ url, content: true }).content]).toEqual([false, true]);
    expect([http({ url }).batchSize, http({ url, batchSize: 7 }).batchSize]).toEqual([undefined, 7]);
  });
});

describe('a receiver that fails', () => {
  it.each<[string, Answer]>([
    ['answers 503', 503],
    ['answers 429', 429],
    ['answers 408', 408],
    ['cuts the connection', 'reset'],
    ['cuts its answer in half', 'half'],
    ['does not answer in time', 'hang'],
  ])('and %s gets the batch again, and nothing is lost', async (_name, answer) => {
    const { url, received } = await testReceiver([answer]);
    const { ids, status } = await deliveredBy({ url, timeoutMs: 300 }, 3);
    expect(status).toMatchObject({ delivered: 3, queued: 0, lost: {} });
    expect(received.map(idsOf)).toEqual([ids, ids]);
    expect(received[1]?.headers['idempotency-key']).toBe(received[0]?.headers['idempotency-key']);
  });

  it('says when to come again', async () => {
    const { url } = await testReceiver([[429, { 'retry-after': '7' }]]);
    expect(await failureOf(http({ url }).write(events(1), { signal }))).toMatchObject({
      retryable: true,
      details: { status: 429, retryAfterMs: 7000 },
    });
  });

  it.each([400, 401, 404, 301, 307])('and answers %d for good loses the batch, after one request', async (status) => {
    const target = await testReceiver();
    const { url, received } = await testReceiver([[status, { location: target.url }]]);
    const { status: told } = await deliveredBy({ url }, 3);
    expect(told).toMatchObject({
      delivered: 0,
      lost: { 'refused/routine': 3 },
      lastError: expect.stringContaining(`answered ${status}`) as string,
    });
    expect([received.length, target.received.length]).toEqual([1, 0]);
  });

  it('and takes no gzip gets plain bodies from then on', async () => {
    const { url, received } = await testReceiver(({ headers }) => (headers['content-encoding'] === undefined ? 204 : 415));
    const sink = http({ url, secret: SECRET });
    await sink.write(events(50), { signal });
    await sink.write(events(50), { signal });
    expect(received.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', undefined, undefined]);
  });

  it('and answers 415 to plain bodies too has refused them', async () => {
    const { url, received } = await testReceiver(() => 415);
    const error = await failureOf(http({ url }).write(events(50), { signal }));
    expect(error).toMatchObject({ retryable: false, details: { status: 415 } });
    expect(received).toHaveLength(2);
  });
});

describe('a receiver with a limit of size', () => {
  it('gets halves, each event once and in order', async () => {
    const { url, received } = await testReceiver((request) => (idsOf(request).length > 6 ? 413 : 204));
    const { ids, status } = await deliveredBy({ url }, 40);
    expect(status).toMatchObject({ delivered: 40, lost: {} });
    expect(received.filter((request) => idsOf(request).length <= 6).flatMap(idsOf)).toEqual(ids);
    expect(received.length).toBeLessThan(25);
  });

  it('loses one event that is too big by itself, and no other', async () => {
    const { url, received } = await testReceiver((request) => (idsOf(request).includes('e33') ? 413 : 204));
    const error = await failureOf(http({ url }).write(events(100), { signal }));
    expect(error).toMatchObject({ retryable: false, details: { status: 413, refused: ['e33'] } });
    const arrived = received.filter((request) => !idsOf(request).includes('e33')).flatMap(idsOf);
    expect(arrived).toEqual(events(100).flatMap(({ id }) => (id === 'e33' ? [] : id)));
    expect(received.length).toBeLessThan(25);
  });

  it('D1 the queue counts that event alone as refused', async () => {
    let big: unknown;
    const { url } = await testReceiver((request) => {
      big ??= idsOf(request)[3];
      return idsOf(request).includes(big) ? 413 : 204;
    });
    const { status } = await deliveredBy({ url }, 10);
    expect(status).toMatchObject({ delivered: 9, queued: 0, lost: { 'refused/routine': 1 } });
  });

  it('gets no event again that has arrived or was refused, where it fails in between', async () => {
    const { url, received } = await testReceiver([413, 204, 413, 413, 503]);
    const sink = http({ url });
    // e0–e3 are too many, e0–e1 arrive, e2–e3 are too many, e2 is too big, e3 finds it down.
    expect(await failureOf(sink.write(events(4), { signal }))).toMatchObject({ retryable: true, details: { status: 503 } });
    expect(await failureOf(sink.write(events(4), { signal }))).toMatchObject({ details: { status: 413, refused: ['e2'] } });
    expect(received.map(idsOf)).toEqual([['e0', 'e1', 'e2', 'e3'], ['e0', 'e1'], ['e2', 'e3'], ['e2'], ['e3'], ['e3']]);
    await expect(sink.write(events(4), { signal })).resolves.toBeUndefined();
  });

  it('has no part in the next batch, where the queue has given up one', async () => {
    const { url } = await testReceiver([413, 413, 503]);
    const sink = http({ url });
    await failureOf(sink.write(events(2), { signal }));
    await expect(sink.write([changed('new')], { signal })).resolves.toBeUndefined();
  });
});

it('F5 nothing secret is told: not by the status, not by printing the error', async () => {
  const { url } = await testReceiver([400, 400]);
  const secret = `${url.replace('http://', 'http://user:PASSWORD@')}?token=TOKEN`;
  const options = { url: secret, headers: { 'x-key': 'HEADER' }, secret: SECRET };
  const secrets = /PASSWORD|TOKEN|HEADER|webhook-signature/;
  const refused = await failureOf(http(options).write(events(1), { signal }));
  const unreachable = await failureOf(
    http({ ...options, url: 'http://u:PASSWORD@127.0.0.1:1/?TOKEN' }).write(events(1), { signal }),
  );
  for (const error of [refused, unreachable]) expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(secrets);
  const { status } = await deliveredBy(options, 1);
  expect(status?.lastError).toContain('127.0.0.1');
  expect(status?.lastError).not.toMatch(secrets);
});
