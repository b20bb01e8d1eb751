import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createUnderstudy, rules, type UnderstudyEvent } from '@understudy/core';
import { liveMetric } from '@understudy/core/monitors';
import { parseEvent } from '@understudy/core/events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { fileSink } from './file.ts';
import { webhook } from './webhook.ts';

const directory = mkdtempSync(join(tmpdir(), 'understudy-monitoring-'));
const answers = [503, 429];
const posted: { readonly status: number; readonly event: UnderstudyEvent }[] = [];
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = answers.shift() ?? 204;
      posted.push({ status, event: parseEvent(Buffer.concat(chunks).toString()) });
      response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10);
}

test('accuracy under 80 %: an alert is delivered, automated decisions pause, rules serve, an operator resumes, and all of it is in the log, in order', async () => {
  const path = join(directory, 'events.ndjson');
  const understudy = createUnderstudy({
    refreshMs: 20,
    sinks: [
      { ...fileSink({ path }), accepts: (type) => type !== 'decision' && type !== 'outcome' },
      webhook({ url, secret: 'a secret of twenty-four bytes or more' }),
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
      fallback: [rules({ name: 'by-size', version: '1', rows: [], otherwise: { malignant: 0.5 } })],
      monitors: [
        liveMetric({ name: 'accuracy', metric: 'accuracy', breachBelow: 0.8, window: 1000, onBreach: ['alert', 'pause'] }),
      ],
    },
  );
  await understudy.ready({ timeoutMs: 10_000 });

  /** Cases whose truth comes later, out of order; every `wrong`-th is one that the model gets wrong. */
  const cases = async (count: number, wrong: number): Promise<void> => {
    const ids: { readonly id: string; readonly malignant: number }[] = [];
    for (let index = 0; index < count; index++) {
      const radius = index % 2 === 0 ? 12 : 18;
      const right = radius > 15 ? 1 : 0;
      const { id } = await triage.predict({ radius });
      ids.push({ id, malignant: index % wrong === 0 ? 1 - right : right });
    }
    for (const { id, malignant } of ids.toReversed()) await triage.recordOutcome(id, { truth: { malignant } });
  };

  await cases(1000, 10);
  await until(() => triage.status().monitors?.reports[0]?.status === 'ok');
  expect(triage.status().monitors?.reports[0]?.readings[0]).toMatchObject({ measure: 'accuracy', value: 0.9, limit: 0.8 });

  while (!triage.status().control.paused) {
    await cases(200, 2);
    // Judgements are made between calls.
    await pause(10);
  }
  expect((await triage.predict({ radius: 18 })).servedBy).toMatchObject({ tier: 'rules', name: 'by-size' });
  await until(() => posted.at(-1)?.status === 204);
  expect(posted.map(({ status }) => status)).toEqual([503, 429, 204]);
  expect(posted.at(-1)?.event).toMatchObject({
    type: 'alert-raised',
    monitor: 'accuracy',
    actions: ['pause'],
    readings: [{ measure: 'accuracy', limit: 0.8 }],
  });

  await triage.control.resume({ by: { id: 'ana', roles: ['model-owner'] }, reason: 'the labels were wrong' });
  expect((await triage.predict({ radius: 18 })).servedBy.tier).toBe('model');
  await understudy.close();

  const log = readFileSync(path, 'utf8').trim().split('\n').map(parseEvent);
  expect(
    log
      .map((event) => [
        event.type,
        event.type === 'control-changed' ? `${event.command} by ${event.by}` : event.type === 'monitor-changed' ? event.to : '',
      ])
      .filter(([, what]) => what !== 'warn'),
  ).toEqual([
    ['monitor-changed', 'ok'],
    ['monitor-changed', 'breach'],
    ['control-changed', 'pause by monitor:accuracy'],
    ['alert-raised', ''],
    ['control-changed', 'resume by ana'],
  ]);
});
