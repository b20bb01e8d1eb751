import { checkCount, checkFinite, checkProbability } from './argument-checks.ts';

/** Values of one arm. */
export interface ArmSum {
  readonly count: number;
  readonly sum: number;
}

/** What is known of both arms before the next unit: from this its score is predicted. */
export interface ArmSums {
  readonly champion: ArmSum;
  readonly challenger: ArmSum;
}

export const NO_ARM_SUMS: ArmSums = { champion: { count: 0, sum: 0 }, challenger: { count: 0, sum: 0 } };

export interface AssignedValue {
  /** KPI or score, in its own unit. */
  readonly value: number;
  readonly onChallenger: boolean;
  /** The probability with which the unit went to the challenger, strictly between 0 and 1. */
  readonly probability: number;
}

const meanOf = ({ count, sum }: ArmSum): number => (count === 0 ? 0 : sum / count);

/**
 * The augmented inverse-probability-weighted score of one unit: an unbiased estimate of challenger minus champion, in the unit
 * of the value, ψ = m₁ − m₀ + W (Y − m₁)/π − (1 − W)(Y − m₀)/(1 − π) (Robins, Rotnitzky and Zhao, 1994). The running means m
 * come from `past`, which must not hold this unit yet; an arm not seen yet has mean 0.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a value that is not finite or a probability outside (0, 1)
 */
export function aipwScore(past: ArmSums, unit: AssignedValue): number {
  const { value, onChallenger, probability } = unit;
  checkFinite(value, 'value');
  checkProbability(probability, 'probability');
  const m0 = meanOf(past.champion);
  const m1 = meanOf(past.challenger);
  return m1 - m0 + (onChallenger ? (value - m1) / probability : -(value - m0) / (1 - probability));
}

/** `past` with one more unit. */
export function addToArm(past: ArmSums, { value, onChallenger }: AssignedValue): ArmSums {
  checkFinite(value, 'value');
  const side = onChallenger ? 'challenger' : 'champion';
  const { count, sum } = past[side];
  checkCount(count, 'count');
  checkFinite(sum, 'sum');
  return { ...past, [side]: { count: count + 1, sum: sum + value } };
}
