import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerQuantile } from '../../../tests/support/statistics/quantile.ts';
import { QuantileSketch } from './quantile-sketch.ts';

const number = fc.oneof(
  fc.double(),
  fc.double({ min: -1e-300, max: 1e-300, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, NaN, Infinity, -Infinity, 7.5),
);
const numbers = fc.array(number, { maxLength: 200 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

const sketchOf = (values: readonly number[], maxBuckets = 200_000): QuantileSketch => {
  const sketch = new QuantileSketch({ maxBuckets });
  for (const value of values) sketch.add(value);
  return sketch;
};
/** The state, without the sum, whose rounding depends on the order. */
const stateOf = (sketch: QuantileSketch): unknown => ({ ...sketch.toJSON(), sum: 0 });

test('every quantile of whatever numbers is within the relative error', () => {
  fc.assert(
    fc.property(numbers, share, (values, q) => {
      const finite = values.filter(Number.isFinite).toSorted((a, b) => a - b);
      const sketch = sketchOf(values);
      const estimate = sketch.quantile(q);
      if (finite.length === 0) {
        expect(estimate).toBeNull();
        return;
      }
      const exact = lowerQuantile(finite, q);
      // A subnormal is no finer than 5e-324.
      expect(Math.abs((estimate ?? NaN) - exact)).toBeLessThanOrEqual(0.01 * Math.abs(exact) * (1 + 1e-9) + 5e-324);
    }),
    { numRuns: 500 },
  );
});

test('beyond the most buckets only values near zero lose the bound', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noDefaultInfinity: true, noNaN: true }), { minLength: 1 }), share, (values, q) => {
      const sketch = sketchOf(values, 64);
      const { positive, negative } = sketch.toJSON();
      expect(Math.max(positive.length, negative.length)).toBeLessThanOrEqual(64);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = lowerQuantile(sorted, q);
      const lowest = (exact > 0 ? positive : negative)[0]?.[0] ?? 0;
      const collapsed = Math.exp(lowest * Math.log(1.01 / 0.99));
      const error = Math.abs((sketch.quantile(q) ?? NaN) - exact);
      expect(error).toBeLessThanOrEqual(
        Math.max(0.01 * Math.abs(exact), Math.abs(exact) <= collapsed ? collapsed : 0) * (1 + 1e-9) + 5e-324,
      );
    }),
    { numRuns: 500 },
  );
});

test.each([64, 200_000])('merging in any grouping is exact, with %i buckets', (maxBuckets) => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (a, b, c) => {
      const left = sketchOf(a, maxBuckets);
      left.merge(sketchOf(b, maxBuckets));
      left.merge(sketchOf(c, maxBuckets));
      const inner = sketchOf(c, maxBuckets);
      inner.merge(sketchOf(b, maxBuckets));
      const right = sketchOf(a, maxBuckets);
      right.merge(inner);
      const whole = stateOf(sketchOf([...c, ...a, ...b], maxBuckets));
      expect(stateOf(left)).toEqual(whole);
      expect(stateOf(right)).toEqual(whole);
    }),
  );
});

test('JSON gives back the same sketch, and counts what is no number apart', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const sketch = sketchOf(values);
      const again = QuantileSketch.from(JSON.parse(JSON.stringify(sketch)) as ReturnType<QuantileSketch['toJSON']>);
      expect(again.toJSON()).toEqual(sketch.toJSON());
      const finite = values.filter(Number.isFinite);
      expect(again.count).toBe(finite.length);
      expect(again.nan).toBe(values.filter(Number.isNaN).length);
      expect(again.positiveInfinity).toBe(values.filter((value) => value === Infinity).length);
      expect(again.negativeInfinity).toBe(values.filter((value) => value === -Infinity).length);
      if (finite.length > 0) expect([again.min, again.max]).toEqual([Math.min(...finite) + 0, Math.max(...finite) + 0]);
      expect(again.cells().reduce((sum, { count }) => sum + count, 0)).toBe(finite.length);
    }),
  );
});

describe('refuses', () => {
  const sketch = new QuantileSketch();
  test.each([
    ['q', () => sketch.quantile(1.1)],
    ['q', () => sketch.quantile(NaN)],
    ['relativeError', () => new QuantileSketch({ relativeError: 1 })],
    ['maxBuckets', () => new QuantileSketch({ maxBuckets: 0 })],
    ['relativeError', () => sketch.merge(new QuantileSketch({ relativeError: 0.02 }))],
    ['maxBuckets', () => sketch.merge(new QuantileSketch({ maxBuckets: 100 }))],
    ['version', () => QuantileSketch.from({ ...sketch.toJSON(), version: 2 as 1 })],
    ['bucket 3', () => QuantileSketch.from({ ...sketch.toJSON(), positive: [[3, -1]] })],
  ])('%s', (field, call) => {
    expect(call).toThrow(field);
  });
});
