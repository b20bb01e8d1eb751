import { expect, test } from 'vitest';
import { continuedFraction } from './continued-fraction.ts';

test.each([
  ['the golden ratio: 1 + 1/(1 + …)', 1, () => [1, 1] as const, (1 + Math.sqrt(5)) / 2],
  ['√2: 1 + 1/(2 + …)', 1, () => [1, 2] as const, Math.SQRT2],
  ['tan 1: 1/(1 − 1/(3 − 1/(5 − …', 0, (n: number) => [n === 1 ? 1 : -1, 2 * n - 1] as const, Math.tan(1)],
  ['4/π: 1 + 1²/(3 + 2²/(5 + …', 1, (n: number) => [n * n, 2 * n + 1] as const, 4 / Math.PI],
  ['a numerator of 0 ends it', 3, () => [0, 7] as const, 3],
])('%s', (_, b0, term, value) => {
  expect(continuedFraction(b0, term)).toBeCloseTo(value, 14);
});

test('a partial denominator of 0 on the way does no harm', () => {
  // 1 + 1/(0 + 1/(1 + 0)) = 2
  const terms = [[1, 0] as const, [1, 1] as const];
  expect(continuedFraction(1, (n) => terms[n - 1] ?? [0, 1])).toBeCloseTo(2, 12);
});

test('one that does not settle is told, not returned', () => {
  // x = 1.3 − 1/x has no real solution.
  expect(() => continuedFraction(1, () => [-1, 1.3])).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('did not settle') }),
  );
});
