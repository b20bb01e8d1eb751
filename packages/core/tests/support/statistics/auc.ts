/**
 * The area under the ROC curve, 0..1: how likely a positive scores above a negative, ties as half (the rank sum of H. Mann and
 * D. Whitney, 1947). Null unless both classes occur.
 */
export function auc(scores: readonly number[], positives: readonly boolean[]): number | null {
  const cases = scores.map((score, index) => ({ score, positive: positives[index] === true }));
  cases.sort((a, b) => a.score - b.score);
  let [wins, below] = [0, 0];
  for (let start = 0, end = 0; start < cases.length; start = end) {
    let hits = 0;
    while (end < cases.length && cases[end]?.score === cases[start]?.score) hits += Number(cases[end++]?.positive);
    const misses = end - start - hits;
    wins += hits * (below + misses / 2);
    below += misses;
  }
  const pairs = below * (cases.length - below);
  return pairs === 0 ? null : wins / pairs;
}
