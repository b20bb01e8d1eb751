import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type DrivenCase, DrivenMonitor, LABEL, NUMBER, PROBABILITY, contextOf } from '../../tests/support/driven-monitor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { fairness, type FairnessOptions } from './fairness-monitor.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

interface Person {
  readonly group: string;
}
const by = ({ group }: Person): string => group;
const driven = (options: Partial<FairnessOptions<Person, unknown>> = {}) =>
  new DrivenMonitor(fairness({ groupBy: by, positive: 'yes', ...options }), LABEL);
const person = (group: string, said: boolean, truth?: boolean): DrivenCase => ({
  input: { group },
  output: { y: said ? 'yes' : 'no' },
  ...(truth === undefined ? {} : { truth: { y: truth ? 'yes' : 'no' } }),
});
/** Adds cases by (said, true) of a group. */
function table(
  monitor: DrivenMonitor,
  group: string,
  [hits, falseAlarms, misses, rejections]: readonly [number, number, number, number],
): void {
  for (let at = 0; at < hits; at++) monitor.add(person(group, true, true));
  for (let at = 0; at < falseAlarms; at++) monitor.add(person(group, true, false));
  for (let at = 0; at < misses; at++) monitor.add(person(group, false, true));
  for (let at = 0; at < rejections; at++) monitor.add(person(group, false, false));
}

test('demographic parity, equal opportunity and equalised odds, with the figures of both groups', () => {
  const monitor = driven();
  table(monitor, 'a', [60, 40, 20, 80]);
  table(monitor, 'b', [30, 10, 50, 110]);
  expect(monitor.reading('demographic-parity:ratio').value).toBeCloseTo(40 / 200 / (100 / 200), 12);
  expect(monitor.reading('equal-opportunity:ratio').value).toBeCloseTo(30 / 80 / (60 / 80), 12);
  expect(monitor.reading('false-positive-rate:ratio').value).toBeCloseTo(10 / 120 / (40 / 120), 12);
  expect(monitor.reading('equalised-odds:difference').value).toBeCloseTo(0.375, 12);
  expect(monitor.reading('selection-rate', 'a')).toMatchObject({ n: 200, value: 0.5, status: 'ok' });
  const { status, reason, interval } = monitor.reading('demographic-parity:ratio');
  expect(status).toBe('breach');
  expect(reason).toContain('Lowest in b (0.2 of 200), highest in a (0.5 of 200)');
  // Katz: exp(ln 0.4 ± 1.96 √(0.8/40 + 0.5/100))
  expect(interval?.[0]).toBeCloseTo(0.4 * Math.exp(-1.959964 * Math.sqrt(0.025)), 6);
});

test('needs no truth for parity; what is not defined is null', () => {
  const monitor = driven();
  for (let at = 0; at < 400; at++) monitor.add(person(at % 2 === 0 ? 'a' : 'b', false));
  expect(monitor.reading('demographic-parity:ratio')).toMatchObject({ value: null, status: 'insufficient', n: 400 });
  expect(monitor.reading('equal-opportunity:ratio')).toMatchObject({ value: null, status: 'insufficient', n: 0 });
  expect(monitor.reading('equalised-odds:difference')).toMatchObject({ value: null, status: 'insufficient' });
});

test('a ratio below four fifths that chance explains is a warning', () => {
  const monitor = driven();
  table(monitor, 'a', [12, 0, 0, 88]);
  table(monitor, 'b', [8, 0, 0, 92]);
  expect(monitor.reading('demographic-parity:ratio')).toMatchObject({ status: 'warn' });
  expect(monitor.reading('demographic-parity:ratio').value).toBeCloseTo(2 / 3, 12);
});

test('small groups are shown, not compared', () => {
  const monitor = driven();
  table(monitor, 'a', [50, 0, 0, 50]);
  table(monitor, 'b', [50, 0, 0, 50]);
  table(monitor, 'c', [0, 0, 0, 29]);
  expect(monitor.reading('demographic-parity:ratio').value).toBe(1);
  expect(monitor.reading('selection-rate', 'c')).toMatchObject({ n: 29, value: 0, status: 'insufficient' });
});

test('a million groups are eleven', () => {
  const monitor = driven();
  for (let at = 0; at < 20_000; at++) monitor.add(person(`g${at}`, at % 2 === 0));
  expect(monitor.run.read(0).filter(({ measure }) => measure === 'selection-rate')).toHaveLength(11);
  expect(Object.keys(monitor.run.counters?.(0) ?? {}).length).toBeLessThan(100);
});

test('seeded simulation: equal groups raise hardly an alarm in 10,000 cases, a group treated worse does', () => {
  const groups = (rate: (at: number) => number, seed: number): ((at: number) => DrivenCase) => {
    const random = seededRandom(seed);
    return (at) =>
      random() < 0.5 ? person('a', random() < 0.1, random() < 0.3) : person('b', random() < rate(at), random() < 0.3);
  };
  let alarms = 0;
  for (let seed = 0; seed < 10; seed++) {
    if (
      driven().breachAt(
        10_000,
        groups(() => 0.1, seed),
      ) < Infinity
    )
      alarms++;
    const at = driven().breachAt(
      16_000,
      groups((index) => (index < 3000 ? 0.1 : 0.05), seed),
    );
    expect(at).toBeGreaterThan(3000);
    expect(at).toBeLessThan(10_000);
  }
  expect(alarms).toBeLessThanOrEqual(1);
});

test('four processes merge to one', () => {
  const groups = fc.constantFrom('a', 'b', 'c');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), groups, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 200 }), (cases) => {
      const make = (): DrivenMonitor => driven({ minUnits: 1 });
      const [one, fleet] = [make(), [make(), make(), make(), make()]];
      for (const [place, ...rest] of cases) {
        one.add(person(...rest));
        fleet[place]?.add(person(...rest));
      }
      const [first, ...others] = fleet;
      first?.run.merge?.(others.map(({ run }, index) => ({ instance: String(index), counters: run.counters?.(0) ?? {} })));
      for (const { measure, segment, n, value } of one.run.read(0))
        expect(first?.reading(measure, segment)).toMatchObject({ n, value });
    }),
    { seed: 8, numRuns: 50 },
  );
});

test('probabilities are positive from the contract\u2019s threshold on; invalid ones are left out', () => {
  const monitor = new DrivenMonitor(fairness({ groupBy: by, minUnits: 1 }), PROBABILITY);
  for (const [group, p, truth] of [
    ['a', 0.5, 1],
    ['b', 0.6, true],
    ['b', 0.4, 1],
    ['b', NaN, 1],
    ['b', 0.4, 'x'],
  ])
    monitor.add({ input: { group }, output: { p }, truth: { p: truth } });
  expect(monitor.reading('demographic-parity:ratio').value).toBeCloseTo(1 / 3, 12);
  expect(monitor.reading('equal-opportunity:ratio')).toMatchObject({ n: 3, value: 0.5 });
  expect(monitor.reading('equal-opportunity:ratio').reason).toContain('1 labels were invalid');
});

test('problems', () => {
  const options = { groupBy: 'group', positive: 1, minUnits: 0, minRatio: 1, window: 10 } as unknown;
  expect(fairness(options as FairnessOptions<Person, unknown>).problems.map(({ path }) => path)).toEqual([
    'groupBy',
    'positive',
    'minUnits',
    'minRatio',
    'window',
  ]);
  expect(fairness({ groupBy: by }).check?.(contextOf(LABEL))?.[0]?.path).toBe('positive');
  expect(fairness({ groupBy: by }).check?.(contextOf(NUMBER))).toHaveLength(1);
});

test('G7 groups that come at other times of a day are compared over whole days', () => {
  const HOUR = 3_600_000;
  const statusesOf = (period: 'day' | undefined, isFair: boolean): string[] => {
    const random = seededRandom(5);
    const run = fairness<Person, unknown>({
      groupBy: by,
      positive: 'yes',
      window: 1000,
      ...(period === undefined ? {} : { period }),
    }).start({
      ...contextOf(LABEL),
      clock: new VirtualClock(),
      numbers: new InputNumbers(),
      random,
      failures: new MonitorFailures(),
    });
    const keep = run.keep as Exclude<typeof run.keep, 'prediction' | undefined>;
    return Array.from({ length: 24 * 6 }, (_, hour) => {
      // In the morning few of a are selected, in the evening few of b: over the day as many of both.
      const isMorning = hour % 24 < 12;
      for (let call = 0; call < 100; call++) {
        const group = call % 2 === 0 ? 'a' : 'b';
        const low = isMorning === (group === 'a') || (!isFair && group === 'b');
        const fact = {
          ...person(group, true),
          id: '',
          tier: 'model',
          servedBy: '',
          version: '',
          durationMs: 1,
          probability: 1,
        } as const;
        keep.call(run, { ...fact, input: { group }, at: hour * HOUR + call * 1000 }, random() < (low ? 0.3 : 0.6) ? 'yes' : 'no');
      }
      return run.read(hour * HOUR + HOUR / 2).find(({ measure }) => measure === 'demographic-parity:ratio')?.status ?? '';
    });
  };
  expect(statusesOf(undefined, true)).toContain('breach');
  const fair = statusesOf('day', true);
  expect(fair.slice(0, 24)).toEqual(Array.from({ length: 24 }, () => 'insufficient'));
  expect(new Set(fair.slice(26))).toEqual(new Set(['ok']));
  expect(statusesOf('day', false).at(-1)).toBe('breach');
});
