import { expect, test } from 'vitest';
import { logRaceFactor } from '../../tests/support/statistics/race-factor.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { HARM_RATIOS } from './event-race.ts';
import { logMeanExp } from './log-mean-exp.ts';

const PROBABILITY = 0.05;
const ALPHA = 0.05;
const FACTORS = HARM_RATIOS.map((ratio) => [
  logRaceFactor(false, PROBABILITY, ratio, 1),
  logRaceFactor(true, PROBABILITY, ratio, 1),
]);

/** Share of rollouts that are rolled back at any of `requests` looks, one after each request of a 5 % canary. */
function rollBackRate(championRate: number, challengerRate: number, runs: number, requests: number, seed: number): number {
  const random = seededRandom(seed);
  let rolledBack = 0;
  for (let run = 0; run < runs; run++) {
    const logs = HARM_RATIOS.map(() => 0);
    for (let request = 0; request < requests; request++) {
      const onChallenger = random() < PROBABILITY;
      // Only a bad event changes the e-value: a look after any other request sees what the last one saw.
      if (random() >= (onChallenger ? challengerRate : championRate)) continue;
      for (const [index, factors] of FACTORS.entries()) logs[index] = (logs[index] ?? 0) + (factors[onChallenger ? 1 : 0] ?? 0);
      // An event on the champion lowers every bet.
      if (!onChallenger || logMeanExp(logs) < -Math.log(ALPHA)) continue;
      rolledBack++;
      break;
    }
  }
  return rolledBack / runs;
}

test('a 5 % canary that is no worse, looked at after every request: at most 5 % false alarms', () => {
  const runs = 1000;
  const simulationError = 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / runs);
  const rate = rollBackRate(0.05, 0.05, runs, 20_000, 1);
  expect(rate).toBeLessThanOrEqual(ALPHA + simulationError);
  // A race that never alarms would pass as well: it must spend some of its alpha.
  expect(rate).toBeGreaterThan(0.005);
});

test('a 5 % canary that fails three times as often is found in 99 % of rollouts', () => {
  expect(rollBackRate(0.05, 0.15, 500, 20_000, 2)).toBeGreaterThanOrEqual(0.99);
});
