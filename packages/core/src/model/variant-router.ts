import type { AllocatedShares } from '../control/control-document.ts';
import type { ControlSnapshot } from '../control/control-snapshot.ts';
import { liveWeight, type RolloutState } from '../control/rollout-state.ts';
import { ownValue, UnderstudyError } from '../errors/index.ts';
import { SharedState } from '../policies/compose.ts';
import { Executor, MAX_THROTTLE_MS } from '../policies/executor.ts';
import type { MakeReuse } from '../policies/reuse.ts';
import type { Stoppable } from '../policies/flight.ts';
import type { Verdict } from '../contract/validate.ts';
import { instantiate, mergePolicies } from '../policies/merge.ts';
import { copyOf } from '../policies/copy-of.ts';
import { Assigner, type Assignment, plainAssignment } from '../routing/assignment.ts';
import { type BucketRange, rangesInTurn, TOTAL_WEIGHT } from '../routing/bucketing.ts';
import type { RolloutAssigner } from '../routing/rollout-assigner.ts';
import type { UnitHash } from '../routing/unit-hash.ts';
import type { RolloutRunner } from '../rollout/rollout-runner.ts';
import type { AdapterPredictor, PolicyChange } from '../types/index.ts';
import type { AnyOptions } from './any-definition.ts';
import { rolloutRunnerOf, rolloutPair } from './runners.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import { ModelCosts } from './model-costs.ts';
import {
  askVariant,
  type ExposureOf,
  type FallbackTier,
  type FixedTier,
  isFiltered,
  makePlan,
  type Plan,
  type Variant,
  variantHash,
} from './plan.ts';

/** Who is told of what happens to variants beside their calls. */
export interface VariantRouterListener {
  /** A policy of a variant changed its state. */
  changed(variant: string, change: PolicyChange): void;
  /** A function of the user's own failed. */
  failed(callback: string, error: unknown): void;
  /** The checked output, or a promise of it; throws what is wrong. @param call is told where no other model may be asked */
  accept(output: unknown, from: string, call: Stoppable): unknown;
  /** What the output contract says. */
  check(output: unknown): Verdict | Promise<Verdict>;
}

/** Makes a predictor answer whole, where a contract has chunks. */
export type Adapt = (predictor: AdapterPredictor) => AdapterPredictor;

/** The variants and fallback tiers of a model, and which of them serve a call. */
export class VariantRouter {
  readonly variants: ReadonlyMap<string, Variant>;
  readonly fallback: readonly FallbackTier[];
  readonly champion: string;
  readonly #model: string;
  readonly #random: () => number;
  readonly #declared: readonly BucketRange[];
  #ranges: readonly BucketRange[];
  #assigner: Assigner;
  /** Shares that the assigner was made of; `null`: as declared. */
  #allocated: AllocatedShares | null = null;
  readonly #allocates: boolean;
  readonly #exposureOf: ExposureOf;
  readonly #plans = new Map<Assignment, Plan>();
  readonly #certain = new Map<string, Assignment>();
  readonly #given = new Map<string, Plan>();
  #rolloutState: RolloutState | null = null;
  #rollout: RolloutAssigner | undefined;
  /** Its rollout's challenger and pair, as this release declares them. */
  readonly #challenger: string | undefined;
  readonly #pair: string | undefined;
  /** Comes with its gates. */
  readonly #runner: RolloutRunner | undefined;
  readonly #hash: UnitHash;
  readonly #closings: (() => void)[] = [];
  readonly #costs: ModelCosts | undefined;

  constructor(
    model: string,
    options: AnyOptions,
    ranges: readonly BucketRange[],
    dependencies: ModelDependencies,
    exposureOf: ExposureOf,
    listener: VariantRouterListener,
    adapt: Adapt = (predictor) => predictor,
  ) {
    this.#model = model;
    this.champion = options.champion;
    this.#random = dependencies.random;
    this.#declared = ranges;
    this.#ranges = ranges;
    this.#allocates = options.allocation !== undefined;
    this.#exposureOf = exposureOf;
    this.#assigner = new Assigner(model, options.champion, ranges, options.hash);
    const { clock, prices } = dependencies;
    const isPriced = prices !== undefined || options.prices !== undefined;
    this.#costs = isPriced ? new ModelCosts({ ...prices, ...copyOf(options.prices) }, clock) : undefined;
    this.variants = makeVariants(model, options, dependencies, listener, adapt, this.#closings, this.#costs);
    this.#challenger = options.rollout?.challenger;
    this.#pair = rolloutPair(options);
    this.#runner = rolloutRunnerOf(options);
    this.#hash = options.hash ?? 'understudy';
    this.fallback = (options.fallback ?? []).map((entry) => {
      const [tier, serves] = isFiltered(entry) ? [entry.entry, entry.serves] : [entry, undefined];
      return { tier: typeof tier === 'string' ? this.variant(tier) : fixedTier(tier), serves };
    });
  }

  /** Models that answered and have no price. */
  get unpriced(): readonly string[] {
    return this.#costs?.unpriced ?? [];
  }

  /** Ends the waits that endpoints asked for. */
  liftThrottles(): void {
    for (const { executor } of this.variants.values()) executor.liftThrottle();
  }

  /** Leaves what the variants share with other models. */
  close(): void {
    for (const leave of this.#closings.splice(0)) leave();
  }

  /** @throws UnderstudyError `UNKNOWN_VARIANT` */
  variant(name: string): Variant {
    const variant = this.variants.get(name);
    if (variant !== undefined) return variant;
    throw this.unknown(name);
  }

  /** The error for a name that is no variant. */
  unknown(name: string): UnderstudyError {
    const model = this.#model;
    const message = `Model "${model}" has no variant "${name}": it has ${[...this.variants.keys()].join(', ')}.`;
    return new UnderstudyError('UNKNOWN_VARIANT', message, { details: { model, variant: name } });
  }

  /** Fallback tiers that are no variants, in their order. */
  get fixedTiers(): readonly FixedTier[] {
    return this.fallback.flatMap(({ tier }) => ('tier' in tier ? [tier] : []));
  }

  /** The plan of a call: forced, pinned, or assigned by its unit. */
  planFor(unit: string, force: string | undefined, control: ControlSnapshot): Plan {
    const assignment = this.#assign(unit, force, control);
    const known = this.#plans.get(assignment);
    if (known !== undefined) return known;
    // A challenger on trial is rescued by the champion before anything else is.
    const rescue = assignment.reason === 'rollout' ? [{ tier: this.variant(this.champion) }, ...this.fallback] : this.fallback;
    const plan = makePlan(assignment, this.variant(assignment.variant), rescue, this.#exposureOf);
    this.#plans.set(assignment, plan);
    return plan;
  }

  /** What a call of this unit is assigned, without force. */
  assignmentOf(unit: string, control: ControlSnapshot): Assignment {
    return this.#assign(unit, undefined, control);
  }

  /** The plan for a variant that something else than our hash chose. */
  planGiven(variant: string, probability: number): Plan {
    const known = this.#given.get(variant);
    if (known?.assignment.probability === probability) return known;
    const plan = makePlan(
      plainAssignment(variant, probability, 'assign'),
      this.variant(variant),
      this.fallback,
      this.#exposureOf,
    );
    this.#given.set(variant, plan);
    return plan;
  }

  /** The share of traffic that a variant is assigned, 0–1. */
  shareOf(name: string, { document }: ControlSnapshot): number {
    if (document.allocated !== this.#allocated) this.#adoptShares(document.allocated);
    const { rollout } = document;
    const isOurs = rollout !== null && document.champion === this.champion && rollout.pair === this.#pair;
    const moved = isOurs ? liveWeight(rollout) / TOTAL_WEIGHT : 0;
    const left = this.#splitShare(this.champion);
    if (name === this.champion) return left * (1 - moved);
    return name === this.#challenger && isOurs ? left * moved : this.#splitShare(name);
  }

  #splitShare(name: string): number {
    const size = ({ from, to }: BucketRange): number => (to - from) / TOTAL_WEIGHT;
    if (name === this.champion) return this.#ranges.reduce((left, range) => left - size(range), 1);
    const range = this.#ranges.find(({ variant }) => variant === name);
    return range === undefined ? 0 : size(range);
  }

  isChallenger(name: string): boolean {
    return name === this.#challenger || this.#ranges.some(({ variant }) => variant === name);
  }

  /** The name behind a hash of a decision's id. */
  nameOf(hash: number): string {
    for (const variant of this.variants.values()) if (variant.hash === hash) return variant.name;
    for (const fixed of this.fixedTiers) if (fixed.hash === hash) return fixed.tier.name;
    return '(another version)';
  }

  #assign(unit: string, force: string | undefined, { document }: ControlSnapshot): Assignment {
    if (force !== undefined) return this.#for(force, 'force');
    const { pinned, isolated } = document;
    if (pinned !== null && this.variants.has(pinned)) return this.#for(pinned, 'pin');
    if (document.allocated !== this.#allocated) this.#adoptShares(document.allocated);
    const assignment = this.#assigner.assign(unit, this.#random);
    const given = assignment.variant === this.champion ? this.#byRollout(assignment, unit, document) : assignment;
    if (isolated.length === 0 || given.variant === this.champion || !isolated.includes(given.variant)) return given;
    // The units of an isolated challenger go to the champion until it is readmitted.
    return this.#for(this.champion, 'champion');
  }

  /** What the rollout makes of a unit that is the champion's. */
  #byRollout(champion: Assignment, unit: string, document: ControlSnapshot['document']): Assignment {
    const { rollout } = document;
    if (rollout === null || this.#challenger === undefined) return champion;
    if (rollout !== this.#rolloutState) this.#adoptRollout(rollout, document.champion, champion.probability);
    return this.#rollout === undefined ? champion : this.#rollout.assign(unit, this.#random);
  }

  #adoptShares(allocated: AllocatedShares | null): void {
    this.#allocated = allocated;
    if (!this.#allocates) return;
    this.#plans.clear();
    // A variant that this release does not know leaves its share to the champion.
    const shares = this.#declared.map(({ variant }) => [variant, ownValue(allocated?.shares, variant) ?? 0] as const);
    this.#ranges = allocated === null ? this.#declared : rangesInTurn(shares);
    this.#assigner = new Assigner(this.#model, this.champion, this.#ranges, this.#hash);
  }

  #adoptRollout(state: RolloutState, declared: string, share: number): void {
    this.#rolloutState = state;
    this.#plans.clear();
    const weight = liveWeight(state);
    const stage = state.stages.length;
    const isOurs = declared === this.champion && state.pair === this.#pair;
    this.#rollout =
      isOurs && weight > 0 && this.#challenger !== undefined
        ? this.#runner?.assigner({
            id: state.id,
            model: this.#model,
            champion: this.champion,
            challenger: this.#challenger,
            stage,
            weight,
            reached: state.stages.at(-1)?.reached ?? 0,
            share,
            hash: this.#hash,
          })
        : undefined;
  }

  /** One object for each assignment that leaves nothing to chance, so that its plan is found again. */
  #for(variant: string, by: Assignment['reason']): Assignment {
    const key = `${by}/${variant}`;
    const known = this.#certain.get(key);
    if (known !== undefined) return known;
    const assignment = plainAssignment(variant, 1, by);
    this.#certain.set(key, assignment);
    return assignment;
  }
}

function fixedTier(tier: FixedTier['tier']): FixedTier {
  const { kind, name, version } = tier;
  return {
    tier,
    servedBy: Object.freeze({ tier: kind, name, version }),
    hash: variantHash(name, version),
    served: 0,
    abstained: 0,
  };
}

/** Policies by which one request waits for what another one does. */
const ACROSS_REQUESTS: ReadonlySet<string> = new Set(['coalesce', 'microBatch']);

function makeVariants(
  model: string,
  options: AnyOptions,
  dependencies: ModelDependencies,
  listener: VariantRouterListener,
  adapt: Adapt,
  closings: (() => void)[],
  costs: ModelCosts | undefined,
): ReadonlyMap<string, Variant> {
  const ofModel = new SharedState();
  const variants = new Map<string, Variant>();
  for (const [name, { predictor, version, policies, effects = 'none', stream }] of Object.entries(options.variants)) {
    const label = `${model}/${name}`;
    const merged = mergePolicies(dependencies.policies, options.policies, policies);
    const named = dependencies.crossRequest ? merged : merged.filter(({ kind }) => !ACROSS_REQUESTS.has(kind));
    const { slots, custom } = instantiate(named, {
      name: label,
      clock: dependencies.clock,
      random: dependencies.random,
      changed: (change) => listener.changed(name, change),
      onClose: (work) => void closings.push(work),
      shared: (scope, key, create) => (scope === 'model' ? ofModel : dependencies.shared).get(key, create),
      store: dependencies.store,
    });
    const executor = new Executor(label, slots, custom, {
      clock: dependencies.clock,
      timers: dependencies.timers,
      leases: dependencies.backgroundTimers,
      classify: options.classify,
      costOf: costs?.of(name),
      maxThrottleMs: options.maxThrottleMs ?? MAX_THROTTLE_MS,
      fault: (where, error) => listener.failed(where === 'classify' ? where : `policies of ${name}: ${where}`, error),
    });
    const servedBy = Object.freeze({ tier: 'model', variant: name, version } as const);
    const makeReuse = (slots.cache ?? slots.coalesce)?.['~reuse'] as MakeReuse | undefined;
    // A call that has effects must be made.
    const reuse =
      effects === 'once'
        ? undefined
        : makeReuse?.({
            model,
            variant: name,
            version,
            executor,
            cache: slots.cache,
            coalesce: slots.coalesce,
            clock: dependencies.clock,
            timers: dependencies.timers,
            defer: dependencies.defer,
            invoke: (input, attempt) => askVariant(variant, input, attempt),
            accept: (output, call) => listener.accept(output, name, call),
            check: (output) => listener.check(output),
            failed: (callback, error) => listener.failed(callback, error),
          });
    if (reuse !== undefined) closings.push(() => reuse.close());
    const variant: Variant = {
      name,
      version,
      predictor: adapt(predictor),
      effects,
      stream,
      executor,
      circuit: slots.circuitBreaker,
      batch: predictor.predictBatch === undefined ? undefined : slots.microBatch,
      reuse,
      servedBy,
      hash: variantHash(name, version),
      served: 0,
      failures: 0,
    };
    variants.set(name, variant);
  }
  return variants;
}
