import { checkFinite, checkLength } from '../argument-checks.ts';

/**
 * The mean precision over the positives, 0..1, as the threshold comes down: Σ (recall_k − recall_k−1) precision_k over distinct
 * scores, without interpolation. Null without a positive.
 *
 * @param scores in any unit
 * @throws UnderstudyError `INPUT_INVALID` for a score that is not finite, `CONFIGURATION_INVALID` for lists of unequal length
 */
export function averagePrecision(scores: readonly number[], positives: readonly boolean[]): number | null {
  checkLength(positives.length, scores.length, 'positives');
  const cases = scores.map((score, index) => ({ score, positive: positives[index] === true }));
  for (const [index, { score }] of cases.entries()) checkFinite(score, `scores[${index}]`);
  cases.sort((a, b) => b.score - a.score);
  let [sum, found] = [0, 0];
  for (let start = 0, end = 0; start < cases.length; start = end) {
    let hits = 0;
    while (end < cases.length && cases[end]?.score === cases[start]?.score) hits += Number(cases[end++]?.positive);
    found += hits;
    sum += (hits * found) / end;
  }
  return found === 0 ? null : sum / found;
}
