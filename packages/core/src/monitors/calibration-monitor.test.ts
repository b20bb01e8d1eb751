import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type DrivenCase, DrivenMonitor, NUMBER, PROBABILITY, contextOf } from '../../tests/support/driven-monitor.ts';
import { calibration, type CalibrationOptions } from './calibration-monitor.ts';

const driven = (options: CalibrationOptions<unknown> = {}, seed = 1) =>
  new DrivenMonitor(calibration(options), PROBABILITY, seed);
const stream = (truth: (p: number, at: number) => number, seed: number): ((at: number) => DrivenCase) => {
  const random = seededRandom(seed);
  return (at) => {
    const p = random();
    return { output: { p }, truth: { p: random() < truth(p, at) } };
  };
};

test('calibration error, Brier score and the reliability table', () => {
  const monitor = driven({ minCases: 1, bins: 4 });
  for (const [p, truth] of [
    [0.1, 0],
    [0.2, 1],
    [0.3, 0],
    [1, 1],
  ])
    monitor.add({ output: { p }, truth: { p: truth } });
  // Bins 0–0.25: |1 − 0.3|; 0.25–0.5: |0 − 0.3|; 0.75–1: 0; over 4 cases.
  expect(monitor.reading('ece:4-bins').value).toBeCloseTo((0.7 + 0.3) / 4, 12);
  expect(monitor.reading('brier').value).toBeCloseTo((0.01 + 0.64 + 0.09 + 0) / 4, 12);
  expect(monitor.reading('reliability', '0-0.25')).toMatchObject({ n: 2, value: 0.5, status: 'ok' });
  expect(monitor.reading('reliability', '0-0.25').limit).toBeCloseTo(0.15, 12);
  expect(monitor.reading('reliability', '0.5-0.75')).toMatchObject({ n: 0, value: null, status: 'insufficient' });
  expect(monitor.reading('reliability', '0.75-1')).toMatchObject({ n: 1, value: 1, limit: 1 });
});

test('a calibrated model of few cases is far off by chance, and that is no breach', () => {
  const monitor = driven({ minCases: 100, window: 100 });
  const next = stream((p) => p, 3);
  for (let at = 0; at < 100; at++) monitor.add(next(at));
  const { value, limit, status } = monitor.reading('ece:10-bins');
  expect(value).toBeGreaterThan(0.05);
  expect(limit).toBeGreaterThan(0.1);
  expect(status).toBe('ok');
});

test('seeded simulation: calibrated models stay silent, one that grows overconfident is found', () => {
  let alarms = 0;
  const delays: number[] = [];
  for (let seed = 0; seed < 6; seed++) {
    if (
      driven({}, seed).breachAt(
        4000,
        stream((p) => p, seed),
      ) < Infinity
    )
      alarms++;
    delays.push(
      driven({}, seed).breachAt(
        6000,
        stream((p, at) => (at < 2000 ? p : 0.5 + (p - 0.5) * 0.6), seed),
      ) - 2000,
    );
  }
  expect(alarms).toBeLessThanOrEqual(1);
  expect(Math.min(...delays)).toBeGreaterThan(0);
  expect(Math.max(...delays)).toBeLessThan(3000);
});

test('it looks four times in a window: between looks the readings stay', () => {
  const monitor = driven({ window: 400, minCases: 100 });
  const next = stream((p) => p, 4);
  const values = new Set<number | null>();
  for (let at = 0; at < 500; at++) {
    monitor.add(next(at));
    if (at >= 99) values.add(monitor.reading('ece:10-bins').value);
  }
  // At 100, 200, 300, 400 and 500 cases.
  expect(values.size).toBe(5);
});

test('four processes merge to one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 16 }), fc.boolean()), { minLength: 1, maxLength: 60 }),
      (cases) => {
        const make = (): DrivenMonitor => driven({ minCases: 1 });
        const [one, fleet] = [make(), [make(), make(), make(), make()]];
        for (const [place, score, positive] of cases) {
          const both = { output: { p: score / 16 }, truth: { p: positive } };
          one.add(both);
          fleet[place]?.add(both);
        }
        const [first, ...others] = fleet;
        first?.run.merge?.(others.map(({ run }, index) => ({ instance: String(index), counters: run.counters?.(0) ?? {} })));
        expect(first?.run.read(0)).toEqual(one.run.read(0));
      },
    ),
    { seed: 6, numRuns: 20 },
  );
});

test('what is no probability or label is left out', () => {
  const monitor = driven({ minCases: 1 });
  for (const p of [NaN, 2, 'x']) monitor.add({ output: { p }, truth: { p: 1 } });
  for (const truth of [0.5, 'yes', undefined]) monitor.add({ output: { p: 0.5 }, truth: { p: truth } });
  expect(monitor.reading('ece:10-bins')).toMatchObject({ n: 0, value: null, status: 'insufficient' });
  expect(monitor.reading('ece:10-bins').reason).toContain('3 labels were invalid');
});

test('problems', () => {
  expect(calibration({ bins: 1, window: 99, minCases: 0 }).problems.map(({ path }) => path)).toEqual([
    'bins',
    'window',
    'minCases',
  ]);
  expect(calibration().check?.(contextOf(NUMBER))).toHaveLength(1);
  expect(calibration().confirmations).toBe(3);
});
