import {
  calibration,
  dataQuality,
  drift,
  errorStream,
  estimatedPerformance,
  fairness,
  kpiValue,
  liveMetric,
  overrides,
  type Profile,
  serviceLevel,
  spendBudget,
} from '@understudy/core/monitors';
import type { Scan } from './contract.ts';

const HOUR = 3_600_000;
const EUR_PER_ANSWER = 0.002;

/** Everything that watches the model, and what each does on a breach. Those without `onBreach` alert. */
export const monitorsOf = (reference: Profile) => [
  dataQuality({ reference, window: { ms: HOUR } }),
  drift({ reference, window: { ms: 2 * HOUR } }),
  estimatedPerformance({ metric: 'accuracy', breachBelow: 0.9 }),
  // While it is paused the model is asked beside every second call, so that it comes back within hours.
  liveMetric({ name: 'accuracy', metric: 'accuracy', breachBelow: 0.9, onBreach: ['alert', 'fall-back'], pausedSampleRate: 0.5 }),
  errorStream({ onBreach: ['alert', 'retrain'] }),
  calibration(),
  fairness({ groupBy: ({ site }: Scan) => site, window: 1500 }),
  overrides({ breachAbove: 0.02 }),
  serviceLevel({ objective: 0.95, tiers: ['model'] }),
  spendBudget({ cost: ({ servedBy }) => (servedBy === 'logistic' ? EUR_PER_ANSWER : 0), perDay: 50, unit: 'EUR' }),
  kpiValue('minutesSaved', { limit: 8 }),
];
