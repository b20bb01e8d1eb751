import { checkCount, checkFinite, checkProbability } from './argument-checks.ts';

/** Units of one arm, and how many of them were bad. */
export interface LabelCounts {
  readonly units: number;
  readonly bad: number;
}

export interface LabelledUnit {
  readonly onChallenger: boolean;
  readonly bad: boolean;
  /** The probability with which the unit went to the challenger, strictly between 0 and 1. */
  readonly probability: number;
}

/** A bet on which label, bad or good, each arm shows next; unlike the event race it learns from the good units too. */
export interface LabelBetting {
  readonly champion: LabelCounts;
  readonly challenger: LabelCounts;
  /** ln of the e-value against "both arms have the same bad rate, or the challenger's is lower". */
  readonly logE: number;
}

export const NO_LABELS: LabelBetting = { champion: { units: 0, bad: 0 }, challenger: { units: 0, bad: 0 }, logE: 0 };

/** From this bad rate on label betting adds power to the event race, and the two are averaged (see `logMeanExp`). Decide from what was known before the rollout: a switch that looks at
 * the rollout's own data is no e-value. */
export const LABEL_BETTING_MIN_RATE = 0.15;

/** Krichevsky and Trofimov's estimate, 1981. */
const rateOf = ({ units, bad }: LabelCounts): number => (bad + 0.5) / (units + 1);

/**
 * Bets on one unit: e = q_W(y) / (π q₁(y) + (1 − π) q₀(y)) with the estimates q of the past only. No bet is made unless the
 * challenger looks worse; `twoSided` bets always, and is evidence against equal rates in either direction.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a probability outside (0, 1)
 */
export function betOnLabel(state: LabelBetting, unit: LabelledUnit, options?: { readonly twoSided?: boolean }): LabelBetting {
  const { onChallenger, bad, probability } = unit;
  checkProbability(probability, 'probability');
  const rate0 = rateOf(state.champion);
  const rate1 = rateOf(state.challenger);
  const [q0, q1] = bad ? [rate0, rate1] : [1 - rate0, 1 - rate1];
  const bets = options?.twoSided === true || rate1 > rate0;
  const factor = bets ? (onChallenger ? q1 : q0) / (probability * q1 + (1 - probability) * q0) : 1;
  const count = (arm: LabelCounts): LabelCounts => ({ units: arm.units + 1, bad: arm.bad + (bad ? 1 : 0) });
  return {
    champion: onChallenger ? state.champion : count(state.champion),
    challenger: onChallenger ? count(state.challenger) : state.challenger,
    logE: state.logE + Math.log(factor),
  };
}

/** The product of the evidence of two instances that saw different units: everything adds up. */
export function mergeLabelBetting(a: LabelBetting, b: LabelBetting): LabelBetting {
  for (const { champion, challenger, logE } of [a, b]) {
    for (const arm of [champion, challenger]) {
      checkCount(arm.units, 'units');
      checkCount(arm.bad, 'bad');
    }
    checkFinite(logE, 'logE');
  }
  const add = (x: LabelCounts, y: LabelCounts): LabelCounts => ({ units: x.units + y.units, bad: x.bad + y.bad });
  return {
    champion: add(a.champion, b.champion),
    challenger: add(a.challenger, b.challenger),
    logE: a.logE + b.logE,
  };
}
