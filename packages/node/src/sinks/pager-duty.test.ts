import { inspect } from 'node:util';
import type { EventMap, UnderstudyEvent } from '@understudy/core';
import { expect, test } from 'vitest';
import { pagerDuty } from './pager-duty.ts';
import { sampleAlert, sampleCommand, sampleRetrain, sampleTransition } from './test-alerts.ts';
import { failureOf, testReceiver } from './test-receiver.ts';

const KEY = 'R0123456789abcdefR0123456789abcd';
const { signal } = new AbortController();
const reading: EventMap['alert-raised']['readings'][number] = {
  measure: 'accuracy',
  n: 100,
  value: 0.7,
  interval: [0.6, 0.8],
  limit: 0.8,
  status: 'breach',
  reason: 'accuracy 0.7 is under 0.8',
};

async function sent(...events: readonly UnderstudyEvent[]): Promise<Record<string, unknown>[]> {
  const { url, received } = await testReceiver(() => 202);
  await pagerDuty({ routingKey: KEY, url }).write(events, { signal });
  return received.map(({ json }) => json);
}

test('an alert opens an incident with its readings', async () => {
  const { url, received } = await testReceiver([202]);
  const alert = sampleAlert('a', {
    application: 'claims-api',
    environment: 'production',
    actions: ['pause'],
    readings: [reading],
  });
  await pagerDuty({ routingKey: KEY, url, link: () => 'https://wiki.example/accuracy' }).write([alert], { signal });
  expect(received.map(({ json }) => json)).toEqual([
    {
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'understudy/claims/accuracy/1699999000000',
      payload: {
        summary: 'claims: accuracy: breach. accuracy 0.7 is under 0.8',
        source: 'claims-api/production',
        severity: 'critical',
        timestamp: '2023-11-14T22:13:20.000Z',
        component: 'claims',
        class: 'liveMetric',
        custom_details: alert,
      },
      links: [{ href: 'https://wiki.example/accuracy', text: 'Details' }],
    },
  ]);
  expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
});

test('all of one breach is one incident: told again, and resolved, by whichever process', async () => {
  const first = await sent(sampleAlert('a'), sampleAlert('b', { phase: 'reminder' }));
  const second = await sent(sampleAlert('c', { phase: 'resolved', application: 'another' }), sampleAlert('d', { since: 5 }));
  const [raised, reminded, resolved, next] = [...first, ...second];
  expect([raised, reminded, resolved, next].map((event) => event?.['event_action'])).toEqual([
    'trigger',
    'trigger',
    'resolve',
    'trigger',
  ]);
  expect(new Set([raised, reminded, resolved].map((event) => event?.['dedup_key'])).size).toBe(1);
  expect(next?.['dedup_key']).not.toBe(raised?.['dedup_key']);
});

test.each([
  [['pause', 'retrain'], 'critical'],
  [['fall-back'], 'error'],
  [['isolate'], 'error'],
  [['roll-back'], 'error'],
  [['retrain'], 'warning'],
  [[], 'warning'],
])('a breach that did %j is %s', async (actions, severity) => {
  expect(await sent(sampleAlert('a', { actions }))).toMatchObject([{ payload: { severity, source: 'understudy' } }]);
});

test('other types come on demand, each with its own incident; of a rollout the roll-back alone', async () => {
  const types = ['alert-raised', 'retrain-requested', 'rollout-changed', 'control-changed'] as const;
  expect(types.filter((type) => pagerDuty({ routingKey: KEY }).accepts?.(type))).toEqual(['alert-raised']);
  expect(types.filter((type) => pagerDuty({ routingKey: KEY, types }).accepts?.(type))).toEqual(types);
  const events = await sent(
    sampleRetrain('r'),
    sampleTransition('t', 'canary 25 %'),
    sampleTransition('u', 'rolled-back'),
    sampleCommand('c'),
    sampleCommand('d', { result: 'forbidden' }),
  );
  expect(events).toMatchObject([
    { event_action: 'trigger', dedup_key: 'understudy/r', payload: { severity: 'info', class: 'drift' } },
    { event_action: 'trigger', dedup_key: 'understudy/u', payload: { severity: 'error', class: 'rollout-changed' } },
    { event_action: 'trigger', dedup_key: 'understudy/c', payload: { severity: 'info' } },
    { event_action: 'trigger', dedup_key: 'understudy/d', payload: { severity: 'warning' } },
  ]);
});

test('an event stays within what PagerDuty takes', async () => {
  const long = 'é'.repeat(5000);
  const [event, end] = await sent(
    sampleAlert('a', { monitor: long, reason: long, readings: Array.from({ length: 500 }, () => reading) }),
    sampleAlert('b', { monitor: long, phase: 'resolved' }),
  );
  const { dedup_key: key, payload } = event as { dedup_key: string; payload: { summary: string; custom_details: object } };
  expect(key).toMatch(/^understudy\/[\da-f]{64}$/);
  expect(end?.['dedup_key']).toBe(key);
  expect(payload.summary).toHaveLength(1024);
  expect(payload.custom_details).toMatchObject({ moreReadings: 400 });
});

test('names that look alike are different incidents', async () => {
  const [a, b] = await sent(sampleAlert('a', { model: 'a/b', monitor: 'c' }), sampleAlert('b', { model: 'a', monitor: 'b/c' }));
  expect(a?.['dedup_key']).not.toBe(b?.['dedup_key']);
});

test('429 and Retry-After are heeded, a 4xx is final, and nothing that arrived is sent again', async () => {
  const { url, received } = await testReceiver([202, [429, { 'retry-after': '2' }], 202, 400]);
  const sink = pagerDuty({ routingKey: KEY, url });
  const batch = [sampleAlert('a', { since: 1 }), sampleAlert('b', { since: 2 })];
  expect(sink.batchSize).toBe(1);
  expect(await failureOf(sink.write(batch, { signal }))).toMatchObject({ retryable: true, details: { retryAfterMs: 2000 } });
  await sink.write(batch, { signal });
  expect(received.map(({ json }) => json['dedup_key'])).toEqual([1, 2, 2].map((since) => `understudy/claims/accuracy/${since}`));
  expect(await failureOf(sink.write([sampleAlert('c')], { signal }))).toMatchObject({
    retryable: false,
    details: { status: 400 },
  });
});

test('F5 the routing key is in no error, and a wrong one is not repeated', async () => {
  const { url } = await testReceiver([400]);
  for (const target of [url, 'http://127.0.0.1:1/']) {
    const error = await failureOf(pagerDuty({ routingKey: KEY, url: target }).write([sampleAlert('a')], { signal }));
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(KEY);
  }
  expect(() => pagerDuty({ routingKey: `${KEY}x` })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.not.stringContaining(KEY) as string }),
  );
});
