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
export { betOnDifference, type DifferenceBetting, NO_DIFFERENCES } from './statistics/difference-betting.ts';
export { logDirichletMultinomialE } from './statistics/dirichlet-multinomial.ts';
export { anytimeP, eBenjaminiHochberg, eBonferroni } from './statistics/e-values.ts';
export {
  addToBernstein,
  bernsteinBounds,
  type BernsteinSums,
  mergeBernstein,
  NO_BERNSTEIN_SUMS,
} from './statistics/empirical-bernstein.ts';
export { type EventCell, type EventCounts, mergeEventCounts } from './statistics/event-counts.ts';
export { HARM_RATIOS, logHarmE, logNonInferiorityE, logRaceFactor } from './statistics/event-race.ts';
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
export { betOnMean, type MeanBetting, mergeMeanBetting, NO_BETS } from './statistics/mean-betting.ts';
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
export { clopperPearsonInterval, type ProportionInterval, wilsonInterval } from './statistics/proportion-interval.ts';
export { logSampleRatioE, sampleRatioChiSquare } from './statistics/sample-ratio.ts';
export { addScore, mergeScoreSums, NO_SCORES, scoreMoments, type ScoreSums } from './statistics/score-sums.ts';
export { logShareE } from './statistics/share-evidence.ts';
export type { Tails } from './statistics/tails.ts';
export { type RateArm, type ScoreArm, thompsonScoreShares, thompsonShares, type ThompsonOptions } from './statistics/thompson.ts';
export {
  mannWhitneyTest,
  type Proportion,
  type TestResult,
  twoProportionTest,
  welchTest,
} from './statistics/two-sample-tests.ts';
