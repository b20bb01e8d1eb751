import { describe, expect, test } from 'vitest';
import type { DecisionFact, MonitorReading, MonitorRun } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { BuiltInContext } from './monitor.ts';
import { serviceLevel, type ServiceLevelOptions } from './service-level.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_000_000 * HOUR;
const context: BuiltInContext = {
  model: 'm',
  target: undefined,
  input: undefined,
  output: undefined,
  kpis: {},
  variants: ['v1'],
  champion: 'v1',
  clock: new VirtualClock(),
  numbers: new InputNumbers(),
  failures: new MonitorFailures(),
  random: seededRandom(1),
};

const started = (options: ServiceLevelOptions = {}): MonitorRun => serviceLevel(options).start(context);
const call = (at: number, change: Partial<DecisionFact> = {}): DecisionFact => ({
  id: '',
  input: {},
  output: {},
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 20,
  at,
  probability: 1,
  ...change,
});
const named = (run: MonitorRun, measure: string, now: number): MonitorReading | undefined =>
  run.read(now).find((reading) => reading.measure === measure);

/** Calls of one minute each, `perMinute`, of which `failing` are not served. */
function minutes(run: MonitorRun, from: number, count: number, perMinute: number, failing: number): number {
  for (let minute = 0; minute < count; minute++)
    for (let index = 0; index < perMinute; index++)
      run.observe?.(call(from + minute * MINUTE, index < failing ? { tier: 'none' } : {}));
  return from + count * MINUTE;
}

describe('availability', () => {
  test('is fine at its objective, and knows who served', () => {
    const run = started();
    const now = minutes(run, START, 60, 1000, 1);
    expect(named(run, 'availability', now - 1)).toMatchObject({ n: 60_000, value: 0.999, limit: 0.999, status: 'ok' });
    expect(named(run, 'share-served', now - 1)).toMatchObject({ segment: 'model', value: 0.999 });
  });
  test('breaches when both windows of a rule burn too fast, and not when the fault is over', () => {
    const run = started();
    let now = minutes(run, START, 60, 100, 0);
    now = minutes(run, now, 8, 100, 20);
    const reading = named(run, 'availability', now - 1);
    expect(reading?.status).toBe('breach');
    expect(reading?.reason).toContain('The error budget burns 26.67 times too fast over 60 min (limit 14.4).');
    now = minutes(run, now, 31, 100, 0);
    expect(named(run, 'availability', now - 1)?.status).toBe('warn');
  });
  test('one error in a quiet night is no breach', () => {
    const run = started();
    minutes(run, START, 59, 2, 0);
    minutes(run, START + 59 * MINUTE, 1, 2, 1);
    expect(named(run, 'availability', START + HOUR - 1)?.status).toBe('warn');
  });
  test('says nothing before its minCases, and forgets what is older than six hours', () => {
    const run = started();
    minutes(run, START, 1, 99, 99);
    expect(named(run, 'availability', START)?.status).toBe('insufficient');
    expect(named(run, 'availability', START + 6 * HOUR)).toMatchObject({ n: 0, value: null, status: 'insufficient' });
    minutes(run, START + 100 * HOUR, 1, 200, 0);
    expect(named(run, 'availability', START + 100 * HOUR)).toMatchObject({ n: 200, value: 1 });
  });
  test('counts rules and slow calls as the options say', () => {
    const run = started({ tiers: ['model'], slowMs: 100 });
    for (let index = 0; index < 100; index++)
      run.observe?.(call(START, index < 10 ? { tier: 'rules' } : index < 15 ? { durationMs: 101 } : {}));
    expect(named(run, 'availability', START)?.value).toBe(0.85);
  });
});

describe('latency', () => {
  test('is within 2 %, and breaches when its interval is beyond the limit', () => {
    const run = started({ latency: { quantile: 0.9, atMostMs: 80 } });
    for (let index = 1; index <= 1000; index++) run.observe?.(call(START, { durationMs: index / 10 }));
    const reading = named(run, 'latency:p90', START);
    expect(Math.abs((reading?.value ?? 0) / 90 - 1)).toBeLessThan(0.02);
    expect(reading).toMatchObject({ n: 1000, limit: 80, status: 'breach' });
  });
  test('is of this hour and the one before; calls that nothing served have none', () => {
    const run = started();
    for (let index = 0; index < 100; index++) run.observe?.(call(START, { durationMs: 1000 }));
    run.observe?.(call(START, { tier: 'none', durationMs: 1e6 }));
    expect(named(run, 'latency:p99', START + HOUR)?.n).toBe(100);
    expect(named(run, 'latency:p99', START + 2 * HOUR)).toMatchObject({ n: 0, value: null });
  });
});

test('four processes see what one sees of all calls', () => {
  const [random, whole] = [seededRandom(5), started({ latency: { quantile: 0.5, atMostMs: 1 } })];
  const parts = [1, 2, 3, 4].map(() => started({ latency: { quantile: 0.5, atMostMs: 1 } }));
  const now = START + HOUR;
  for (let index = 0; index < 4000; index++) {
    const one = call(START + random() * HOUR, {
      durationMs: 1000 * random(),
      tier: random() < 0.1 ? 'none' : random() < 0.5 ? 'model' : 'rules',
    });
    whole.observe?.(one);
    parts[index % 4]?.observe?.(one);
  }
  const [first, ...others] = parts;
  first?.merge?.(others.map((run, index) => ({ instance: String(index), counters: run.counters?.(now) ?? {} })));
  expect(first?.read(now)).toEqual(whole.read(now));
});

test('wrong options are named, all of them', () => {
  const wrong = {
    objective: 1,
    tiers: ['robots'],
    slowMs: 0,
    latency: { quantile: 2, atMostMs: 0 },
    burnRates: [{ longMs: 1, shortMs: 2, rate: 0 }],
    minCases: 0,
  };
  expect(serviceLevel(wrong as unknown as ServiceLevelOptions).problems.map(({ path }) => path)).toEqual([
    'objective',
    'tiers[0]',
    'slowMs',
    'latency.quantile',
    'latency.atMostMs',
    'burnRates[0].longMs',
    'burnRates[0].shortMs',
    'burnRates[0].rate',
    'minCases',
  ]);
});

test('a long window that is no longer than the short one is named', () => {
  const { problems } = serviceLevel({ burnRates: [{ longMs: 60_000, shortMs: 60_000, rate: 2 }] });
  expect(problems).toEqual([{ path: 'burnRates[0].longMs', message: 'expected more than shortMs' }]);
  expect(serviceLevel({ burnRates: [{ longMs: 60_001, shortMs: 60_000, rate: 2 }] }).problems).toEqual([]);
});

describe('of first content', () => {
  const streamed = (firstContentMs: number | undefined, durationMs = 60_000): DecisionFact =>
    call(START, firstContentMs === undefined ? { durationMs } : { durationMs, firstContentMs });

  test('the time until it came is what is slow, and what the latency is of', () => {
    const run = started({ of: 'first-content', slowMs: 1000, objective: 0.9, latency: { quantile: 0.5, atMostMs: 2000 } });
    for (let index = 0; index < 200; index++) run.observe?.(streamed(index < 20 ? 3000 : 400));
    for (let index = 0; index < 50; index++) run.observe?.(streamed(undefined));
    expect(named(run, 'availability', START)).toMatchObject({ n: 250, value: 1 - 20 / 250 });
    expect(named(run, 'first-content:p50', START)).toMatchObject({ n: 200, limit: 2000, status: 'ok' });
    expect(Math.abs((named(run, 'first-content:p50', START)?.value ?? 0) - 400)).toBeLessThan(8);
  });

  test('a process that times whole calls adds nothing to it', () => {
    const [one, other] = [started({ of: 'first-content' }), started()];
    one.observe?.(streamed(10));
    other.observe?.(streamed(10));
    one.merge?.([{ instance: 'other', counters: other.counters?.(START) ?? {} }]);
    expect(named(one, 'first-content:p99', START)).toMatchObject({ n: 1 });
    one.merge?.([{ instance: 'same', counters: one.counters?.(START) ?? {} }]);
    expect(named(one, 'first-content:p99', START)).toMatchObject({ n: 2 });
  });
});
