import type { RolloutState } from '../control/rollout-state.ts';
import { RolloutAssigner } from '../routing/rollout-assigner.ts';
import { EvidenceBook, type NamedMeasure } from './evidence-book.ts';
import { judge } from './judge.ts';
import { describeState, draft, enter, nextStep } from './lifecycle.ts';
import { gateRules, mergeEvidence } from './merged-evidence.ts';
import type { Simulation } from './plan-options.ts';
import type { ValueSource } from './planned-gate.ts';

/** The time and the units that a rollout spent in one stage. */
export interface SimulatedStage {
  /** As the status names it: `shadow`, `canary 5 %`. */
  readonly name: string;
  readonly durationMs: number;
  /** Units that arrived. */
  readonly units: number;
}

export interface SimulatedRun {
  readonly end: 'promoted' | 'rolled-back' | 'inconclusive';
  readonly stages: readonly SimulatedStage[];
}

/** Looks grow apart with the rollout: by 5 %, so that a duration is at most that much too long, and at least by so many units. */
const GROWTH = 1.05;
const MIN_STEP = 50;
const HOUR = 3_600_000;

/** One gate in one phase. */
interface Counting extends NamedMeasure {
  readonly draw: ValueSource['draw'];
  readonly figures: readonly [champion: number, challenger: number];
  readonly labelDelayMs: number;
}

/**
 * One rollout on a virtual clock that starts at 0: through the real gates, tallies, judge and lifecycle, with values that are drawn.
 * It ends when the challenger is promoted or rolled back, or a stage is inconclusive.
 *
 * @param challenger the true figure of each gate on the challenger, in the order of the sources
 */
export function simulateRollout(
  { plan, sources, traffic, shadowRate }: Simulation,
  challenger: readonly number[],
  random: () => number,
): SimulatedRun {
  const arrivals = new Arrivals(traffic, random);
  const msPerUnit = HOUR / traffic.unitsPerHour;
  const directions = new Map(
    sources.flatMap(({ gate: { canary }, better }) =>
      canary?.source.kind === 'kpi' ? [[canary.source.kpi, better] as const] : [],
    ),
  );
  const better = (kpi: string): 'higher' | 'lower' => directions.get(kpi) ?? 'higher';
  const rules = gateRules(
    sources.map(({ gate }) => gate),
    better,
  );
  const book = new EvidenceBook();
  const stages: SimulatedStage[] = [];
  let state = enter(plan, draft(plan.pair, 1, 0, 'plan', ''), 0, 'plan', '', '');
  let arrived = 0;
  const later: { readonly comes: number; readonly count: () => void }[] = [];
  /** Labels that have come. */
  let told = 0;
  for (;;) {
    const before = arrived;
    const number = state.phase === 'shadow' ? 0 : state.stages.length;
    const countings = countingsOf(state, sources, challenger);
    const assigner = state.phase === 'shadow' ? undefined : assignerOf(state);
    const stage = book.stage(number);
    let next: RolloutState | undefined;
    while (next === undefined) {
      const until = nextLook(arrived, [state.enteredAt + plan.bakeMs, state.enteredAt + plan.maxBakeMs], msPerUnit);
      for (; arrived < until; arrived++) {
        const place = arrivals.next(number);
        if (place === undefined || (assigner === undefined && random() >= shadowRate)) continue;
        const cell = assigner?.assign('', () => place).cell;
        if (assigner !== undefined && cell === undefined) continue;
        const { onChallenger, probability } = cell ?? { onChallenger: false, probability: 0.5 };
        stage.unit(onChallenger);
        const isWorse = onChallenger || assigner === undefined ? 1 : 0;
        for (const counting of countings) {
          const { draw, figures, labelDelayMs } = counting;
          const [value, at, entry] = [draw(figures[isWorse], random), (arrived + 1) * msPerUnit, stage.entry(counting)];
          // What comes later than its window never counts; the plan refuses it.
          if (labelDelayMs === 0) entry.add(value, onChallenger, probability, at);
          else later.push({ comes: at + labelDelayMs, count: () => entry.add(value, onChallenger, probability, at) });
        }
      }
      const now = arrived * msPerUnit;
      for (let label = later[told]; label !== undefined && label.comes <= now; label = later[++told]) label.count();
      for (const { gate } of countings) book.seen(gate, now);
      const evidence = mergeEvidence([{ instance: 'plan', sequence: arrived, counters: book.counters(now) }], rules, now);
      next = nextStep(plan, state, judge(plan, state, evidence, new Map(), rules, now), undefined, now).state;
    }
    const now = arrived * msPerUnit;
    stages.push({ name: describeState(state), durationMs: now - state.enteredAt, units: arrived - before });
    if (next.phase === 'rolled-back') return { end: 'rolled-back', stages };
    if (next.inconclusive) return { end: 'inconclusive', stages };
    if (next.phase === 'champion') return { end: 'promoted', stages };
    state = next;
  }
}

function countingsOf({ phase }: RolloutState, sources: readonly ValueSource[], challenger: readonly number[]): Counting[] {
  return sources.flatMap(({ gate, better, figure, draw, drawPair, labelDelayMs }, index) => {
    const measure = phase === 'shadow' ? gate.shadow : gate.canary;
    if (measure === undefined) return [];
    const figures = [figure, challenger[index] ?? figure] as const;
    return [
      {
        gate: gate.name,
        measure,
        better,
        draw: phase === 'shadow' ? drawPair : draw,
        figures,
        maturityMs: gate.maturityMs ?? 0,
        labelDelayMs,
      },
    ];
  });
}

function assignerOf({ id, stages }: RolloutState): RolloutAssigner {
  const { weight, reached } = stages.at(-1) ?? { weight: 0, reached: 0 };
  const names = { id, model: 'plan', champion: 'champion', challenger: 'challenger', hash: 'understudy' } as const;
  return new RolloutAssigner({ ...names, stage: stages.length, weight, reached, share: 1 });
}

/** The number of arrived units at which the evidence is judged next: not beyond a moment that the lifecycle waits for. */
function nextLook(arrived: number, moments: readonly number[], msPerUnit: number): number {
  const step = Math.max(arrived + MIN_STEP, Math.ceil(arrived * GROWTH));
  const due = moments.map((moment) => Math.ceil(moment / msPerUnit)).filter((units) => units > arrived);
  return Math.min(step, ...due);
}

/** Units as they come: new ones, and some that have been seen before. */
class Arrivals {
  readonly #returning: number;
  readonly #population: number;
  readonly #random: () => number;
  /** The place of each unit in [0, 1), and one more than the stage that it was seen in last. */
  readonly #places: number[] = [];
  readonly #seen: number[] = [];

  constructor({ returning, population }: Simulation['traffic'], random: () => number) {
    this.#returning = returning;
    this.#population = population;
    this.#random = random;
  }

  /** The place of the next unit, or `undefined` where it has been seen in this stage. */
  next(stage: number): number | undefined {
    const random = this.#random;
    const place = random();
    const isEndless = this.#population === Infinity;
    if (isEndless && this.#returning === 0) return place;
    // The next unit of a population is as likely any of those that have been seen as any of the others.
    const returning = isEndless ? this.#returning : this.#places.length / this.#population;
    if (this.#places.length === 0 || random() >= returning) {
      this.#places.push(place);
      this.#seen.push(stage + 1);
      return place;
    }
    const unit = Math.floor(place * this.#places.length);
    if (this.#seen[unit] === stage + 1) return undefined;
    this.#seen[unit] = stage + 1;
    return this.#places[unit];
  }
}
