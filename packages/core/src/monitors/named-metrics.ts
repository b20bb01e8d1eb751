import { explainedVariancePlan } from './explained-variance-plan.ts';
import { meanPlan, type MetricPlan } from './metric-plan.ts';
import type { TargetView } from './monitor.ts';
import type { TargetValue } from './target-value.ts';

/** The metrics that liveMetric() knows, by the kinds of target that they fit. */
export const METRIC_TARGETS = {
  accuracy: ['probability', 'label'],
  precision: ['probability', 'label'],
  recall: ['probability', 'label'],
  f1: ['probability', 'label'],
  auc: ['probability'],
  logLoss: ['probability'],
  brier: ['probability'],
  mae: ['number'],
  rmse: ['number'],
  r2: ['number'],
  mape: ['number'],
} as const satisfies Record<string, readonly TargetView['kind'][]>;

export type MetricName = keyof typeof METRIC_TARGETS;

/** Metrics of which less is better: they have a ceiling. */
export const ERRORS: ReadonlySet<string> = new Set<MetricName>(['logLoss', 'brier', 'mae', 'rmse', 'mape']);

/** The least probability that a loss is taken of, as scikit-learn's for doubles. */
const LEAST = Number.EPSILON;

/** The area under the ROC curve: {@link aucOfRanks} tells it. */
const RANKED: MetricPlan = {
  better: 'higher',
  width: 1,
  bets: undefined,
  ranks: true,
  score: Number,
  add: () => undefined,
  estimate: () => null,
};

/**
 * @param limit of the metric
 * @param target that it fits
 * @param positive label
 * @param range of the target, for `mae`
 */
export function metricPlan(
  metric: MetricName,
  limit: number,
  { kind, positiveAt }: TargetView,
  positive: string | undefined,
  range: readonly [min: number, max: number] | undefined,
): MetricPlan {
  const isLabel = kind === 'label';
  const said = (prediction: TargetValue): boolean => (isLabel ? prediction === positive : Number(prediction) >= positiveAt);
  const holds = (truth: TargetValue): boolean => (isLabel ? truth === positive : truth === 1);
  const right = (prediction: TargetValue, truth: TargetValue): number =>
    Number(isLabel ? prediction === truth : said(prediction) === holds(truth));
  const unit = { binary: true, range: [0, 1], better: 'higher' } as const;
  const error = (prediction: TargetValue, truth: TargetValue): number => Math.abs(Number(prediction) - Number(truth));
  switch (metric) {
    case 'accuracy':
      return meanPlan({ ...unit, score: right }, limit);
    case 'precision':
      return meanPlan({ ...unit, score: (p, truth) => (said(p) ? Number(holds(truth)) : undefined) }, limit);
    case 'recall':
      return meanPlan({ ...unit, score: (p, truth) => (holds(truth) ? Number(said(p)) : undefined) }, limit);
    case 'f1':
      return meanPlan(
        {
          ...unit,
          // The share of true positives among all cases but the true negatives is J, and F1 = 2J/(1 + J).
          score: (p, truth) => (said(p) || holds(truth) ? Number(said(p) && holds(truth)) : undefined),
          shown: [(mean) => (2 * mean) / (1 + mean), (f1) => f1 / (2 - f1)],
        },
        limit,
      );
    case 'auc':
      return RANKED;
    case 'logLoss':
      return meanPlan({ better: 'lower', score: (p, truth) => -Math.log(Math.max(1 - error(p, truth), LEAST)) }, limit);
    case 'brier':
      return meanPlan({ better: 'lower', range: [0, 1], score: (p, truth) => error(p, truth) ** 2 }, limit);
    case 'mae':
      return meanPlan(
        { better: 'lower', score: error, ...(range === undefined ? {} : { range: [0, range[1] - range[0]] }) },
        limit,
      );
    case 'rmse':
      return meanPlan(
        {
          better: 'lower',
          score: (p, truth) => error(p, truth) ** 2,
          shown: [(mean) => Math.sqrt(Math.max(0, mean)), (value) => value * value],
        },
        limit,
      );
    case 'mape':
      return meanPlan(
        { better: 'lower', score: (p, truth) => (truth === 0 ? undefined : error(p, truth) / Math.abs(Number(truth))) },
        limit,
      );
    case 'r2':
      return explainedVariancePlan();
  }
}
