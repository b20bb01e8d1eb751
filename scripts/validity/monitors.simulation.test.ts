import { expect, test } from 'vitest';
import { upperShare } from '../../packages/core/tests/support/validity/scenario.ts';
import { seededRandom } from '../../packages/core/src/statistics/seeded-random.ts';
import { measureMonitor, monitorScenarios } from './monitor-scenarios.ts';

test.each(monitorScenarios(seededRandom(1)).map((scenario) => [`${scenario.monitor}: ${scenario.situation}`, scenario] as const))(
  '%s',
  (_, scenario) => {
    const { claim, level, runs } = scenario;
    const { ours } = measureMonitor(scenario, runs, seededRandom(7));
    if (claim === 'at most') expect(ours).toBeLessThanOrEqual(upperShare(level, runs));
    else expect(ours).toBeGreaterThanOrEqual(1 - upperShare(1 - level, runs));
  },
);

test('a fall from 90 to 75 % is found within 1.3 times the delay of the raw rule', () => {
  const fall = monitorScenarios(seededRandom(1)).find(({ situation }) => situation === 'accuracy falls from 90 to 75 %');
  if (fall === undefined) throw new Error('no such scenario');
  const { delay, rawDelay } = measureMonitor(fall, 100, seededRandom(8));
  expect(delay).toBeLessThan(1.3 * rawDelay);
});
