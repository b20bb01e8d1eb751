import { expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { GroupedSums } from './grouped-sums.ts';
import { inversePropensity } from './off-policy.ts';
import { murmur3 } from './sketches/murmur3.ts';

/** Decisions of `units` units, three each, whose rewards hang together. */
function log(units: number, seed: number) {
  const random = seededRandom(seed);
  return Array.from({ length: units }, (_, unit) => {
    const isChosen = random() < 0.25;
    const reward = random() < 0.4 ? 1 : 0;
    return Array.from({ length: 3 }, () => ({
      reward,
      loggingProbability: isChosen ? 0.25 : 0.75,
      targetProbability: isChosen ? 1 : 0,
      unit: `u${unit}`,
    }));
  }).flat();
}

const summed = (decisions: ReturnType<typeof log>): GroupedSums => {
  const sums = new GroupedSums();
  for (const { reward, loggingProbability, targetProbability, unit } of decisions) {
    const [hash, weight] = [murmur3(unit), targetProbability / loggingProbability];
    sums.add(hash, 'rows', 1);
    sums.add(hash, 'weight', weight);
    sums.add(hash, 'earned', weight * reward);
  }
  return sums;
};

test('with a group for nearly each unit they tell what the estimator that keeps every decision tells', () => {
  const decisions = log(60, 3);
  const { ips, snips } = inversePropensity(decisions);
  const sums = summed(decisions);
  for (const [mine, exact] of [
    [sums.ratio('earned', 'rows'), ips],
    [sums.ratio('earned', 'weight'), snips],
  ] as const) {
    expect(mine?.value).toBeCloseTo(exact.value, 12);
    // Two units share a group now and then.
    expect(mine?.standardError).toBeCloseTo(exact.standardError, 1);
  }
});

test('of many units a group, the error is that of an estimator that knows each unit, to some percent', () => {
  const decisions = log(20_000, 4);
  const { ips } = inversePropensity(decisions);
  const mine = summed(decisions).ratio('earned', 'rows');
  expect(mine?.value).toBeCloseTo(ips.value, 10);
  expect((mine?.standardError ?? 0) / ips.standardError).toBeGreaterThan(0.9);
  expect((mine?.standardError ?? 0) / ips.standardError).toBeLessThan(1.1);
});

test('one group has a value and no interval, and nothing has neither', () => {
  const sums = new GroupedSums();
  expect(sums.ratio('a', 'b')).toBeNull();
  sums.add(5, 'a', 3);
  sums.add(5, 'b', 4);
  expect(sums.ratio('a', 'b')).toEqual({ value: 0.75, standardError: null, lower: null, upper: null });
});

test('what is read back from its JSON goes on as if it had never stopped', () => {
  const decisions = log(500, 5);
  const whole = summed(decisions);
  const first = GroupedSums.from(JSON.parse(JSON.stringify(summed(decisions.slice(0, 700)))) as never);
  for (const { reward, loggingProbability, targetProbability, unit } of decisions.slice(700)) {
    const [hash, weight] = [murmur3(unit), targetProbability / loggingProbability];
    first.add(hash, 'rows', 1);
    first.add(hash, 'weight', weight);
    first.add(hash, 'earned', weight * reward);
  }
  expect(first.ratio('earned', 'weight')).toEqual(whole.ratio('earned', 'weight'));
});
