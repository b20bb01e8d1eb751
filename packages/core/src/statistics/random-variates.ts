import { checkWithin } from './argument-checks.ts';

/** Numbers that {@link Math.random} would give: uniform in [0, 1). */
export type Uniform = () => number;

const LARGEST_BELOW_1 = 1 - Number.EPSILON / 2;

/** `random`, that throws `INPUT_INVALID` where it gives no number in [0, 1). */
export function checkedUniform(random: Uniform): Uniform {
  return () => {
    const value = random();
    checkWithin(value, 0, LARGEST_BELOW_1, 'random()');
    return value;
  };
}

/** A draw from the standard normal distribution (G. Box and M. Muller, 1958). */
export function drawNormal(random: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A draw from Gamma(shape, 1), for a shape of at least 1 (G. Marsaglia and W. Tsang, 2000; 95 % of the first tries are kept). */
function drawGamma(shape: number, random: Uniform): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** A draw from Beta(a, b), for a and b of at least 1. */
export function drawBeta(a: number, b: number, random: Uniform): number {
  const x = drawGamma(a, random);
  return x / (x + drawGamma(b, random));
}
