import { UnderstudyError } from '../errors/index.ts';

const TINY = 1e-300;

/**
 * b0 + a1/(b1 + a2/(b2 + …)) by the modified Lentz algorithm (Thompson & Barnett, 1986), to the last digit.
 *
 * @param term the pair [a_n, b_n], for n = 1, 2, …
 */
export function continuedFraction(b0: number, term: (n: number) => readonly [number, number]): number {
  let value = b0 === 0 ? TINY : b0;
  let c = value;
  let d = 0;
  // Near the mean of a beta or gamma distribution it takes about the square root of the parameter.
  for (let n = 1; n < 1_000_000; n++) {
    const [a, b] = term(n);
    d = b + a * d;
    if (d === 0) d = TINY;
    c = b + a / c;
    if (c === 0) c = TINY;
    d = 1 / d;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 2e-16) return value;
  }
  throw new UnderstudyError('INPUT_INVALID', 'A continued fraction did not settle: parameters beyond 1e11 are not supported.');
}
