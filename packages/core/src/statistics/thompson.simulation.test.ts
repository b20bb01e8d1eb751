import { expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { inversePropensity, type LoggedDecision } from './off-policy.ts';
import { thompsonShares } from './thompson.ts';

interface Choice {
  readonly arm: number;
  readonly probability: number;
  readonly reward: number;
}

/** Units that arrive one by one; the shares follow what is known before each twentieth. */
function bandit(rates: readonly number[], units: number, random: () => number, adaptive = true): readonly Choice[] {
  const arms = rates.map((_, index) => ({ name: String(index), successes: 0, failures: 0 }));
  const log: Choice[] = [];
  let shares = rates.map(() => 1 / rates.length);
  for (let unit = 0; unit < units; unit++) {
    if (adaptive && unit % 20 === 0) shares = [...thompsonShares(arms, { random, draws: 50, minShare: 0.02 }).values()];
    let place = random();
    const found = shares.findIndex((share) => (place -= share) < 0);
    const chosen = found < 0 ? shares.length - 1 : found;
    const reward = random() < (rates[chosen] ?? NaN) ? 1 : 0;
    const arm = arms[chosen];
    if (arm !== undefined) arm[reward === 1 ? 'successes' : 'failures']++;
    log.push({ arm: chosen, probability: shares[chosen] ?? NaN, reward });
  }
  return log;
}

test('regret grows slower and slower, and is a fraction of that of equal shares', () => {
  const rates = [0.1, 0.2, 0.3];
  const regret = (log: readonly Choice[]): number => log.reduce((sum, { arm }) => sum + 0.3 - (rates[arm] ?? NaN), 0);
  const random = seededRandom(1);
  const runs = 20;
  let [first, last, equal] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const log = bandit(rates, 3000, random);
    first += regret(log.slice(0, 1000)) / runs;
    last += regret(log.slice(2000)) / runs;
    equal += regret(bandit(rates, 1000, random, false)) / runs;
  }
  expect(equal).toBeGreaterThan(90);
  expect(first).toBeLessThan(0.6 * equal);
  // The floor keeps costing: 2 % of the units on either of the worse arms.
  expect(last).toBeLessThan(0.2 * equal);
  expect(last).toBeGreaterThan(0.02 * 0.3 * 1000 * 0.5);
});

test('weighting with the recorded probability is unbiased; the plain mean of what was collected is not', () => {
  const truth = 0.3;
  const random = seededRandom(2);
  const naive: number[] = [];
  const weighted: number[] = [];
  for (let run = 0; run < 800; run++) {
    const log = bandit([truth, truth], 200, random);
    const mine = log.filter(({ arm }) => arm === 0);
    if (mine.length > 0) naive.push(mine.reduce((sum, { reward }) => sum + reward, 0) / mine.length);
    const decisions = log.map<LoggedDecision>(({ arm, probability, reward }) => ({
      reward,
      loggingProbability: probability,
      targetProbability: arm === 0 ? 1 : 0,
    }));
    weighted.push(inversePropensity(decisions).ips.value);
  }
  const offBy = (values: readonly number[]): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return (mean - truth) / Math.sqrt(variance / values.length);
  };
  expect(Math.abs(offBy(weighted))).toBeLessThan(3);
  expect(offBy(naive)).toBeLessThan(-6);
});
