import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnderstudyEvent } from '@understudy/core';
import { sinkConformanceCases } from '@understudy/core/testing';
import createLogger, { destination } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  sampleAlert,
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleMonitor,
  sampleOutcome,
  sampleRescue,
  sampleRetrain,
  sampleRollout,
  sampleShadow,
} from '../../../core/tests/support/sample-events.ts';
import { pino, type PinoOptions } from './pino.ts';
import { failureOf } from './test-receiver.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly understudy: UnderstudyEvent;
}

function logged(options: Partial<PinoOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  return { sink: pino({ logger, ...options }), lines, read: () => lines.map((line) => JSON.parse(line) as Line) };
}
const { signal } = new AbortController();

describe('conformance, on a real logger', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    const open = (content: boolean) => {
      const { sink, lines, read } = logged({ content });
      return {
        sink,
        arrived: () => lines.join(''),
        ids: () => read().map(({ understudy }) => understudy.id),
        forget: () => void lines.splice(0),
      };
    };
    await expect(run({ open })).resolves.toBeUndefined();
  });
});

it('each event has a level and a line that people read', async () => {
  const { sink, read } = logged();
  const events = [
    sampleDecision(),
    sampleRescue(),
    sampleDecision({ outcome: 'failed', servedBy: '', reason: 'Nothing served.' }),
    sampleOutcome(),
    sampleShadow({ agrees: false }),
    sampleCircuit(),
    sampleControl(),
    sampleRollout(),
    sampleMonitor(),
    sampleAlert(),
    sampleAlert({ phase: 'resolved' }),
    sampleRetrain(),
    sampleDropped(),
  ];
  await sink.write(events, { signal });
  const names: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };
  expect(read().map(({ level, msg }) => `${names[level]} ${msg}`)).toEqual([
    'debug claims: served by v1 in 12 ms',
    'warn claims: served by table in 25 ms: v1 is the champion. rules "table" served in its place, after: it answered 503.',
    'error claims: failed in 12 ms: Nothing served.',
    'debug claims: outcome truth, counted',
    'debug claims: shadow v2 disagrees',
    'warn claims: circuit of v1 closed → open: 6 of 10 calls failed',
    'info claims: pause by ana: wrong prices',
    'warn claims: rollout of v2 canary 5 % → rolled-back: errorRate: the challenger is worse',
    'warn claims: accuracy ok → breach: accuracy 0.74 of the last 1000',
    'error claims: accuracy: breach: accuracy 0.74 of the last 1000',
    'info claims: accuracy: resolved: accuracy 0.74 of the last 1000',
    'warn claims: accuracy asks for a new model: accuracy 0.74 of the last 1000',
    'warn 3 events of the lane routine were lost by the sink file: queue-full',
  ]);
  expect(read().map(({ understudy }) => understudy)).toEqual(events);
});

it('level, key and types are yours', async () => {
  const { sink, lines } = logged({
    level: (event) => (event.type === 'decision' ? 'fatal' : undefined),
    key: 'event',
    types: ['decision', 'outcome'],
  });
  const decision = sampleDecision();
  await sink.write([decision, sampleOutcome()], { signal });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 60, event: decision }]);
  expect([sink.accepts?.('outcome'), sink.accepts?.('control-changed')]).toEqual([true, false]);
});

it('what a message holds is no format', async () => {
  const { sink, read } = logged();
  await sink.write([sampleCircuit({ reason: '%s %o %j' })], { signal });
  expect(read()[0]?.msg).toContain('%s %o %j');
});

it('flush waits for what the logger keeps back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-pino-'));
  try {
    const path = join(folder, 'log');
    const logger = createLogger({ level: 'debug' }, destination({ dest: path, sync: false, minLength: 10_000 }));
    const sink = pino({ logger });
    await sink.write([sampleDecision()], { signal });
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe('');
    await sink.flush?.();
    expect(readFileSync(path, 'utf8')).toContain('served by v1');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a logger without flush will do', async () => {
  const lines: object[] = [];
  const log = (object: object): void => void lines.push(object);
  const sink = pino({ logger: { trace: log, debug: log, info: log, warn: log, error: log, fatal: log } });
  await sink.write([sampleDecision()], { signal });
  await sink.flush?.();
  expect(lines).toHaveLength(1);
});

describe('what is odd at one event', () => {
  const three = () => [sampleDecision(), sampleDecision(), sampleDecision()] as const;

  it.each<[string, (event: UnderstudyEvent) => unknown]>([
    ['throws', () => fail()],
    ['is no level', () => 'verbose'],
    ['is a method of the logger', () => 'child'],
    ['is a promise', () => Promise.resolve('info')],
    ['is a promise that rejects', () => Promise.reject(new Error('no'))],
    ['is nothing but null', () => null],
  ])('a level that %s refuses that event alone', async (_, odd) => {
    const events = three();
    const { sink, read } = logged({ level: ((event: UnderstudyEvent) => (event === events[1] ? odd(event) : 'info')) as never });
    const error = await failureOf(Promise.resolve().then(() => sink.write(events, { signal })));
    expect([error.retryable, error.details['refused']]).toEqual([false, [events[1].id]]);
    expect(read().map(({ understudy }) => understudy.id)).toEqual([events[0].id, events[2].id]);
  });

  it('a logger that throws at one gets that one again, and no other twice', async () => {
    const events = three();
    const lines: string[] = [];
    let isBroken = true;
    const log = (line: object): void => {
      const { id } = (line as { understudy: UnderstudyEvent }).understudy;
      if (isBroken && id === events[1].id) throw new Error('a serializer broke');
      lines.push(id);
    };
    const sink = pino({ logger: { trace: log, debug: log, info: log, warn: log, error: log, fatal: log } });
    const error = await failureOf(Promise.resolve().then(() => sink.write(events, { signal })));
    expect([error.retryable, error.details['arrived']]).toEqual([true, [events[0].id, events[2].id]]);
    isBroken = false;
    await sink.write(events, { signal });
    expect(lines).toEqual([events[0].id, events[2].id, events[1].id]);
  });

  it('a flush that takes no function is not waited for', async () => {
    const log = (): void => undefined;
    let flushed = 0;
    const logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log, flush: () => void flushed++ };
    await pino({ logger }).flush?.();
    expect(flushed).toBe(1);
  });
});

const fail = (): never => {
  throw new TypeError('no');
};
