/**
 * k ln(k / expected) − (k − expected), for k ≥ 0 and expected > 0: half the Poisson deviance. At least 0, and 0 where both are
 * equal. Tails of the beta, gamma and binomial distributions are exact in this form where sums of ln Γ lose all digits
 * (C. Loader, Fast and accurate computation of binomial probabilities, 2000).
 */
export function deviance(k: number, expected: number): number {
  const ratio = (k - expected) / expected;
  if (ratio <= -1) return expected;
  if (Math.abs(ratio) > 0.1) return k * Math.log(k / expected) - (k - expected);
  // (1 + d) ln(1 + d) − d = Σ_{j≥2} (−d)^j / (j (j − 1)): the difference would cancel.
  let sum = 0;
  let power = -ratio;
  for (let j = 2; j < 20; j++) {
    power *= -ratio;
    sum += power / (j * (j - 1));
  }
  return expected * sum;
}
