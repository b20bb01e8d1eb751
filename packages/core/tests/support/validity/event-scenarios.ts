import type { EventCounts } from '../../../src/statistics/event-counts.ts';
import { logEquallyGoodE, logHarmE } from '../../../src/statistics/event-race.ts';
import { entryProbability } from '../../../src/rollout/judge.ts';
import { NaiveProportions } from './naive-z.ts';
import type { Alarms, Scenario } from './scenario.ts';

const LIMIT = Math.log(20);

interface Ramp {
  /** Weights of the stages, of 10,000, and how many requests each lasts. */
  readonly weights: readonly number[];
  readonly requests: number;
  /** Bad rate of the champion, by the share of the rollout that is over. */
  readonly base: (share: number) => number;
  /** True ratio of the bad rates. */
  readonly ratio: number;
}

/** Units that each come once. E changes at bad events only, so that a look at each of them is a look at each request. */
function watch(
  { weights, requests, base, ratio }: Ramp,
  raised: (counts: EventCounts) => boolean,
): (random: () => number) => Alarms {
  return (random) => {
    const cells: { probability: number; champion: number; challenger: number }[] = [];
    const z = new NaiveProportions();
    let [ours, naive]: [number | null, number | null] = [null, null];
    for (const [index, weight] of weights.entries()) {
      const reached = weights[index - 1] ?? 0;
      const cell = { probability: entryProbability({ weight, reached }), champion: 0, challenger: 0 };
      cells.push(cell);
      for (let request = 0; request < requests; request++) {
        const bucket = random() * 10_000;
        const onChallenger = bucket < weight;
        const rate = base((index + request / requests) / weights.length);
        const bad = random() < (onChallenger ? rate * ratio : rate);
        z.add(onChallenger, bad);
        if (!bad) continue;
        const units = index * requests + request + 1;
        if (naive === null && z.alarms()) naive = units;
        if (ours === null && bucket >= reached) {
          if (onChallenger) cell.challenger++;
          else cell.champion++;
          if (raised(cells)) ours = units;
        }
        if (ours !== null && naive !== null) return { ours, naive };
      }
    }
    return { ours, naive };
  };
}

const harm = (counts: EventCounts): boolean => logHarmE(counts) >= LIMIT;
const within = (counts: EventCounts): boolean => logEquallyGoodE(counts, 1.5) >= LIMIT;
const ramp = (weights: readonly number[], requests: number, rate: number, ratio: number): Ramp => ({
  weights,
  requests,
  base: () => rate,
  ratio,
});

const FALSE_ROLL_BACK = { alarm: 'rolled back', claim: 'at most', level: 0.05, runs: 600 } as const;

export const eventScenarios: readonly Scenario[] = [
  { ...FALSE_ROLL_BACK, name: 'equal: 50/50, bad rate 5 %, 10,000 requests', run: watch(ramp([5000], 10_000, 0.05, 1), harm) },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: 5 % canary, bad rate 5 %, 20,000 requests',
    run: watch(ramp([500], 20_000, 0.05, 1), harm),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: 5 % canary, bad rate 1 %, 40,000 requests',
    run: watch(ramp([500], 40_000, 0.01, 1), harm),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: ramp 5/25/50 %, bad rate drifts from 2 to 10 %, 15,000 requests',
    run: watch({ ...ramp([500, 2500, 5000], 5000, 0, 1), base: (share) => 0.02 + 0.08 * share }, harm),
  },
  {
    name: '3 times worse: 5 % canary, bad rate 5 %, 20,000 requests',
    alarm: 'rolled back',
    claim: 'at least',
    level: 0.99,
    runs: 400,
    run: watch(ramp([500], 20_000, 0.05, 3), harm),
  },
  {
    name: 'at the margin, 1.5 times worse: 25 % canary, bad rate 5 %, 20,000 requests',
    alarm: 'proven within the margin',
    claim: 'at most',
    level: 0.05,
    runs: 300,
    run: withoutNaive(watch(ramp([2500], 20_000, 0.05, 1.5), within)),
  },
  {
    name: 'equal: 25 % canary, margin 1.5, bad rate 5 %, 20,000 requests',
    alarm: 'proven within the margin',
    claim: 'at least',
    level: 0.9,
    runs: 300,
    run: withoutNaive(watch(ramp([2500], 20_000, 0.05, 1), within)),
  },
];

/** The z-test here asks another question. */
function withoutNaive(run: Scenario['run']): Scenario['run'] {
  return async (random) => ({ ours: (await run(random)).ours });
}
