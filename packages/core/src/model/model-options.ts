import type { GuardLists } from '../guards/guard.ts';
import type { Monitor } from '../monitors/monitor.ts';
import type { RolloutOptions } from '../rollout/rollout-options.ts';
import type { AsyncComparator } from '../routing/comparators.ts';
import type { UnitHash } from '../routing/unit-hash.ts';
import type {
  Allocation,
  AssignUnit,
  Classify,
  ContractReads,
  FilteredEntry,
  InOf,
  MaybePromise,
  OutOf,
  Policy,
  Predictor,
  Schema,
  Tier,
} from '../types/index.ts';
import type { Prices } from '../usage/index.ts';
import type { TruthOf } from './contract.ts';
import type { StreamOptions, VariantStreamOptions } from './stream-contract.ts';

/** What a call may do to the world: `once` is never retried and never shadowed; `idempotent` may be repeated. */
export type Effects = 'none' | 'idempotent' | 'once';

/** A named, versioned predictor of a model. */
export interface VariantOptions<I, R> {
  readonly predictor: Predictor<I, R>;
  readonly version: string;
  /** Policies of this variant. They win over the model's and the runtime's policies of the same kind. */
  readonly policies?: readonly Policy[];
  /** @defaultValue 'none' */
  readonly effects?: Effects;
  /** Limits of its streams, in place of the model's, and whether it goes on after a break. */
  readonly stream?: VariantStreamOptions;
}

export interface ShadowOptions<I, O> {
  /** Share of units that are also given to this variant, 0–1. @defaultValue 1 */
  readonly sampleRate?: number;
  /** Compares the served output with the shadow's, at once or later. @defaultValue by the contract's target, else deep equality */
  readonly compare?: AsyncComparator<O, I>;
  /** Shadows of this variant that run at once. @defaultValue 10 */
  readonly concurrency?: number;
  /** Shadows that may wait. Any more are dropped and counted. @defaultValue 1000 */
  readonly maxQueue?: number;
  /** Longest time of one shadow, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Shadows started in a minute, at most. @defaultValue 6000 */
  readonly maxPerMinute?: number;
  /** Must be true for a variant whose effects are `idempotent`: a shadow really calls it. @defaultValue false */
  readonly allowEffects?: boolean;
}

export interface OutcomeOptions {
  /** Time after a decision in which its outcome counts, in milliseconds. A later outcome is `late`. @defaultValue 7776000000 (90 days) */
  readonly windowMs?: number;
  /** Most decisions that wait for their outcomes in this process, for the monitors. Each takes some 150 bytes. @defaultValue 10000 */
  readonly remembered?: number;
  /**
   * Keeps in the runtime's store what monitors and gates need of a decision to score its outcome, so that it may be recorded in any
   * process, for as long as `windowMs`: tier, variant, prediction and segments (some 200 bytes a decision). A gate that
   * asks for truths needs input and output: they are stored too. Ten decisions a second are 25 GB in 90 days: set `windowMs`.
   *
   * @defaultValue false
   */
  readonly sharing?: boolean;
}

/** The behaviour of a model. `V` are the names of its variants. */
export interface ModelOptions<I, O, Raw, R, V extends string, T, K extends string> {
  readonly variants: Readonly<Record<V, VariantOptions<I, R>>>;
  /** The variant that serves by default. */
  readonly champion: NoInfer<V>;
  /** Tried in this order after the assigned variant; a string names another variant. `only()` and `except()` say for which failures. @defaultValue none */
  readonly fallback?: readonly (NoInfer<V> | Tier<I, Raw> | FilteredEntry<NoInfer<V> | Tier<I, Raw>>)[];
  /** Policies of this model. They win over the runtime's policies of the same kind. */
  readonly policies?: readonly Policy[];
  /** Shares of traffic by challenger, 0–1; the champion takes the rest. A unit keeps its variant while shares grow. */
  readonly split?: { readonly [P in NoInfer<V>]?: number };
  /** Variants that run beside the served one; their outputs are compared and never returned. */
  readonly shadow?: { readonly [P in NoInfer<V>]?: ShadowOptions<I, O> };
  /** Brings a challenger to the champion's place on evidence, through shadow and canary stages, or rolls it back. */
  readonly rollout?: RolloutOptions<I, O, T, NoInfer<V>, K>;
  /** Checks of texts before and after the model, such as `pii()`, from `@understudy/core/guards`. @defaultValue none */
  readonly guards?: GuardLists<ContractReads<I, O, T, K>>;
  /** Monitors that watch the stream of decisions and outcomes, and act: `drift()`, `liveMetric()`, `fairness()`, … @defaultValue none */
  readonly monitors?: readonly Monitor<ContractReads<I, O, T, K>>[];
  /** Changes the shares of the split while it learns who does best: `thompson()`. Its arms are the champion and the challengers of `split`. */
  readonly allocation?: Allocation<K>;
  /** Assigns units in place of our own hash, such as by a feature flag. Its assignments are no evidence for a rollout. */
  readonly assign?: AssignUnit;
  /** How units are hashed. Take the hash of another system to keep its units where they are. @defaultValue 'understudy' */
  readonly hash?: UnitHash;
  /** The result class of an error that a predictor threw. Return `undefined` for the default. */
  readonly classify?: Classify;
  /** Limits of streams, and what happens to one that breaks, where the contract has chunks. */
  readonly stream?: StreamOptions;
  /**
   * How long a call may take in all, in milliseconds; `Infinity` for no limit. A call may set its own `deadlineMs`, shorter or longer.
   * @defaultValue 10000; 120000 where the contract has `stream`
   */
  readonly deadlineMs?: number;
  /**
   * The longest wait that an endpoint may ask for by `Retry-After`, in milliseconds. `control.resume()` and a circuit's `release()` end
   * such a wait.
   * @defaultValue 60000
   */
  readonly maxThrottleMs?: number;
  readonly outcomes?: OutcomeOptions;
  /**
   * What tokens cost, by the name of the model that answered (`call.report({ model })`, else the name of the variant). They win over the
   * runtime's prices of the same names. A model without a price is told by `status().unpriced`.
   */
  readonly prices?: Prices;
  /** Where cases for the training of its next version are, or the command that writes them: the event `retrain-requested` carries it to whoever trains. No secrets. @defaultValue none */
  readonly trainingData?: string;
  /** Replaces a model of the same name in the runtime. @defaultValue false */
  readonly replace?: boolean;
}

/** What a variant's predictor returns: the raw output, before its contract. */
export type Returns<O extends Schema, C = never> = MaybePromise<InOf<O> | ([C] extends [never] ? never : AsyncIterable<C>)>;

export type OptionsOf<
  I extends Schema,
  O extends Schema,
  V extends string,
  T extends Schema,
  K extends string,
  C = never,
> = ModelOptions<OutOf<I>, OutOf<O>, InOf<O>, Returns<O, C>, V, TruthOf<O, T>, K>;
