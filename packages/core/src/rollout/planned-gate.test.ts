import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type PlannedGate, valueSource } from './planned-gate.ts';

const momentsOf = (draw: () => number, count = 20_000): { readonly mean: number; readonly sd: number } => {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) };
};

describe('what a worse challenger is', () => {
  test.each<[PlannedGate, number, number]>([
    [{ kind: 'errorRate', maxRatio: 2, rate: 0.1 }, 3, 0.3],
    [{ kind: 'slowCalls', maxRatio: 2, overMs: 100, rate: 0.05 }, 2, 0.1],
    [{ kind: 'agreement', minAgreement: 0.9, share: 0.95 }, 1.5, 0.85],
    [{ kind: 'quality', maxLoss: 0.1, mean: 0.8, sd: 0.2 }, 3, 0.5],
    [{ kind: 'spend', maxLoss: 2, mean: 10, sd: 1 }, 3, 16],
    [{ kind: 'kpi', kpi: 'minutes', maxLoss: 2, mean: 10, sd: 1 }, 1, 8],
    [{ kind: 'kpi', kpi: 'minutes', better: 'lower', maxLoss: 2, mean: 10, sd: 1 }, 1, 12],
  ])('%j', (planned, factor, figure) => {
    expect(valueSource(planned).worsened(factor)).toBeCloseTo(figure, 12);
  });
});

describe('values of a rate', () => {
  test('are 1 as often as it says', () => {
    const { draw, figure } = valueSource({ kind: 'errorRate', maxRatio: 2, rate: 0.1 });
    const random = seededRandom(1);
    expect(momentsOf(() => draw(figure, random)).mean).toBeCloseTo(0.1, 2);
    expect([draw(0.1, () => 0.099), draw(0.1, () => 0.1)]).toEqual([1, 0]);
  });
});

describe('values of a score', () => {
  test('without a range are normal', () => {
    const { draw, drawPair } = valueSource({ kind: 'quality', maxLoss: 0.1, mean: 5, sd: 2, pairSd: 0.5 });
    const random = seededRandom(1);
    const own = momentsOf(() => draw(5, random));
    expect([own.mean, own.sd]).toEqual([expect.closeTo(5, 1), expect.closeTo(2, 1)]);
    const pair = momentsOf(() => drawPair(4.9, random));
    expect([pair.mean, pair.sd]).toEqual([expect.closeTo(-0.1, 1), expect.closeTo(0.5, 1)]);
  });

  test('with a range stay in it, with the mean that was asked for, and no more spread than was (property)', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, fc.double({ min: 0, max: 3, noNaN: true }), (mean, sd) => {
        const { draw } = valueSource({ kind: 'quality', maxLoss: 0.1, range: [0, 1], mean, sd });
        // Both values, and how often each comes: the first random number that gives the other one.
        const [first, second] = [draw(mean, () => 0), draw(mean, () => 1 - 1e-16)];
        expect([first, second].every((value) => value >= 0 && value <= 1)).toBe(true);
        let [low, high] = [0, 1];
        while (high - low > 1e-12) {
          const middle = (low + high) / 2;
          if (draw(mean, () => middle) === first) low = middle;
          else high = middle;
        }
        const seen = first === second ? first : low * first + (1 - low) * second;
        expect(seen).toBeCloseTo(mean, 6);
        expect(Math.sqrt(low * (1 - low)) * Math.abs(first - second)).toBeLessThanOrEqual(sd + 1e-6);
      }),
    );
  });

  test('pairs of a score with a range have twice the range, and tell worse as below 0', () => {
    const { drawPair } = valueSource({ kind: 'spend', maxLoss: 0.2, range: [0, 1], mean: 0.5, sd: 0.1 });
    const random = seededRandom(1);
    const { mean } = momentsOf(() => drawPair(0.7, random));
    expect(mean).toBeCloseTo(-0.2, 2);
  });
});
