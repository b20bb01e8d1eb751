import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { Sink, SinkFeed } from '../types/index.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { UnderstudyEvent } from './event.ts';
import { estimateBytes, type Lane, laneOf } from './lane.ts';
import { Losses } from './losses.ts';
import { sampleControl, sampleDecision, sampleOutcome, sampleRescue } from '../../tests/support/sample-events.ts';
import { SinkQueue } from './sink-queue.ts';
import type { SinkQueueOptions } from './sink-queue-options.ts';

/** No pause between tries. */
const AT_ONCE: SinkQueueOptions = { backoffMs: 0 };

function queueOf(sink: Sink<UnderstudyEvent>, options: SinkQueueOptions = {}, losses = new Losses()) {
  const clock = new VirtualClock();
  return { clock, losses, queue: new SinkQueue(sink, clock, { ...AT_ONCE, ...options }, { losses }) };
}

const ids = (events: readonly UnderstudyEvent[]): readonly string[] => events.map((event) => event.id);
const many = (count: number, make: () => UnderstudyEvent = sampleDecision): UnderstudyEvent[] =>
  Array.from({ length: count }, () => make());
const never = (): AbortSignal => new AbortController().signal;

/** Resolves to whether `work` has settled by itself after all that can run has run. */
async function hasSettled(work: Promise<unknown>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  const turned = new Promise<false>((turn) => setImmediate(() => turn(false)));
  return Promise.race([ended, turned]);
}

describe('delivery', () => {
  it('waits for flushMs, then sends what has come in one batch', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf(sink, { flushMs: 1000 });
    const events = many(3);
    queue.push(events[0] as UnderstudyEvent);
    await clock.advance(600);
    events.slice(1).forEach((event) => queue.push(event));
    await clock.advance(399);
    expect(sink.events).toEqual([]);
    expect(queue.status()).toMatchObject({ queued: 3, delivered: 0 });
    await clock.advance(1);
    expect(sink.batches).toEqual([3]);
    expect(ids(sink.events)).toEqual(ids(events));
    expect(queue.status()).toEqual({ name: 'fake', queued: 0, queuedBytes: 0, delivered: 3, lost: {} });
    expect(clock.pending).toBe(0);
  });

  it('sends at once when a batch is full, never more than a batch', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf(sink, { batchSize: 10 });
    many(25).forEach((event) => queue.push(event));
    await clock.advance(0);
    expect(sink.batches).toEqual([10, 10]);
    await clock.advance(1000);
    expect(sink.batches).toEqual([10, 10, 5]);
  });

  it('sends the important lanes first, each in order', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf(sink);
    const [routine, truth, rescue, command, routine2] = [
      sampleDecision(),
      sampleOutcome(),
      sampleRescue(),
      sampleControl(),
      sampleDecision(),
    ];
    [routine, truth, rescue, command, routine2].forEach((event) => queue.push(event));
    await clock.advance(1000);
    expect(ids(sink.events)).toEqual(ids([rescue, command, truth, routine, routine2]));
  });

  it('makes one delivery at a time', async () => {
    let running = 0;
    let most = 0;
    const seen: string[] = [];
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: async (batch) => {
        most = Math.max(most, ++running);
        await new Promise((turn) => setImmediate(turn));
        running--;
        seen.push(...ids(batch));
      },
    };
    const { queue } = queueOf(sink, { batchSize: 2 });
    const events = many(10);
    const flushes = events.map((event) => {
      queue.push(event);
      return queue.flush();
    });
    await Promise.all(flushes);
    expect(most).toBe(1);
    expect(seen).toEqual(ids(events));
  });

  it('keeps no process alive: its timers are background ones', () => {
    const clock = new VirtualClock();
    const schedule = vi.spyOn(clock, 'schedule');
    new SinkQueue(fakeSink(), clock, {}).push(sampleDecision());
    expect(schedule.mock.lastCall?.slice(1)).toEqual([1000, true]);
  });
});

describe('bounds', () => {
  it('a stuck sink holds no more than maxEvents, those in delivery included', async () => {
    const sink = fakeSink();
    sink.hold();
    const { clock, queue } = queueOf(sink, { maxEvents: 100, batchSize: 40 });
    for (let round = 0; round < 20; round++) {
      many(50).forEach((event) => queue.push(event));
      await clock.advance(1000);
      expect(queue.status().queued).toBe(Math.min(100, 50 * (round + 1)));
    }
    expect(queue.status().lost).toEqual({ 'queue-full/routine': 900 });
  });

  it('a stuck sink holds no more than maxBytes, those in delivery included', async () => {
    const sink = fakeSink();
    sink.hold();
    const maxBytes = 200_000;
    const { clock, queue } = queueOf(sink, { maxBytes, batchSize: 5 });
    for (let round = 0; round < 20; round++) {
      many(20, () => sampleRescue({ reason: 'x'.repeat(3000) })).forEach((event) => queue.push(event));
      await clock.advance(1000);
      expect(queue.status().queuedBytes).toBeLessThanOrEqual(maxBytes);
    }
    const { queued, lost } = queue.status();
    expect(queued).toBeGreaterThan(40);
    expect(queued + (lost['queue-full/audit'] ?? 0)).toBe(400);
  });

  it('drops the oldest of the lowest lane first', async () => {
    const sink = fakeSink();
    const { queue } = queueOf(sink, { maxEvents: 4 });
    const [old, truth, command, young, rescue] = [
      sampleDecision(),
      sampleOutcome(),
      sampleControl(),
      sampleDecision(),
      sampleRescue(),
    ];
    [old, truth, command, young, rescue].forEach((event) => queue.push(event));
    expect(queue.status().lost).toEqual({ 'queue-full/routine': 1 });
    const [last, later, latest] = [sampleControl(), sampleControl(), sampleControl()];
    [last, later, latest].forEach((event) => queue.push(event));
    expect(queue.status().lost).toEqual({ 'queue-full/routine': 2, 'queue-full/aggregate': 1, 'queue-full/audit': 1 });
    await queue.flush();
    expect(ids(sink.events).slice(0, 4)).toEqual(ids([rescue, last, later, latest]));
  });

  it('one event that is too large for the queue is lost alone', () => {
    const { queue } = queueOf(fakeSink(), { maxBytes: 10_000 });
    many(5).forEach((event) => queue.push(event));
    queue.push(sampleControl({ reason: 'x'.repeat(20_000) }));
    expect(queue.status()).toMatchObject({ queued: 5, lost: { 'queue-full/audit': 1 } });
  });

  it('accounts for every event, whatever happens, and keeps the bounds and the priorities', async () => {
    const reason = (size: number) => ({ reason: 'x'.repeat(size) });
    const kind = fc.constantFrom<((size: number) => UnderstudyEvent)[]>(
      (size) => sampleControl(reason(size)),
      (size) => sampleOutcome(reason(size)),
      (size) => sampleDecision(reason(size)),
    );
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ make: kind, size: fc.integer({ min: 0, max: 3000 }) }) },
      { weight: 1, arbitrary: fc.constantFrom('advance', 'fail', 'hold', 'release') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const sink = fakeSink();
        const [maxEvents, maxBytes] = [12, 12_000];
        const { clock, queue } = queueOf(sink, { maxEvents, maxBytes, batchSize: 3, attempts: 2 });
        let pushed = 0;
        let failures = 0;
        const lostOf = (key: string): number =>
          Object.entries(queue.status().lost).reduce((sum, [each, count]) => sum + (each.includes(key) ? count : 0), 0);
        /** The lane of what was pushed, if something was. */
        const take = async (next: (typeof steps)[number]): Promise<Lane | undefined> => {
          if (next === 'advance') await clock.advance(1000);
          else if (next === 'hold') sink.hold();
          else if (next === 'release') sink.release();
          else if (next === 'fail') {
            failures++;
            sink.failNext(new Error('down'));
          } else {
            const event = next.make(next.size);
            queue.push(event);
            pushed++;
            return laneOf(event);
          }
          return undefined;
        };
        for (const next of steps) {
          const before = { audit: lostOf('queue-full/audit'), aggregate: lostOf('queue-full/aggregate') };
          const lane = await take(next);
          // What is pushed never drives out anything of a more important lane.
          expect(lane === 'audit' ? before.audit : lostOf('queue-full/audit')).toBe(before.audit);
          expect(lane === 'routine' ? lostOf('queue-full/aggregate') : before.aggregate).toBe(before.aggregate);
          const { queued, queuedBytes, delivered } = queue.status();
          expect(queued).toBeLessThanOrEqual(maxEvents);
          expect(queuedBytes).toBeLessThanOrEqual(maxBytes);
          expect(queued + delivered + lostOf('')).toBe(pushed);
        }
        sink.release();
        for (; failures > 0; failures--) await queue.flush();
        await queue.close(never());
        const { queued, queuedBytes, delivered } = queue.status();
        expect({ queued, queuedBytes, sum: delivered + lostOf('') }).toEqual({ queued: 0, queuedBytes: 0, sum: pushed });
        expect(sink.events.filter((event) => event.type !== 'telemetry-dropped')).toHaveLength(delivered);
        expect(sink.ofType('telemetry-dropped').reduce((sum, { count }) => sum + count, 0)).toBe(lostOf(''));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('losses', () => {
  it('are told to the sink when it is back, once, by lane and reason', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf(sink, { attempts: 2, maxEvents: 5 });
    sink.failNext(new Error('down'), new Error('still down'));
    many(3).forEach((event) => queue.push(event));
    await clock.advance(1000);
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'delivery-failed/routine': 3 }, lastError: 'still down' });
    expect(sink.events).toEqual([]);

    const events = many(7);
    events.forEach((event) => queue.push(event));
    await clock.advance(1000);
    expect(ids(sink.events.slice(0, 5))).toEqual(ids(events.slice(2)));
    expect(
      sink.ofType('telemetry-dropped').map(({ sink: name, lane, reason, count }) => ({ name, lane, reason, count })),
    ).toEqual([
      { name: 'fake', lane: 'routine', reason: 'delivery-failed', count: 3 },
      { name: 'fake', lane: 'routine', reason: 'queue-full', count: 2 },
    ]);
    queue.push(sampleDecision());
    await queue.flush();
    expect(sink.ofType('telemetry-dropped')).toHaveLength(2);
  });

  it('a report that is tried again keeps its id, a later one has another', async () => {
    const reports: UnderstudyEvent[] = [];
    const answers = [false, false, true];
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: (batch) => {
        reports.push(...batch.filter((event) => event.type === 'telemetry-dropped'));
        if (answers.shift() === false) throw new Error('down');
      },
    };
    const { queue } = queueOf(sink, { maxEvents: 1 });
    many(3).forEach((event) => queue.push(event));
    await queue.flush();
    expect(new Set(ids(reports)).size).toBe(1);
    expect(reports).toHaveLength(3);
    many(2).forEach((event) => queue.push(event));
    await queue.flush();
    expect(new Set(ids(reports)).size).toBe(2);
    expect(reports.at(-1)).toMatchObject({ count: 1 });
  });

  it('of a dead sink are told to the others', async () => {
    const losses = new Losses();
    const dead = queueOf({ name: 'dead', write: () => Promise.reject(new Error('down')) }, { attempts: 1 }, losses);
    const alive = fakeSink({ name: 'alive' });
    const { queue } = queueOf(alive, {}, losses);
    many(4).forEach((event) => dead.queue.push(event));
    await dead.queue.flush();
    queue.push(sampleDecision());
    await queue.flush();
    expect(alive.ofType('telemetry-dropped')).toMatchObject([
      { sink: 'dead', lane: 'routine', reason: 'delivery-failed', count: 4 },
    ]);
    expect(queue.status().lost).toEqual({});
    expect(dead.queue.status().lost).toEqual({ 'delivery-failed/routine': 4 });
  });

  it('are not told to a sink that does not accept them', async () => {
    const sink = fakeSink({ accepts: (type) => type === 'decision' });
    const { queue } = queueOf(sink, { maxEvents: 1 });
    many(3).forEach((event) => queue.push(event));
    await queue.flush();
    expect(sink.events).toHaveLength(1);
  });
});

describe('tries', () => {
  it('a failed delivery is tried again with the same events, whatever was thrown', async () => {
    const sink = fakeSink();
    sink.failNext(new Error('down'), new TypeError('fetch failed'), 'a string', null);
    const { queue } = queueOf(sink, { attempts: 5 });
    const events = many(2);
    events.forEach((event) => queue.push(event));
    await queue.flush();
    expect(sink.batches).toEqual([2]);
    expect(ids(sink.events)).toEqual(ids(events));
    expect(queue.status()).toMatchObject({ delivered: 2, lost: {} });
  });

  it('a sink that throws at once is no different', async () => {
    let calls = 0;
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: () => {
        if (++calls < 3) throw new Error('now');
      },
    };
    const { queue } = queueOf(sink);
    queue.push(sampleDecision());
    await queue.flush();
    expect(calls).toBe(3);
    expect(queue.status()).toMatchObject({ delivered: 1, lost: {} });
  });

  it('waits as long as Retry-After says, not for its own pause only', async () => {
    const sink = fakeSink();
    sink.failNext(new UnderstudyError('SINK_FAILED', '429', { details: { status: 429, retryAfterMs: 7000 } }));
    const { clock, queue } = queueOf(sink);
    queue.push(sampleDecision());
    await clock.advance(1000);
    await clock.advance(6999);
    expect(sink.events).toEqual([]);
    await clock.advance(1);
    expect(sink.events).toHaveLength(1);
    expect(queue.status()).toMatchObject({ delivered: 1, lost: {}, lastError: '429' });
  });

  it('an absurd Retry-After is cut to an hour', async () => {
    const sink = fakeSink();
    sink.failNext(new UnderstudyError('SINK_FAILED', '429', { details: { retryAfterMs: Number.POSITIVE_INFINITY } }));
    const { clock, queue } = queueOf(sink);
    queue.push(sampleDecision());
    await clock.advance(1000);
    await clock.advance(3_599_999);
    expect(sink.events).toEqual([]);
    await clock.advance(1);
    expect(sink.events).toHaveLength(1);
  });

  it('gives a batch up at once when the sink says that it will never take it', async () => {
    let calls = 0;
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: () => {
        calls++;
        throw new UnderstudyError('SINK_FAILED', '400', { retryable: false });
      },
    };
    const { clock, queue } = queueOf(sink);
    queue.push(sampleDecision());
    await clock.advance(1000);
    expect(calls).toBe(1);
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'refused/routine': 1 }, lastError: '400' });
  });
});

describe('D7 pauses between tries', () => {
  it('D7 are those of the clock and of the randomness that were given, and grow to thirty seconds', async () => {
    const schedule = vi.spyOn(globalThis, 'setTimeout');
    const draw = vi.spyOn(Math, 'random');
    const clock = new VirtualClock();
    const tries: number[] = [];
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: () => {
        tries.push(clock.now());
        throw new Error('down');
      },
    };
    const randoms = [0, 0.5, 0.999, 0, 0, 0, 0, 0];
    const random = (): number => randoms.shift() ?? 0;
    const queue = new SinkQueue(sink, clock, { backoffMs: 500, attempts: 9, flushMs: 0 }, { random });
    const start = clock.now();
    queue.push(sampleDecision());
    await clock.advance(300_000);
    const pauses = tries.map((at, index) => at - (tries[index - 1] ?? start));
    expect(pauses).toEqual([0, 500, 1500, 3998, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'delivery-failed/routine': 1 } });
    expect(clock.pending).toBe(0);
    expect(draw).not.toHaveBeenCalled();
    expect(schedule).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it('go on for as long as the sink wants, with what comes meanwhile behind them', async () => {
    let isDown = true;
    const tries: number[] = [];
    const arrived: string[] = [];
    const { clock, queue } = queueOf(
      {
        name: 's',
        batchSize: 1,
        retryMs: 3_600_000,
        write: ([event]) => {
          tries.push(clock.now());
          if (isDown) throw new Error('down');
          arrived.push(event?.id ?? '');
        },
      },
      { backoffMs: 500, attempts: 2, flushMs: 0 },
    );
    const [first, second, third] = many(3) as [UnderstudyEvent, UnderstudyEvent, UnderstudyEvent];
    queue.push(first);
    await clock.advance(3_000_000);
    queue.push(second);
    expect(queue.status()).toMatchObject({ queued: 2, lost: {} });
    isDown = false;
    await clock.advance(30_000);
    expect([arrived, queue.status().queued]).toEqual([ids([first, second]), 0]);
    isDown = true;
    queue.push(third);
    await clock.advance(0);
    const since = tries.at(-1) ?? 0;
    await clock.advance(3_700_000);
    expect((tries.at(-1) ?? 0) - since).toBeGreaterThanOrEqual(3_600_000);
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'delivery-failed/routine': 1 } });
    expect(clock.pending).toBe(0);
  });

  it('D7 end with the close, and none follows the last try', async () => {
    const { clock, queue } = queueOf(
      { name: 's', write: () => Promise.reject(new Error('down')) },
      { backoffMs: 500, attempts: 2 },
    );
    queue.push(sampleDecision());
    await clock.advance(1000);
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    expect(await hasSettled(closed)).toBe(false);
    abort.abort(new Error('enough'));
    await closed;
    expect(clock.pending).toBe(0);
  });
});

describe('F8 an event that cannot be written', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = [cycle, cycle, cycle];
  const unwritable: readonly (readonly [string, object])[] = [
    ['a bigint', { tenant: 10n }],
    ['a cycle', { facts: cycle }],
    [
      'a toJSON that throws',
      {
        facts: {
          at: {
            toJSON: () => {
              throw new Error('no');
            },
          },
        },
      },
    ],
    [
      'a getter that throws',
      {
        input: Object.defineProperty({}, 'x', {
          enumerable: true,
          get: () => {
            throw new Error('no');
          },
        }),
      },
    ],
  ];

  it.each(unwritable)('F8 for %s is refused and counted, the rest of its batch goes', async (_name, change) => {
    const sink = fakeSink();
    const { queue } = queueOf(sink);
    const [before, after] = [many(3), many(4)];
    const bad = sampleDecision(change);
    for (const event of [...before, bad, ...after]) queue.push(event);
    await queue.flush();
    const told = sink.events.filter(({ type }) => type === 'decision');
    expect(ids(told)).toEqual(ids([...before, ...after]));
    expect(queue.status()).toMatchObject({
      queued: 0,
      queuedBytes: 0,
      delivered: 7,
      lost: { 'refused/routine': 1 },
      lastError: `The event decision ${bad.id} cannot be written as JSON: it was refused.`,
    });
    expect(sink.ofType('telemetry-dropped')).toMatchObject([{ reason: 'refused', count: 1 }]);
  });

  it('F8 is offered to no page that is left', async () => {
    let feed: SinkFeed<UnderstudyEvent> | undefined;
    const sink: Sink<UnderstudyEvent> = { ...fakeSink(), attach: (given) => (feed = given) as never };
    const { queue } = queueOf(sink);
    const good = sampleDecision();
    [sampleDecision({ tenant: 10n as never }), good].forEach((event) => queue.push(event));
    let offered: readonly string[] = [];
    feed?.drain((waiting) => {
      offered = ids(waiting);
      return { taken: waiting };
    });
    expect(offered).toEqual([good.id]);
    await queue.flush();
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 1, lost: { 'refused/routine': 1 } });
  });
});

describe('D1 a sink that takes its events one by one', () => {
  it('D1 is given one a write; each has its own tries, and its own fate', async () => {
    const seen: string[] = [];
    const [first, refused, flaky, down, last] = many(5);
    const left = new Map([
      [flaky?.id, 2],
      [down?.id, 99],
    ]);
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      batchSize: 1,
      accepts: (type) => type === 'decision',
      write: ([event, ...more]) => {
        expect(more).toEqual([]);
        const id = event?.id ?? '';
        seen.push(id);
        if (id === refused?.id) throw new UnderstudyError('SINK_FAILED', '400');
        const failures = left.get(id) ?? 0;
        left.set(id, failures - 1);
        if (failures > 0) throw new Error('503');
      },
    };
    const { queue } = queueOf(sink, { attempts: 3, batchSize: 100 });
    for (const event of [first, refused, flaky, down, last]) if (event !== undefined) queue.push(event);
    await queue.flush();
    expect(seen).toEqual([first, refused, flaky, flaky, flaky, down, down, down, last].map((event) => event?.id));
    expect(queue.status()).toMatchObject({
      queued: 0,
      delivered: 3,
      lost: { 'refused/routine': 1, 'delivery-failed/routine': 1 },
    });
  });

  it('D1 gets reports of losses one by one too', async () => {
    const sink = fakeSink();
    const { queue } = queueOf({ ...sink, batchSize: 1 }, { maxEvents: 2 });
    many(5).forEach((event) => queue.push(event));
    await queue.flush();
    expect(sink.batches).toEqual([1, 1, 1]);
    expect(sink.ofType('telemetry-dropped')).toMatchObject([{ reason: 'queue-full', count: 3 }]);
  });

  it.each([NaN, 0, -1, 0.5, Infinity, 1e9])(
    'a size of %d is no reason to stand still, nor to give more than the queue does',
    async (batchSize) => {
      const sink = fakeSink();
      const { queue } = queueOf({ ...sink, batchSize }, { batchSize: 2 });
      many(4).forEach((event) => queue.push(event));
      await queue.flush();
      expect(sink.events).toHaveLength(4);
      expect(Math.max(...sink.batches)).toBeLessThanOrEqual(2);
    },
  );
});

describe('a sink that gathers', () => {
  it('has a wait of its own, and flush() ends it', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf({ ...sink, flushMs: 30_000 }, { flushMs: 1000 });
    queue.push(sampleDecision());
    await clock.advance(20_000);
    queue.push(sampleDecision());
    await clock.advance(9_999);
    expect(sink.batches).toEqual([]);
    await clock.advance(1);
    expect(sink.batches).toEqual([2]);
    queue.push(sampleDecision());
    await queue.flush();
    expect(sink.batches).toEqual([2, 1]);
  });

  it.each([NaN, -1, Infinity, 'x' as never])('a wait of %s is that of the queue', async (flushMs) => {
    const sink = fakeSink();
    const { clock, queue } = queueOf({ ...sink, flushMs }, { flushMs: 1000 });
    queue.push(sampleDecision());
    await clock.advance(1000);
    expect(sink.batches).toEqual([1]);
  });
});

describe('a sink that refuses some of a batch', () => {
  it('loses those alone, without another try, and all others count as delivered', async () => {
    const events = many(4);
    const refused = [events[1]?.id, events[3]?.id, 'unknown'];
    const write = vi.fn<Sink<UnderstudyEvent>['write']>(() =>
      Promise.reject(new UnderstudyError('SINK_FAILED', '413', { details: { refused } })),
    );
    const { queue } = queueOf({ name: 's', accepts: (type) => type === 'decision', write });
    events.forEach((event) => queue.push(event));
    await queue.flush();
    expect(write).toHaveBeenCalledTimes(1);
    expect(queue.status()).toMatchObject({
      queued: 0,
      queuedBytes: 0,
      delivered: 2,
      lost: { 'refused/routine': 2 },
      lastError: '413',
    });
  });

  it('names them in a list, or the whole batch is refused', async () => {
    const write = (): Promise<void> => Promise.reject(new UnderstudyError('SINK_FAILED', '413', { details: { refused: 'all' } }));
    const { queue } = queueOf({ name: 's', accepts: (type) => type === 'decision', write });
    many(2).forEach((event) => queue.push(event));
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 0, lost: { 'refused/routine': 2 } });
  });
});

describe('F1 a sink of any kind', () => {
  const throwing = (value: unknown) => (): never => {
    throw value as Error;
  };
  const ODD: readonly (readonly [string, () => unknown])[] = [
    ['throws what has no text', throwing(Object.create(null))],
    ['throws undefined', throwing(undefined)],
    ['throws a megabyte', throwing(new Error('x'.repeat(1e6)))],
    ['rejects with a symbol', () => Promise.reject(Symbol('x'))],
    ['returns a thenable that throws', () => ({ then: throwing(new Error('x')) })],
    ['returns a thenable whose then cannot be read', () => Object.defineProperty({}, 'then', { get: throwing(new Error('x')) })],
    ['returns an odd value', () => Symbol('x')],
  ];
  const HOOKS = ['accepts', 'attach', 'queued', 'write'] as const;
  const cases = HOOKS.flatMap((hook) => ODD.map(([title, work]) => ({ title: `${hook} ${title}`, hook, work })));

  it.each(cases)('F1 whose $title breaks nothing: no throw, no unhandled rejection, a bounded text', async ({ hook, work }) => {
    const { queue } = queueOf({ name: 's', write: () => undefined, [hook]: work }, { attempts: 2 });
    expect(queue.accepts('decision')).toBeTypeOf('boolean');
    many(2).forEach((event) => queue.push(event));
    await queue.flush();
    await queue.close(never());
    const { queued, delivered, lost, lastError = '' } = queue.status();
    expect([queued, delivered + Object.values(lost).reduce((sum, count) => sum + count, 0)]).toEqual([0, 2]);
    expect(lastError.length).toBeLessThanOrEqual(500);
    // As an unhandled rejection it would fail the run.
    await new Promise((turn) => setImmediate(turn));
  });

  it('F1 F5 what it threw is told without the secrets of an address', async () => {
    const write = throwing(new Error('POST https://u:SECRET@host/x?key=SECRET: 503'));
    const { queue } = queueOf({ name: 's', write }, { attempts: 1 });
    queue.push(sampleDecision());
    await queue.flush();
    expect(queue.status().lastError).toBe('POST https://host/x: 503');
  });
});

describe('flush', () => {
  it('resolves only when what was queued before has been delivered', async () => {
    const sink = fakeSink();
    sink.hold();
    const { queue } = queueOf(sink, { batchSize: 2 });
    many(5).forEach((event) => queue.push(event));
    const flushed = queue.flush();
    expect(await hasSettled(flushed)).toBe(false);
    sink.release();
    await flushed;
    expect(sink.events).toHaveLength(5);
  });

  it('waits for a delivery that was under way', async () => {
    const sink = fakeSink();
    sink.hold();
    const { clock, queue } = queueOf(sink);
    queue.push(sampleDecision());
    await clock.advance(1000);
    const flushed = queue.flush();
    expect(await hasSettled(flushed)).toBe(false);
    sink.release();
    await flushed;
    expect(queue.status().delivered).toBe(1);
  });

  it('does not wait for what was queued after it', async () => {
    const sink = fakeSink();
    const { queue } = queueOf(sink, { batchSize: 1 });
    queue.push(sampleDecision());
    const flushed = queue.flush();
    sink.hold();
    queue.push(sampleDecision());
    sink.release();
    await flushed;
    expect(sink.events.length).toBeGreaterThanOrEqual(1);
  });

  it('resolves when what was queued before has been counted as lost', async () => {
    const { queue } = queueOf({ name: 's', write: () => Promise.reject(new Error('down')) }, { attempts: 2, batchSize: 2 });
    many(5).forEach((event) => queue.push(event));
    await queue.flush();
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 0, lost: { 'delivery-failed/routine': 5 } });
  });

  it('flushes the sink after its last event, and passes its failure on', async () => {
    const calls: string[] = [];
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: (batch) => void calls.push(`write ${batch.length}`),
      flush: () => {
        calls.push('flush');
        throw new Error('disk full');
      },
    };
    const { queue } = queueOf(sink);
    queue.push(sampleDecision());
    await expect(queue.flush()).rejects.toThrow('disk full');
    expect(calls).toEqual(['write 1', 'flush']);
  });
});

describe('close', () => {
  it('delivers what waits, closes the sink, and counts what comes later', async () => {
    const sink = fakeSink();
    const { clock, queue } = queueOf(sink);
    many(3).forEach((event) => queue.push(event));
    await queue.close(never());
    expect(sink.closed).toBe(true);
    expect(sink.events).toHaveLength(3);
    expect(clock.pending).toBe(0);
    queue.push(sampleDecision());
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 3, lost: { 'closed/routine': 1 } });
    expect(clock.pending).toBe(0);
  });

  it('counts what comes while it closes', async () => {
    const sink = fakeSink();
    sink.hold();
    const { queue } = queueOf(sink);
    queue.push(sampleDecision());
    const closed = queue.close(never());
    queue.push(sampleDecision());
    sink.release();
    await closed;
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 1, lost: { 'closed/routine': 1 } });
    expect(sink.ofType('telemetry-dropped')).toMatchObject([{ reason: 'closed', count: 1 }]);
  });

  it.each(['write', 'flush', 'close'] as const)('ends at the abort although %s never does', async (stuck) => {
    const forever = new Promise<void>(() => undefined);
    const sink: Sink<UnderstudyEvent> = { name: 's', write: () => undefined, [stuck]: () => forever };
    const { queue } = queueOf(sink, { batchSize: 2 });
    many(5).forEach((event) => queue.push(event));
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    expect(await hasSettled(closed)).toBe(false);
    abort.abort(new Error('enough'));
    await closed;
    expect(queue.status()).toMatchObject({ queued: 0, queuedBytes: 0, lost: stuck === 'write' ? { 'closed/routine': 5 } : {} });
  });

  it('ends at once when the abort came before, and closes the sink all the same', async () => {
    const sink = fakeSink();
    sink.hold();
    const { queue } = queueOf(sink);
    many(3).forEach((event) => queue.push(event));
    await queue.close(AbortSignal.abort(new Error('enough')));
    expect(sink.closed).toBe(true);
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'closed/routine': 3 } });
  });

  it('ends at the abort while it waits for Retry-After, also after a sink that threw at once', async () => {
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: () => {
        throw new UnderstudyError('SINK_FAILED', '429', { details: { retryAfterMs: 60_000 } });
      },
    };
    const { clock, queue } = queueOf(sink);
    queue.push(sampleDecision());
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    expect(await hasSettled(closed)).toBe(false);
    abort.abort(new Error('enough'));
    await closed;
    expect(clock.pending).toBe(0);
    expect(queue.status().lost).toEqual({ 'closed/routine': 1 });
  });

  it("a write that rejects after it was given up is nobody's rejection", async () => {
    const write = Promise.withResolvers<void>();
    const { queue } = queueOf({ name: 's', write: () => write.promise });
    queue.push(sampleDecision());
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    expect(await hasSettled(closed)).toBe(false);
    abort.abort(new Error('enough'));
    await closed;
    write.reject(new Error('late'));
    await new Promise((turn) => setImmediate(turn));
  });

  it('tells the sink of the abort', async () => {
    let told: AbortSignal | undefined;
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: (_batch, { signal }) => {
        told = signal;
        return new Promise(() => undefined);
      },
    };
    const { queue } = queueOf(sink);
    queue.push(sampleDecision());
    const reason = new Error('enough');
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    await hasSettled(closed);
    expect(told?.aborted).toBe(false);
    abort.abort(reason);
    await closed;
    expect(told?.reason).toBe(reason);
  });

  it("passes the failure of the sink's close on", async () => {
    const { queue } = queueOf({ name: 's', write: () => undefined, close: () => Promise.reject(new Error('busy')) });
    await expect(queue.close(never())).rejects.toThrow('busy');
  });
});

describe('waitUntil', () => {
  it('is handed each delivery; no timer is started', async () => {
    const clock = new VirtualClock();
    const handed: Promise<unknown>[] = [];
    const sink = fakeSink();
    const queue = new SinkQueue(sink, clock, AT_ONCE, { waitUntil: (promise) => void handed.push(promise) });
    many(3).forEach((event) => queue.push(event));
    expect(handed).toHaveLength(1);
    await handed[0];
    expect(sink.batches).toEqual([3]);
    queue.push(sampleDecision());
    expect(handed).toHaveLength(2);
    await handed[1];
    expect(sink.batches).toEqual([3, 1]);
    expect(clock.pending).toBe(0);
  });

  it('is handed the next delivery when one was not enough', async () => {
    const handed: Promise<unknown>[] = [];
    const sink = fakeSink();
    const queue = new SinkQueue(
      sink,
      new VirtualClock(),
      { ...AT_ONCE, batchSize: 2 },
      { waitUntil: (promise) => void handed.push(promise) },
    );
    many(5).forEach((event) => queue.push(event));
    for (let next = 0; next < handed.length; next++) await handed[next];
    expect(sink.batches).toEqual([2, 2, 1]);
  });

  it('that throws breaks no call', async () => {
    const sink = fakeSink();
    const queue = new SinkQueue(sink, new VirtualClock(), AT_ONCE, {
      waitUntil: () => {
        throw new Error('the request is over');
      },
    });
    queue.push(sampleDecision());
    await queue.flush();
    expect(sink.events).toHaveLength(1);
    expect(queue.status().lastError).toBe('the request is over');
  });
});

describe('what a sink may ask for', () => {
  it('attach and queued are called in the call, and may throw', () => {
    const calls: string[] = [];
    const sink: Sink<UnderstudyEvent> = {
      name: 's',
      write: () => undefined,
      attach: () => {
        calls.push('attach');
        throw new Error('no page');
      },
      queued: (event) => {
        calls.push(event.id);
        throw new Error('no context');
      },
    };
    const { queue } = queueOf(sink);
    expect(calls).toEqual([]);
    const events = many(2);
    events.forEach((event) => queue.push(event));
    expect(calls.filter((call) => call === 'attach')).toHaveLength(1);
    expect(calls).toContain(events[1]?.id);
    expect(queue.status()).toMatchObject({ queued: 2, lastError: 'no context' });
  });

  it('accepts may throw: then the sink gets the events', () => {
    const { queue } = queueOf({
      name: 's',
      write: () => undefined,
      accepts: () => {
        throw new Error('a bug');
      },
    });
    expect(queue.accepts('decision')).toBe(true);
    expect(queue.status().lastError).toBe('a bug');
  });

  describe('drain', () => {
    function attached(options: SinkQueueOptions = {}) {
      let feed: SinkFeed<UnderstudyEvent> | undefined;
      const fake = fakeSink();
      const sink: Sink<UnderstudyEvent> = { ...fake, attach: (given) => (feed = given) as never };
      const parts = queueOf(sink, options);
      /** Takes the first ones, or all but the first ones. */
      const drain = (count: number, delivered?: Promise<unknown>): readonly string[] => {
        let offered: readonly string[] = [];
        feed?.drain((waiting) => {
          offered = ids(waiting);
          return {
            taken: count < 0 ? waiting.slice(-count) : waiting.slice(0, count),
            ...(delivered === undefined ? {} : { delivered }),
          };
        });
        return offered;
      };
      return { ...parts, sink: fake, drain };
    }

    it('offers all that waits by lane; what is taken is delivered, what is left goes on waiting', async () => {
      const { clock, queue, sink, drain } = attached();
      const [routine, truth, command] = [sampleDecision(), sampleOutcome(), sampleControl()];
      [routine, truth, command].forEach((event) => queue.push(event));
      expect(drain(2)).toEqual(ids([command, truth, routine]));
      await queue.flush();
      expect(ids(sink.events)).toEqual([routine.id]);
      expect(queue.status()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 3, lost: {} });
      expect(drain(1)).toEqual([]);
      await clock.advance(1000);
      expect(clock.pending).toBe(0);
    });

    it('what is taken need not be what was offered first', async () => {
      const { queue, sink, drain } = attached();
      const events = [sampleControl(), sampleControl(), sampleDecision()];
      events.forEach((event) => queue.push(event));
      expect(drain(-1)).toEqual(ids(events));
      await queue.flush();
      expect(ids(sink.events)).toEqual([events[0]?.id]);
      expect(queue.status()).toMatchObject({ queued: 0, delivered: 3 });
    });

    it('offers the batch that waits for its next try, and it is not sent twice', async () => {
      const { clock, queue, sink, drain } = attached({ batchSize: 2 });
      sink.failNext(new UnderstudyError('SINK_FAILED', '503', { details: { retryAfterMs: 5000 } }));
      const events = many(3);
      events.forEach((event) => queue.push(event));
      await clock.advance(0);
      expect(drain(1)).toEqual(ids(events));
      await clock.advance(5000);
      await queue.flush();
      expect(ids(sink.events)).toEqual(ids(events.slice(1)));
      expect(queue.status()).toMatchObject({ delivered: 3, lost: {} });
    });

    it('does not offer what the sink writes at this moment', async () => {
      const { clock, queue, sink, drain } = attached({ batchSize: 2 });
      sink.hold();
      const events = many(3);
      events.forEach((event) => queue.push(event));
      await clock.advance(0);
      expect(drain(5)).toEqual([events[2]?.id]);
      sink.release();
      await queue.flush();
      expect(ids(sink.events)).toEqual(ids(events.slice(0, 2)));
      expect(queue.status()).toMatchObject({ delivered: 3, lost: {} });
    });

    it('offers nothing twice, at whatever moment of a delivery', async () => {
      for (let turns = 0; turns < 40; turns++) {
        const { clock, queue, sink, drain } = attached({ batchSize: 2 });
        const events = many(2);
        events.forEach((event) => queue.push(event));
        const advanced = clock.advance(0);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        const offered = drain(2);
        await advanced;
        await queue.flush();
        expect([...offered, ...ids(sink.events)]).toEqual(ids(events));
        expect(queue.status()).toMatchObject({ queued: 0, delivered: 2, lost: {} });
      }
    });

    it('learns later that what was taken did not arrive: flush waits for it, and it is counted', async () => {
      const { queue, drain } = attached();
      many(3).forEach((event) => queue.push(event));
      const arrival = Promise.withResolvers<void>();
      drain(3, arrival.promise);
      expect(queue.status()).toMatchObject({ queued: 3, delivered: 0 });
      const flushed = queue.flush();
      expect(await hasSettled(flushed)).toBe(false);
      arrival.reject(new Error('offline'));
      await flushed;
      expect(queue.status()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 0, lost: { 'delivery-failed/routine': 3 } });
    });

    it('offers the losses first, each until it has been told', async () => {
      const { queue, sink, drain } = attached({ maxEvents: 2 });
      const events = many(5);
      events.forEach((event) => queue.push(event));
      const report = `${events[2]?.id}/dropped/fake`;
      expect(drain(0)).toEqual([report, ...ids(events.slice(3))]);
      const arrival = Promise.withResolvers<void>();
      expect(drain(1, arrival.promise)).toEqual([report, ...ids(events.slice(3))]);
      expect(drain(0)).toEqual(ids(events.slice(3)));
      arrival.reject(new Error('offline'));
      await queue.flush();
      expect(sink.ofType('telemetry-dropped')).toMatchObject([{ id: report, count: 3 }]);
      await queue.flush();
      expect(sink.ofType('telemetry-dropped')).toHaveLength(1);
    });

    it('a loss report that waits for its next try is told once', async () => {
      const { clock, queue, sink, drain } = attached({ maxEvents: 1 });
      sink.failNext(new UnderstudyError('SINK_FAILED', '503', { details: { retryAfterMs: 5000 } }));
      const events = many(2);
      events.forEach((event) => queue.push(event));
      await clock.advance(1000);
      expect(drain(2)).toEqual([`${events[0]?.id}/dropped/fake`, events[1]?.id]);
      await clock.advance(5000);
      await queue.flush();
      expect(sink.events).toEqual([]);
      expect(queue.status()).toMatchObject({ delivered: 1, lost: { 'queue-full/routine': 1 } });
      queue.push(sampleDecision());
      queue.push(sampleDecision());
      await queue.flush();
      expect(sink.ofType('telemetry-dropped')).toMatchObject([{ count: 1 }]);
    });
  });
});

describe('options', () => {
  it('are checked, all at once', () => {
    const make = (): unknown =>
      queueOf(fakeSink(), {
        maxEvents: 0,
        maxBytes: 0.5,
        batchSize: Number.NaN,
        attempts: -1,
        flushMs: -1,
        backoffMs: Number.POSITIVE_INFINITY,
      });
    expect(make).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['maxEvents', 'maxBytes', 'batchSize', 'attempts', 'flushMs', 'backoffMs'].map((name) =>
            expect.objectContaining({ path: `sinkQueue.${name}` }),
          ),
        },
      }),
    );
  });

  it('counts the bytes that it says', () => {
    const { queue } = queueOf(fakeSink());
    const events = [sampleDecision(), sampleRescue(), sampleControl()];
    events.forEach((event) => queue.push(event));
    expect(queue.status().queuedBytes).toBe(events.reduce((sum, event) => sum + estimateBytes(event), 0));
  });
});
