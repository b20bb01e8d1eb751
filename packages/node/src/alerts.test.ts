import { setTimeout as pause } from 'node:timers/promises';
import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { liveMetric } from '@understudy/core/monitors';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { http } from './http.ts';
import type { SlackMessage } from './sinks/slack-message.ts';
import { testReceiver } from './sinks/test-receiver.ts';
import { pagerDuty, slack } from './webhook.ts';

test('a breach of a running model: one message of Slack, one incident of PagerDuty, and one end of each', async () => {
  const [channel, service, collector] = await Promise.all([testReceiver([503]), testReceiver([[429, {}]]), testReceiver()]);
  const understudy = createUnderstudy({
    application: 'clinic',
    refreshMs: 20,
    sinkQueue: { backoffMs: 0 },
    sinks: [
      slack({ url: channel.url, groupMs: 3_600_000 }),
      pagerDuty({ url: service.url, routingKey: 'R0123456789abcdefR0123456789abcd' }),
      http({ url: collector.url, format: 'cloudevents', types: ['alert-raised'] }),
    ],
  });
  const triage = understudy.defineModel(
    {
      name: 'triage',
      input: z.object({ radius: z.number() }),
      output: z.object({ malignant: z.number().min(0).max(1) }),
      target: { kind: 'probability', field: 'malignant', positiveAt: 0.5 },
    },
    {
      variants: { v1: { predictor: ({ radius }) => ({ malignant: radius > 15 ? 0.9 : 0.1 }), version: '1' } },
      champion: 'v1',
      monitors: [
        liveMetric({ name: 'accuracy', metric: 'accuracy', breachBelow: 0.8, window: 200, onBreach: ['alert', 'retrain'] }),
      ],
    },
  );
  await understudy.ready({ timeoutMs: 10_000 });
  const told: UnderstudyEvent[] = [];
  understudy.on('alert-raised', (event) => void told.push(event));
  understudy.on('retrain-requested', (event) => void told.push(event));

  /** Gives cases, every `wrong`-th of which the model gets wrong, until so many events were told. */
  const casesUntil = async (events: number, wrong: number): Promise<void> => {
    while (told.length < events) {
      for (let index = 0; index < 100; index++) {
        const radius = index % 2 === 0 ? 12 : 18;
        const right = radius > 15 ? 1 : 0;
        const { id } = await triage.predict({ radius });
        await triage.recordOutcome(id, { truth: { malignant: index % wrong === 0 ? 1 - right : right } });
      }
      await pause(10);
    }
    await understudy.flush();
  };
  await casesUntil(2, 2);
  await casesUntil(3, Infinity);
  await understudy.close();

  const messages = channel.received.slice(1).map(({ json }) => json as unknown as SlackMessage);
  expect(messages.map(({ text, blocks }) => [text, blocks.filter(({ type }) => type === 'section').length])).toEqual([
    ['triage: 2 alerts', 2],
    ['triage: accuracy: resolved', 1],
  ]);
  const incidents = service.received.slice(1).map(({ json }) => json);
  expect(incidents.map((event) => event['event_action'])).toEqual(['trigger', 'resolve']);
  expect(incidents[1]?.['dedup_key']).toBe(incidents[0]?.['dedup_key']);
  expect(collector.received.map(({ json }) => json)).toMatchObject([
    [{ specversion: '1.0', type: 'dev.understudy.alert-raised', source: '/clinic', data: { phase: 'raised' } }],
    [{ data: { phase: 'resolved' } }],
  ]);
  expect(understudy.status().sinks).toMatchObject([
    { name: 'slack', delivered: 3, lost: {} },
    { name: 'pagerduty', delivered: 2, lost: {} },
    { name: 'http', delivered: 2, lost: {} },
  ]);
});
