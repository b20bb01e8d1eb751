/**
 * The maths by itself: evidence that may be looked at at any time, distances, metrics, and sketches of streams.
 *
 * @module
 */
export { addToArm, aipwScore, type ArmSums, NO_ARM_SUMS } from './statistics/aipw.ts';
export { BURN_IN, logMixtureE, mixtureHalfWidth, mixtureRho } from './statistics/asymptotic-sequence.ts';
export { logBoundedDifferenceE } from './statistics/bounded-difference.ts';
export { Adwin } from './statistics/change/adwin.ts';
export type { Change } from './statistics/change/change.ts';
export { HddmA } from './statistics/change/hddm-a.ts';
export { chiSquareTwoSampleTest } from './statistics/distances/chi-square-test.ts';
export { jensenShannonDistance } from './statistics/distances/jensen-shannon.ts';
export { psiInterval, psiOfCounts } from './statistics/distances/psi.ts';
export { wassersteinOfBins } from './statistics/distances/wasserstein.ts';
export { type EventCounts, mergeEventCounts } from './statistics/event-counts.ts';
export { logEquallyGoodE, logHarmE, logNonInferiorityE } from './statistics/event-race.ts';
export { groupFairness } from './statistics/fairness/group-fairness.ts';
export { logMeanExp } from './statistics/log-mean-exp.ts';
export { logLowerBoundedMeanE, type PowerSums, shiftedSums } from './statistics/lower-bounded-mean.ts';
export { cohensKappa } from './statistics/metrics/agreement.ts';
export { binaryMetrics } from './statistics/metrics/binary-metrics.ts';
export type { BinaryTable } from './statistics/metrics/binary-table.ts';
export { addBatchToFloor, addToFloor, type FloorEvidence, NO_FLOOR_EVIDENCE } from './statistics/metrics/floor-evidence.ts';
export { fitIsotonic, type IsotonicFit, isotonicValue } from './statistics/metrics/isotonic.ts';
export { benjaminiHochberg } from './statistics/multiple-testing.ts';
export { wilsonInterval } from './statistics/proportion-interval.ts';
export { logSampleRatioE } from './statistics/sample-ratio.ts';
export { addScore, mergeScoreSums, NO_SCORES, scoreMoments, type ScoreSums } from './statistics/score-sums.ts';
export { logShareE } from './statistics/share-evidence.ts';
export { FrequentItems } from './statistics/sketches/frequent-items.ts';
export { HyperLogLog } from './statistics/sketches/hyper-log-log.ts';
export {
  addToRunningMoments,
  mergeRunningMoments,
  NO_RUNNING_MOMENTS,
  type RunningMoments,
  summariseMoments,
} from './statistics/sketches/moments.ts';
export { QuantileSketch } from './statistics/sketches/quantile-sketch.ts';
export { type RateArm, type ScoreArm, thompsonScoreShares, thompsonShares } from './statistics/thompson.ts';
