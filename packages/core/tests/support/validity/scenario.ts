import { incompleteBeta } from '../../../src/statistics/incomplete-beta.ts';
import { seededRandom } from '../../../src/statistics/seeded-random.ts';

/** After how many units a test raised its alarm for the first time; `null`: never. */
export interface Alarms {
  readonly ours: number | null;
  /** The classical z-test at the same looks; `undefined` where there is none to compare with. */
  readonly naive?: number | null;
}

/** What is said of a rollout, or of the shares of an allocation. */
export type Alarm =
  | 'rolled back'
  | 'proven within the margin'
  | 'held'
  | 'has most of the traffic'
  | 'an arm is left with its minimum';

/** A situation with a known truth, and what a valid (or a useful) test does in it. */
export interface Scenario {
  readonly name: string;
  /** What an alarm is. */
  readonly alarm: Alarm;
  /** Whether alarms are false, and may be `level` of the runs at most; or due, and must be `level` at least. */
  readonly claim: 'at most' | 'at least';
  readonly level: number;
  /** Runs of the test suite; the page has `pageRuns`. */
  readonly runs: number;
  /** @defaultValue four times as many */
  readonly pageRuns?: number;
  readonly run: (random: () => number) => Alarms | Promise<Alarms>;
}

export interface Measured {
  readonly scenario: Scenario;
  readonly runs: number;
  /** Shares of runs with an alarm. */
  readonly ours: number;
  readonly naive: number | undefined;
  /** Units at which half of the alarms had come; NaN without any. */
  readonly medianUnits: number;
  /** What the share may be by chance, where the true one is the level: 99.9 % of repetitions stay on this side. */
  readonly limit: number;
  readonly holds: boolean;
}

export async function measure(scenario: Scenario, runs: number, seed: number): Promise<Measured> {
  const random = seededRandom(seed);
  const all: Alarms[] = [];
  while (all.length < runs) all.push(await scenario.run(random));
  const found = all.flatMap(({ ours }) => (ours === null ? [] : [ours])).sort((a, b) => a - b);
  const ours = found.length / runs;
  const naive = all[0]?.naive === undefined ? undefined : all.filter((alarms) => alarms.naive !== null).length / runs;
  const { level, claim } = scenario;
  const limit = claim === 'at most' ? upperShare(level, runs) : 1 - upperShare(1 - level, runs);
  const holds = claim === 'at most' ? ours <= limit : ours >= limit;
  return { scenario, runs, ours, naive, medianUnits: found[Math.floor(found.length / 2)] ?? NaN, limit, holds };
}

/** The smallest share of `runs` that a binomial variable with this probability exceeds in 0.1 % of repetitions at most. */
export function upperShare(probability: number, runs: number): number {
  let hits = Math.ceil(probability * runs);
  // P(X > k) = I_p(k + 1, n − k)
  while (hits < runs && incompleteBeta(probability, hits + 1, runs - hits).lower > 0.001) hits++;
  return hits / runs;
}
