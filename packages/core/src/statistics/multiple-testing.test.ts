import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from './multiple-testing.ts';

fc.configureGlobal({ seed: 1 });

/* Reference: statsmodels 0.13.5 multipletests. */
interface Adjusted {
  readonly reject: readonly boolean[];
  readonly p_adjusted: readonly number[];
}
interface Vectors {
  readonly multiple_testing: readonly {
    readonly input: { readonly p: readonly number[]; readonly alpha: number };
    readonly expected: Readonly<Record<'bonferroni' | 'holm' | 'fdr_bh' | 'fdr_by', Adjusted>>;
  }[];
}
const vectors = JSON.parse(readFileSync(new URL('test-data/monitoring-metrics.json', import.meta.url), 'utf8')) as Vectors;

test.each(vectors.multiple_testing)('adjusted p-values of statsmodels', ({ input: { p, alpha }, expected }) => {
  for (const [adjusted, reference] of [
    [bonferroni(p), expected.bonferroni],
    [holm(p), expected.holm],
    [benjaminiHochberg(p), expected.fdr_bh],
    [benjaminiYekutieli(p), expected.fdr_by],
  ] as const) {
    for (const [index, value] of adjusted.entries()) expect(value).toBeCloseTo(reference.p_adjusted[index] ?? NaN, 12);
    expect(adjusted.map((value) => value <= alpha)).toEqual(reference.reject);
  }
});

test('they keep the order given, ties get the same, none is an empty list', () => {
  expect(benjaminiHochberg([0.04, 0.01, 0.04])).toEqual([0.04, 0.03, 0.04]);
  expect(holm([0.02, 0.01, 0.02])).toEqual([0.04, 0.03, 0.04]);
  expect([bonferroni, holm, benjaminiHochberg, benjaminiYekutieli].map((adjust) => adjust([]))).toEqual([[], [], [], []]);
  expect(() => holm([0.1, NaN])).toThrow('ps[1]');
  expect(() => benjaminiHochberg([1.1])).toThrow('ps[0]');
});

test('p <= Benjamini-Hochberg <= Holm <= Bonferroni', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
      const [bh, byHolm] = [benjaminiHochberg(ps), holm(ps)];
      for (const [index, p] of ps.entries()) {
        expect(bh[index]).toBeGreaterThanOrEqual(p);
        expect(byHolm[index]).toBeGreaterThanOrEqual((bh[index] ?? NaN) * (1 - 1e-12));
        expect(byHolm[index]).toBeLessThanOrEqual(bonferroni(ps)[index] ?? NaN);
        expect(bonferroni(ps)[index]).toBe(Math.min(1, p * ps.length));
        expect(benjaminiYekutieli(ps)[index]).toBeGreaterThanOrEqual(bh[index] ?? NaN);
      }
    }),
  );
});
