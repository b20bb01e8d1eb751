import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetView } from './monitor.ts';
import { ERRORS, METRIC_TARGETS, type MetricName, metricPlan } from './named-metrics.ts';

const PROBABILITY: TargetView = { kind: 'probability', field: 'p', positiveAt: 0.7 };
const LABEL: TargetView = { kind: 'label', field: 'y', positiveAt: 0.5 };
const NUMBER: TargetView = { kind: 'number', field: 'v', positiveAt: 0.5 };
const TARGETS = { probability: PROBABILITY, label: LABEL, number: NUMBER };

const of = (metric: MetricName, target: TargetView, positive?: string, range?: readonly [number, number]) =>
  metricPlan(metric, 0.5, target, positive, range);

test.each(Object.entries(METRIC_TARGETS))(
  '%s has a plan for each target that it fits, in the direction of its limit',
  (metric, kinds) => {
    for (const kind of kinds)
      expect(of(metric as MetricName, TARGETS[kind], 'a').better).toBe(ERRORS.has(metric) ? 'lower' : 'higher');
  },
);

describe('scores', () => {
  test.each([
    ['accuracy', 0.7, 1, 1],
    ['accuracy', 0.69, 1, 0],
    ['accuracy', 0.69, 0, 1],
    ['precision', 0.69, 1, undefined],
    ['precision', 0.7, 0, 0],
    ['recall', 0.9, 0, undefined],
    ['recall', 0.1, 1, 0],
    ['f1', 0.1, 0, undefined],
    ['f1', 0.9, 0, 0],
    ['f1', 0.9, 1, 1],
    ['brier', 0.9, 0, 0.81],
    ['logLoss', 0.5, 1, Math.LN2],
  ] as const)('%s of %d where the truth is %d: %s', (metric, prediction, truth, score) => {
    const found = of(metric, PROBABILITY).score(prediction, truth);
    if (score === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(score, 12);
  });

  test.each([
    ['accuracy', 'b', 'b', 1],
    ['accuracy', 'b', 'c', 0],
    ['precision', 'a', 'b', 0],
    ['precision', 'b', 'a', undefined],
    ['recall', 'b', 'a', 0],
    ['f1', 'b', 'c', undefined],
    ['f1', 'a', 'a', 1],
  ] as const)('%s of the label %s where the truth is %s: %s', (metric, prediction, truth, score) => {
    expect(of(metric, LABEL, 'a').score(prediction, truth)).toBe(score);
  });

  test.each([
    ['mae', 7, 4, 3],
    ['rmse', 1, 4, 9],
    ['mape', 3, -4, 7 / 4],
    ['mape', 3, 0, undefined],
  ] as const)('%s of %d where the truth is %d: %s', (metric, prediction, truth, score) => {
    expect(of(metric, NUMBER).score(prediction, truth)).toBe(score);
  });

  test('the loss of a certainty that was wrong is finite', () => {
    expect(of('logLoss', PROBABILITY).score(0, 1)).toBeCloseTo(-Math.log(Number.EPSILON), 9);
    expect(of('logLoss', PROBABILITY).score(1, 1)).toBeCloseTo(0, 12);
  });
});

describe('what is bet on', () => {
  test('is what has a range: of rates and of brier always, of mae where one is given', () => {
    const bets = Object.entries(METRIC_TARGETS).filter(([metric, [kind]]) => of(metric as MetricName, TARGETS[kind], 'a').bets);
    expect(bets.map(([metric]) => metric)).toEqual(['accuracy', 'precision', 'recall', 'f1', 'brier']);
    const mae = of('mae', NUMBER, undefined, [10, 20]).bets;
    expect(mae?.floor).toBeCloseTo(0.95, 12);
    expect([0, 5, 10, 11].map((error) => mae?.share(error))).toEqual([1, 0.5, 0, 0]);
  });
});

test('f1 is that of the counts (property)', () => {
  const cases = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b')), { minLength: 1 });
  fc.assert(
    fc.property(cases, (all) => {
      const plan = of('f1', LABEL, 'a');
      const row = new Float64Array(plan.width);
      for (const [prediction, truth] of all) {
        const score = plan.score(prediction, truth);
        if (score === undefined) continue;
        row[0] = (row[0] ?? 0) + 1;
        plan.add(row, score, prediction, truth);
      }
      const count = (prediction: string, truth: string) => all.filter(([p, t]) => p === prediction && t === truth).length;
      const [right, wrong] = [count('a', 'a'), count('a', 'b') + count('b', 'a')];
      const found = plan.estimate(row, 0.05)?.value;
      if (right + wrong === 0) expect(found).toBeUndefined();
      else expect(found).toBeCloseTo((2 * right) / (2 * right + wrong), 12);
    }),
  );
});
