import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { betOnDifference, type DifferenceBetting, NO_DIFFERENCES } from './difference-betting.ts';

fc.configureGlobal({ seed: 1 });

const PROBABILITIES = [0.02, 0.05, 0.5];
const value = fc.double({ min: 0, max: 1, noNaN: true });
const probability = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const difference = fc.double({ min: -0.99, max: 0.99, noNaN: true });
const unit = fc.record({ value, onChallenger: fc.boolean(), probability });
const fold = (
  units: readonly { value: number; onChallenger: boolean; probability: number }[],
  against: number,
): DifferenceBetting => units.reduce((state, one) => betOnDifference(state, one, against), NO_DIFFERENCES);

test('the first unit is no bet', () => {
  fc.assert(
    fc.property(unit, fc.double({ min: -0.9, max: 0.9, noNaN: true }), (one, against) => {
      expect(fold([one], against).logE).toBe(0);
    }),
  );
});

test('two units by hand', () => {
  // Both are predicted at ½ first: ψ = (1 − ½)/½ = 1. Then at (1 + ½)/2 = ¾, and the worst ψ is −max(¾, ¼)/½ = −3/2.
  // Mean ½, spread (1 + 9/4)/2 − ¼ = 11/8; the stake (½)/(11/8 + ¼) = 4/13 is under the most, ½/(3/2) = ⅓.
  // ψ of a champion's ¼: (¾ − ¼)/½ = 1.
  const state = fold(
    [
      { value: 1, onChallenger: true, probability: 0.5 },
      { value: 0.25, onChallenger: false, probability: 0.5 },
    ],
    0,
  );
  expect(state).toMatchObject({ count: 2, sum: 2, sumOfSquares: 2 });
  expect(state.logE).toBeCloseTo(Math.log(1 + 4 / 13), 14);
});

test('the same two against a difference of ½', () => {
  // The worst X is −3/2 − ½; mean ½ − ½·½, spread (1 + 4)/2 − ¼ = 9/4; the stake (¼)/(9/4 + 1/16) = 4/37; X = 1 − ½.
  const state = fold(
    [
      { value: 1, onChallenger: true, probability: 0.5 },
      { value: 0.25, onChallenger: false, probability: 0.5 },
    ],
    0.5,
  );
  expect(state.logE).toBeCloseTo(Math.log(1 + 2 / 37), 14);
});

test('no unit can lose more than half of what is there, whatever came before', () => {
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), unit, difference, (past, last, against) => {
      const before = fold(past, against);
      const after = betOnDifference(before, last, against);
      expect(after.logE - before.logE).toBeGreaterThanOrEqual(Math.log(0.5) - 1e-9);
      expect(after.logE).toSatisfy(Number.isFinite);
    }),
    { numRuns: 500 },
  );
});

test('also not the worst sequence: praise until the stake is the largest, then blame', () => {
  for (const one of PROBABILITIES) {
    let state = NO_DIFFERENCES;
    for (let index = 0; index < 2000; index++)
      state = betOnDifference(state, { value: index % 2, onChallenger: index % 2 === 1, probability: one }, -0.05);
    expect(state.logE).toBeGreaterThan(3);
    for (let index = 0; index < 5000; index++) {
      const before = state.logE;
      state = betOnDifference(state, { value: 1 - (index % 2), onChallenger: index % 2 === 1, probability: one }, -0.05);
      expect(state.logE - before).toBeGreaterThanOrEqual(Math.log(0.5) - 1e-9);
    }
    expect(state.logE).toSatisfy(Number.isFinite);
  }
});

test('the expected factor of the next unit is at most 1 under the null hypothesis, and 1 at its edge', () => {
  // Values are 0 or 1, at rates r1 and r0 with r1 − r0 = difference: the four outcomes can be summed.
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 40 }),
      probability,
      value,
      fc.double({ min: -0.98, max: 0.98, noNaN: true }),
      value,
      (past, p, base, against, lower) => {
        const r0 = against > 0 ? base * (1 - against) : -against + base * (1 + against);
        const before = fold(past, against);
        const expected = (r1: number): number =>
          [
            { onChallenger: true, value: 1, weight: p * r1 },
            { onChallenger: true, value: 0, weight: p * (1 - r1) },
            { onChallenger: false, value: 1, weight: (1 - p) * r0 },
            { onChallenger: false, value: 0, weight: (1 - p) * (1 - r0) },
          ].reduce(
            (sum, { weight, ...one }) =>
              sum + weight * Math.exp(betOnDifference(before, { ...one, probability: p }, against).logE - before.logE),
            0,
          );
        const edge = Math.min(Math.max(r0 + against, 0), 1);
        expect(expected(edge)).toBeCloseTo(1, 9);
        expect(expected(edge * lower)).toBeLessThanOrEqual(1 + 1e-9);
      },
    ),
    { numRuns: 500 },
  );
});

describe.each(PROBABILITIES)('at a probability of %d', (p) => {
  interface Runs {
    readonly mean: number;
    readonly error: number;
    readonly alarms: number;
  }
  /** Runs of `units` Bernoulli values with these rates, against "challenger minus champion is at most −0.1". */
  function simulate(champion: number, challenger: number, runs: number, units: number, seed: number): Runs {
    const random = seededRandom(seed);
    let [sum, squares, alarms] = [0, 0, 0];
    for (let run = 0; run < runs; run++) {
      let state = NO_DIFFERENCES;
      let alarmed = false;
      for (let index = 0; index < units; index++) {
        const onChallenger = random() < p;
        const hit = random() < (onChallenger ? challenger : champion);
        state = betOnDifference(state, { value: hit ? 1 : 0, onChallenger, probability: p }, -0.1);
        alarmed ||= state.logE >= Math.log(20);
      }
      const e = Math.exp(state.logE);
      sum += e;
      squares += e * e;
      if (alarmed) alarms++;
    }
    const mean = sum / runs;
    return { mean, error: Math.sqrt(Math.max(squares / runs - mean * mean, 0) / runs), alarms: alarms / runs };
  }

  test('worse by exactly the margin: the mean of E is at most 1, and peeking after every unit alarms in at most 5 %', () => {
    const { mean, error, alarms } = simulate(0.6, 0.5, 1000, 500, 5);
    expect(mean).toBeLessThanOrEqual(1 + 3 * error);
    // It does bet.
    expect(mean).not.toBe(1);
    expect(alarms).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 1000));
  });

  test('not worse: evidence grows', () => {
    const random = seededRandom(6);
    let state = NO_DIFFERENCES;
    const after: number[] = [];
    for (let index = 0; index < 40_000; index++) {
      const onChallenger = random() < p;
      state = betOnDifference(state, { value: random() < 0.6 ? 1 : 0, onChallenger, probability: p }, -0.1);
      if (index === 19_999 || index === 39_999) after.push(state.logE);
    }
    const [half = NaN, whole = NaN] = after;
    expect(half).toBeGreaterThan(2);
    expect(whole).toBeGreaterThan(half + 2);
  });
});
