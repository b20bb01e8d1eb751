import type { EvidenceTest } from '../../../src/types/index.ts';
import { drawNormal } from '../../../src/statistics/random-variates.ts';
import { boundedTest } from '../../../src/rollout/bounded-evidence.ts';
import { eventTest } from '../../../src/rollout/event-evidence.ts';
import { agreementTest, pairedBoundedTest, pairedScoreTest } from '../../../src/rollout/pair-evidence.ts';
import { scoreTest } from '../../../src/rollout/score-evidence.ts';
import { NaiveMeans } from './naive-z.ts';
import type { Alarms, Scenario } from './scenario.ts';

const LIMIT = Math.log(20);

interface Setting {
  readonly test: EvidenceTest;
  /** The score of a unit, or of a pair; higher is better, but for events. */
  readonly value: (random: () => number, onChallenger: boolean) => number;
  readonly units: number;
  /** Units from look to look. */
  readonly every: number;
  /** The probability of assignment; `undefined` for pairs. */
  readonly probability?: number;
  readonly evidence?: 'logHarm' | 'logProof';
  /** 1 where the value is a score, −1 where it counts bad events. */
  readonly sign?: 1 | -1;
}

/** One tally of independent values. */
function tallied({
  test,
  value,
  units,
  every,
  probability,
  evidence = 'logHarm',
  sign = 1,
}: Setting): (random: () => number) => Alarms {
  return (random) => {
    const tally = test.tally();
    const z = new NaiveMeans();
    let [ours, naive]: [number | null, number | null] = [null, null];
    for (let unit = 1; unit <= units; unit++) {
      const onChallenger = probability === undefined || random() < probability;
      const drawn = value(random, onChallenger);
      tally.add(drawn, onChallenger, probability ?? 0.5);
      z.add(sign * drawn, onChallenger);
      if (unit % every !== 0) continue;
      const cells = [{ probability: probability ?? 0.5, counters: tally.counters() }];
      if (ours === null && test.prove(cells, 0.05)[evidence] >= LIMIT) ours = unit;
      if (naive === null && z.alarms()) naive = unit;
      if (ours !== null && naive !== null) break;
    }
    return evidence === 'logHarm' ? { ours, naive } : { ours };
  };
}

const exponential = (random: () => number): number => -Math.log(1 - random());
/** A score in [0, 1] that is often exactly 0. */
const spiked = (random: () => number): number => (random() < 0.4 ? 0 : random());
const FALSE_ROLL_BACK = { alarm: 'rolled back', claim: 'at most', level: 0.05, runs: 200 } as const;
const FALSE_PROOF = { alarm: 'proven within the margin', claim: 'at most', level: 0.05, runs: 200 } as const;

const labelBetting = eventTest({ maxRatio: 1.5, expectedRate: 0.3, negligibleRate: 0 });
const bounded = boundedTest({ maxLoss: 0.05, range: [0, 1], sign: 1 });
const unbounded = scoreTest({ maxLoss: 0.1, sign: 1 });

export const scoreScenarios: readonly Scenario[] = [
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: race and difference of labels, 5 % canary, bad rate 30 %, 6,000 requests',
    run: tallied({
      test: labelBetting,
      value: (random) => (random() < 0.3 ? 1 : 0),
      units: 6000,
      every: 25,
      probability: 0.05,
      sign: -1,
    }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: bounded score with a spike at 0, 5 % canary, 5,000 units',
    run: tallied({ test: bounded, value: spiked, units: 5000, every: 2, probability: 0.05 }),
  },
  {
    ...FALSE_PROOF,
    name: 'worse by the margin: bounded score, 25 % canary, 5,000 units',
    run: tallied({
      test: bounded,
      // Mean 0.3 on the champion, 0.25 on the challenger.
      value: (random, onChallenger) => (random() < (onChallenger ? 0.5 : 0.4) ? 0 : random()),
      units: 5000,
      every: 4,
      probability: 0.25,
      evidence: 'logProof',
    }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: score without bounds (exponential), asymptotic, 5 % canary, 20,000 units',
    run: tallied({ test: unbounded, value: exponential, units: 20_000, every: 20, probability: 0.05 }),
  },
  {
    ...FALSE_PROOF,
    name: 'worse by the margin: score without bounds, 25 % canary, 10,000 units',
    run: tallied({
      test: unbounded,
      value: (random, onChallenger) => exponential(random) - (onChallenger ? 0.1 : 0),
      units: 10_000,
      every: 20,
      probability: 0.25,
      evidence: 'logProof',
    }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: pairs of a bounded score, 5,000 pairs',
    run: tallied({ test: pairedBoundedTest(0.05, 1), value: (random) => spiked(random) - spiked(random), units: 5000, every: 2 }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: pairs of a score without bounds, asymptotic, 10,000 pairs',
    run: tallied({
      test: pairedScoreTest(0.1),
      value: (random) => exponential(random) - 1 + 0.2 * drawNormal(random),
      units: 10_000,
      every: 5,
    }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'agreement exactly at its minimum of 95 %, 5,000 pairs',
    run: ((run) => (random: () => number) => ({ ours: run(random).ours }))(
      tallied({ test: agreementTest(0.95), value: (random) => (random() < 0.95 ? 1 : 0), units: 5000, every: 20 }),
    ),
  },
];
