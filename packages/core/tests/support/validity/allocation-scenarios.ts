import type { CounterPart } from '../../../src/types/index.ts';
import { seededRandom } from '../../../src/statistics/seeded-random.ts';
import { RewardBlocks, rewardsOf } from '../../../src/rollout/reward-blocks.ts';
import { thompson } from '../../../src/rollout/thompson.ts';
import type { Alarms, Scenario } from './scenario.ts';

const MINUTE = 60_000;
const HALF_LIFE = 7 * 24 * 60 * MINUTE;
const ARMS = ['a', 'b', 'c'];

interface Setting {
  /** Success rate of an arm, by the share of the time that is over. */
  readonly rate: (arm: number, over: number) => number;
  /** Minutes, at 60 rewards each. */
  readonly minutes: number;
  /** What is asked of the shares at the end. */
  readonly seen: (shares: ReadonlyMap<string, number>) => boolean;
  /** Sticky units of so many, each with a leaning of its own: they count once. */
  readonly units?: number;
}

/** An allocation that moves its shares every minute. */
function allocated({ rate, minutes, seen, units }: Setting): (random: () => number) => Alarms {
  return (random) => {
    const { allocate } = thompson();
    const seeded = seededRandom(Math.floor(random() * 2 ** 31));
    const blocks = new RewardBlocks(ARMS, MINUTE, HALF_LIFE);
    const leanings = Array.from({ length: units ?? 0 }, () => random());
    const counted = new Set<number>();
    let shares: ReadonlyMap<string, number> = new Map(ARMS.map((name) => [name, 1 / 3]));
    for (let minute = 0; minute < minutes; minute++) {
      for (let call = 0; call < 60; call++) {
        const unit = Math.floor(random() * (units ?? 0));
        const place = units === undefined ? random() : (unit + 0.5) / units;
        const [first = 0, second = 0] = ARMS.map((name) => shares.get(name) ?? 0);
        const arm = place < first ? 0 : place < first + second ? 1 : 2;
        const base = rate(arm, minute / minutes);
        const good = random() < (units === undefined ? base : (leanings[unit] ?? 0) < base ? 0.95 : 0.05) ? 1 : 0;
        if (units !== undefined && counted.has(unit)) continue;
        counted.add(unit);
        blocks.add(ARMS[arm] ?? '', good, minute * MINUTE);
      }
      const at = (minute + 1) * MINUTE;
      const part: CounterPart = { instance: 'i', sequence: minute, counters: blocks.counters(at) };
      if (minute % 20 === 19) shares = allocate(rewardsOf([part], ARMS, HALF_LIFE, at), seeded);
    }
    return { ours: seen(shares) ? minutes * 60 : null };
  };
}

export const allocationScenarios: readonly Scenario[] = [
  {
    name: 'G15 the best of three arms, 6 points above the others, while the rate of all falls from 60 to 10 %, 300 minutes',
    alarm: 'has most of the traffic',
    claim: 'at least',
    level: 0.95,
    runs: 8,
    pageRuns: 40,
    run: allocated({
      rate: (arm, over) => (over < 0.5 ? 0.6 : 0.1) + (arm === 1 ? 0.06 : 0),
      minutes: 300,
      seen: (shares) => (shares.get('b') ?? 0) > 0.5,
    }),
  },
  {
    name: 'G15 three equal arms, 600 sticky units that come again and again, 300 minutes',
    alarm: 'an arm is left with its minimum',
    claim: 'at most',
    level: 0.2,
    runs: 8,
    pageRuns: 40,
    run: allocated({
      rate: () => 0.3,
      minutes: 300,
      units: 600,
      seen: (shares) => [...shares.values()].some((share) => share < 0.05),
    }),
  },
];
