import { sharedKey } from '../control/shared-keys.ts';
import type { ModelControl } from '../control/model-control.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import type { RunningMonitors } from '../monitors/monitor.ts';
import type { ManagedAllocation } from '../rollout/managed-allocation.ts';
import type { RolloutObserver } from '../rollout/rollout-observer.ts';
import { type DecisionIds, type Exposure, stemKey } from '../routing/decision-id.ts';
import type { ShadowResult } from '../routing/shadow-job.ts';
import type { DecisionFact, TierKind } from '../types/index.ts';
import type { WallTime } from '../time/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import type { VariantRouter } from './variant-router.ts';
import { allocationRunnerOf, monitorsRunnerOf, rolloutRunnerOf, type RolloutPlanOf } from './runners.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import type { Outcome, OutcomeResult } from './model-api.ts';
import type { ModelEvents } from './model-events.ts';
import { outcomePart } from './outcome-part.ts';
import type { Step, Variant } from './plan.ts';
import type { Prediction } from './prediction.ts';

/** What observers of calls are made of. */
export interface CallObserversDependencies {
  readonly contract: AnyContract;
  readonly options: AnyOptions;
  readonly plan: RolloutPlanOf | undefined;
  readonly router: VariantRouter;
  readonly control: ModelControl;
  readonly ids: DecisionIds;
  readonly wallTime: WallTime;
  readonly events: ModelEvents;
  readonly dependencies: ModelDependencies;
  /** How long outcomes are waited for, in milliseconds. */
  readonly windowMs: number;
}

/** All that learn from how the calls of a model end: its rollout, its allocation, its monitors. */
export class CallObservers {
  readonly monitors: RunningMonitors | undefined;
  readonly sharing: SharedDecisions | undefined;
  readonly #rollout: RolloutObserver | undefined;
  readonly #allocation: ManagedAllocation | undefined;
  readonly #ids: DecisionIds;
  readonly #wallTime: WallTime;

  constructor(dependencies: CallObserversDependencies) {
    this.#ids = dependencies.ids;
    this.#wallTime = dependencies.wallTime;
    this.sharing = shareOf(dependencies);
    const sharing = { ...dependencies, sharing: this.sharing };
    const { options, plan } = dependencies;
    const { allocation, monitors = [] } = options;
    if (plan !== undefined) this.#rollout = rolloutRunnerOf(options)?.start(sharing, plan);
    if (allocation !== undefined) this.#allocation = allocationRunnerOf(options)?.start(dependencies, allocation);
    this.monitors = monitorsRunnerOf(options)?.start(monitors, sharing);
  }

  get rollout(): RolloutObserver['rollout'] | undefined {
    return this.#rollout?.rollout;
  }

  /** Called with every call: sees to it that what was learnt is exchanged soon. */
  touch(): void {
    this.rollout?.touch();
    this.#allocation?.touch();
  }

  /** A call begins. */
  began(prediction: Prediction): void {
    this.#rollout?.began(prediction);
  }

  /**
   * A call was served.
   *
   * @param key stands for its id
   * @param first whether its first step served it
   */
  served(prediction: Prediction, id: string, key: number, step: Step, first: boolean, output: unknown, now: number): void {
    this.#ended(prediction, id, first ? step.tier : undefined, output, now);
    if (this.monitors !== undefined) this.#observe(prediction, id, key, output, step, now);
  }

  /** Nothing could serve a call. */
  failed(prediction: Prediction, id: string, now: number): void {
    this.#ended(prediction, id, undefined, undefined, now);
    if (this.monitors !== undefined) this.#observe(prediction, id, stemKey(id), undefined, undefined, now);
  }

  /** An input broke its contract. @param at milliseconds since the Unix epoch */
  invalidInput(paths: readonly string[], at: number): void {
    this.monitors?.invalidInput(paths, at);
  }

  /** An outcome was recorded. Resolves when its decision was looked for: false where nothing can score it. @param at milliseconds since the Unix epoch */
  async outcome(
    id: string,
    outcome: Outcome<unknown, unknown, unknown, string>,
    result: OutcomeResult,
    exposure: Exposure | undefined,
    at: number,
  ): Promise<boolean> {
    if (result !== 'counted') return true;
    let evidence: Promise<void> | undefined;
    // Anybody could make an id without a key: its outcome is told, and decides nothing.
    if (exposure?.keyed === true) {
      const truth = 'truth' in outcome ? { truth: { value: outcome.truth }, decision: outcome.decision } : {};
      const kpi = 'kpi' in outcome ? { kpi: outcome.kpi } : {};
      evidence = this.rollout?.outcome({ id, exposure, at, ...truth, ...kpi });
      if ('kpi' in outcome) this.#allocation?.outcome(id, exposure, outcome.kpi);
    }
    const scored = (await this.monitors?.outcome(id, stemKey(id), outcomePart(outcome, at))) ?? true;
    await evidence;
    return scored || evidence !== undefined;
  }

  /** The challenger's shadow was compared with what the champion served. */
  paired(result: ShadowResult): void {
    this.#rollout?.paired(result);
  }

  /** What a paused model would have answered. @param probability with which it was asked */
  sampled({ decisionId: id, input, output, durationMs }: ShadowResult, champion: Variant, probability: number, at: number): void {
    const { name: servedBy, version } = champion;
    const fact = { id, input, output, tier: 'model', servedBy, version, durationMs, at, probability, sampled: true } as const;
    this.monitors?.observe(fact, stemKey(id));
  }

  async load(): Promise<void> {
    await this.rollout?.sync();
    await this.monitors?.sync();
  }

  async close(): Promise<void> {
    await this.rollout?.close();
    await this.#allocation?.close();
    await this.monitors?.close();
    await this.sharing?.close();
  }

  #observe(
    { input, owned, startedAt, usage, firstContentMs }: Prediction,
    id: string,
    key: number,
    output: unknown,
    step: Step | undefined,
    now: number,
  ): void {
    const fact: DecisionFact = {
      id,
      input,
      output,
      tier: step?.tier ?? 'none',
      servedBy: step?.name ?? '',
      version: step?.servedBy.version ?? '',
      durationMs: now - startedAt,
      usage,
      firstContentMs,
      at: Math.floor(this.#wallTime.at(now)),
      probability: 1,
      owned,
    };
    this.monitors?.observe(fact, key);
  }

  /** @param tier of the first step, where that one served */
  #ended(prediction: Prediction, id: string, tier: TierKind | undefined, output: unknown, now: number): void {
    const { reason: by, variant } = prediction.plan.assignment;
    if (by === 'split') this.#allocation?.decided(variant, tier !== undefined, this.#ids.unitHash(prediction.unit));
    this.#rollout?.ended(prediction, id, output, tier, now);
  }
}

/** What keeps decisions for other processes comes with whatever learns from them. */
function shareOf({ contract, options, dependencies, windowMs: keepMs }: CallObserversDependencies): SharedDecisions | undefined {
  if (options.outcomes?.sharing !== true) return undefined;
  const runner = rolloutRunnerOf(options) ?? allocationRunnerOf(options) ?? monitorsRunnerOf(options);
  const Sharing = runner?.SharedDecisions;
  if (Sharing === undefined) return undefined;
  const { store, clock, refreshMs: everyMs } = dependencies;
  return new Sharing({ store, key: sharedKey(contract.name), clock, everyMs, keepMs });
}
