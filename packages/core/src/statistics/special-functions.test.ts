import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logMixtureE } from './asymptotic-sequence.ts';
import { deviance } from './deviance.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { chiSquareUpperTail, incompleteGamma } from './incomplete-gamma.ts';
import { logBeta } from './log-beta.ts';
import { logGamma, stirlingRemainder } from './log-gamma.ts';
import { logNormalCdf, normalQuantile, Z_975 } from './normal.ts';

fc.configureGlobal({ seed: 1 });

/* Expected values: mpmath 1.3 with 50 to 120 digits. */
const LOG_GAMMA = [
  [1e-8, 18.42068073818021],
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247001],
  [0.999999, 5.772164873855652e-7],
  [1.000001, -5.772148423874147e-7],
  [1.5, -0.12078223763524522],
  [1.99999, -4.227811104241674e-6],
  [2.00001, 4.22787559764836e-6],
  [2.7, 0.4348205536551047],
  [7.3, 7.147892523022248],
  [11.99, 17.477885575426185],
  [12.01, 17.526738806509965],
  [100.5, 361.4355404677776],
  [1000000.25, 12815508.023025157],
  [10000000000.0, 220258509288.81058],
] as const;
const LOG_BETA = [
  [0.5, 0.5, 1.1447298858494002],
  [1, 3, -1.0986122886681098],
  [0.01, 20, 4.5697720750163615],
  [0.5, 100000000.0, -8.637975427801482],
  [11.5, 12.5, -16.580327579260686],
  [60.5, 40.5, -68.68738265316026],
  [1000000.0, 2000000.0, -1909548.290968533],
  [3, 1000000000.0, -61.47665033327929],
] as const;
/** x, a, b, ln I, ln (1 − I) */
const INCOMPLETE_BETA = [
  [0.5, 0.5, 0.5, -Math.LN2, -Math.LN2],
  [0.1, 2, 3, -2.95075890791126, -0.053717282505987854],
  [0.5, 10.5, 2.5, -4.780182851196042, -0.008429895828808381],
  [0.01, 0.1, 0.2, -0.8381799486668007, -0.566509197863006],
  [0.999, 5, 0.3, -0.2514816743466874, -1.5034922557214152],
  [0.5, 1200.5, 1000.5, -11.521468070100454, -9.914986945735544e-6],
  [0.3, 30, 70, -0.6701631398038755, -0.7166719397018506],
  [0.002, 3, 1000, -1.1257555811537034, -0.3921648382176501],
  [0.9, 2, 50, -4.599999999999949e-49, -111.3006132532132],
  [0.51, 100000.0, 100000.0, -1.8571347290404196e-19, -43.13008193516077],
] as const;
/** a, x, ln P, ln Q */
const INCOMPLETE_GAMMA = [
  [0.5, 0.1, -1.0634020471545287, -0.4235463234759657],
  [0.5, 1.4, -0.09900774490576787, -2.361652667450257],
  [0.5, 8, -6.33444898860781e-5, -9.666954305967346],
  [3, 0.01, -15.614768151150606, -1.654216664896508e-7],
  [3, 2.9, -0.5905241658439879, -0.8075188448123606],
  [10, 30, -7.121776222603657e-6, -11.852356955071915],
  [100, 80, -4.068190791197013, -0.01725635110645819],
  [100, 130, -0.0027541976901183014, -5.896005881125902],
  [10000.0, 10100.0, -0.17274901953677574, -1.84104688482372],
] as const;
const LOG_NORMAL_CDF = [
  [-1000, -500007.82669481216],
  [-38, -726.5572160188201],
  [-8, -35.01343715991455],
  [-2, -3.783184333682032],
  [-1.7, -3.1107960975524813],
  [-0.5, -1.1759117615936185],
  [-0.001, -0.6939453834669652],
  [0, -Math.LN2],
  [0.3, -0.4814101615884812],
  [1, -0.17275377902344988],
  [2.5, -0.006229025485860002],
  [6, -9.865876455243758e-10],
] as const;
const NORMAL_QUANTILE = [
  [1e-20, -9.262340089798407],
  [0.0001, -3.7190164854556804],
  [0.025, -1.9599639845400543],
  [0.2, -0.8416212335729142],
  [0.3, -0.5244005127080408],
  [0.4999, -0.00025066283008800747],
  [0.5001, 0.00025066283008800747],
  [0.75, 0.6744897501960817],
  [0.8, 0.8416212335729144],
  [0.975, 1.9599639845400538],
  [0.999999, 4.753424308817087],
] as const;
/** The largest relative error that is allowed. */
const DIGITS = 1e-12;

/** Error as a share of the expected value, or of `scale` where that is larger: where digits cancel. */
const errorOf = (actual: number, expected: number, scale = 0): number =>
  actual === expected ? 0 : Math.abs(actual - expected) / Math.max(Math.abs(expected), scale);

describe('against 50 digits', () => {
  test.each(LOG_GAMMA)('ln Γ(%d)', (x, expected) => expect(errorOf(logGamma(x), expected)).toBeLessThanOrEqual(DIGITS));
  test.each(LOG_BETA)('ln B(%d, %d)', (a, b, expected) => {
    expect(errorOf(logBeta(a, b), expected)).toBeLessThanOrEqual(DIGITS);
    expect(errorOf(logBeta(b, a), expected)).toBeLessThanOrEqual(DIGITS);
  });
  test.each(INCOMPLETE_BETA)('I_%d(%d, %d)', (x, a, b, logLower, logUpper) => {
    const tails = incompleteBeta(x, a, b);
    expect(errorOf(tails.logLower, logLower)).toBeLessThanOrEqual(DIGITS);
    expect(errorOf(tails.logUpper, logUpper)).toBeLessThanOrEqual(DIGITS);
    expect(errorOf(tails.lower, Math.exp(logLower))).toBeLessThanOrEqual(DIGITS);
    expect(errorOf(tails.upper, Math.exp(logUpper))).toBeLessThanOrEqual(DIGITS);
  });
  test.each(INCOMPLETE_GAMMA)('P(%d, %d)', (a, x, logLower, logUpper) => {
    const tails = incompleteGamma(a, x);
    expect(errorOf(tails.logLower, logLower)).toBeLessThanOrEqual(DIGITS);
    expect(errorOf(tails.logUpper, logUpper)).toBeLessThanOrEqual(DIGITS);
  });
  test.each(LOG_NORMAL_CDF)('ln Φ(%d)', (z, expected) => {
    expect(errorOf(logNormalCdf(z), expected)).toBeLessThanOrEqual(DIGITS);
  });
  test.each(NORMAL_QUANTILE)('Φ⁻¹(%d)', (p, expected) =>
    expect(errorOf(normalQuantile(p), expected)).toBeLessThanOrEqual(DIGITS),
  );
  test('the constant of 95 % intervals is the quantile', () =>
    expect(errorOf(normalQuantile(0.975), Z_975)).toBeLessThanOrEqual(DIGITS));
});

test('at the ends of their ranges', () => {
  expect([logGamma(1), logGamma(2), normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([
    0,
    0,
    -Infinity,
    0,
    Infinity,
  ]);
  const none = { lower: 0, upper: 1, logLower: -Infinity, logUpper: 0 };
  const all = { lower: 1, upper: 0, logLower: 0, logUpper: -Infinity };
  expect([incompleteBeta(0, 2, 3), incompleteGamma(2, 0)]).toEqual([none, none]);
  expect([incompleteBeta(1, 2, 3), incompleteGamma(2, Infinity)]).toEqual([all, all]);
  expect([logNormalCdf(-Infinity), Math.exp(logNormalCdf(Infinity))]).toEqual([-Infinity, 1]);
  expect(deviance(0, 3)).toBe(3);
});

describe('G17 far out', () => {
  test('e-values of a mean at any number of standard deviations', () => {
    const at = (mean: number): number => logMixtureE({ count: 100, mean, sd: 1, rho: 0.1 }, 1);
    // mpmath 1.3, 60 digits.
    for (const [mean, expected] of [
      [-1e160, -370.9419913246861],
      [-1e10, -25.55422737557923],
      [-300, -8.232159142517073],
      [-60.5, -6.631025274708573],
      [-50.01, -6.440607427710679],
      [-49.99, -6.440207434105091],
      [-3, -3.629198744086359],
    ] as const)
      expect(errorOf(at(mean), expected, 1)).toBeLessThanOrEqual(1e-10);
    expect([at(1e154), at(1e300), at(-1e300)]).toEqual([Infinity, Infinity, expect.closeTo(-693.3039043438525, 9)]);
    expect(logMixtureE({ count: 100, mean: -1e300, sd: 1, rho: 0.1 }, 2)).toBe(Infinity);
    fc.assert(
      fc.property(fc.double({ min: -1e308, max: 1e308, noNaN: true }), (mean) => {
        expect(at(mean)).not.toBeNaN();
      }),
    );
  });
});

describe('properties', () => {
  const parameter = fc.double({ min: 0.05, max: 1e5, noNaN: true });
  const inside = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

  test('Γ(x + 1) = x Γ(x), across every change of method', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 30, noNaN: true }), (x) => {
        expect(errorOf(logGamma(x + 1), logGamma(x) + Math.log(x), 0.1)).toBeLessThanOrEqual(DIGITS);
      }),
    );
  });
  test('Stirling leaves a little less than 1/(12x)', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), (x) => {
        expect(stirlingRemainder(x)).toBeLessThanOrEqual(1 / (12 * x) + 1e-14);
        expect(stirlingRemainder(x)).toBeGreaterThanOrEqual(1 / (12 * x + 1) - 1e-14);
      }),
    );
  });
  test('B(a, b) = B(b, a), and = B(a + 1, b) + B(a, b + 1)', () => {
    fc.assert(
      fc.property(parameter, parameter, (a, b) => {
        expect(logBeta(a, b)).toBe(logBeta(b, a));
        const ratio = Math.exp(logBeta(a + 1, b) - logBeta(a, b)) + Math.exp(logBeta(a, b + 1) - logBeta(a, b));
        expect(Math.abs(ratio - 1)).toBeLessThan(1e-9);
      }),
    );
  });
  test('I_x(a, b) + I_1−x(b, a) = 1, monotone in x, and its recurrence in a', () => {
    fc.assert(
      fc.property(inside, inside, parameter, parameter, (x, other, a, b) => {
        const at = incompleteBeta(x, a, b);
        expect(errorOf(at.lower + at.upper, 1)).toBeLessThanOrEqual(DIGITS);
        if (x >= 0.5) expect(errorOf(incompleteBeta(1 - x, b, a).upper, at.lower, 1)).toBeLessThanOrEqual(DIGITS);
        const [low, high] = x < other ? [x, other] : [other, x];
        expect(incompleteBeta(low, a, b).lower).toBeLessThanOrEqual(incompleteBeta(high, a, b).lower + 1e-14);
        const step = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - logBeta(a, b));
        expect(Math.abs(at.lower - step - incompleteBeta(x, a + 1, b).lower)).toBeLessThan(1e-9);
      }),
    );
  });
  test('P(a, x) and Q(a, x): their recurrence, monotone in x', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 500, noNaN: true }), fc.double({ min: 1e-3, max: 600, noNaN: true }), (a, x) => {
        const step = Math.exp(a * Math.log(x) - x - logGamma(a + 1));
        expect(errorOf(incompleteGamma(a + 1, x).lower + step, incompleteGamma(a, x).lower, 1)).toBeLessThanOrEqual(DIGITS);
        expect(incompleteGamma(a, 1.01 * x).upper).toBeLessThanOrEqual(incompleteGamma(a, x).upper + 1e-15);
      }),
    );
    expect(errorOf(chiSquareUpperTail(6, 2), Math.exp(-3))).toBeLessThanOrEqual(DIGITS);
  });
  test('quantiles turn back', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(errorOf(Math.exp(logNormalCdf(normalQuantile(p))), p)).toBeLessThanOrEqual(DIGITS);
        expect(Math.abs(normalQuantile(1 - p) + normalQuantile(p))).toBeLessThan(1e-3);
      }),
    );
  });
});
