export {
  addToArm,
  aipwScore,
  type ArmSum,
  type ArmSums,
  type AssignedValue,
  mergeArmSums,
  NO_ARM_SUMS,
} from './statistics/aipw.ts';
export { BURN_IN, logMixtureE, mixtureHalfWidth, type MixtureInput, mixtureRho } from './statistics/asymptotic-sequence.ts';
export { BloomFilter } from './statistics/bloom-filter.ts';
export { Adwin, type AdwinBucket, type AdwinJson, type AdwinOptions } from './statistics/change/adwin.ts';
export type { Change } from './statistics/change/change.ts';
export { Ddm, type DdmJson, type DdmMean } from './statistics/change/ddm.ts';
export { Eddm, type EddmJson, type EddmState } from './statistics/change/eddm.ts';
export { HddmA, type HddmAJson, type HddmAMean } from './statistics/change/hddm-a.ts';
export { HddmW, type HddmWJson, type HddmWMean, type HddmWOptions, type HddmWSides } from './statistics/change/hddm-w.ts';
export {
  PageHinkley,
  type PageHinkleyJson,
  type PageHinkleyOptions,
  type PageHinkleyState,
} from './statistics/change/page-hinkley.ts';
export { type BoundedArms, type BoundedMoments, logBoundedDifferenceE } from './statistics/bounded-difference.ts';
export { betOnDifference, type DifferenceBetting, NO_DIFFERENCES } from './statistics/difference-betting.ts';
export { logDirichletMultinomialE } from './statistics/dirichlet-multinomial.ts';
export { chiSquareQuantile } from './statistics/distances/chi-square-quantile.ts';
export { type ChiSquareResult, chiSquareTwoSampleTest } from './statistics/distances/chi-square-test.ts';
export {
  hellingerDistance,
  jensenShannonDistance,
  jensenShannonDivergence,
  type JensenShannonOptions,
  kullbackLeibler,
} from './statistics/distances/divergence.ts';
export { energyDistance } from './statistics/distances/energy.ts';
export { fisherExactP } from './statistics/distances/fisher-exact.ts';
export { gTest } from './statistics/distances/g-test.ts';
export { kolmogorovFiniteTail } from './statistics/distances/kolmogorov-law.ts';
export {
  type KolmogorovSmirnovMethod,
  type KolmogorovSmirnovResult,
  kolmogorovSmirnovTest,
  kolmogorovUpperTail,
} from './statistics/distances/kolmogorov-smirnov.ts';
export { lInfinityDistance } from './statistics/distances/l-infinity.ts';
export { PSI_ADD_HALF, PSI_EPSILON, psiNoise, psiInterval, psiOfCounts, psiOfShares } from './statistics/distances/psi.ts';
export { totalVariation } from './statistics/distances/total-variation.ts';
export { wassersteinDistance, wassersteinOfBins } from './statistics/distances/wasserstein.ts';
export { anytimeP, eBenjaminiHochberg, eBonferroni } from './statistics/e-values.ts';
export {
  addToBernstein,
  bernsteinBounds,
  type BernsteinSums,
  mergeBernstein,
  NO_BERNSTEIN_SUMS,
} from './statistics/empirical-bernstein.ts';
export { type EventCell, type EventCounts, mergeEventCounts } from './statistics/event-counts.ts';
export { HARM_RATIOS, logEquallyGoodE, logHarmE, logNonInferiorityE, logRaceFactor } from './statistics/event-race.ts';
export { exactBinomialP } from './statistics/exact-binomial.ts';
export {
  type FairnessOptions,
  type GroupComparison,
  type GroupFairness,
  groupFairness,
} from './statistics/fairness/group-fairness.ts';
export { betaQuantile, incompleteBeta } from './statistics/incomplete-beta.ts';
export { chiSquareUpperTail, incompleteGamma } from './statistics/incomplete-gamma.ts';
export {
  betOnLabel,
  LABEL_BETTING_MIN_RATE,
  type LabelBetting,
  type LabelCounts,
  type LabelledUnit,
  mergeLabelBetting,
  NO_LABELS,
} from './statistics/label-betting.ts';
export { logBeta } from './statistics/log-beta.ts';
export { logGamma } from './statistics/log-gamma.ts';
export { logMeanExp } from './statistics/log-mean-exp.ts';
export { type DiscordantPairs, exactMcNemarP, logMcNemarE, mergePairs } from './statistics/mcnemar.ts';
export { logLowerBoundedMeanE, type LowerBoundedSums, type PowerSums, shiftedSums } from './statistics/lower-bounded-mean.ts';
export { betOnMean, type MeanBetting, mergeMeanBetting, NO_BETS } from './statistics/mean-betting.ts';
export { type Agreement, type AgreementOptions, cohensKappa } from './statistics/metrics/agreement.ts';
export { auc } from './statistics/metrics/auc.ts';
export { averagePrecision } from './statistics/metrics/average-precision.ts';
export { type BinaryMetrics, binaryMetrics } from './statistics/metrics/binary-metrics.ts';
export { addBinaryCase, type BinaryTable, mergeBinaryTables, NO_BINARY_CASES } from './statistics/metrics/binary-table.ts';
export {
  addBinnedScore,
  type BinnedAuc,
  binnedAuc,
  emptyScoreBins,
  mergeScoreBins,
  type ScoreBins,
} from './statistics/metrics/binned-auc.ts';
export { type CalibrationNoiseOptions, calibrationNoiseFloor } from './statistics/metrics/calibration-noise.ts';
export {
  addReliability,
  type CalibrationError,
  calibrationError,
  emptyReliability,
  mergeReliability,
  type ReliabilityTable,
} from './statistics/metrics/calibration.ts';
export {
  addEstimated,
  emptyEstimation,
  type EstimatedPerformance,
  estimatePerformance,
  type EstimationSums,
  mergeEstimations,
  type PerformanceEstimate,
} from './statistics/metrics/confidence-based-estimation.ts';
export { type ConfusionCounts, ConfusionTable } from './statistics/metrics/confusion-table.ts';
export {
  addBatchToFloor,
  addToFloor,
  floorEvidence,
  type FloorEvidence,
  type FloorOptions,
  NO_FLOOR_EVIDENCE,
} from './statistics/metrics/floor-evidence.ts';
export { fitIsotonic, type IsotonicFit, isotonicValue } from './statistics/metrics/isotonic.ts';
export { medianAbsoluteError } from './statistics/metrics/median-absolute-error.ts';
export { type MulticlassAuc, multiclassAuc } from './statistics/metrics/multiclass-auc.ts';
export { type ClassMetrics, type MulticlassMetrics, multiclassMetrics } from './statistics/metrics/multiclass-metrics.ts';
export {
  addProbabilities,
  addProbability,
  mergeProbabilitySums,
  NO_PROBABILITIES,
  probabilityScores,
  type ProbabilitySums,
} from './statistics/metrics/probability-scores.ts';
export {
  addRanking,
  mergeRankings,
  NO_RANKINGS,
  type RankingMetrics,
  rankingMetrics,
  type RankingSums,
} from './statistics/metrics/ranking.ts';
export {
  addRegression,
  mergeRegressionSums,
  NO_REGRESSION_SUMS,
  type RegressionMetrics,
  regressionMetrics,
  type RegressionSums,
} from './statistics/metrics/regression-sums.ts';
export { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from './statistics/multiple-testing.ts';
export { logNormalCdf, normalCdf, normalQuantile } from './statistics/normal.ts';
export {
  doublyRobust,
  inversePropensity,
  type LoggedDecision,
  type OffPolicyEstimate,
  type OffPolicyOptions,
  type PolicyValue,
  type PredictedDecision,
} from './statistics/off-policy.ts';
export type { PredictableMoments } from './statistics/predictable-moments.ts';
export { type BetaBelief, probabilityBetter } from './statistics/probability-better.ts';
export { BinIndex } from './statistics/profiles/bin-index.ts';
export { type BinLayout, binLayout, driftCounts, type FieldProfile, referenceCounts } from './statistics/profiles/bin-layout.ts';
export {
  type CategoricalProfile,
  categoricalProfile,
  CategoricalProfileBuilder,
  type CategoricalProfileOptions,
  type Category,
  type CategoryCount,
} from './statistics/profiles/categorical-profile.ts';
export { NumericProfileBuilder } from './statistics/profiles/numeric-profile-builder.ts';
export {
  type NumericProfile,
  numericProfile,
  type NumericProfileOptions,
  type PointMass,
} from './statistics/profiles/numeric-profile.ts';
export type { Outliers } from './statistics/profiles/outliers.ts';
export { SlidingCounts, type SlidingCountsJson, type SlidingCountsOptions } from './statistics/profiles/sliding-counts.ts';
export {
  agrestiCoullInterval,
  clopperPearsonInterval,
  jeffreysInterval,
  type ProportionInterval,
  wilsonInterval,
} from './statistics/proportion-interval.ts';
export { logSampleRatioE, sampleRatioChiSquare } from './statistics/sample-ratio.ts';
export { addScore, mergeScoreSums, NO_SCORES, scoreMoments, type ScoreSums } from './statistics/score-sums.ts';
export type { RowValues, ShapleyOptions, ShapleyValues } from './statistics/shapley/coalition-values.ts';
export { exactShapley } from './statistics/shapley/exact-shapley.ts';
export { kernelShap } from './statistics/shapley/kernel-shap.ts';
export { shapleyKernelWeight } from './statistics/shapley/shapley-kernel.ts';
export { logShareE } from './statistics/share-evidence.ts';
export { FrequentItems } from './statistics/sketches/frequent-items.ts';
export { histogramEdges, type HistogramRule } from './statistics/sketches/histogram-edges.ts';
export { HyperLogLog, type HyperLogLogJson } from './statistics/sketches/hyper-log-log.ts';
export {
  addToRunningMoments,
  mergeRunningMoments,
  type MomentSummary,
  NO_RUNNING_MOMENTS,
  type RunningMoments,
  summariseMoments,
} from './statistics/sketches/moments.ts';
export {
  QuantileSketch,
  type QuantileSketchJson,
  type QuantileSketchOptions,
  type SketchCell,
} from './statistics/sketches/quantile-sketch.ts';
export { quantile, type QuantileMethod } from './statistics/sketches/quantile.ts';
export type { Tails } from './statistics/tails.ts';
export { type RateArm, type ScoreArm, thompsonScoreShares, thompsonShares, type ThompsonOptions } from './statistics/thompson.ts';
export {
  mannWhitneyTest,
  type Proportion,
  type TestResult,
  twoProportionTest,
  welchTest,
} from './statistics/two-sample-tests.ts';
