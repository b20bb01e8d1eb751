import type { ModelControl } from '../control/model-control.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import { ownValue } from '../errors/index.ts';
import type { DecisionIds } from '../routing/decision-id.ts';
import type { ShadowResult } from '../routing/shadow-job.ts';
import type { StateStore, TierKind } from '../types/index.ts';
import type { Clock, WallTime } from '../time/index.ts';
import { type AssignedCall, CACHED, callFact } from './call-fact.ts';
import { ManagedRollout } from './managed-rollout.ts';
import type { RolloutPlan } from './rollout-options.ts';
import type { RolloutTransitionsDependencies } from './rollout-transitions.ts';
import { stampedBy } from './stamped-by.ts';

/** A model, as far as its rollout needs it. */
export interface RolloutModel {
  readonly contract: {
    readonly name: string;
    readonly kpis?: Readonly<Record<string, { readonly better: 'higher' | 'lower' }>>;
  };
  readonly options: { readonly champion: string };
  readonly router: { variant(name: string): { readonly hash: number; readonly version: string } };
  readonly control: ModelControl;
  readonly ids: Pick<DecisionIds, 'unitHash' | 'unitWord'>;
  readonly wallTime: WallTime;
  readonly events: { readonly rolloutChanged: RolloutTransitionsDependencies['changed'] };
  readonly dependencies: {
    readonly store: StateStore;
    readonly clock: Clock;
    readonly words: { word(): number };
    readonly refreshMs: number;
  };
  /** How long outcomes are waited for, in milliseconds. */
  readonly windowMs: number;
  /** Keeps decisions for the other processes too. */
  readonly sharing: SharedDecisions | undefined;
}

/** What a rollout makes of the calls of its model. */
export class RolloutObserver {
  readonly rollout: ManagedRollout;
  readonly #ids: RolloutModel['ids'];
  readonly #wallTime: WallTime;
  readonly #unitHash = (unit: string): string => this.#ids.unitHash(unit);

  constructor(
    { contract, options, router, control, ids, wallTime, events, dependencies, windowMs, sharing }: RolloutModel,
    plan: RolloutPlan,
  ) {
    this.#ids = ids;
    this.#wallTime = wallTime;
    const challenger = router.variant(plan.challenger);
    this.rollout = new ManagedRollout({
      model: contract.name,
      plan,
      champion: options.champion,
      championHash: router.variant(options.champion).hash,
      challengerHash: challenger.hash,
      challengerVersion: challenger.version,
      control,
      store: dependencies.store,
      clock: stampedBy(control, dependencies.clock),
      word: () => dependencies.words.word(),
      everyMs: dependencies.refreshMs,
      better: (kpi) => ownValue(contract.kpis, kpi)?.better ?? 'higher',
      sharing,
      outcomeMs: windowMs,
      changed: events.rolloutChanged,
    });
  }

  /** A call begins: the first one of a unit in a stage is the one that counts. */
  began(call: AssignedCall): void {
    const { unit, plan, control } = call;
    const { cell } = plan.assignment;
    if (cell === undefined || unit === '' || !control.known) return;
    call.entry = this.rollout.enter(cell, unit, this.#ids.unitWord(unit), this.#unitHash);
  }

  /** A call has ended. @param tier of the first step, where that one served */
  ended(call: AssignedCall, id: string, output: unknown, tier: TierKind | undefined, now: number): void {
    const { unit, entry, plan, control } = call;
    const { cell } = plan.assignment;
    if (cell === undefined || !control.known || (unit !== '' && entry === undefined)) return;
    const fact = tier === 'cache' ? CACHED : callFact(call, output, tier !== undefined, now);
    if (fact === undefined) return;
    const { rollout } = this;
    const isScored = tier === 'model' && rollout.wantsOutcomes;
    const served = isScored ? { id, at: Math.floor(this.#wallTime.at(call.startedAt)) } : undefined;
    if (isScored && rollout.wantsTruth) rollout.remember(id, call.input, output);
    if (entry === undefined) rollout.decided(cell, fact, served);
    else rollout.ended(entry, fact, served);
  }

  /** The challenger's shadow was compared with what the champion served. */
  paired({ agrees, decisionId: id, unit, input, served, output: shadow }: ShadowResult): void {
    if (agrees !== null) this.rollout.paired({ id, unitHash: this.#ids.unitHash(unit), input, served, shadow, agrees });
  }
}
