/** A distribution function at one point: both tails and their logarithms, so that neither loses digits to the other. */
export interface Tails {
  /** P(X ≤ x), 0..1. */
  readonly lower: number;
  /** P(X > x), 0..1. */
  readonly upper: number;
  readonly logLower: number;
  readonly logUpper: number;
}

// `0 - y`, not `-y`: a tail of nothing is 0, not −0.

/** ln(1 − e^x) for x ≤ 0 (M. Mächler, Accurately computing log(1 − exp(−|a|)), 2012). */
function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(0 - Math.expm1(x)) : Math.log1p(0 - Math.exp(x));
}

/** Both tails from the logarithm of the lower one. Rounding may carry it above 0. */
export function tailsFromLogLower(logLower: number): Tails {
  const log = Math.min(logLower, 0);
  return { lower: Math.exp(log), upper: 0 - Math.expm1(log), logLower: log, logUpper: log1mExp(log) };
}

/** The tails of −X. */
export function mirrored({ lower, upper, logLower, logUpper }: Tails): Tails {
  return { lower: upper, upper: lower, logLower: logUpper, logUpper: logLower };
}
