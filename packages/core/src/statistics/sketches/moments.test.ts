import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addToRunningMoments,
  mergeRunningMoments,
  NO_RUNNING_MOMENTS,
  type RunningMoments,
  summariseMoments,
} from './moments.ts';

const momentsOf = (values: readonly number[]): RunningMoments => values.reduce(addToRunningMoments, NO_RUNNING_MOMENTS);
const values = fc.array(fc.integer({ min: -1000, max: 1000 }));

test('merging is the moments of both', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const merged = mergeRunningMoments(momentsOf(a), momentsOf(b));
      const whole = momentsOf([...a, ...b]);
      expect([merged.count, merged.min, merged.max]).toEqual([whole.count, whole.min, whole.max]);
      for (const [field, power] of [
        ['mean', 1],
        ['squares', 2],
        ['cubes', 3],
        ['quartics', 4],
      ] as const) {
        expect(Math.abs(merged[field] - whole[field])).toBeLessThan(1e-9 * (1 + whole.count) * 2000 ** power);
      }
    }),
  );
});

test('a large mean costs no digits of the variance', () => {
  const moments = momentsOf([4, 7, 13, 16].map((value) => value + 1e9));
  expect(summariseMoments(moments).sampleVariance).toBe(30);
});

test('what too few values or no spread cannot say is null', () => {
  const nothing = { populationVariance: null, sampleVariance: null, skewness: null, excessKurtosis: null };
  expect(summariseMoments(NO_RUNNING_MOMENTS)).toEqual(nothing);
  expect(summariseMoments(momentsOf([5]))).toEqual({ ...nothing, populationVariance: 0 });
  expect(summariseMoments(momentsOf([5, 5]))).toEqual({ ...nothing, populationVariance: 0, sampleVariance: 0 });
  expect(summariseMoments(momentsOf([1e300, -1e300]))).toEqual(nothing);
  expect(() => momentsOf([NaN])).toThrow('value');
});
