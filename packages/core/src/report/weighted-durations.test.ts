import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WeightedDurations } from './weighted-durations.ts';

it('without a duration knows nothing', () => {
  expect(new WeightedDurations().quantiles()).toEqual({ p50: null, p90: null, p99: null });
});

it('leaves out what is no duration or has no weight', () => {
  const durations = new WeightedDurations();
  for (const ms of [-1, Number.NaN]) durations.add(ms);
  for (const weight of [0, -1, Number.NaN, Infinity]) durations.add(5, weight);
  expect(durations.quantiles().p50).toBeNull();
});

it('takes the shortest and the longest into its outermost buckets', () => {
  const durations = new WeightedDurations();
  durations.add(0);
  expect(durations.quantiles().p50).toBeCloseTo(2 ** (-10 + 1 / 8), 12);
  durations.add(Infinity, 1e6);
  expect(durations.quantiles().p50).toBeCloseTo(2 ** (40 - 1 / 8), 0);
});

it('tells each quantile within 9.1 %, by weight (property)', () => {
  const duration = fc.record({ ms: fc.double({ min: 0.002, max: 1e6, noNaN: true }), weight: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 40 }), (added) => {
      const durations = new WeightedDurations();
      for (const { ms, weight } of added) durations.add(ms, weight);
      const sorted = added.flatMap(({ ms, weight }) => Array.from({ length: weight }, () => ms)).sort((a, b) => a - b);
      for (const [name, share] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p99', 0.99],
      ] as const) {
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
        expect(Math.abs(Math.log2((durations.quantiles()[name] ?? 0) / exact))).toBeLessThanOrEqual(1 / 8 + 1e-9);
      }
    }),
  );
});

it('merged it tells what all together do', () => {
  const [all, first, second] = [new WeightedDurations(), new WeightedDurations(), new WeightedDurations()];
  for (const [index, ms] of [1, 3, 10, 30, 100, 300].entries())
    for (const to of [all, index % 2 === 0 ? first : second]) to.add(ms, index + 1);
  first.merge(second);
  expect([first.count, first.quantiles()]).toEqual([6, all.quantiles()]);
});

it('leaves out a quantile beyond which too few are expected, whatever their weight', () => {
  const durations = new WeightedDurations();
  for (let count = 0; count < 50; count++) durations.add(10, 100);
  const { p50, p90, p99 } = durations.quantiles(5);
  expect([p50 !== null, p90 !== null, p99]).toEqual([true, true, null]);
});
