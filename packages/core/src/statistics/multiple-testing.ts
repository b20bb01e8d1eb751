import { checkWithin } from './argument-checks.ts';

/**
 * p-values adjusted by Y. Benjamini and Y. Hochberg (1995), in their order: of the rejected, those of at most α, a share of at
 * most α is expected to be wrong; for independent or positively dependent tests.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a p-value outside 0..1
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  for (const [index, p] of ps.entries()) checkWithin(p, 0, 1, `ps[${index}]`);
  const largestFirst = [...ps.keys()].sort((a, b) => (ps[b] ?? 0) - (ps[a] ?? 0));
  const adjusted = ps.map(() => 1);
  let least = 1;
  for (const [after, index] of largestFirst.entries()) {
    least = Math.min(least, (ps[index] ?? 0) * (ps.length / (ps.length - after)));
    adjusted[index] = least;
  }
  return adjusted;
}
