import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg } from './multiple-testing.ts';

fc.configureGlobal({ seed: 1 });

/* Reference: statsmodels 0.13.5 multipletests. */
interface Vectors {
  readonly multiple_testing: readonly {
    readonly input: { readonly p: readonly number[]; readonly alpha: number };
    readonly expected: { readonly fdr_bh: { readonly reject: readonly boolean[]; readonly p_adjusted: readonly number[] } };
  }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../tests/support/vectors/monitoring-metrics.json', import.meta.url), 'utf8'),
) as Vectors;

test.each(vectors.multiple_testing)('adjusted p-values of statsmodels', ({ input: { p, alpha }, expected: { fdr_bh } }) => {
  const adjusted = benjaminiHochberg(p);
  for (const [index, value] of adjusted.entries()) expect(value).toBeCloseTo(fdr_bh.p_adjusted[index] ?? NaN, 12);
  expect(adjusted.map((value) => value <= alpha)).toEqual(fdr_bh.reject);
});

test('they keep the order given, ties get the same, none is an empty list', () => {
  expect(benjaminiHochberg([0.04, 0.01, 0.04])).toEqual([0.04, 0.03, 0.04]);
  expect(benjaminiHochberg([])).toEqual([]);
  expect(() => benjaminiHochberg([0.1, NaN])).toThrow('ps[1]');
  expect(() => benjaminiHochberg([1.1])).toThrow('ps[0]');
});

test('p <= adjusted <= p times their number, at most 1', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
      for (const [index, adjusted] of benjaminiHochberg(ps).entries()) {
        const p = ps[index] ?? NaN;
        expect(adjusted).toBeGreaterThanOrEqual(p);
        expect(adjusted).toBeLessThanOrEqual(Math.min(1, p * ps.length) * (1 + 1e-12));
      }
    }),
  );
});
