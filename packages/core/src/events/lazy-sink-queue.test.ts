import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Sink } from '../types/index.ts';
import type { UnderstudyEvent } from './event.ts';
import { sampleDecision } from '../../tests/support/sample-events.ts';

/** Modules of its own: nothing has been loaded in them. */
async function fresh() {
  vi.resetModules();
  const { LazySinkQueue } = await import('./lazy-sink-queue.ts');
  const { systemClock } = await import('../time/index.ts');
  return (sink: Sink<UnderstudyEvent>, options = {}) =>
    new LazySinkQueue(sink, systemClock, { flushMs: 0, backoffMs: 0, ...options }, { shared: {} });
}

let events: string[] = [];
const sink = (change: Partial<Sink<UnderstudyEvent>> = {}): Sink<UnderstudyEvent> => ({
  name: 's',
  write: (batch) => void events.push(...batch.map(({ id }) => id)),
  ...change,
});
const many = (count: number): UnderstudyEvent[] => Array.from({ length: count }, () => sampleDecision());

beforeEach(() => {
  events = [];
});
afterEach(() => {
  vi.doUnmock('./sink-queue.ts');
  vi.resetModules();
});

it('D7 events that come before the queue is loaded are delivered in their order, before those that come after', async () => {
  const queue = (await fresh())(sink());
  const all = many(5);
  for (const event of all) queue.push(event);
  expect(queue.status()).toEqual({ name: 's', queued: 5, queuedBytes: 0, delivered: 0, lost: {} });
  await queue.flush();
  expect(events).toEqual(all.map(({ id }) => id));
  const last = sampleDecision();
  queue.push(last);
  await queue.close(new AbortController().signal);
  expect(events.at(-1)).toBe(last.id);
  expect(queue.status()).toMatchObject({ queued: 0, delivered: 6, lost: {} });
});

it('D7 a sink hears of each event once, in its call, whether the queue is loaded', async () => {
  const queued: string[] = [];
  const queue = (await fresh())(sink({ queued: ({ id }) => void queued.push(id) }));
  const all = many(4);
  for (const event of all.slice(0, 2)) {
    queue.push(event);
    expect(queued.at(-1)).toBe(event.id);
  }
  await queue.flush();
  for (const event of all.slice(2)) queue.push(event);
  expect(queued).toEqual(all.map(({ id }) => id));
  await queue.close(new AbortController().signal);
});

it('D7 the bounds hold for what comes before, and what is beyond them is counted', async () => {
  const queue = (await fresh())(sink({ accepts: (type) => type === 'decision' }), { maxEvents: 3 });
  const all = many(10);
  for (const event of all) queue.push(event);
  await queue.flush();
  expect(events).toEqual(all.slice(7).map(({ id }) => id));
  expect(queue.status()).toMatchObject({ delivered: 3, lost: { 'queue-full/routine': 7 } });
});

it('D7 a chunk that cannot be fetched is told, and fetched again', async () => {
  const make = await fresh();
  vi.doMock('./sink-queue.ts', () => {
    throw new Error('offline');
  });
  const queue = make(sink());
  const [first, second] = many(2) as [UnderstudyEvent, UnderstudyEvent];
  queue.push(first);
  await expect(queue.flush()).rejects.toMatchObject({
    code: 'SINK_FAILED',
    retryable: true,
    message: expect.stringContaining('could not be loaded'),
  });
  expect(queue.status()).toMatchObject({ queued: 1, lastError: expect.stringContaining('could not be loaded') });
  vi.doUnmock('./sink-queue.ts');
  queue.push(second);
  await queue.flush();
  expect(events).toEqual([first.id, second.id]);
});

it('D7 the first queue of a runtime shares its losses with those that come after', async () => {
  vi.resetModules();
  const { Telemetry } = await import('./telemetry.ts');
  const { systemClock } = await import('../time/index.ts');
  const told: unknown[] = [];
  const dead = sink({ name: 'dead', write: () => Promise.reject(new Error('down')) });
  const alive = sink({ name: 'alive', write: (batch) => void told.push(...batch) });
  const telemetry = new Telemetry(systemClock, { sinks: [dead, alive], queue: { attempts: 1 } });
  telemetry.publish(sampleDecision(), () => 0);
  await telemetry.flush();
  await telemetry.flush();
  expect(told).toContainEqual(expect.objectContaining({ type: 'telemetry-dropped', sink: 'dead', count: 1 }));
  await telemetry.close(new AbortController().signal);
});

it('F1 a sink that is odd in every property is a sink all the same', async () => {
  const odd = Object.defineProperties(sink(), {
    content: {
      get: () => {
        throw new Error('no');
      },
    },
    unsampled: {
      get: () => {
        throw Object.create(null) as Error;
      },
    },
  });
  const queue = (await fresh())(odd);
  expect([queue.wantsContent, queue.wantsUnsampled]).toEqual([false, false]);
  queue.push(sampleDecision());
  await queue.close(new AbortController().signal);
  expect(events).toHaveLength(1);
});
