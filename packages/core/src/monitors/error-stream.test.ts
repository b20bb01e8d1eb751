import { describe, expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { DrivenMonitor, LABEL, NUMBER, PROBABILITY, contextOf } from '../../tests/support/driven-monitor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { errorStream, type ErrorStreamOptions } from './error-stream.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

const DETECTORS = ['adwin', 'hddm-a'] as const;
const stream = (wrong: (at: number) => number, seed: number) => {
  const random = seededRandom(seed);
  return (at: number) => ({ output: { y: 'a' }, truth: { y: random() < wrong(at) ? 'b' : 'a' } });
};
const driven = (options: ErrorStreamOptions<unknown, unknown> = {}) => new DrivenMonitor(errorStream(options), LABEL);

describe.each(DETECTORS)('%s', (detector) => {
  test('a rise of errors is a breach that tells from what to what, and ends when the rate is back', () => {
    const monitor = driven({ detector });
    const at = monitor.breachAt(
      3000,
      stream((index) => (index < 1000 ? 0.1 : 0.4), 5),
    );
    expect(at).toBeGreaterThanOrEqual(1000);
    expect(at).toBeLessThan(1150);
    const reading = monitor.reading(`error-rate:${detector}`);
    expect(reading.reason).toMatch(/It rose from \d+\.\d % to \d+\.\d %/);
    expect(reading.limit).toBeGreaterThan(0.1);
    expect(reading.limit).toBeLessThan(0.4);
    monitor.breachAt(
      600,
      stream(() => 0.4, 6),
    );
    expect(monitor.reading(`error-rate:${detector}`).status).toBe('breach');
    const back = stream(() => 0.1, 7);
    for (let index = 0; index < 600; index++) monitor.add(back(index));
    expect(monitor.reading(`error-rate:${detector}`).status).toBe('ok');
  });

  test('an improvement is none', () => {
    const monitor = driven({ detector });
    expect(
      monitor.breachAt(
        4000,
        stream((index) => (index < 1000 ? 0.5 : 0.05), 2),
      ),
    ).toBe(Infinity);
    expect(monitor.reading(`error-rate:${detector}`)).toMatchObject({ status: 'ok', limit: null });
  });

  test('seeded simulation: hardly a false alarm in 3,000 cases at 10 %, and 10 to 25 % found in some 200', () => {
    let alarms = 0;
    const delays: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      if (
        driven({ detector }).breachAt(
          3000,
          stream(() => 0.1, seed),
        ) < Infinity
      )
        alarms++;
      delays.push(
        driven({ detector }).breachAt(
          4000,
          stream((at) => (at < 1000 ? 0.1 : 0.25), seed + 100),
        ) - 1000,
      );
    }
    expect(alarms).toBeLessThanOrEqual(1);
    expect(delays.filter((delay) => delay < 0).length).toBeLessThanOrEqual(1);
    expect(delays.sort((a, b) => a - b)[6]).toBeLessThan(300);
  });
});

test('errors of probabilities by what they say, and of numbers as a share of their range', () => {
  const rate = (monitor: DrivenMonitor): number | null => monitor.reading('error-rate:adwin').value;
  const probability = new DrivenMonitor(errorStream(), PROBABILITY);
  for (const [p, truth] of [
    [0.5, 1],
    [0.4, 1],
    [0.9, false],
    [0.1, 0],
  ])
    probability.add({ output: { p }, truth: { p: truth } });
  expect(rate(probability)).toBe(0.5);
  const number = new DrivenMonitor(errorStream({ range: [0, 10] }), NUMBER);
  for (const [v, truth] of [
    [5, 5],
    [1, 6],
    [0, 100],
  ])
    number.add({ output: { v }, truth: { v: truth } });
  expect(rate(number)).toBe(0.5);
});

test('a measure needs neither truth nor target; what it throws, and what is no error, is counted', () => {
  const measure = (output: { error: number }): number => {
    if (output.error === 9) throw new Error('mine');
    return output.error;
  };
  const monitor = errorStream<{ error: number }, unknown>({ measure, minCases: 1 });
  expect(monitor.check?.(contextOf(undefined))).toEqual([]);
  const run = new DrivenMonitor(monitor, undefined);
  for (const error of [0, 1, 9, -1, NaN]) run.add({ output: { error } });
  run.add({ output: { error: 1 }, tier: 'rules' });
  expect(run.reading('error-rate:adwin')).toMatchObject({ n: 2, value: 0.5, status: 'ok' });
  expect(run.reading('error-rate:adwin').reason).toContain('3 labels or errors were invalid');
});

test('says nothing before its minimum', () => {
  const monitor = driven();
  expect(monitor.reading('error-rate:adwin')).toMatchObject({ n: 0, value: null, status: 'insufficient' });
  for (let at = 0; at < 49; at++) monitor.add({ output: { y: 'a' }, truth: { y: 'a' } });
  expect(monitor.reading('error-rate:adwin').status).toBe('insufficient');
});

test('problems', () => {
  const options = { detector: 'ddm', delta: 0, range: [1, 1], minCases: 500, measure: 1 } as unknown;
  expect(errorStream(options as ErrorStreamOptions<unknown, unknown>).problems.map(({ path }) => path)).toEqual([
    'detector',
    'delta',
    'measure',
    'range',
    'minCases',
  ]);
  expect(errorStream().check?.(contextOf(undefined))?.[0]?.message).toContain('it has none');
  expect(errorStream().check?.(contextOf(NUMBER))?.[0]?.path).toBe('range');
  expect(errorStream().confirmations).toBe(1);
});

describe.each(DETECTORS)('G7 %s where errors have the rhythm of a day', (detector) => {
  const HOUR = 3_600_000;
  /** Statuses by the hour: 5 % of errors, 20 % at night; from an hour on so much more. */
  function statuses(period: 'day' | undefined, hours: number, seed: number, moreFrom = Infinity, more = 0): string[] {
    const random = seededRandom(seed);
    const context = { ...contextOf(undefined), clock: new VirtualClock(), numbers: new InputNumbers(), random };
    const run = errorStream<{ readonly wrong: number }, unknown>({
      detector,
      measure: ({ wrong }) => wrong,
      ...(period === undefined ? {} : { period }),
    }).start({ ...context, failures: new MonitorFailures() });
    const by = { id: '', input: 0, tier: 'model', servedBy: '', version: '', durationMs: 1, probability: 1 } as const;
    return Array.from({ length: hours }, (_, hour) => {
      const rate = (hour % 24 < 8 ? 0.2 : 0.05) + (hour >= moreFrom ? more : 0);
      for (let call = 0; call < 100; call++)
        run.observe?.({ ...by, output: { wrong: Number(random() < rate) }, at: hour * HOUR + call * 1000 });
      return run.read(hour * HOUR)[0]?.status ?? '';
    });
  }

  test('G7 they alarm without a period, and not with one', () => {
    expect(statuses(undefined, 72, 1)).toContain('breach');
    for (const seed of [1, 2, 3]) {
      const told = statuses('day', 24 * 10, seed);
      expect(told.slice(0, 24)).toEqual(Array.from({ length: 24 }, () => 'insufficient'));
      expect(new Set(told.slice(25))).toEqual(new Set(['ok']));
    }
  });

  test('G7 a rise of 20 points is found within hours of 100 calls', () => {
    for (const seed of [4, 5, 6]) {
      const found = statuses('day', 24 * 4, seed, 60, 0.2).indexOf('breach');
      expect(found).toBeGreaterThanOrEqual(60);
      expect(found).toBeLessThan(detector === 'adwin' ? 64 : 76);
    }
  });
});
