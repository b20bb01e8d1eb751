import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { auc } from '../../../tests/support/statistics/auc.ts';
import { addBinaryCase, NO_BINARY_CASES } from '../../../tests/support/statistics/binary-cases.ts';
import { addReliability, emptyReliability } from '../../../tests/support/statistics/reliability.ts';
import { binomialP } from '../binomial.ts';
import { logNormalCdf, normalQuantile } from '../normal.ts';
import { wilsonInterval } from '../proportion-interval.ts';
import { cohensKappa } from './agreement.ts';
import { binaryMetrics } from './binary-metrics.ts';
import { calibrationError } from './calibration.ts';
import { fitIsotonic, isotonicValue } from './isotonic.ts';

/* Reference: scikit-learn 1.2.1, scipy 1.10.1 and statsmodels 0.13.5. */
interface Case<Input, Expected = Readonly<Record<string, number>>> {
  readonly name: string;
  readonly input: Input;
  readonly expected: Expected;
}
type Numbers = readonly number[];
interface Vectors {
  readonly binary_classification: readonly Case<
    { y: Numbers; p: Numbers },
    Readonly<Record<string, number>> & { readonly confusion_tn_fp_fn_tp: Numbers; readonly auc: unknown }
  >[];
  readonly multiclass: readonly Case<
    { y: readonly string[]; yhat: readonly string[]; labels: readonly string[] },
    Readonly<Record<string, number>> & { readonly confusion: unknown }
  >[];
  readonly isotonic_pav: readonly Case<{ x: Numbers; y: Numbers; x_test: Numbers }, { fitted: Numbers; predicted: Numbers }>[];
  readonly proportion_ci: readonly Case<
    { k: number; n: number; alpha: number },
    { readonly wilson: readonly [number, number]; readonly p_value_true_rate_ge_0_8_exact_binomial_less: number }
  >[];
  readonly human_agreement: readonly Case<
    { model: readonly string[]; human: readonly string[] },
    { agreement: number; override_rate: number; kappa: number; override_rate_wilson95: Numbers }
  >[];
  readonly normal: readonly Case<{ z: Numbers; p: Numbers }, { cdf: Numbers; ppf: Numbers }>[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/support/vectors/monitoring-metrics.json', import.meta.url), 'utf8'),
) as Vectors;

/** To 1e-9 of max(1, |expected|). */
const near = (expected: number | undefined) => (actual: number | null) =>
  actual !== null && expected !== undefined && Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));

/** Cases by what one says (rows) and the other (columns), in the order of the labels. */
function matrixOf(
  actual: readonly string[],
  predicted: readonly string[],
  labels: readonly string[] = [...new Set([...actual, ...predicted])],
): number[][] {
  return labels.map((row) =>
    labels.map((column) => actual.filter((label, index) => label === row && predicted[index] === column).length),
  );
}

describe.each(vectors.binary_classification)('binary: $name', ({ input: { y, p }, expected }) => {
  const positives = y.map((value) => value === 1);
  const table = positives.reduce((sums, actual, index) => addBinaryCase(sums, actual, (p[index] ?? NaN) >= 0.5), NO_BINARY_CASES);
  const [, fp = 0, fn = 0, tp = 0] = expected.confusion_tn_fp_fn_tp;
  const oneClass = positives.every(Boolean);

  test('table and what it says', () => {
    const { trueNegatives, falsePositives, falseNegatives, truePositives } = table;
    expect([trueNegatives, falsePositives, falseNegatives, truePositives]).toEqual(expected.confusion_tn_fp_fn_tp);
    const metrics = binaryMetrics(table);
    expect(metrics.count).toBe(y.length);
    expect(metrics.accuracy).toSatisfy(near(expected['accuracy']));
    expect(metrics.precision).toSatisfy(near(tp + fp === 0 ? NaN : expected['precision']));
    expect(metrics.recall).toSatisfy(near(tp + fn === 0 ? NaN : expected['recall']));
    expect(metrics.f1).toSatisfy(near(expected['f1']));
    // The reference says 0, or leaves a class out of the mean, where there is no negative: here that is unknown.
    const unlessOneClass = (key: string) => (actual: number | null) => (oneClass ? actual === null : near(expected[key])(actual));
    expect(metrics.specificity).toSatisfy(unlessOneClass('specificity'));
    expect(metrics.balancedAccuracy).toSatisfy(unlessOneClass('balanced_accuracy'));
    expect(metrics.matthews).toSatisfy(unlessOneClass('mcc'));
    const labels = (values: readonly boolean[]): string[] => values.map(String);
    const matrix = matrixOf(labels(positives), labels(p.map((value) => value >= 0.5)));
    expect(cohensKappa(matrix)?.kappa).toSatisfy(near(expected['kappa']));
  });

  test('area under the curve', () => {
    const area = typeof expected.auc === 'number' ? expected.auc : undefined;
    expect(auc(p, positives)).toSatisfy((actual: number | null) => (oneClass ? actual === null : near(area)(actual)));
  });

  test('calibration error', () => {
    const reliability = emptyReliability();
    for (const [index, probability] of p.entries()) addReliability(reliability, probability, positives[index] === true);
    expect(calibrationError(reliability)?.ece).toSatisfy(near(expected['ece_equal_width_10']));
    expect(calibrationError(reliability)?.mce).toSatisfy(near(expected['mce_equal_width_10']));
  });
});

test.each(vectors.multiclass)('agreement of several classes: $name', ({ input, expected }) => {
  const matrix = matrixOf(input.y, input.yhat, input.labels);
  expect(matrix).toEqual(expected.confusion);
  expect(cohensKappa(matrix)?.kappa).toSatisfy(near(expected['kappa']));
  expect(cohensKappa(matrix, { weights: 'linear' })?.kappa).toSatisfy(near(expected['kappa_linear']));
  expect(cohensKappa(matrix, { weights: 'quadratic' })?.kappa).toSatisfy(near(expected['kappa_quadratic']));
});

test.each(vectors.isotonic_pav)('isotonic: $name', ({ input: { x, y, x_test }, expected }) => {
  const fit = fitIsotonic(x, y);
  expect(x.map((at) => isotonicValue(fit, at))).toEqual(expected.fitted);
  expect(x_test.map((at) => isotonicValue(fit, at))).toEqual(expected.predicted);
});

test.each(vectors.proportion_ci)('a proportion: $name', ({ input: { k, n, alpha }, expected }) => {
  const { lower, upper } = wilsonInterval(k, n, alpha);
  expect(lower).toSatisfy(near(expected.wilson[0]));
  expect(upper).toSatisfy(near(expected.wilson[1]));
  // At most k hits of a rate of 0.8 are at least n − k misses of 0.2.
  expect(binomialP(n - k, n, 0.2)).toSatisfy(near(expected.p_value_true_rate_ge_0_8_exact_binomial_less));
});

test.each(vectors.human_agreement)('agreement: $name', ({ input: { model, human }, expected }) => {
  const agreement = cohensKappa(matrixOf(model, human));
  expect(agreement?.agreement).toSatisfy(near(expected.agreement));
  expect(agreement?.kappa).toSatisfy(near(expected.kappa));
  const overrides = model.filter((label, index) => label !== human[index]).length;
  expect(overrides / model.length).toBe(expected.override_rate);
  const { lower, upper } = wilsonInterval(overrides, model.length, 0.05);
  expect(lower).toSatisfy(near(expected.override_rate_wilson95[0]));
  expect(upper).toSatisfy(near(expected.override_rate_wilson95[1]));
});

test.each(vectors.normal)('normal: $name', ({ input, expected }) => {
  for (const [index, z] of input.z.entries()) expect(Math.exp(logNormalCdf(z))).toSatisfy(near(expected.cdf[index]));
  for (const [index, p] of input.p.entries()) expect(normalQuantile(p)).toSatisfy(near(expected.ppf[index]));
});
