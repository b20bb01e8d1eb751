import { RolloutAssigner } from '../../../src/routing/rollout-assigner.ts';
import type { EventCounts } from '../../../src/statistics/event-counts.ts';
import { logHarmE } from '../../../src/statistics/event-race.ts';
import { drawBeta } from '../../../src/statistics/random-variates.ts';
import { NaiveProportions } from './naive-z.ts';
import type { Alarms, Scenario } from './scenario.ts';

const LIMIT = Math.log(20);
const UNITS = 3000;
const VISITS = 6000;
const WEIGHTS = [100, 500, 1000, 2500, 5000];

/**
 * Units that come again and again, each with a bad rate of its own: a Beta(1, 19), 5 % on average. The challenger multiplies each by
 * `ratio`. Assigned by the real assigner; a unit counts at its first visit in a stage, and only where it was left to chance.
 */
function persistent(ratio: number, pausedStage: number | undefined): (random: () => number) => Alarms {
  return (random) => {
    const rates = Array.from({ length: UNITS }, () => drawBeta(1, 19, random));
    const id = `run ${random()}`;
    const cells: { probability: number; champion: number; challenger: number }[] = [];
    const z = new NaiveProportions();
    let [ours, naive]: [number | null, number | null] = [null, null];
    let visits = 0;
    for (const [index, weight] of WEIGHTS.entries()) {
      const reached = WEIGHTS[index - 1] ?? 0;
      const names = { id, model: 'm', champion: 'a', challenger: 'b', hash: 'understudy' } as const;
      const assigner = new RolloutAssigner({ ...names, stage: index + 1, weight, reached, share: 1 });
      const assigned = new Map<number, ReturnType<RolloutAssigner['assign']>>();
      const cell = { probability: (weight - reached) / (10_000 - reached), champion: 0, challenger: 0 };
      cells.push(cell);
      for (let visit = 0; visit < VISITS; visit++) {
        visits++;
        const unit = Math.floor(random() * UNITS);
        const rate = rates[unit] ?? 0;
        // In the middle third of this stage the challenger is switched off: everybody gets the champion, nobody counts.
        if (index === pausedStage && visit >= VISITS / 3 && visit < (2 * VISITS) / 3) {
          z.add(false, random() < rate);
          continue;
        }
        const known = assigned.get(unit);
        const assignment = known ?? assigner.assign(`user-${unit}`, random);
        if (known === undefined) assigned.set(unit, assignment);
        const onChallenger = assignment.variant === 'b';
        const bad = random() < (onChallenger ? Math.min(rate * ratio, 1) : rate);
        z.add(onChallenger, bad);
        if (!bad) continue;
        if (naive === null && z.alarms()) naive = visits;
        if (ours === null && known === undefined && assignment.cell !== undefined) {
          if (assignment.cell.onChallenger) cell.challenger++;
          else cell.champion++;
          if (harm(cells)) ours = visits;
        }
        if (ours !== null && naive !== null) return { ours, naive };
      }
    }
    return { ours, naive };
  };
}

const harm = (counts: EventCounts): boolean => logHarmE(counts) >= LIMIT;

const FALSE_ROLL_BACK = { alarm: 'rolled back', claim: 'at most', level: 0.05, runs: 250 } as const;
const STAGES = 'persistent units, 1/5/10/25/50 %, 30,000 visits of 3,000 units';

export const unitScenarios: readonly Scenario[] = [
  { ...FALSE_ROLL_BACK, name: `equal: ${STAGES}`, run: persistent(1, undefined) },
  { ...FALSE_ROLL_BACK, name: `equal: the same, paused and resumed in the 10 % stage`, run: persistent(1, 2) },
  {
    name: `3 times worse: ${STAGES}`,
    alarm: 'rolled back',
    claim: 'at least',
    level: 0.95,
    runs: 100,
    run: persistent(3, undefined),
  },
];
