import { memoryStore } from '../../../src/control/memory-store.ts';
import { ModelControl } from '../../../src/control/model-control.ts';
import type { RolloutCell } from '../../../src/routing/assignment.ts';
import type { Exposure } from '../../../src/routing/decision-id.ts';
import { RolloutAssigner } from '../../../src/routing/rollout-assigner.ts';
import { murmur3 } from '../../../src/statistics/sketches/murmur3.ts';
import type { CallFact } from '../../../src/types/index.ts';
import type { Clock } from '../../../src/time/index.ts';
import { ManagedRollout } from '../../../src/rollout/managed-rollout.ts';
import { type AnyGate, rolloutPlan } from '../../../src/rollout/rollout-options.ts';
import type { RolloutStatus } from '../../../src/rollout/rollout-status.ts';

const [CHAMPION, CHALLENGER] = [1, 2];
const PAIR = 'b@2 over a@1';

export interface FleetSetting {
  readonly gates: readonly AnyGate[];
  readonly processes: number;
  /** The challenger's share in the only canary stage, in percent. */
  readonly percent: number;
  readonly better?: 'higher' | 'lower';
  /** Evidence is exchanged this often, in milliseconds. */
  readonly everyMs: number;
}

export interface FleetDecision {
  readonly id: string;
  readonly exposure: Exposure;
}

/** Several processes of one rollout on one store, in its only canary stage, on a clock that stands until it is set. */
export class Fleet {
  /** Milliseconds since the Unix epoch. */
  now = 0;
  readonly #processes: ManagedRollout[] = [];
  readonly #random: () => number;
  readonly #assigner: RolloutAssigner;

  private constructor(random: () => number, percent: number) {
    this.#random = random;
    const names = { id: `${PAIR} #1`, champion: 'a', challenger: 'b', hash: 'understudy' } as const;
    // Another draw in each run.
    const model = `m${random()}`;
    this.#assigner = new RolloutAssigner({ ...names, model, stage: 1, weight: percent * 100, reached: 0, share: 1 });
  }

  static async start(
    { gates, processes, percent, better = 'higher', everyMs }: FleetSetting,
    random: () => number,
  ): Promise<Fleet> {
    const fleet = new Fleet(random, percent);
    const store = memoryStore({ acceptLoss: true });
    const clock: Clock = { now: () => fleet.now, wall: () => fleet.now, schedule: () => undefined, cancel: () => undefined };
    const word = (): number => Math.floor(random() * 2 ** 32);
    for (let index = 0; index < processes; index++) {
      const control = new ModelControl({
        model: 'm',
        variants: ['a', 'b'],
        champion: 'a',
        store,
        clock,
        authorize: undefined,
        changed: () => undefined,
        commandRollout: (state) => state ?? raise(),
        refreshMs: 1000,
      });
      const options = { challenger: 'b', gates, canaryShares: [percent / 100], bakeMs: 0, maxBakeMs: 1e12 };
      const rollout = new ManagedRollout({
        model: 'm',
        plan: rolloutPlan(options, PAIR),
        champion: 'a',
        championHash: CHAMPION,
        challengerHash: CHALLENGER,
        challengerVersion: '2',
        control,
        store,
        clock,
        word,
        everyMs,
        better: () => better,
        sharing: undefined,
        outcomeMs: 1e10,
        changed: () => undefined,
      });
      fleet.#processes.push(rollout);
    }
    await fleet.look();
    await fleet.look();
    return fleet;
  }

  onChallenger(unit: string): boolean {
    return this.#cell(unit).onChallenger;
  }

  /** A call of a unit begins in one process; what ends it returns its decision. */
  call(process: number, unit: string): (fact?: Partial<CallFact>) => FleetDecision {
    const [rollout, at, cell] = [this.#processes[process] ?? raise(), this.now, this.#cell(unit)];
    const word = murmur3(unit);
    const unitHash = (word >>> 0).toString(16).padStart(10, '0');
    const entry = rollout.enter(cell, unit, word, () => unitHash);
    const arm = cell.onChallenger ? CHALLENGER : CHAMPION;
    return (fact = {}) => {
      const id = `${this.#random()}/${unit}`;
      const whole = { input: 0, output: 0, failed: false, durationMs: this.now - at, ...fact };
      if (entry !== undefined) rollout.ended(entry, whole, { id, at });
      const { probability } = cell;
      const hashes = { modelHash: 0, assignedHash: arm, servedHash: arm, unitHash };
      return { id, exposure: { ...hashes, at, tier: 'model', stage: 1, atRisk: true, probability, keyed: true } };
    };
  }

  outcome(process: number, decision: FleetDecision, kpi: Readonly<Record<string, number>>): void {
    void this.#processes[process]?.outcome({ ...decision, at: this.now, kpi });
  }

  /** Every process exchanges what it knows and judges; what the last one says. */
  async look(): Promise<RolloutStatus | undefined> {
    for (const process of this.#processes) await process.sync();
    return this.#processes.at(-1)?.status();
  }

  #cell(unit: string): RolloutCell {
    const { cell } = this.#assigner.assign(unit, this.#random);
    return cell ?? raise();
  }
}

function raise(): never {
  throw new Error('there is no such process, or unit');
}

/** What happens when: `[milliseconds, action]`. */
export type Happening = readonly [at: number, happens: () => unknown];

/** Lets things happen in their order, looking again and again: when a status was `seen`, in milliseconds; `null` where none was. */
export async function play(
  fleet: Fleet,
  happenings: readonly Happening[],
  everyMs: number,
  seen: (status: RolloutStatus) => boolean,
): Promise<number | null> {
  const all = happenings.toSorted(([a], [b]) => a - b);
  const until = (all.at(-1)?.[0] ?? 0) + everyMs;
  let next = 0;
  for (let look = everyMs; look <= until; look += everyMs) {
    for (let now = all[next]; now !== undefined && now[0] <= look; now = all[++next]) {
      fleet.now = now[0];
      now[1]();
    }
    fleet.now = look;
    const status = await fleet.look();
    if (status !== undefined && seen(status)) return look;
  }
  return null;
}
