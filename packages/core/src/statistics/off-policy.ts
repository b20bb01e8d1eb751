import { checkFinite, checkOption, checkPositive, checkWithin } from './argument-checks.ts';

/** A logged decision, seen with the eyes of another policy that would have chosen with other probabilities. */
export interface LoggedDecision {
  /** What the outcome was worth, in any unit. */
  readonly reward: number;
  /** With which the choice was made when it was logged: above 0, at most 1. */
  readonly loggingProbability: number;
  /** With which the target policy would have made the same choice: 0..1. */
  readonly targetProbability: number;
}

/** A logged decision with the predictions of a reward model, for the doubly robust estimate. */
export interface PredictedDecision extends LoggedDecision {
  /** Predicted reward of the choice that was made. */
  readonly predictedChosen: number;
  /** Predicted reward of the target policy: over its choices, weighted by their probability. */
  readonly predictedTarget: number;
}

function weightOf({ reward, loggingProbability, targetProbability }: LoggedDecision): number {
  checkFinite(reward, 'reward');
  checkPositive(loggingProbability, 'loggingProbability');
  checkWithin(loggingProbability, 0, 1, 'loggingProbability');
  checkWithin(targetProbability, 0, 1, 'targetProbability');
  return targetProbability / loggingProbability;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What {@link inversePropensity} estimates. */
export interface OffPolicyEstimate {
  /** Unbiased unless clipped: mean of weight × reward. */
  readonly ips: number;
  /** Self-normalised: Σ weight × reward / Σ weight. Slightly biased, far less variable. NaN where every weight is 0. */
  readonly snips: number;
  /** (Σ weight)² / Σ weight², in decisions: how many decisions of the target policy the log is worth. NaN where every weight is 0. */
  readonly effectiveSampleSize: number;
}

/**
 * What the target policy would have earned a decision, by weighting logged rewards with the ratio of probabilities
 * (D. Horvitz and D. Thompson, 1952; self-normalised: A. Swaminathan and T. Joachims, 2015; effective size: L. Kish, 1965).
 *
 * @param decisions at least one
 * @param options `clip` bounds each weight, which trades variance for bias. @defaultValue no bound
 * @throws UnderstudyError `INPUT_INVALID` for decisions, `CONFIGURATION_INVALID` for clip
 */
export function inversePropensity(decisions: readonly LoggedDecision[], options?: { readonly clip?: number }): OffPolicyEstimate {
  const clip = options?.clip;
  if (clip !== undefined) checkOption(clip, 0, Infinity, 'clip');
  checkPositive(decisions.length, 'decisions.length');
  const weights = decisions.map((decision) => Math.min(weightOf(decision), clip ?? Infinity));
  const weighted = sum(decisions.map(({ reward }, index) => (weights[index] ?? 0) * reward));
  const total = sum(weights);
  return {
    ips: weighted / decisions.length,
    snips: weighted / total,
    effectiveSampleSize: total ** 2 / sum(weights.map((weight) => weight ** 2)),
  };
}

/**
 * The doubly robust estimate of the same: right if either the probabilities or the reward model is (M. Dudík, J. Langford and
 * L. Li, 2011). Mean of predictedTarget + weight × (reward − predictedChosen).
 *
 * @param decisions at least one
 * @throws UnderstudyError `INPUT_INVALID`
 */
export function doublyRobust(decisions: readonly PredictedDecision[]): number {
  checkPositive(decisions.length, 'decisions.length');
  const scores = decisions.map((decision) => {
    checkFinite(decision.predictedChosen, 'predictedChosen');
    checkFinite(decision.predictedTarget, 'predictedTarget');
    return decision.predictedTarget + weightOf(decision) * (decision.reward - decision.predictedChosen);
  });
  return sum(scores) / decisions.length;
}
