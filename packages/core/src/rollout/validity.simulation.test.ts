import { describe, expect, test } from 'vitest';
import { withoutWindow } from '../../tests/support/validity/delayed-scenarios.ts';
import { measure, upperShare } from '../../tests/support/validity/scenario.ts';
import { scenarios } from '../../tests/support/validity/scenarios.ts';

/** No machine is as slow: a scenario takes a few seconds. */
const SLOW = 900_000;

describe.each(scenarios.map((scenario, index) => [scenario.name, scenario, index + 1] as const))(
  '%s',
  (_name, scenario, seed) => {
    const { alarm, claim, level, runs } = scenario;
    test(`${alarm} in ${claim} ${level * 100} % of rollouts`, { timeout: SLOW }, async () => {
      const { ours, naive, limit } = await measure(scenario, runs, seed);
      if (claim === 'at least') {
        expect(ours).toBeGreaterThanOrEqual(limit);
        return;
      }
      expect(ours).toBeLessThanOrEqual(limit);
      // A test that never alarms would pass as well: these must spend some of their alpha.
      if (runs >= 600) expect(ours).toBeGreaterThan(0.005);
      // The z-test, looked at as often, is what this saves from.
      if (naive !== undefined) expect(naive).toBeGreaterThan(3 * level);
    });
  },
);

test('a 5 % canary that fails three times as often is found within 1.5 times the 983 requests of the reference simulation', async () => {
  const scenario = scenarios.find(({ name }) => name.startsWith('3 times worse: 5 % canary'));
  expect(scenario).toBeDefined();
  if (scenario !== undefined) expect((await measure(scenario, 300, 3)).medianUnits).toBeLessThan(1.5 * 983);
});

test('without a window, labels of one arm that come sooner are a false alarm', { timeout: SLOW }, async () => {
  expect((await measure(withoutWindow, 100, 1)).ours).toBeGreaterThan(0.5);
});

test('the limits are those of the binomial distribution', () => {
  // P(X > hits), term by term.
  const tail = (hits: number, runs: number, p: number): number => {
    let [term, below] = [(1 - p) ** runs, 0];
    for (let k = 0; k <= hits; k++) {
      below += term;
      term *= ((runs - k) / (k + 1)) * (p / (1 - p));
    }
    return 1 - below;
  };
  const hits = Math.round(upperShare(0.05, 50) * 50);
  expect(tail(hits, 50, 0.05)).toBeLessThanOrEqual(0.001);
  expect(tail(hits - 1, 50, 0.05)).toBeGreaterThan(0.001);
});
