import { checkAlpha, checkFinite, checkOption, checkPositive, checkWithin } from './argument-checks.ts';
import { normalQuantile } from './normal.ts';

/** A logged decision, seen with the eyes of another policy that would have chosen with other probabilities. */
export interface LoggedDecision {
  /** What the outcome was worth, in any unit. */
  readonly reward: number;
  /** The probability with which the choice was made when it was logged: above 0, at most 1. */
  readonly loggingProbability: number;
  /** The probability with which the target policy would have made the same choice: 0..1. */
  readonly targetProbability: number;
  /**
   * Whom the decision was about. Decisions of one unit depend on each other, all the more where its assignment sticks: without
   * their unit the intervals are too narrow. @defaultValue a unit of its own
   */
  readonly unit?: string;
}

/** A logged decision with the predictions of a reward model, for the doubly robust estimate. */
export interface PredictedDecision extends LoggedDecision {
  /** Predicted reward of the choice that was made. */
  readonly predictedChosen: number;
  /** Predicted reward of the target policy: over its choices, weighted by their probability. */
  readonly predictedTarget: number;
}

function weightOf({ reward, loggingProbability, targetProbability }: LoggedDecision, clip: number): number {
  checkFinite(reward, 'reward');
  checkPositive(loggingProbability, 'loggingProbability');
  checkWithin(loggingProbability, 0, 1, 'loggingProbability');
  checkWithin(targetProbability, 0, 1, 'targetProbability');
  return Math.min(targetProbability / loggingProbability, clip);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export interface OffPolicyOptions {
  /** Upper bound of a weight, above 0: trades variance for bias. @defaultValue no bound */
  readonly clip?: number;
  /** The intervals cover with about 1 − alpha. @defaultValue 0.05 */
  readonly alpha?: number;
}

/** An estimated value of the target policy, in the unit of the rewards a decision. */
export interface PolicyValue {
  readonly value: number;
  /** NaN where all decisions are of one unit. */
  readonly standardError: number;
  /** Bounds for one look at a fixed log, by the normal approximation: they need an effective sample size of 100 or so. */
  readonly lower: number;
  readonly upper: number;
}

/** What {@link inversePropensity} estimates. */
export interface OffPolicyEstimate {
  /** Unbiased unless clipped: mean of weight × reward. */
  readonly ips: PolicyValue;
  /** Self-normalised: Σ weight × reward / Σ weight. Slightly biased, far less variable. NaN where every weight is 0. */
  readonly snips: PolicyValue;
  /** (Σ weight)² / Σ weight², in decisions: how many decisions of the target policy the log is worth. NaN where every weight is 0. */
  readonly effectiveSampleSize: number;
  /**
   * About 1 where the log supports the target policy. What is missing, beyond chance, is the part of the target's choices that the
   * log never made or that clipping took away: no estimate here knows anything of it.
   */
  readonly meanWeight: number;
}

/**
 * What the target policy would have earned a decision, by weighting logged rewards with the ratio of probabilities
 * (D. Horvitz and D. Thompson, 1952; self-normalised: A. Swaminathan and T. Joachims, 2015; effective size: L. Kish, 1965).
 *
 * @param decisions at least one
 * @throws UnderstudyError `INPUT_INVALID` for decisions, `CONFIGURATION_INVALID` for options
 */
export function inversePropensity(decisions: readonly LoggedDecision[], options: OffPolicyOptions = {}): OffPolicyEstimate {
  const clip = clipOf(options, decisions);
  const weights = decisions.map((decision) => weightOf(decision, clip));
  const earned = decisions.map(({ reward }, index) => (weights[index] ?? 0) * reward);
  const total = sum(weights);
  const meanWeight = total / decisions.length;
  const ratio = sum(earned) / total;
  // What each decision contributes to the ratio (delta method): their mean is the ratio itself.
  const influence = decisions.map(({ reward }, index) => ratio + ((weights[index] ?? 0) * (reward - ratio)) / meanWeight);
  return {
    ips: meanOf(earned, decisions, options),
    snips: meanOf(influence, decisions, options),
    effectiveSampleSize: total ** 2 / sum(weights.map((weight) => weight ** 2)),
    meanWeight,
  };
}

/**
 * The doubly robust estimate of the same: right if either the probabilities or the reward model is (M. Dudík, J. Langford and
 * L. Li, 2011). Mean of predictedTarget + weight × (reward − predictedChosen). The reward model must not have learnt from these
 * decisions.
 *
 * @param decisions at least one
 * @throws UnderstudyError `INPUT_INVALID` for decisions, `CONFIGURATION_INVALID` for options
 */
export function doublyRobust(decisions: readonly PredictedDecision[], options: OffPolicyOptions = {}): PolicyValue {
  const clip = clipOf(options, decisions);
  const scores = decisions.map((decision) => {
    checkFinite(decision.predictedChosen, 'predictedChosen');
    checkFinite(decision.predictedTarget, 'predictedTarget');
    return decision.predictedTarget + weightOf(decision, clip) * (decision.reward - decision.predictedChosen);
  });
  return meanOf(scores, decisions, options);
}

function clipOf({ clip, alpha }: OffPolicyOptions, decisions: readonly LoggedDecision[]): number {
  if (clip !== undefined) checkOption(clip, 0, Infinity, 'clip');
  if (alpha !== undefined) checkAlpha(alpha);
  checkPositive(decisions.length, 'decisions.length');
  return clip ?? Infinity;
}

/** The mean of one score a decision, with the error that remains when decisions of one unit depend on each other (CR1). */
function meanOf(
  scores: readonly number[],
  decisions: readonly LoggedDecision[],
  { alpha = 0.05 }: OffPolicyOptions,
): PolicyValue {
  const value = sum(scores) / scores.length;
  const residuals = new Map<string | number, number>();
  for (const [index, score] of scores.entries()) {
    const unit = decisions[index]?.unit ?? index;
    residuals.set(unit, (residuals.get(unit) ?? 0) + score - value);
  }
  const squares = sum([...residuals.values()].map((residual) => residual ** 2));
  const freedom = residuals.size === 1 ? NaN : (residuals.size - 1) / residuals.size;
  const standardError = Math.sqrt(squares / freedom) / scores.length;
  const half = -normalQuantile(alpha / 2) * standardError;
  return { value, standardError, lower: value - half, upper: value + half };
}
