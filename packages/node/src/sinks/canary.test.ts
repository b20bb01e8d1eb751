import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  allowFields,
  always,
  createUnderstudy,
  http as httpModel,
  retry,
  type Sink,
  type UnderstudyEvent,
} from '@understudy/core';
import { dataQuality, liveMetric } from '@understudy/core/monitors';
import type { OpenSink } from '@understudy/core/testing';
import createLogger from 'pino';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { natsServer, withNats } from '../../../../tests/servers/nats-server.ts';
import { postgresServer, withPostgres } from '../../../../tests/servers/postgres-server.ts';
import { endSubjects, SINK_SUBJECTS } from '../../tests/support/sink-subjects.ts';
import { spooled } from '../file.ts';
import { kafka } from '../kafka.ts';
import { nats } from '../nats.ts';
import { pino } from '../pino.ts';
import { postgresDecisions } from '../postgres.ts';
import { sqliteDecisions } from '../sqlite.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  await endSubjects();
  for (const end of ends.splice(0).toReversed()) await end();
});

const CANARY = 'canary-91be';
type Told = Pick<OpenSink, 'sink' | 'arrived'>;

/** Sinks beyond those of the subjects. */
async function moreSinks(content: boolean): Promise<readonly Told[]> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-canary-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const [lines, messages, spooledEvents]: [string[], string[], UnderstudyEvent[]] = [[], [], []];
  const file = join(folder, 'decisions.db');
  const target: Sink<UnderstudyEvent> = { name: 'target', content, write: (batch) => void spooledEvents.push(...batch) };
  const logger = createLogger({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const sinks: Told[] = [
    { sink: pino({ logger, content }), arrived: () => lines.join('') },
    {
      sink: kafka({
        topic: 't',
        content,
        producer: {
          send: async (request) =>
            void messages.push(
              inspect(
                request.messages.map((one) => [String(one.key), String(one.value), [...one.headers].map(String)]),
                { depth: 9, maxStringLength: null },
              ),
            ) as never,
        },
      }),
      arrived: () => messages.join(''),
    },
    { sink: spooled(target, { directory: join(folder, 'spool') }), arrived: () => JSON.stringify(spooledEvents) },
    {
      sink: sqliteDecisions({ file, content, segments: content ? ['input.allowed'] : [] }),
      arrived: () => readFileSync(file, 'latin1') + readFileSync(`${file}-wal`, 'latin1'),
    },
  ];
  if (withPostgres) {
    const server = await postgresServer();
    ends.push(() => server.stop());
    await server.start();
    const connectionString = server.url.replace('understudy@', `understudy:${CANARY}@`);
    const store = postgresDecisions({ connectionString, content });
    const reader = postgresDecisions({ connectionString: server.url });
    ends.push(() => reader.close());
    sinks.push({
      sink: store,
      arrived: async () => JSON.stringify([await reader.decisions({ limit: 1000 }), await reader.events({ limit: 1000 })]),
    });
  }
  if (withNats) {
    const server = await natsServer();
    ends.push(() => server.stop());
    await server.start();
    const connection = await connect({ servers: server.url });
    ends.push(() => connection.close());
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'canary', subjects: ['understudy.>'] });
    sinks.push({
      sink: nats({ connection, content }),
      arrived: async () => {
        const { state } = await manager.streams.info('canary');
        const all = Array.from({ length: state.messages }, (_, index) =>
          manager.streams.getMessage('canary', { seq: index + 1 }),
        );
        return (await Promise.all(all))
          .map((message) => `${message?.subject} ${message?.string()} ${inspect(message?.header, { depth: 9 })}`)
          .join('\n');
      },
    });
  }
  return sinks;
}

/** A model server that answers with the canary, in every way. */
async function modelServer(): Promise<string> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    if (requests % 4 === 1) return void response.end(JSON.stringify({ text: CANARY, allowed: 'seen' }));
    if (requests % 4 === 2) return void response.writeHead(500, { 'x-canary': CANARY, 'content-type': 'text/plain' }).end(CANARY);
    if (requests % 4 === 3) return void response.writeHead(302, { location: `https://${CANARY}@example.com/${CANARY}` }).end();
    response.end(`no JSON ${CANARY}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict?key=${CANARY}#${CANARY}`;
}

it.each([false, true])(
  'a canary in every field, header, address, error and unit is in no bytes of any sink and in no status (content: %s)',
  { timeout: 300_000 },
  async (content) => {
    const subjects = await Promise.all(Object.values(SINK_SUBJECTS).map((open) => open(content)));
    const all: readonly Told[] = [...subjects, ...(await moreSinks(content))];
    const understudy = createUnderstudy({
      sinks: all.map(({ sink }, index) => ({ ...sink, name: `${sink.name} ${index}` })),
      redact: allowFields(['input.allowed', 'output.allowed']),
      sinkQueue: { backoffMs: 1 },
      refreshMs: 20,
    });
    const text = z.object({ text: z.string(), allowed: z.string() });
    const model = understudy.defineModel(
      { name: 'claims', input: text, output: text },
      {
        variants: {
          v1: {
            version: '1',
            predictor: httpModel({
              url: await modelServer(),
              headers: { authorization: `Bearer ${CANARY}`, 'x-key': CANARY },
            } as never),
            policies: [retry({ attempts: 2, baseMs: 1 })],
          },
          v2: {
            version: '1',
            predictor: () => {
              throw Object.assign(new TypeError(CANARY, { cause: new Error(CANARY) }), {
                code: CANARY,
                name: CANARY,
                headers: { CANARY },
              });
            },
          },
        },
        champion: 'v1',
        shadow: { v2: {} },
        fallback: [always({ text: CANARY, allowed: 'seen' })],
      },
    );
    const input = { text: CANARY, allowed: 'seen', more: { [CANARY]: CANARY } };
    for (let call = 0; call < 12; call++) {
      const { id } = await model.predict(input, { unit: CANARY });
      await model.recordOutcome(id, { truth: { text: CANARY, allowed: 'seen' } });
      await model.recordOutcome(id, { override: { output: { text: CANARY, allowed: 'seen' }, by: 'ana', reason: 'known' } });
    }
    // Two monitors, whose breaches people are told of: labels that are wrong, and inputs that the contract refuses.
    const onBreach = ['alert', 'retrain'] as const;
    const watched = understudy.defineModel(
      { name: 'watched', input: text, output: text, target: { kind: 'label', field: 'text' } },
      {
        variants: { v1: { version: '1', predictor: () => ({ text: CANARY, allowed: 'seen' }) } },
        champion: 'v1',
        monitors: [
          liveMetric({ metric: 'accuracy', breachBelow: 0.9, window: 100, onBreach }),
          dataQuality({ minCases: 50, invalidAbove: 0.1, confirmations: 1, onBreach }),
        ],
      },
    );
    const alerts = new Set<string>();
    understudy.on('alert-raised', ({ monitor }) => void alerts.add(monitor));
    for (let round = 0; round < 500 && alerts.size < 2; round++) {
      for (let call = 0; call < 20; call++) {
        const { id } = await watched.predict(input, { unit: CANARY });
        await watched.recordOutcome(id, { truth: { text: `${CANARY} ${call}`, allowed: 'seen' } });
        await watched.predict({ text: 7, allowed: CANARY, [CANARY]: CANARY } as never, { unit: CANARY }).catch(() => undefined);
      }
      await pause(10);
    }
    expect(alerts.size).toBe(2);
    await model.predict({ text: 7, allowed: CANARY } as never, { unit: CANARY }).catch(() => undefined);
    await model.predict(input, { unit: CANARY, signal: AbortSignal.abort(new Error(CANARY)) }).catch(() => undefined);
    await understudy.flush({ timeoutMs: 60_000 });
    for (const { sink, arrived } of all) {
      const bytes = await arrived();
      const hasContent = content && sink.content === true && sink.name !== 'ledger';
      const told = {
        name: sink.name,
        canary: bytes.includes(CANARY),
        content: sink.name === 'ledger' || bytes.includes('"seen"'),
        alert: bytes.includes('watched'),
      };
      expect(told).toEqual({ name: sink.name, canary: false, content: sink.name === 'ledger' || hasContent, alert: true });
    }
    const status = inspect([understudy.status(), model.status(), subjects.map((one) => one.status?.())], {
      depth: 20,
      maxStringLength: null,
    });
    expect(status.includes(CANARY)).toBe(false);
    const quiet = understudy.status().sinks.filter(({ delivered, lost }) => delivered === 0 || Object.keys(lost).length > 0);
    expect(quiet.map(({ name }) => name)).toEqual([]);
    await understudy.close({ timeoutMs: 60_000 });
  },
);
