import { describe, expect, test } from 'vitest';
import type { BreachPhase } from '../control/breach-state.ts';
import type { BreachTold } from '../control/control-exchange.ts';
import { memoryStore } from '../control/memory-store.ts';
import type { ModelControl } from '../control/model-control.ts';
import type {
  CounterPart,
  DecisionFact,
  FieldDistribution,
  MonitorReading,
  MonitorRun,
  MonitorStatus,
  StateStore,
} from '../types/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { probeBase, contextOf } from '../../tests/support/driven-monitor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ManagedMonitors } from './managed-monitors.ts';
import type { AnyMonitor, MonitorOptions, MonitorsStatus } from './monitor.ts';

const SECOND = 1000;

const monitor = (run: Partial<MonitorRun>, options: MonitorOptions & { pausedSampleRate?: number } = {}): AnyMonitor => ({
  ...probeBase(options),
  start: () => ({ read: () => [], ...run }),
});

const fact = (changes: Partial<DecisionFact> = {}): DecisionFact => ({
  id: 'd',
  input: 1,
  output: { p: 0.5 },
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 0,
  probability: 1,
  ...changes,
});

let cases = 0;
/** A reading on new cases each time. */
const reading = (status: MonitorStatus, changes: Partial<MonitorReading> = {}): MonitorReading => ({
  measure: 'probe',
  n: ++cases,
  value: 0.7,
  interval: null,
  limit: 0.8,
  status,
  reason: `It is ${status}.`,
  ...changes,
});

function setUp(
  monitors: readonly AnyMonitor[],
  { store = memoryStore(), clock = new VirtualClock() }: { readonly store?: StateStore; readonly clock?: VirtualClock } = {},
) {
  const [changes, tells, judged]: [string[], string[], unknown[][]] = [[], [], []];
  const control = {
    isAway: false,
    phase: 'raised' as BreachPhase | undefined,
    snapshot: { document: { breaches: {} as Record<string, { readonly open: boolean }> } },
    judged: async (...judgement: unknown[]): Promise<BreachTold | undefined> => {
      if (control.isAway) throw new Error('away');
      judged.push(judgement);
      return control.phase === undefined ? undefined : { phase: control.phase, since: 7 };
    },
  };
  const random = seededRandom(1);
  const running = new ManagedMonitors(monitors, {
    context: { ...contextOf({ kind: 'probability', field: 'p', positiveAt: 0.5 }), clock, random },
    control: control as unknown as ModelControl,
    store,
    sharing: undefined,
    clock,
    word: () => 0xab,
    remembered: 10,
    everyMs: SECOND,
    changed: ({ name }, from, to, { reason }) => void changes.push(`${name} ${from} → ${to}: ${reason}`),
    breached: (kind, { name }, { phase, readings }) =>
      void tells.push(`${kind} ${name} ${phase}: ${readings.map((one) => one.reason).join(' ')}`),
  });
  return { running, clock, changes, tells, judged, control };
}

describe('the runner of monitors', () => {
  test('when there was traffic, once however much; without it there is no timer', async () => {
    let reads = 0;
    const { running, clock } = setUp([monitor({ read: () => (reads++, []) })]);
    expect(clock.pending).toBe(0);
    for (let call = 0; call < 5; call++) running.observe(fact(), call + 1);
    running.invalidInput(['x'], 0);
    expect(clock.pending).toBe(1);
    await clock.advance(10 * SECOND);
    expect([reads, clock.pending]).toEqual([1, 0]);
    running.invalidInput(['x'], 0);
    await clock.advance(SECOND);
    expect(reads).toBe(2);
  });

  test('G12 in slices: what waits goes on after half a millisecond of judging, also within a monitor that judges in steps', async () => {
    const log: string[] = [];
    const { running, clock } = setUp(
      ['a', 'b'].map((name) =>
        monitor(
          {
            *steps() {
              for (const step of [1, 2, 3]) {
                clock.freeze(0.3);
                log.push(`${name}${step}`);
                if (step === 1) clock.schedule(() => log.push('call'), 0);
                yield undefined;
              }
              return [];
            },
          },
          { name },
        ),
      ),
    );
    running.observe(fact(), 1);
    await clock.advance(2 * SECOND);
    expect(log).toEqual(['a1', 'a2', 'call', 'a3', 'b1', 'call', 'b2', 'b3']);
  });

  test('no more once it is closed', async () => {
    let reads = 0;
    const { running, clock } = setUp([monitor({ read: () => (reads++, []) })]);
    running.observe(fact(), 1);
    await running.close();
    running.observe(fact(), 2);
    await clock.advance(10 * SECOND);
    expect([reads, clock.pending]).toEqual([0, 0]);
  });

  test('one judgement at a time', async () => {
    let reads = 0;
    const { running } = setUp([monitor({ read: () => (reads++, []) })]);
    await Promise.all([running.sync(), running.sync()]);
    expect(reads).toBe(1);
  });
});

test('the sampled answer of a paused model is no traffic, and is joined to its outcomes beside what was served', async () => {
  const [seen, joined]: [string[], unknown[]] = [[], []];
  const run: Partial<MonitorRun> = {
    observe: ({ servedBy }) => void seen.push(servedBy),
    keep: ({ servedBy }, prediction) => `${servedBy} ${prediction}`,
    outcome: ({ probability, truth }, kept) => void joined.push([probability, truth?.value, kept]),
  };
  const { running } = setUp([
    monitor(run, { name: 'a', pausedSampleRate: 0.01 }),
    monitor({}, { name: 'b', pausedSampleRate: 0.2 }),
  ]);
  running.observe(fact({ tier: 'rules', servedBy: 'table' }), 1);
  running.observe(fact({ probability: 0.05, sampled: true }), 1);
  await running.outcome('d', 1, { at: 5, truth: { value: 'yes' } });
  expect(seen).toEqual(['table']);
  expect(joined).toEqual([
    [1, 'yes', 'table undefined'],
    [0.05, 'yes', 'v1 0.5'],
  ]);
  expect(running.pausedSampleRate).toBe(0.2);
});

test('what is kept for one monitor goes to it alone; the prediction to all that want no more', async () => {
  const joined: unknown[] = [];
  const outcome = (_: unknown, kept: unknown): void => void joined.push(kept);
  const { running } = setUp([
    monitor({ keep: 'prediction', outcome }, { name: 'a' }),
    monitor({ keep: () => 'own', outcome }, { name: 'b' }),
    monitor({ outcome }, { name: 'c' }),
    monitor({ keep: 'prediction', outcome }, { name: 'd' }),
  ]);
  running.observe(fact(), 1);
  await running.outcome('d', 1, { at: 5, feedback: { agree: true } });
  await running.outcome('x', 2, { at: 5, feedback: { agree: true } });
  expect(joined).toEqual([0.5, 'own', undefined, 0.5]);
  expect(running.status().outcomes).toMatchObject({ pending: 1, unjoined: 1, byTier: { model: { decisions: 1, known: 0 } } });
});

describe('a status', () => {
  test('is the worst of the readings, which come the worst first', async () => {
    const readings = [
      reading('ok', { segment: 'a' }),
      reading('insufficient', { segment: 'b' }),
      reading('warn', { segment: 'c' }),
    ];
    const { running, clock } = setUp([monitor({ read: () => readings })]);
    expect(running.status().reports).toEqual([
      { monitor: 'probe', kind: 'probe', status: 'insufficient', since: 0, readings: [] },
    ]);
    await running.sync();
    expect(running.status().reports).toMatchObject([
      { status: 'warn', since: clock.wall(), readings: [{ segment: 'c' }, { segment: 'a' }, { segment: 'b' }] },
    ]);
  });

  test('is a breach when it is confirmed on new cases, and no more when it has recovered', async () => {
    let next = reading('breach');
    const { running, changes } = setUp([monitor({ read: () => [next] }, { confirmations: 2, recoveries: 2 })]);
    const judge = async (status: MonitorStatus): Promise<string | undefined> => {
      next = reading(status);
      await running.sync();
      return running.status().reports[0]?.readings[0]?.reason;
    };
    expect(await judge('breach')).toBe('It is breach. Not confirmed: reading 1 of 2.');
    await running.sync();
    expect(running.status().reports[0]?.status, 'the same cases').toBe('warn');
    expect(await judge('breach')).toBe('It is breach.');
    expect(await judge('ok')).toBe('It is ok. In breach until 2 readings in a row are ok.');
    expect(await judge('insufficient')).toContain('In breach');
    expect(await judge('ok')).toContain('In breach');
    expect(await judge('ok')).toBe('It is ok.');
    expect(changes).toEqual([
      'probe insufficient → warn: It is breach. Not confirmed: reading 1 of 2.',
      'probe warn → breach: It is breach.',
      'probe breach → ok: It is ok.',
    ]);
  });

  test('a breach that grows to another segment is told, one that only lasts is not', async () => {
    let status: MonitorStatus = 'ok';
    const read = () => [reading('breach', { segment: 'a' }), reading(status, { segment: 'b', reason: `b is ${status}` })];
    const { running, changes } = setUp([monitor({ read })]);
    await running.sync();
    await running.sync();
    status = 'breach';
    await running.sync();
    await running.sync();
    expect(changes).toEqual(['probe insufficient → breach: It is breach.', 'probe breach → breach: b is breach']);
  });

  test('a monitor that throws keeps what was known of it, and the others are judged', async () => {
    let isBroken = false;
    const read = () => {
      if (isBroken) throw new Error('no metric');
      return [reading('warn')];
    };
    const { running } = setUp([monitor({ read }, { name: 'a' }), monitor({ read: () => [reading('ok')] }, { name: 'b' })]);
    await running.sync();
    isBroken = true;
    await running.sync();
    expect(running.status()).toMatchObject({
      reports: [{ status: 'warn', failure: 'read: no metric' }, { status: 'ok' }],
      failures: 1,
      storeFailure: null,
    });
  });
});

describe('a breach', () => {
  const breached = (onBreach: MonitorOptions['onBreach']) =>
    setUp([monitor({ read: () => [reading('breach', { reason: 'p is low.' })] }, { onBreach: onBreach ?? [], cooldownMs: 7 })]);

  test('is told with what it does, in the order that was asked for, by the process that wrote it', async () => {
    const called: unknown[] = [];
    const { running, judged, tells, control, clock } = breached([
      'retrain',
      'pause',
      (what) => void called.push(what),
      'alert',
      'roll-back',
    ]);
    await running.sync();
    const judgement = { monitor: 'probe', effects: ['pause', 'roll-back'], cooldownMs: 7, reason: 'probe: p is low.' };
    expect(judged).toMatchObject([
      [{ ...judgement, since: clock.wall(), parts: [expect.any(String)] }, false, expect.any(Function)],
    ]);
    expect(tells).toEqual(['retrain probe raised: p is low.', 'alert probe raised: p is low.']);
    expect(called).toMatchObject([{ model: 'm', monitor: 'probe', readings: [{ status: 'breach' }], at: clock.wall() }]);
    control.phase = undefined;
    await running.sync();
    expect([judged.length, tells.length, called.length]).toEqual([2, 2, 1]);
    control.phase = 'reminder';
    await running.sync();
    expect([judged.length, tells.length, called.length, tells.at(-1)]).toEqual([3, 3, 1, 'alert probe reminder: p is low.']);
  });

  test('what a function of yours throws, at once or later, is counted', async () => {
    const { running } = breached([
      () => {
        throw new Error('at once');
      },
      async () => {
        throw new Error('later');
      },
    ]);
    await running.sync();
    await new VirtualClock().advance(0);
    expect(running.status()).toMatchObject({ failures: 2, storeFailure: null });
  });

  test('is tried again while the store is away', async () => {
    const { running, tells, control } = breached(['alert']);
    control.isAway = true;
    await running.sync();
    expect([tells.length, running.status().storeFailure]).toEqual([0, 'away']);
    control.isAway = false;
    await running.sync();
    expect([tells.length, running.status().storeFailure]).toEqual([1, null]);
  });

  test('ends in the document, where it is open there; too few cases end nothing', async () => {
    let status: MonitorStatus = 'ok';
    const { running, judged, control } = setUp([monitor({ read: () => [reading(status)] }, { onBreach: ['fall-back'] })]);
    await running.sync();
    expect(judged).toEqual([]);
    control.snapshot.document.breaches['probe'] = { open: true };
    status = 'insufficient';
    await running.sync();
    expect(judged).toEqual([]);
    status = 'warn';
    await running.sync();
    expect(judged).toMatchObject([
      [{ monitor: 'probe', effects: ['fall-back'], reason: 'probe has recovered.' }, true, expect.any(Function)],
    ]);
  });
});

describe('counters', () => {
  const shared = (changes: Partial<StateStore> = {}): StateStore => ({ ...memoryStore(), volatile: false, ...changes });
  const counting = (name: string, merged: unknown[] = []): AnyMonitor =>
    monitor({ counters: () => ({ n: 7, 'x|y': 2 }), merge: (others) => void merged.push(others) }, { name });
  const part = (instance: string, at: number, counters: CounterPart['counters'] = {}): CounterPart => ({
    instance,
    sequence: 1,
    counters: { at, ...counters },
  });

  test('go to the store under the name of their monitor, every ten seconds at most, and when it is closed', async () => {
    const parts: CounterPart[] = [];
    const store = shared({ mergeCounters: async (key, one) => (parts.push(one), key === 'monitors/m') });
    const { running, clock } = setUp([counting('a'), monitor({}, { name: 'b' }), counting('c')], { store });
    for (let judgement = 0; judgement < 11; judgement++) {
      await running.sync();
      await clock.advance(SECOND);
    }
    await running.close();
    expect(parts.map(({ sequence, instance }) => [sequence, instance])).toEqual([1, 2, 3].map((at) => [at, '000000ab000000ab']));
    expect(parts[0]?.counters).toEqual({ at: clock.wall() - 11 * SECOND, 'a|n': 7, 'a|x|y': 2, 'c|n': 7, 'c|x|y': 2 });
  });

  test('of a store of this process, or where no monitor has any, are not exchanged', async () => {
    const fails = () => Promise.reject(new Error('asked'));
    const volatile = setUp([counting('a')], { store: shared({ volatile: true, mergeCounters: fails }) });
    const none = setUp([monitor({})], { store: shared({ mergeCounters: fails }) });
    for (const { running } of [volatile, none]) {
      await running.sync();
      expect(running.status().storeFailure).toBeNull();
    }
  });

  test('of the other processes that are alive are merged, each monitor its own', async () => {
    const clock = new VirtualClock();
    const now = clock.wall();
    const store = shared({
      readCounters: async () => [
        part('alive', now - 60_000, { 'a|n': 1, 'ab|n': 2, 'a|x|y': 3 }),
        part('silent', now - 60_001, { 'a|n': 4 }),
        { instance: 'odd', sequence: 1, counters: {} },
        part('000000ab000000ab', now, { 'a|n': 9 }),
      ],
    });
    const [a, ab]: [unknown[], unknown[]] = [[], []];
    await setUp([counting('a', a), counting('ab', ab)], { store, clock }).running.sync();
    expect(a).toEqual([[{ instance: 'alive', counters: { n: 1, 'x|y': 3 } }]]);
    expect(ab).toEqual([[{ instance: 'alive', counters: { n: 2 } }]]);
  });

  test('F9 of a process whose clock is hours wrong count while it writes, and no longer', async () => {
    const clock = new VirtualClock();
    const [hours, start] = [2 * 3600 * SECOND, clock.wall()];
    let sequence = 1;
    const store = shared({
      readCounters: async () => [
        { ...part('behind', start - hours, { 'a|n': 1 }), sequence },
        { ...part('ahead', start + hours, { 'a|n': 2 }), sequence },
      ],
    });
    const merged: { readonly instance: string }[][] = [];
    const { running } = setUp([counting('a', merged)], { store, clock });
    const alive = async (ms: number): Promise<readonly string[]> => {
      await clock.advance(ms);
      await running.sync();
      return merged.at(-1)?.map(({ instance }) => instance) ?? [];
    };
    expect(await alive(0)).toEqual(['ahead']);
    sequence = 2;
    expect(await alive(10 * SECOND)).toEqual(['behind', 'ahead']);
    expect(await alive(60 * SECOND)).toEqual(['behind', 'ahead']);
    expect(await alive(10 * SECOND)).toEqual([]);
    sequence = 3;
    expect(await alive(10 * SECOND)).toEqual(['behind', 'ahead']);
  });

  test('of more than fifty processes that have ended are forgotten', async () => {
    const clock = new VirtualClock();
    const forgotten: string[] = [];
    let ended = 50;
    const store = shared({
      readCounters: async () => Array.from({ length: ended }, (_, at) => part(`p${at}`, 0)),
      forget: async (key) => void forgotten.push(key),
    });
    const { running } = setUp([counting('a')], { store, clock });
    await running.sync();
    expect(forgotten).toEqual([]);
    ended = 51;
    await clock.advance(10 * SECOND);
    await running.sync();
    expect(forgotten).toEqual(['monitors/m']);
  });

  test('that cannot be exchanged are told, and nothing is judged the less', async () => {
    let isAway = true;
    const inner = shared();
    const store = shared({
      mergeCounters: (...args) => (isAway ? Promise.reject(new Error('away')) : inner.mergeCounters(...args)),
    });
    const probe = monitor({ counters: () => ({}), read: () => [reading('warn')] });
    const { running, clock } = setUp([probe], { store });
    await running.sync();
    expect(running.status()).toMatchObject({ storeFailure: 'away', failures: 0, reports: [{ status: 'warn' }] });
    isAway = false;
    await clock.advance(10 * SECOND);
    await running.sync();
    expect(running.status().storeFailure).toBeNull();
  });
});

describe('B6 what is told of a breach', () => {
  const parts = (fields: readonly string[]) =>
    fields.map((field) => reading('breach', { field, reason: `PSI of ${field} is high.` }));

  test('B6 names the field and the segment, and what else there is', async () => {
    let readings = [reading('breach', { field: 'age', segment: 'de', reason: 'PSI 0.3.' })];
    const { running, judged } = setUp([monitor({ read: () => readings })]);
    await running.sync();
    readings = [...parts(['age', 'b', 'c', 'd', 'e', 'f', 'g']), reading('ok', { field: 'h' })];
    await running.sync();
    expect(judged).toMatchObject([
      [{ reason: 'probe: age in segment de: PSI 0.3.' }, false, expect.any(Function)],
      [
        { reason: 'probe: age: PSI of age is high. Also b, c, d, e, f, and 1 more.', parts: { length: 7 } },
        false,
        expect.any(Function),
      ],
    ]);
  });

  test('B6 is the same part at every look, and another one for another field or segment', async () => {
    let readings = parts(['a']);
    const { running, judged } = setUp([monitor({ read: () => readings })]);
    for (const fields of [['a'], ['a'], ['a', 'b'], ['b']]) {
      readings = parts(fields);
      await running.sync();
    }
    const told = judged.map(([judgement]) => (judgement as { readonly parts: readonly string[] }).parts);
    const [a, b] = [told[0]?.[0] ?? '', told[2]?.find((part) => part !== told[0]?.[0]) ?? ''];
    expect(a).not.toBe(b);
    expect(told.map((list) => list.toSorted())).toEqual([[a], [a], [a, b].toSorted(), [b]]);
  });

  test('B6 a recovery names what was in breach', async () => {
    let readings = [reading('breach', { field: 'a', reason: 'a is bad.' }), reading('ok', { field: 'b' })];
    const { running, judged, control, tells } = setUp([monitor({ read: () => readings }, { recoveries: 1 })]);
    await running.sync();
    control.snapshot.document.breaches['probe'] = { open: true };
    control.phase = 'resolved';
    readings = [reading('warn', { field: 'b' }), reading('ok', { field: 'a', reason: 'a is good.' })];
    await running.sync();
    expect(judged.at(-1)).toMatchObject([{ reason: 'probe has recovered. a: a is good.' }, true, expect.any(Function)]);
    expect(tells.at(-1)).toBe('alert probe resolved: a is good.');
  });
});

describe('F1 a monitor of odd code', () => {
  const thrower = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('a getter that throws');
    },
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const ODD: readonly (readonly [string, unknown])[] = [
    ['nothing with a prototype', Object.create(null)],
    ['a getter that throws', thrower],
    ['a revoked proxy', revoked.proxy],
    ['undefined', undefined],
    ['a symbol', Symbol('s')],
    ['a bigint', 10n],
    ['a function', () => 1],
    ['a huge message', new Error('x'.repeat(1_000_000))],
  ];
  const throwing = (thrown: unknown) => (): never => {
    throw thrown;
  };
  const lazy = { then: (_: unknown, reject: (error: unknown) => void) => reject(Object.create(null)) };
  const brokenThen = Object.defineProperty({}, 'then', { get: throwing(Object.create(null)) });

  test.each(ODD)('F1 that throws %s everywhere fails no call, shows in the status, and is told once', async (_, thrown) => {
    const fails = throwing(thrown);
    const run = { observe: fails, keep: fails, outcome: fails, invalidInput: fails, read: fails, counters: fails, merge: fails };
    const store = { ...memoryStore(), volatile: false };
    const { running, changes } = setUp([monitor(run), monitor({ read: () => [reading('ok')] }, { name: 'sound' })], { store });
    running.observe(fact(), 1);
    running.invalidInput(['x'], 0);
    await running.outcome('d', 1, { at: 5, truth: { value: 1 } });
    await running.sync();
    await running.sync();
    const { reports: monitors, failures } = running.status();
    expect(failures).toBe(8);
    expect(monitors).toMatchObject([{ status: 'warn', failure: expect.any(String) }, { status: 'ok' }]);
    expect(monitors[0]?.failure?.length).toBeLessThan(250);
    expect(monitors[1]).not.toHaveProperty('failure');
    // Its first failure changes the status; each further function that fails is told by itself.
    expect(changes.filter((one) => one.startsWith('probe'))).toHaveLength(7);
    await running.close();
  });

  test.each(ODD)('F1 that throws %s when it starts leaves the others at work', async (_, thrown) => {
    const broken = { ...monitor({}), start: throwing(thrown) };
    const { running, changes } = setUp([broken, monitor({ read: () => [reading('ok')] }, { name: 'sound' })]);
    running.observe(fact(), 1);
    await running.sync();
    expect(running.status().reports).toMatchObject([
      { status: 'warn', readings: [{ measure: 'failures:start', n: 1 }] },
      { status: 'ok' },
    ]);
    expect(changes).toHaveLength(2);
  });

  test.each([
    ['a promise that rejects', () => Promise.reject(new Error('later'))],
    ['a thenable that rejects', () => lazy],
    ['a thenable whose then throws', () => brokenThen],
  ])('F1 that returns %s in place of each answer rejects nothing', async (_, returned) => {
    const odd = returned as () => never;
    const run = { observe: odd, keep: odd, outcome: odd, invalidInput: odd, read: odd, merge: odd };
    const { running } = setUp([monitor(run)]);
    running.observe(fact(), 1);
    running.invalidInput(['x'], 0);
    await running.outcome('d', 1, { at: 5, truth: { value: 1 } });
    await running.sync();
    await new VirtualClock().advance(0);
    expect(running.status().failures).toBeGreaterThan(3);
  });

  test.each([
    ['no list', 7],
    ['nothing', undefined],
    ['a list of nothing', [null]],
    ['a reading without a status', [{ ...reading('ok'), status: 'fine' }]],
    ['a field that is no text', [{ ...reading('ok'), field: 7 }]],
    ['a getter that throws', [Object.defineProperty({}, 'measure', { get: throwing(thrower) })]],
  ])('F1 that reads %s: what was known stays', async (_, given) => {
    let readings: unknown = [reading('breach', { segment: 'a' })];
    const { running } = setUp([monitor({ read: () => readings as MonitorReading[] })]);
    await running.sync();
    readings = given;
    await running.sync();
    await running.sync();
    expect(running.status()).toMatchObject({
      failures: 2,
      reports: [{ status: 'breach', readings: [{ segment: 'a' }, { n: 2 }] }],
    });
  });
});

test('B8 a throw of read has a status and an event of its own, once, and no content', async () => {
  let isBroken = true;
  const read = () => {
    if (isBroken) throw new Error('patient 4711');
    return [reading('ok')];
  };
  const { running, changes } = setUp([monitor({ read })]);
  for (let look = 0; look < 5; look++) await running.sync();
  expect(running.status()).toMatchObject({
    storeFailure: null,
    failures: 5,
    reports: [{ status: 'warn', failure: 'read: patient 4711', readings: [{ measure: 'failures:read', n: 5, status: 'warn' }] }],
  });
  isBroken = false;
  await running.sync();
  expect(running.status().reports[0]?.readings.map(({ measure }) => measure)).toEqual(['failures:read', 'probe']);
  expect(changes).toEqual([expect.stringContaining('insufficient → warn: read() failed 1 times')]);
  expect(changes.join('')).not.toContain('4711');
});

test('G16 confirmations are on windows of which 5 % is new, however often they are looked at', async () => {
  let seen = 1000;
  const run = { read: () => [reading('breach', { n: 1000, value: seen })], cases: () => seen };
  const { running } = setUp([monitor(run, { confirmations: 3 })]);
  const looks = async (count: number, cases: number): Promise<MonitorStatus | undefined> => {
    for (let look = 0; look < count; look++) {
      seen += cases;
      await running.sync();
    }
    return running.status().reports[0]?.status;
  };
  expect(await looks(50, 1)).toBe('warn');
  expect(await looks(49, 1)).toBe('warn');
  expect(await looks(3, 1)).toBe('breach');
});

describe('what a monitor never saw', () => {
  const keeping = { keep: 'prediction', outcome: () => undefined, read: () => [reading('ok')] } as const;

  test('G16 outcomes that find no decision warn, with what to do', async () => {
    const { running, changes } = setUp([monitor(keeping), monitor({ read: () => [reading('ok')] }, { name: 'other' })]);
    for (let key = 1; key <= 200; key++) {
      running.observe(fact({ id: `d${key}` }), key);
      // Ten are remembered: each outcome comes fifteen decisions later.
      if (key > 15) await running.outcome(`d${key - 15}`, key - 15, { at: 5, truth: { value: 1 } });
    }
    await running.sync();
    await running.sync();
    const [first, second] = running.status().reports;
    expect(first).toMatchObject({
      status: 'warn',
      readings: [{ measure: 'unjoined-outcomes', n: 185, value: 1, limit: 0.05 }, {}],
    });
    expect(first?.readings[0]?.reason).toContain(
      '185 of the last 185 (100 %) outcomes found no decision: 10 are remembered here.',
    );
    expect(second).toMatchObject({ status: 'ok', readings: [{}] });
    expect(changes.filter((one) => one.startsWith('probe'))).toHaveLength(1);
  });

  test('G16 a few that find none are shown, and no warning', async () => {
    const { running } = setUp([monitor(keeping)]);
    for (let key = 1; key <= 200; key++) {
      running.observe(fact(), key);
      await running.outcome('d', key % 50 === 0 ? key + 1000 : key, { at: 5, truth: { value: 1 } });
    }
    await running.sync();
    expect(running.status().reports[0]).toMatchObject({
      status: 'ok',
      readings: [{}, { measure: 'unjoined-outcomes', status: 'ok' }],
    });
  });

  test('C2 answers that are no probability are counted and shown, those off by rounding are scored', async () => {
    const kept: unknown[] = [];
    const run = { ...keeping, outcome: (_: unknown, prediction: unknown) => void kept.push(prediction) };
    const { running } = setUp([monitor(run)]);
    for (const [key, p] of [1 + 2 ** -23, -1e-6, 1.01, 0.5].entries()) {
      running.observe(fact({ output: { p } }), key + 1);
      await running.outcome('d', key + 1, { at: 5, truth: { value: 1 } });
    }
    expect(kept).toEqual([1, 0, undefined, 0.5]);
    for (let key = 5; key < 200; key++) running.observe(fact({ output: { p: key % 2 === 0 ? 0.5 : 100 } }), key);
    await running.sync();
    expect(running.status().reports[0]).toMatchObject({
      status: 'warn',
      readings: [{ measure: 'invalid-predictions', n: 199 }, {}],
    });
    expect(running.status().reports[0]?.readings[0]?.reason).toContain(
      '99 of the last 199 (49.75 %) answers of the model hold no probability in p',
    );
  });
});

describe('B5 distributions in the status', () => {
  const distribution = (field: string, changes: object = {}): FieldDistribution => ({
    field,
    reference: { n: 100, missing: 0 },
    live: { n: 50, missing: 0.1 },
    bins: [
      { label: 'a', reference: 0.5, live: 0.9 },
      { label: null, reference: 0.5, live: 0.1 },
    ],
    ...changes,
  });
  const told = (running: { status(): MonitorsStatus }) => running.status().reports[0]?.distributions;

  test('B5 are of fields in warn or breach, the worst first, ten at most, and asked by status() alone', async () => {
    const asks: string[][] = [];
    const readings = [
      reading('ok', { field: 'fine' }),
      reading('warn', { field: 'warned', value: 9, limit: 0.1 }),
      reading('breach', { field: 'far', segment: 'north', value: 8, limit: 0.1 }),
      ...Array.from({ length: 20 }, (_, at) => reading('breach', { field: `f${at}`, value: at, limit: 0.1, confirmed: true })),
      reading('breach'),
    ];
    const distributions = (given: readonly MonitorReading[]): FieldDistribution[] => {
      asks.push(given.map(({ field }) => field ?? ''));
      return given.map(({ field = '', segment }) => distribution(field, segment === undefined ? {} : { segment })).toReversed();
    };
    const { running } = setUp([monitor({ read: () => readings, distributions })]);
    await running.sync();
    expect(asks).toEqual([]);
    const worst = Array.from({ length: 10 }, (_, at) => `f${19 - at}`);
    expect(told(running)?.map(({ field }) => field)).toEqual(worst);
    expect(asks).toEqual([worst]);
  });

  test('B5 a status of nothing in warn or breach asks for none and has none', async () => {
    let asks = 0;
    const { running } = setUp([
      monitor({ read: () => [reading('ok', { field: 'a' }), reading('warn')], distributions: () => (asks++, []) }),
    ]);
    await running.sync();
    expect(running.status().reports[0]).not.toHaveProperty('distributions');
    expect(asks).toBe(0);
  });

  test.each([
    ['throws', () => expect.fail('x')],
    ['returns no list', () => 7],
    ['returns nothing', () => undefined],
    ['returns a promise that rejects', () => Promise.reject(new Error('later'))],
    ['returns a list of nothing', () => [null]],
    [
      'returns endless bins',
      () => [distribution('a', { bins: Array.from({ length: 1e5 }, () => ({ label: 'x', reference: 0, live: 0 })) })],
    ],
    ['returns a bin that throws', () => [Object.defineProperty({}, 'field', { get: () => expect.fail('x'), enumerable: true })]],
    ['is no function', 7],
  ])('B5 of a monitor that %s fail no status, and are counted', async (_, distributions) => {
    const odd = { read: () => [reading('warn', { field: 'a' })], distributions: distributions as () => FieldDistribution[] };
    const { running } = setUp([monitor(odd)]);
    await running.sync();
    expect(told(running)).toBeUndefined();
    const { reports: monitors, failures } = running.status();
    expect(failures).toBeGreaterThanOrEqual(2);
    expect(monitors[0]).toMatchObject({ status: 'warn', failure: expect.stringContaining('distributions: ') });
  });

  test('B5 of fields that were not asked for, or twice, are left out; what is told is a copy', async () => {
    const own = distribution('a');
    const many = [own, own, distribution('b'), distribution('a', { segment: 'x' }), ...Array.from({ length: 1000 }, () => own)];
    const read = () => [reading('warn', { field: 'a' }), reading('warn', { field: 'a', measure: 'other' })];
    const { running } = setUp([monitor({ read, distributions: () => many })]);
    await running.sync();
    expect(told(running)).toEqual([own]);
    expect(told(running)?.[0]).not.toBe(own);
  });
});

describe('a monitor beside others keeps none of them from its work', () => {
  const counting = (): AnyMonitor =>
    monitor({ counters: () => ({ seen: 1 }), merge: () => undefined, read: () => [] }, { name: 'beside' });

  test.each<[string, Partial<MonitorRun>, string]>([
    ['counters that are promised', { counters: (async () => ({ n: 1 })) as never }, 'it returned no object of numbers'],
    ['counters that reject', { counters: (async () => Promise.reject(new Error('away'))) as never }, 'counters: '],
    ['a counter of NaN', { counters: () => ({ n: Number.NaN }) }, 'n: expected a finite number, got NaN'],
    ['an endless counter', { counters: () => ({ n: Number.POSITIVE_INFINITY }) }, 'n: expected a finite number, got Infinity'],
  ])('%s are left out and told', async (_, run, failure) => {
    const parts: CounterPart[] = [];
    const store: StateStore = {
      ...memoryStore(),
      volatile: false,
      mergeCounters: async (_key, part) => (parts.push(part), true),
    };
    const { running } = setUp([monitor({ read: () => [], ...run }, { name: 'odd' }), counting()], { store });
    running.observe(fact(), 1);
    await running.sync();
    expect(Object.keys(parts[0]?.counters ?? {})).toEqual(['at', 'beside|seen']);
    expect(running.status().reports[0]?.failure).toContain(failure);
    expect(running.status().storeFailure).toBeNull();
  });

  test.each<[string, NonNullable<MonitorRun['steps']>, string]>([
    ['an async generator', async function* () {} as never, 'steps() is no generator: it may not be async'],
    [
      'steps without an end',
      function* () {
        for (;;) yield undefined;
      } as never,
      'steps() took more than 100000 steps',
    ],
  ])('%s: told, and the others are judged', async (_, steps, failure) => {
    let reads = 0;
    const { running } = setUp([
      monitor({ read: () => [], steps }, { name: 'odd' }),
      monitor({ read: () => (reads++, []) }, { name: 'beside' }),
    ]);
    running.observe(fact(), 1);
    await running.sync();
    expect(reads).toBe(1);
    expect(running.status().reports[0]?.failure).toContain(failure);
  });

  test('one that learns without keeping anything is told of outcomes', async () => {
    const told: unknown[] = [];
    const { running } = setUp([monitor({ read: () => [], outcome: (_outcome, kept) => void told.push(kept) })]);
    running.observe(fact({ id: 'd1' }), 1);
    await running.outcome('d1', 1, { at: 5, truth: { value: 1 } });
    expect(told).toEqual([undefined]);
  });
});
