import { checkWithin } from './argument-checks.ts';

/** Orders p-values, scales the k-th smallest of n, keeps them monotone with `bound`, and puts them back in their places. */
function adjusted(
  ps: readonly number[],
  scale: (k: number, n: number) => number,
  direction: 1 | -1,
  bound: (a: number, b: number) => number,
): number[] {
  for (const [index, p] of ps.entries()) checkWithin(p, 0, 1, `ps[${index}]`);
  const order = [...ps.keys()].sort((a, b) => (ps[a] ?? 0) - (ps[b] ?? 0));
  const result = ps.map(() => 1);
  let running = direction === 1 ? 0 : 1;
  for (const k of direction === 1 ? order.keys() : [...order.keys()].toReversed()) {
    const index = order[k] ?? 0;
    running = Math.min(bound(running, (ps[index] ?? 0) * scale(k + 1, ps.length)), 1);
    result[index] = running;
  }
  return result;
}

/**
 * p-values times their number, in their order: as {@link holm}, and less powerful; each can be said without the others (C. Bonferroni,
 * 1936).
 *
 * @throws UnderstudyError `INPUT_INVALID` for a p-value outside 0..1
 */
export function bonferroni(ps: readonly number[]): number[] {
  return adjusted(ps, (_, n) => n, 1, Math.max);
}

/**
 * p-values adjusted by S. Holm (1979), in their order: rejecting those of at most α makes a wrong rejection in at most a share
 * α of all rounds, whatever their dependence.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a p-value outside 0..1
 */
export function holm(ps: readonly number[]): number[] {
  return adjusted(ps, (k, n) => n - k + 1, 1, Math.max);
}

/**
 * p-values adjusted by Y. Benjamini and Y. Hochberg (1995), in their order: of the rejected, those of at most α, a share of at
 * most α is expected to be wrong; for independent or positively dependent tests.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a p-value outside 0..1
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  return adjusted(ps, (k, n) => n / k, -1, Math.min);
}

/**
 * p-values adjusted by Y. Benjamini and D. Yekutieli (2001), in their order: as {@link benjaminiHochberg}, whatever the dependence
 * of the tests; larger by the factor 1 + 1/2 + … + 1/n.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a p-value outside 0..1
 */
export function benjaminiYekutieli(ps: readonly number[]): number[] {
  const factor = ps.reduce((sum, _, index) => sum + 1 / (index + 1), 0);
  return adjusted(ps, (k, n) => (n / k) * factor, -1, Math.min);
}
