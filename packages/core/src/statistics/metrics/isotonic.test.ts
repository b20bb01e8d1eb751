import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitIsotonic, isotonicValue } from './isotonic.ts';

fc.configureGlobal({ seed: 1 });

const points = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: 20 }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
    weight: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 40 },
);

test('it does not decrease, keeps the mean, and stays as it is when fitted again', () => {
  fc.assert(
    fc.property(points, (rows) => {
      const [x, y, weights] = [rows.map((row) => row.x), rows.map((row) => row.y), rows.map((row) => row.weight)];
      const fit = fitIsotonic(x, y, weights);
      const fitted = x.map((at) => isotonicValue(fit, at));
      for (const [index, value] of fit.y.entries()) if (index > 0) expect(value).toBeGreaterThanOrEqual(fit.y[index - 1] ?? NaN);
      const mean = (values: readonly number[]): number =>
        values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);
      expect(mean(fitted)).toBeCloseTo(mean(y), 9);
      const again = fitIsotonic(x, fitted, weights);
      for (const [index, at] of x.entries()) expect(isotonicValue(again, at)).toBeCloseTo(fitted[index] ?? NaN, 9);
    }),
  );
});

test('weights count as repeated points', () => {
  fc.assert(
    fc.property(points, (rows) => {
      const repeated = rows.flatMap((row) => Array.from({ length: row.weight }, () => row));
      const weighted = fitIsotonic(
        rows.map(({ x }) => x),
        rows.map(({ y }) => y),
        rows.map(({ weight }) => weight),
      );
      const plain = fitIsotonic(
        repeated.map(({ x }) => x),
        repeated.map(({ y }) => y),
      );
      for (const { x } of rows) expect(isotonicValue(weighted, x)).toBeCloseTo(isotonicValue(plain, x), 9);
    }),
  );
});

test('equal x are pooled before their neighbours are looked at', () => {
  expect(fitIsotonic([1, 2, 2, 2], [0.5, 0, 1, 1])).toEqual({ x: [1, 2], y: [0.5, 2 / 3] });
});

test('constant, single and outside', () => {
  expect(fitIsotonic([3, 1, 2], [1, 1, 1])).toEqual({ x: [1, 3], y: [1, 1] });
  const single = fitIsotonic([0.5], [0.2]);
  expect([isotonicValue(single, 0), isotonicValue(single, 0.5), isotonicValue(single, 9)]).toEqual([0.2, 0.2, 0.2]);
  expect(isotonicValue(fitIsotonic([0, 1], [0, 1]), NaN)).toBeNaN();
  expect(() => fitIsotonic([], [])).toThrow('x.length');
  expect(() => fitIsotonic([1], [NaN])).toThrow('y[0]');
  expect(() => fitIsotonic([1], [1], [0])).toThrow('weights[0]');
});
