import { checkOption } from './argument-checks.ts';
import { checkEventCell, type EventCounts } from './event-counts.ts';
import { logMeanExp } from './log-mean-exp.ts';

/*
 * The event race: of all bad events, how many fell on the challenger? Given an event, that is a coin with
 * P(challenger) = π r / (π r + 1 − π), where r is the ratio of the two bad rates and π the probability of assignment. The
 * likelihood ratio of r against r0, averaged over a grid of r, is an e-value at every sample size, under drift of the common
 * rate and under any π that depends on the past only (a conditional binomial test; mixtures as in Robbins, 1970).
 */

/** The ratios r that the race bets on: ten from 1.1 to 8, equally far apart in the logarithm. */
export const HARM_RATIOS: readonly number[] = /* @__PURE__ */ Array.from({ length: 10 }, (_, k) =>
  Math.exp(Math.log(1.1) + (k * Math.log(8 / 1.1)) / 9),
);

function logNormaliser(probability: number, ratio: number, nullRatio: number): number {
  return Math.log((probability * nullRatio + 1 - probability) / (probability * ratio + 1 - probability));
}

function logRace(counts: EventCounts, nullRatio: number, ratios: readonly number[]): number {
  for (const cell of counts) checkEventCell(cell);
  const logs = ratios.map((ratio) =>
    counts.reduce(
      (sum, { probability, champion, challenger }) =>
        sum + challenger * Math.log(ratio / nullRatio) + (champion + challenger) * logNormaliser(probability, ratio, nullRatio),
      0,
    ),
  );
  return logMeanExp(logs);
}

/**
 * HARM: ln of the e-value against "bad events are not more frequent on the challenger" (ratio of rates ≤ 1). Roll back at
 * ln(1/α) or more.
 *
 * @throws UnderstudyError `INPUT_INVALID` for counts or probabilities outside their range
 */
export function logHarmE(counts: EventCounts): number {
  return logRace(counts, 1, HARM_RATIOS);
}

/**
 * NI: ln of the e-value against "bad events are at least `maxRatio` times as frequent on the challenger". At ln(1/α) or more
 * the challenger is proven to be within the margin.
 *
 * @param maxRatio above 1
 * @throws UnderstudyError `CONFIGURATION_INVALID` for maxRatio, `INPUT_INVALID` for counts or probabilities outside their range
 */
export function logNonInferiorityE(counts: EventCounts, maxRatio: number): number {
  checkOption(maxRatio, 1, Infinity, 'maxRatio');
  return logRace(
    counts,
    maxRatio,
    HARM_RATIOS.map((ratio) => maxRatio / ratio),
  );
}

/**
 * The same with half of its mass on equal rates, which a challenger mostly has: it is proven after a fifth to two fifths fewer units,
 * one that is better a tenth later.
 *
 * @param maxRatio at least 1; at 1 nothing is proven of an equal one
 * @throws UnderstudyError as {@link logNonInferiorityE}
 */
export function logEquallyGoodE(counts: EventCounts, maxRatio: number): number {
  return logMeanExp([logNonInferiorityE(counts, maxRatio), logRace(counts, maxRatio, [1])]);
}
