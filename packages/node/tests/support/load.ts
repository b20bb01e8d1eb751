import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { always, createUnderstudy, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { Pool } from 'pg';
import * as z from 'zod';
import { natsServer } from '../../../../tests/servers/nats-server.ts';
import { postgresServer } from '../../../../tests/servers/postgres-server.ts';
import { fileSink, spooled } from '../../src/file.ts';
import { nats } from '../../src/nats.ts';
import { postgresDecisions } from '../../src/postgres.ts';

export interface LoadOptions {
  /** Decisions a second; as many as the process can make, if that is fewer. */
  readonly perSecond: number;
  readonly seconds: number;
  /** A fourth sink, behind a spool, is down for so long in the middle. */
  readonly downSeconds: number;
  /** Share of the decisions that rules rescue: the audit lane. */
  readonly audit: number;
}

export interface LoadResult {
  readonly decisions: number;
  readonly perSecond: number;
  /** What each of the three sinks holds, and how many of the decisions it has not. */
  readonly sinks: Readonly<Record<string, { readonly delivered: number; readonly lost: number; readonly missing: number }>>;
  /** Of the sink that was down: what it lost by reason and lane, whether that is what is missing, and its highest marks. */
  readonly down: {
    readonly lost: Readonly<Record<string, number>>;
    readonly missingRoutine: number;
    readonly missingAudit: number;
    readonly mostQueuedBytes: number;
    readonly mostSpoolBytes: number;
  };
  /** Of the process, in MB: after a tenth of the time, at the end, and the most between. */
  readonly rssMb: { readonly early: number; readonly end: number; readonly most: number };
  /** Of the heap after a collection, in MB, in the first quarter and at the end; 0 without `--expose-gc`. The test keeps some 0.1 kB a decision. */
  readonly heapMb: { readonly early: number; readonly end: number };
  /** How long the last events took, in milliseconds. */
  readonly drainMs: number;
  /** Share of one core that the process used. */
  readonly cpu: number;
}

/** For thousands of decisions a second. */
export const LOAD_QUEUE = { batchSize: 2000, maxEvents: 30_000, maxBytes: 32 * 1024 * 1024 };

/** A sink that is down when it is told to, and keeps the ids of decisions. */
function switched(): { readonly sink: Sink<UnderstudyEvent>; readonly ids: Set<string>; isDown: boolean } {
  const state = {
    isDown: false,
    ids: new Set<string>(),
    sink: {
      name: 'switched',
      accepts: (type: string) => type === 'decision',
      write: async (batch: readonly UnderstudyEvent[]) => {
        await setTimeout(1);
        if (state.isDown) throw new UnderstudyError('SINK_FAILED', 'It is down.', { retryable: true });
        for (const { id } of batch) state.ids.add(id);
      },
    },
  };
  return state;
}

/** Makes decisions at a pace, into a file, PostgreSQL, NATS and a sink that goes down, and looks at what is there. */
export async function load({ perSecond, seconds, downSeconds, audit }: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-load-'));
  const servers = await Promise.all([postgresServer(), natsServer()]);
  await Promise.all(servers.map((server) => server.start()));
  const [postgresUrl, natsUrl] = servers.map(({ url }) => url) as [string, string];
  const connection = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'load', subjects: ['understudy.>'] });
  const path = join(folder, 'events.ndjson');
  const store = postgresDecisions({ connectionString: postgresUrl });
  const target = switched();
  const spool = spooled(target.sink, { directory: join(folder, 'spool') });
  try {
    const understudy = createUnderstudy({
      // Each batch of the file ends with an fdatasync: a few large ones rather than many, and room for one that takes seconds.
      sinkQueue: LOAD_QUEUE,
      sinks: [fileSink({ path, maxBytes: 2 ** 32 }), store, nats({ connection, types: ['decision'] }), spool],
    });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ broken: z.boolean() }), output: z.object({ score: z.number() }) },
      {
        variants: {
          v1: {
            version: '1',
            predictor: ({ broken }) => {
              if (broken) throw new Error('broken');
              return { score: 1 };
            },
          },
        },
        champion: 'v1',
        fallback: [always({ score: 0 })],
      },
    );
    const ids = { audit: new Set<string>(), routine: new Set<string>() };
    understudy.on('decision', ({ id, degraded }) => void ids[degraded ? 'audit' : 'routine'].add(id));
    const rss = { early: 0, end: 0, most: 0 };
    const most = { queued: 0, spool: 0 };
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    const downFrom = (seconds - downSeconds) / 2;
    let made = 0;
    const heapMb = { early: 0, end: 0 };
    for (let tick = 0; elapsed() < seconds; tick++) {
      const now = elapsed();
      target.isDown = downSeconds > 0 && now >= downFrom && now < downFrom + downSeconds;
      // What the pace asks for by now, and no great burst after a pause of the machine.
      const due = Math.min(Math.floor(now * perSecond) - made, perSecond / 4);
      for (let index = 0; index < due; index++, made++) {
        await model.predict({ broken: (made * 0.618) % 1 < audit }, { unit: `unit-${made % 10_000}` });
      }
      if (heapMb.early === 0 && now > seconds / 4) heapMb.early = heapNow();
      const mb = process.memoryUsage.rss() / 1e6;
      if (now < seconds / 10) rss.early = mb;
      rss.most = Math.max(rss.most, mb);
      most.queued = Math.max(most.queued, understudy.status().sinks.find(({ name }) => name === 'switched')?.queuedBytes ?? 0);
      most.spool = Math.max(most.spool, spool.status().bytes);
      await setTimeout(5);
    }
    const took = elapsed();
    rss.end = process.memoryUsage.rss() / 1e6;
    target.isDown = false;
    const drainStarted = performance.now();
    await understudy.flush({ timeoutMs: 120_000 });
    while (spool.status().bytes > 0) await spool.flush?.();
    const drainMs = performance.now() - drainStarted;
    heapMb.end = heapNow();
    const { user, system } = process.cpuUsage(cpuBefore);
    const statuses = understudy.status().sinks;
    const all = [...ids.audit, ...ids.routine];
    const missingIn = (seen: ReadonlySet<string>, wanted: Iterable<string> = all): number =>
      [...wanted].filter((id) => !seen.has(id)).length;
    const { messages } = (await manager.streams.info('load')).state;
    const held: Readonly<Record<string, number>> = {
      file: missingIn(new Set(readFileSync(path, 'utf8').split('\n').flatMap(idIn))),
      'postgres-decisions': missingIn(new Set(await idsIn(postgresUrl))),
      // Each message has an id of its own, or the stream would not have kept it.
      nats: all.length - messages,
    };
    const sinks = Object.fromEntries(
      Object.entries(held).map(([name, missing]) => {
        const status = statuses.find((one) => one.name === name);
        if (status === undefined) throw new Error(`There is no sink ${name}.`);
        const lost = Object.values(status.lost).reduce((sum, count) => sum + count, 0);
        return [name, { delivered: status.delivered, lost, missing }];
      }),
    );
    await understudy.close({ timeoutMs: 60_000 });
    return {
      decisions: all.length,
      perSecond: Math.round(all.length / took),
      sinks,
      down: {
        lost: statuses.find(({ name }) => name === 'switched')?.lost ?? {},
        missingRoutine: missingIn(target.ids, ids.routine),
        missingAudit: missingIn(target.ids, ids.audit),
        mostQueuedBytes: most.queued,
        mostSpoolBytes: most.spool,
      },
      heapMb,
      rssMb: { early: Math.round(rss.early), end: Math.round(rss.end), most: Math.round(rss.most) },
      drainMs: Math.round(drainMs),
      cpu: Math.round((user + system) / 1e4 / (took + drainMs / 1000)) / 100,
    };
  } finally {
    await connection.close();
    await store.close();
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function heapNow(): number {
  globalThis.gc?.();
  return globalThis.gc === undefined ? 0 : Math.round(process.memoryUsage().heapUsed / 1e5) / 10;
}

const idIn = (line: string): readonly string[] => {
  const event = line === '' ? undefined : (JSON.parse(line) as UnderstudyEvent);
  return event?.type === 'decision' ? [event.id] : [];
};

async function idsIn(connectionString: string): Promise<readonly string[]> {
  const pool = new Pool({ connectionString });
  try {
    return (await pool.query<{ id: string }>('select id from understudy.decision_log')).rows.map(({ id }) => id);
  } finally {
    await pool.end();
  }
}
