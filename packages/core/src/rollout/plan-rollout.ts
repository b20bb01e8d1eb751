import { seededRandom } from '../statistics/seeded-random.ts';
import { checkPlan, type PlanOptions } from './plan-options.ts';
import { type SimulatedRun, simulateRollout } from './simulate-rollout.ts';

/** The mean over simulated rollouts, and what nine of ten stay within. */
export interface Spread {
  readonly expected: number;
  readonly p90: number;
}

/** A stage of the rollout of an equal challenger, over the runs that came to it. */
export interface StageForecast {
  /** `shadow`, `canary 5 %`. */
  readonly stage: string;
  /** Share of the runs that came to it, 0–1. */
  readonly entered: number;
  /** In milliseconds. */
  readonly durationMs: Spread;
  /** Units that arrive, on both arms together. */
  readonly units: Spread;
}

/** How rollouts ended: shares of all runs, together 1. */
export interface Endings {
  readonly promoted: number;
  readonly rolledBack: number;
  readonly inconclusive: number;
}

/** The rollouts of a challenger that is worse by one gate, and equal by all others. */
export interface HarmForecast extends Endings {
  readonly gate: string;
  /** Times the champion's rate, or times `maxLoss`. */
  readonly factor: number;
  /** The rate or mean of this challenger. */
  readonly figure: number;
  /** Units that arrive until half of the rolled-back runs are; `null` where none is. */
  readonly medianUnits: number | null;
  readonly medianMs: number | null;
}

/** The rollouts of a challenger that is better by one gate, and equal by all others. */
export interface GainForecast extends Endings {
  readonly gate: string;
  /** Times the champion's rate, or times `maxLoss`. */
  readonly factor: number;
  /** The rate or mean of this challenger. */
  readonly figure: number;
  /** From the first unit to the promotion, in milliseconds; `null` where no run was promoted. */
  readonly untilPromoted: Spread | null;
}

export interface RolloutForecast {
  readonly runs: number;
  readonly seed: number;
  readonly alpha: number;
  /** What becomes of a challenger that is equal in everything: what is rolled back here is a false alarm. */
  readonly equal: Endings;
  readonly stages: readonly StageForecast[];
  /** From the first unit to the promotion, in milliseconds; `null` where no run was promoted. */
  readonly untilPromoted: Spread | null;
  readonly worse: readonly HarmForecast[];
  readonly improved: readonly GainForecast[];
}

export interface PlanningOptions {
  /** Told after each simulated rollout. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Simulates a rollout before anybody starts it: how long each stage takes when the challenger is equal, how often that is a false
 * alarm, and how soon a challenger that is worse is rolled back. Pure, from a seed, on a virtual clock, by the gates and the
 * lifecycle that a rollout has; between runs it gives way to other work. A simulated rollout takes some 10 ms for 10,000 units.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with each field that is wrong; rejects with the signal's reason
 */
export async function planRollout(options: PlanOptions, { onProgress, signal }: PlanningOptions = {}): Promise<RolloutForecast> {
  const simulation = checkPlan(options);
  const { plan, sources, runs, seed } = simulation;
  const figures = sources.map(({ figure }) => figure);
  const harms = sources.flatMap(({ gate, worse, worsened }, index) =>
    // A rollout without a shadow stage never measures agreement.
    gate.canary === undefined && plan.minPairs === undefined
      ? []
      : worse.map((factor) => ({
          gate: gate.name,
          factor,
          figure: worsened(factor),
          figures: figures.with(index, worsened(factor)),
        })),
  );
  const gains = sources.flatMap(({ gate, improved, bettered }, index) =>
    gate.canary === undefined && plan.minPairs === undefined
      ? []
      : improved.map((factor) => ({
          gate: gate.name,
          factor,
          figure: bettered(factor),
          figures: figures.with(index, bettered(factor)),
        })),
  );
  const total = runs * (1 + harms.length + gains.length);
  let done = 0;
  const simulate = async (challenger: readonly number[]): Promise<SimulatedRun[]> => {
    const random = seededRandom(Math.imul(seed, 0x9e37_79b1) + done);
    const results: SimulatedRun[] = [];
    while (results.length < runs) {
      signal?.throwIfAborted();
      results.push(simulateRollout(simulation, challenger, random));
      onProgress?.(++done, total);
      await new Promise((settle) => setTimeout(settle, 0));
    }
    return results;
  };
  const equal = await simulate(figures);
  const worse: HarmForecast[] = [];
  for (const { gate, factor, figure, figures: challenger } of harms) {
    const results = await simulate(challenger);
    const found = results.filter(({ end }) => end === 'rolled-back');
    const median = (of: 'units' | 'durationMs'): number | null =>
      found.length === 0
        ? null
        : quantile(
            found.map((run) => sum(run, of)),
            0.5,
          );
    worse.push({ gate, factor, figure, ...endings(results), medianUnits: median('units'), medianMs: median('durationMs') });
  }
  const improved: GainForecast[] = [];
  for (const { gate, factor, figure, figures: challenger } of gains) {
    const results = await simulate(challenger);
    improved.push({ gate, factor, figure, ...endings(results), untilPromoted: promotions(results) });
  }
  return {
    runs,
    seed,
    alpha: plan.alpha,
    equal: endings(equal),
    stages: stageForecasts(equal),
    untilPromoted: promotions(equal),
    worse,
    improved,
  };
}

/** From the first unit on. */
function promotions(results: readonly SimulatedRun[]): Spread | null {
  const promoted = results.filter(({ end }) => end === 'promoted').map((run) => sum(run, 'durationMs'));
  return promoted.length === 0 ? null : spread(promoted);
}

const sum = ({ stages }: SimulatedRun, of: 'units' | 'durationMs'): number => stages.reduce((all, stage) => all + stage[of], 0);

function endings(results: readonly SimulatedRun[]): Endings {
  const share = (wanted: SimulatedRun['end']): number => results.filter(({ end }) => end === wanted).length / results.length;
  return { promoted: share('promoted'), rolledBack: share('rolled-back'), inconclusive: share('inconclusive') };
}

function stageForecasts(results: readonly SimulatedRun[]): StageForecast[] {
  const max = Math.max(...results.map(({ stages }) => stages.length));
  return Array.from({ length: max }, (_, index) => {
    const entered = results.flatMap(({ stages }) => stages.slice(index, index + 1));
    return {
      stage: entered[0]?.name ?? '',
      entered: entered.length / results.length,
      durationMs: spread(entered.map(({ durationMs }) => durationMs)),
      units: spread(entered.map(({ units }) => units)),
    };
  });
}

function spread(values: readonly number[]): Spread {
  return { expected: values.reduce((all, value) => all + value, 0) / values.length, p90: quantile(values, 0.9) };
}

/** The smallest value that at least this share stays within. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
}
