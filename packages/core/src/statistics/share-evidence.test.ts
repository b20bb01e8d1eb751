import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { logShareE } from './share-evidence.ts';

fc.configureGlobal({ seed: 1 });

/**
 * The same by the definition: the mean of (p/s)^hits ((1−p)/(1−s))^misses over p from the arcsine distribution above s, which is
 * uniform in the angle of p = sin². Midpoints.
 */
function direct(hits: number, misses: number, share: number): number {
  const from = Math.asin(Math.sqrt(share));
  const steps = 200_000;
  const width = (Math.PI / 2 - from) / steps;
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const p = Math.sin(from + (step + 0.5) * width) ** 2;
    sum += (p / share) ** hits * ((1 - p) / (1 - share)) ** misses;
  }
  return Math.log(sum / steps);
}

test.each([
  [0, 0, 0.5],
  [1, 0, 0.5],
  [0, 1, 0.5],
  [3, 2, 0.9],
  [20, 1, 0.8],
  [1, 20, 0.8],
  [7, 13, 0.05],
  [60, 0, 0.999],
])('%d hits and %d misses against a share of %d, by direct integration', (hits, misses, share) => {
  expect(logShareE(hits, misses, share)).toBeCloseTo(direct(hits, misses, share), 7);
});

test('without a trial there is no evidence', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (share) => {
      expect(logShareE(0, 0, share)).toBeCloseTo(0, 9);
    }),
  );
});

test('a hit is never evidence against, a miss never for', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 5000 }),
      fc.nat({ max: 5000 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (hits, misses, share) => {
        const log = logShareE(hits, misses, share);
        expect(logShareE(hits + 1, misses, share)).toBeGreaterThanOrEqual(log - 1e-9);
        expect(logShareE(hits, misses + 1, share)).toBeLessThanOrEqual(log + 1e-9);
      },
    ),
  );
});

test('it is a martingale at the share itself, and falls below it', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 200 }),
      fc.nat({ max: 200 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (hits, misses, share, below) => {
        const log = logShareE(hits, misses, share);
        const next = (p: number): number =>
          p * Math.exp(logShareE(hits + 1, misses, share) - log) + (1 - p) * Math.exp(logShareE(hits, misses + 1, share) - log);
        expect(next(share)).toBeCloseTo(1, 7);
        expect(next(share * below)).toBeLessThanOrEqual(1 + 1e-7);
      },
    ),
  );
});

test.each([
  [1e6, 0, 0.5],
  [0, 1e6, 0.999],
  [0, 1e6, 0.5],
  [5e5, 5e5, 0.001],
  [1e9, 1e6, 0.999],
])('stays finite at %d hits, %d misses, share %d', (hits, misses, share) => {
  expect(logShareE(hits, misses, share)).toSatisfy(Number.isFinite);
});

describe('peeking after every trial', () => {
  /** Share of 2000 runs of 400 trials that ever reach 1/α. */
  function alarms(share: number, truth: number, seed: number): number {
    const random = seededRandom(seed);
    const limit = Math.log(20);
    const cache = new Map<number, boolean>();
    let alarmed = 0;
    for (let run = 0; run < 2000; run++) {
      let hits = 0;
      for (let trial = 1; trial <= 400; trial++) {
        if (random() < truth) hits++;
        const key = trial * 1000 + hits;
        const reaches = cache.get(key) ?? logShareE(hits, trial - hits, share) >= limit;
        cache.set(key, reaches);
        if (!reaches) continue;
        alarmed++;
        break;
      }
    }
    return alarmed / 2000;
  }
  test.each([0.1, 0.5, 0.9])('alarms in at most one of twenty, at a share of %d', (share) => {
    const rate = alarms(share, share, 3);
    expect(rate).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 2000));
    expect(rate).toBeGreaterThan(0.001);
  });
  test('and finds a share that is larger', () => {
    expect(alarms(0.9, 0.97, 4)).toBeGreaterThan(0.95);
  });
});
