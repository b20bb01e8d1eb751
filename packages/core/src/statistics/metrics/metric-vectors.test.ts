import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exactBinomialP } from '../exact-binomial.ts';
import { normalCdf, normalQuantile } from '../normal.ts';
import { agrestiCoullInterval, clopperPearsonInterval, jeffreysInterval, wilsonInterval } from '../proportion-interval.ts';
import { mannWhitneyTest, welchTest } from '../two-sample-tests.ts';
import { cohensKappa } from './agreement.ts';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { binaryMetrics } from './binary-metrics.ts';
import { addBinaryCase, NO_BINARY_CASES } from './binary-table.ts';
import { addBinnedScore, binnedAuc, emptyScoreBins } from './binned-auc.ts';
import { addReliability, calibrationError, emptyReliability } from './calibration.ts';
import { ConfusionTable } from './confusion-table.ts';
import { fitIsotonic, isotonicValue } from './isotonic.ts';
import { medianAbsoluteError } from './median-absolute-error.ts';
import { multiclassAuc } from './multiclass-auc.ts';
import { multiclassMetrics } from './multiclass-metrics.ts';
import { addProbabilities, addProbability, NO_PROBABILITIES, probabilityScores } from './probability-scores.ts';
import { addRegression, NO_REGRESSION_SUMS, regressionMetrics } from './regression-sums.ts';

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
  readonly multiclass: readonly [
    Case<
      { y: readonly string[]; yhat: readonly string[]; labels: readonly string[] },
      Readonly<Record<string, number>> & { confusion: unknown }
    >,
    Case<{ y: Numbers; proba: readonly Numbers[] }>,
  ];
  readonly regression: readonly Case<{ y: Numbers; yhat: Numbers }>[];
  readonly isotonic_pav: readonly Case<{ x: Numbers; y: Numbers; x_test: Numbers }, { fitted: Numbers; predicted: Numbers }>[];
  readonly proportion_ci: readonly Case<
    { k: number; n: number; alpha: number },
    Readonly<Record<'wilson' | 'clopper_pearson' | 'jeffreys' | 'agresti_coull', readonly [number, number]>> & {
      readonly p_value_true_rate_ge_0_8_exact_binomial_less: number;
    }
  >[];
  readonly human_agreement: readonly Case<
    { model: readonly string[]; human: readonly string[] },
    { agreement: number; override_rate: number; kappa: number; override_rate_wilson95: Numbers }
  >[];
  readonly two_sample_tests: readonly Case<
    { x: Numbers; y: Numbers },
    { welch_t: readonly [number, number]; mannwhitney_two_sided: readonly [number, number] }
  >[];
  readonly normal: readonly Case<{ z: Numbers; p: Numbers }, { cdf: Numbers; ppf: Numbers }>[];
}

const vectors = JSON.parse(readFileSync(new URL('../test-data/monitoring-metrics.json', import.meta.url), 'utf8')) as Vectors;

/** To 1e-9 of max(1, |expected|). */
const near = (expected: number | undefined) => (actual: number | null) =>
  actual !== null && expected !== undefined && Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));

const confusionOf = (actual: readonly string[], predicted: readonly string[]): ConfusionTable => {
  const table = new ConfusionTable();
  for (const [index, label] of actual.entries()) table.add(label, predicted[index] ?? '');
  return table;
};

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
    const confusion = confusionOf(labels(positives), labels(p.map((value) => value >= 0.5)));
    expect(cohensKappa(confusion.matrix())?.kappa).toSatisfy(near(expected['kappa']));
  });

  test('area, exact and binned, and average precision', () => {
    const bins = emptyScoreBins();
    for (const [index, score] of p.entries()) addBinnedScore(bins, score, positives[index] === true);
    expect(averagePrecision(p, positives)).toSatisfy(near(expected['average_precision']));
    expect([auc(p, positives) === null, binnedAuc(bins) === null]).toEqual([oneClass, oneClass]);
    const area = typeof expected.auc === 'number' ? expected.auc : undefined;
    expect(auc(p, positives)).toSatisfy((actual: number | null) => oneClass || near(area)(actual));
    // Scores with two decimals: no bin holds two different ones.
    expect(binnedAuc(bins)).toSatisfy((actual: ReturnType<typeof binnedAuc>) => oneClass || near(area)(actual?.auc ?? null));
  });

  test('log loss, Brier score and calibration error', () => {
    const sums = positives.reduce((state, positive, index) => addProbability(state, p[index] ?? NaN, positive), NO_PROBABILITIES);
    expect(probabilityScores(sums).logLoss).toSatisfy(near(expected['log_loss']));
    expect(probabilityScores(sums).brier).toSatisfy(near(expected['brier']));
    const reliability = emptyReliability();
    for (const [index, probability] of p.entries()) addReliability(reliability, probability, positives[index] === true);
    expect(calibrationError(reliability)?.ece).toSatisfy(near(expected['ece_equal_width_10']));
    expect(calibrationError(reliability)?.mce).toSatisfy(near(expected['mce_equal_width_10']));
  });
});

test('multiclass: labels', () => {
  const { input, expected } = vectors.multiclass[0];
  const table = confusionOf(input.y, input.yhat);
  const matrix = table.matrix(input.labels);
  expect(matrix).toEqual(expected.confusion);
  const metrics = multiclassMetrics(table);
  expect(metrics.accuracy).toSatisfy(near(expected['accuracy']));
  expect(metrics.accuracy).toSatisfy(near(expected['f1_micro']));
  expect(metrics.macro.f1).toSatisfy(near(expected['f1_macro']));
  expect(metrics.macro.precision).toSatisfy(near(expected['precision_macro']));
  expect(metrics.macro.recall).toSatisfy(near(expected['recall_macro']));
  expect(metrics.weighted.f1).toSatisfy(near(expected['f1_weighted']));
  expect(metrics.matthews).toSatisfy(near(expected['mcc']));
  expect(cohensKappa(matrix)?.kappa).toSatisfy(near(expected['kappa']));
  expect(cohensKappa(matrix, { weights: 'linear' })?.kappa).toSatisfy(near(expected['kappa_linear']));
  expect(cohensKappa(matrix, { weights: 'quadratic' })?.kappa).toSatisfy(near(expected['kappa_quadratic']));
});

test('multiclass: probabilities', () => {
  const { input, expected } = vectors.multiclass[1];
  const sums = input.proba.reduce((state, row, index) => addProbabilities(state, row, input.y[index] ?? -1), NO_PROBABILITIES);
  expect(probabilityScores(sums).logLoss).toSatisfy(near(expected['log_loss']));
  expect(probabilityScores(sums).brier).toSatisfy(near(expected['brier_multiclass_sum']));
  expect(multiclassAuc(input.proba, input.y).oneVersusRest).toSatisfy(near(expected['auc_ovr_macro']));
  expect(multiclassAuc(input.proba, input.y).oneVersusOne).toSatisfy(near(expected['auc_ovo_macro']));
});

test.each(vectors.regression)('regression: $name', ({ input: { y, yhat }, expected }) => {
  const metrics = regressionMetrics(
    y.reduce((sums, target, index) => addRegression(sums, target, yhat[index] ?? NaN), NO_REGRESSION_SUMS),
  );
  expect(metrics.mae).toSatisfy(near(expected['mae']));
  expect(metrics.mse).toSatisfy(near(expected['mse']));
  expect(metrics.rmse).toSatisfy(near(expected['rmse']));
  expect(medianAbsoluteError(y, yhat)).toSatisfy(near(expected['median_ae']));
  expect(metrics.largestError).toSatisfy(near(expected['max_error']));
  expect(metrics.bias).toSatisfy(near(expected['mean_error_bias']));
  // The reference says 1 where all targets are equal and right: here that is unknown.
  const constant = new Set(y).size === 1;
  expect(metrics.r2).toSatisfy((r2: number | null) => (constant ? r2 === null : near(expected['r2'])(r2)));
  // The reference divides by 2e-16 where the target is 0: here those cases are left out, and counted.
  const zeros = y.filter((target) => target === 0).length;
  expect(metrics.zeroTargets).toBe(zeros);
  expect(metrics.mape).toSatisfy(near(zeros > 0 ? 0 : expected['mape']));
});

test.each(vectors.isotonic_pav)('isotonic: $name', ({ input: { x, y, x_test }, expected }) => {
  const fit = fitIsotonic(x, y);
  expect(x.map((at) => isotonicValue(fit, at))).toEqual(expected.fitted);
  expect(x_test.map((at) => isotonicValue(fit, at))).toEqual(expected.predicted);
});

test.each(vectors.proportion_ci)('interval of a proportion: $name', ({ input: { k, n, alpha }, expected }) => {
  for (const [interval, [lower, upper]] of [
    [wilsonInterval(k, n, alpha), expected.wilson],
    [clopperPearsonInterval(k, n, alpha), expected.clopper_pearson],
    [jeffreysInterval(k, n, alpha), expected.jeffreys],
    [agrestiCoullInterval(k, n, alpha), expected.agresti_coull],
  ] as const) {
    expect(interval.lower).toSatisfy(near(lower));
    expect(interval.upper).toSatisfy(near(upper));
  }
  expect(exactBinomialP(k, n, 0.8, 'less')).toSatisfy(near(expected.p_value_true_rate_ge_0_8_exact_binomial_less));
});

test.each(vectors.human_agreement)('agreement: $name', ({ input: { model, human }, expected }) => {
  const agreement = cohensKappa(confusionOf(model, human).matrix());
  expect(agreement?.agreement).toSatisfy(near(expected.agreement));
  expect(agreement?.kappa).toSatisfy(near(expected.kappa));
  const overrides = model.filter((label, index) => label !== human[index]).length;
  expect(overrides / model.length).toBe(expected.override_rate);
  const { lower, upper } = wilsonInterval(overrides, model.length, 0.05);
  expect(lower).toSatisfy(near(expected.override_rate_wilson95[0]));
  expect(upper).toSatisfy(near(expected.override_rate_wilson95[1]));
});

test.each(vectors.two_sample_tests)('two samples: $name', ({ input: { x, y }, expected }) => {
  // Here a statistic is large where the second sample is larger, in the reference where the first one is.
  const welch = welchTest(y, x);
  expect(welch.statistic).toSatisfy(near(expected.welch_t[0]));
  expect(welch.p).toSatisfy(near(expected.welch_t[1]));
  const ranks = mannWhitneyTest(y, x);
  expect(ranks.statistic).toBe(expected.mannwhitney_two_sided[0]);
  expect(ranks.p).toSatisfy(near(expected.mannwhitney_two_sided[1]));
});

test.each(vectors.normal)('normal: $name', ({ input, expected }) => {
  for (const [index, z] of input.z.entries()) expect(normalCdf(z)).toSatisfy(near(expected.cdf[index]));
  for (const [index, p] of input.p.entries()) expect(normalQuantile(p)).toSatisfy(near(expected.ppf[index]));
});
