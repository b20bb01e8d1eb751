import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { binomialSampler } from './binomial-sampler.ts';

/** The distribution that the sampler inverts: how much of [0, 1) gives each outcome, on a fine grid. */
function sharesOf(trials: number, share: number, grid: number): number[] {
  const draw = binomialSampler(trials, share);
  const counts = Array.from({ length: trials + 1 }, () => 0);
  for (let step = 0; step < grid; step++) {
    const outcome = draw(() => (step + 0.5) / grid);
    counts[outcome] = (counts[outcome] ?? Number.NaN) + 1 / grid;
  }
  return counts;
}

test.each([
  [1, 0.3],
  [4, 0.5],
  [10, 0.05],
  [30, 0.9],
])('%d trials at %d have the binomial distribution', (trials, share) => {
  let chance = (1 - share) ** trials;
  for (const [outcome, seen] of sharesOf(trials, share, 20_000).entries()) {
    expect(seen).toBeCloseTo(chance, 3.5);
    chance *= ((trials - outcome) / (outcome + 1)) * (share / (1 - share));
  }
});

describe('at the ends', () => {
  test.each([
    [0, 0.5, 0],
    [7, 0, 0],
    [7, 1, 7],
  ])('%d trials at %d give %d', (trials, share, outcome) => {
    for (const at of [0, 0.5, 0.999_999]) expect(binomialSampler(trials, share)(() => at)).toBe(outcome);
  });
});

test('many trials have mean and variance in a small table', () => {
  const [trials, share, count] = [1e9, 0.2, 20_000];
  const [draw, random] = [binomialSampler(trials, share), seededRandom(3)];
  const z = Array.from({ length: count }, () => (draw(random) - trials * share) / Math.sqrt(trials * share * (1 - share)));
  const mean = z.reduce((sum, value) => sum + value, 0) / count;
  const square = z.reduce((sum, value) => sum + value * value, 0) / count;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(count));
  expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
});
