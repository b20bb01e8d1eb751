import { expect, test } from 'vitest';
import { noiseFloor, addReliability, emptyReliability } from '../../../tests/support/statistics/reliability.ts';
import { seededRandom } from '../seeded-random.ts';
import { binomialSampler } from './binomial-sampler.ts';
import { calibrationError, type ReliabilityTable } from './calibration.ts';
import { fitIsotonic, isotonicValue } from './isotonic.ts';

const sample = (cases: number, random: () => number, truth = (p: number): number => p): ReliabilityTable => {
  const table = emptyReliability();
  for (let at = 0; at < cases; at++) {
    const p = random();
    addReliability(table, p, random() < truth(p));
  }
  return table;
};
const overconfident = (p: number): number => 0.5 + (p - 0.5) * 0.6;

test('of perfectly calibrated models about 5 % lie above the floor, of overconfident ones most', () => {
  const random = seededRandom(8);
  let [above, caught, mean] = [0, 0, 0];
  const runs = 300;
  for (let run = 0; run < runs; run++) {
    const perfect = sample(100, random);
    const wrong = sample(500, random, overconfident);
    mean += (calibrationError(perfect)?.ece ?? 0) / runs;
    above += Number((calibrationError(perfect)?.ece ?? 0) > (noiseFloor(perfect, random, 300)?.ece ?? 0));
    caught += Number((calibrationError(wrong)?.ece ?? 0) > (noiseFloor(wrong, random, 300)?.ece ?? 0));
  }
  // The naive reading: a perfect model is 10 points off.
  expect(mean).toBeGreaterThan(0.09);
  expect(mean).toBeLessThan(0.11);
  expect(above / runs).toBeLessThan(0.09);
  expect(above / runs).toBeGreaterThan(0.02);
  expect(caught / runs).toBeGreaterThan(0.95);
});

test('isotonic recalibration from the reliability table brings the error below the floor', () => {
  const random = seededRandom(2);
  const { counts, probabilities, positives } = sample(20_000, random, overconfident);
  const fit = fitIsotonic(
    probabilities.map((sum, bin) => sum / (counts[bin] ?? 0)),
    positives.map((sum, bin) => sum / (counts[bin] ?? 0)),
    counts,
  );
  const recalibrated = emptyReliability();
  for (let at = 0; at < 2000; at++) {
    const p = random();
    addReliability(recalibrated, isotonicValue(fit, p), random() < overconfident(p));
  }
  expect(calibrationError(recalibrated)?.ece).toBeLessThan(noiseFloor(recalibrated, random)?.ece ?? 0);
});

test('the sampler draws the binomial distribution, also of a million', () => {
  const random = seededRandom(1);
  for (const [trials, share] of [
    [5, 0.3],
    [1000, 0.98],
    [1_000_000, 0.2],
  ] as const) {
    const draw = binomialSampler(trials, share);
    const draws = Array.from({ length: 20_000 }, () => draw(random));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    const spread = trials * share * (1 - share);
    expect(Math.abs(mean - trials * share)).toBeLessThan(4 * Math.sqrt(spread / draws.length));
    expect(variance / spread).toBeGreaterThan(0.95);
    expect(variance / spread).toBeLessThan(1.05);
  }
  expect([binomialSampler(9, 0)(random), binomialSampler(9, 1)(random), binomialSampler(0, 0.5)(random)]).toEqual([0, 9, 0]);
});

test('one seed, one floor; no case, no error', () => {
  const table = sample(50, seededRandom(4));
  expect(noiseFloor(table, seededRandom(1))).toEqual(noiseFloor(table, seededRandom(1)));
  expect([calibrationError(emptyReliability()), noiseFloor(emptyReliability(), seededRandom(1))]).toEqual([null, null]);
  expect(() => noiseFloor(table, seededRandom(1), 0)).toThrow('simulations');
});
