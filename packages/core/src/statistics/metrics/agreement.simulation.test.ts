import { expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { cohensKappa } from './agreement.ts';

test.each(['none', 'quadratic'] as const)('the interval of kappa covers (weights %s)', (weights) => {
  // Rater B repeats A in 60 % of the cases, and otherwise says anything.
  const shares = [0.5, 0.3, 0.2];
  const random = seededRandom(3);
  const draw = (): number => {
    let target = random();
    return shares.findIndex((share) => (target -= share) < 0);
  };
  let covered = 0;
  for (let run = 0; run < 1000; run++) {
    const matrix = [0, 1, 2].map(() => [0, 0, 0]);
    for (let at = 0; at < 200; at++) {
      const a = draw();
      const b = random() < 0.6 ? a : draw();
      const row = matrix[a];
      if (row !== undefined) row[b] = (row[b] ?? 0) + 1;
    }
    // With equal margins, kappa is the share that is repeated, weighted or not.
    const interval = cohensKappa(matrix, { weights })?.interval;
    covered += Number(interval !== null && interval !== undefined && interval.lower <= 0.6 && interval.upper >= 0.6);
  }
  expect(covered / 1000).toBeGreaterThan(0.93);
  expect(covered / 1000).toBeLessThan(0.97);
});
