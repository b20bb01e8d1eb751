/**
 * The solution of A x = b for a symmetric, positive definite A, by Cholesky's decomposition.
 *
 * @param a rows of A; only its lower half is read
 */
export function solveSymmetric(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const lower: number[][] = [];
  const forward: number[] = [];
  for (const [i, row] of a.entries()) {
    const own: number[] = [];
    for (let j = 0; j <= i; j++) {
      const other = j === i ? own : (lower[j] ?? []);
      let rest = row[j] ?? NaN;
      for (let k = 0; k < j; k++) rest -= (own[k] ?? 0) * (other[k] ?? 0);
      own.push(j === i ? Math.sqrt(rest) : rest / (other[j] ?? NaN));
    }
    lower.push(own);
    forward.push(own.slice(0, i).reduce((rest, value, k) => rest - value * (forward[k] ?? 0), b[i] ?? NaN) / (own[i] ?? NaN));
  }
  const x = forward.map(() => 0);
  for (let i = forward.length - 1; i >= 0; i--) {
    let rest = forward[i] ?? NaN;
    for (let k = i + 1; k < forward.length; k++) rest -= (lower[k]?.[i] ?? 0) * (x[k] ?? 0);
    x[i] = rest / (lower[i]?.[i] ?? NaN);
  }
  return x;
}
