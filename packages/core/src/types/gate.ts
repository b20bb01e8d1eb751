import type { Problem } from '../errors/index.ts';
import type { ContractReads } from './reads.ts';
import type { MaybePromise } from './schema.ts';
import type { CallUsage } from './usage.ts';

/** Whether a rollout may go on, must wait, or must end. */
export type GateVerdict = 'proceed' | 'hold' | 'roll-back';

/** What was counted, by name. */
export type Counters = Readonly<Record<string, number>>;

/** What one instance counts. It must not matter how units are spread over instances: what it tells is a summary, no verdict. */
export interface Tally {
  /**
   * Counts one unit.
   *
   * @param value in the gate's unit; 1 or 0 where it counts events
   * @param probability with which the unit went to the challenger; strictly between 0 and 1
   */
  add(value: number, onChallenger: boolean, probability: number): void;
  /** Finite numbers that `merge` puts together over instances, in any order. */
  counters(): Counters;
}

/** What a replay of logged decisions found of a challenger: pairs of its outputs and those that were served, as a shadow stage counts them. Plain JSON. */
export interface ReplayEvidence {
  readonly format: 1;
  readonly model: string;
  /** `challenger@version over champion@version`. */
  readonly pair: string;
  /** When the replay ended, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** By the names under which a rollout counts. */
  readonly counters: Counters;
  /** Stands for the counters. */
  readonly digest: string;
}

/** The merged evidence of one stage, whose units were all assigned with one probability. */
export interface EvidenceCell {
  readonly probability: number;
  readonly counters: Counters;
}

/** What the evidence says so far; every `log` is the natural logarithm of an e-value. */
export interface Proof {
  /** Against "the challenger is not worse". */
  readonly logHarm: number;
  /** Against "the challenger is worse by the margin or more". */
  readonly logProof: number;
  /** Units of either arm that were counted; of pairs, both are their number. */
  readonly champion: number;
  readonly challenger: number;
  /** Observed ratio or difference; `null` while there is nothing to compare. */
  readonly estimate: number | null;
  /** What the estimate may be at worst, valid at all times with probability 1 − α; `null` where none can be said yet. */
  readonly bound: number | null;
  /** What was seen, where there is no estimate: a part of a sentence. */
  readonly shows?: string | undefined;
  /** Why nothing is said yet, where more than units are missing: a part of a sentence, told with the verdict. */
  readonly lacks?: string | undefined;
}

/** A statistical test whose evidence merges. */
export interface EvidenceTest {
  tally(): Tally;
  /** The counters of several instances as if one had counted all. @defaultValue each name is added up */
  merge?(parts: readonly Counters[]): Counters;
  prove(cells: readonly EvidenceCell[], alpha: number): Proof;
}

/** What a gate may learn from a call. */
export interface CallFact {
  readonly input: unknown;
  /** `undefined` when nothing served. */
  readonly output: unknown;
  /** Whether the assigned variant failed to serve. */
  readonly failed: boolean;
  /** How long the whole call took, in milliseconds. */
  readonly durationMs: number;
  /** What all attempts of the call have used, whoever made them; `undefined` where none reported. */
  readonly usage?: CallUsage | undefined;
  /** When the first content of a stream came, in milliseconds after the start of the call; `undefined` where there was none. */
  readonly firstContentMs?: number | undefined;
}

/** A decision, as far as a score needs it. */
export interface ScoredDecision<I, O> {
  readonly id: string;
  readonly input: I;
  readonly output: O;
}

/** What a user's check is told. */
export interface GateContext {
  readonly model: string;
  readonly challenger: string;
  readonly version: string;
  readonly phase: string;
  /** The share of traffic on the challenger, 0–1. */
  readonly share: number;
  /** When this stage began, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly signal: AbortSignal;
}

/** Where the values of a gate come from. */
export type GateSource =
  | { readonly kind: 'call'; readonly measure: (fact: CallFact) => number | undefined }
  | { readonly kind: 'truth'; readonly score: (decision: ScoredDecision<unknown, unknown>, truth: unknown) => number }
  | { readonly kind: 'kpi'; readonly kpi: string }
  | { readonly kind: 'agreement' };

export interface GateMeasure {
  readonly source: GateSource;
  /** Values outside are invalid: they are counted, and hold the rollout when they are many. */
  readonly range?: readonly [min: number, max: number];
  /** `better` is the contract's direction of a KPI; elsewhere it is 'higher'. */
  readonly test: (better: 'higher' | 'lower') => EvidenceTest;
}

/**
 * A statistical condition of a rollout. The built-in ones are `errorRate()`, `slowCalls()`, `quality()`, `agreement()`, `kpi()`,
 * `spend()` and `sampleRatio()`; `gate()` makes one of your own.
 *
 * @typeParam R what it reads of a contract, as {@link ContractReads} names it
 */
export interface Gate<in R> {
  /** Unique in a rollout. */
  readonly name: string;
  /** Its part of alpha against the parts of the other gates. */
  readonly weight: number;
  /** What is wrong with its options, told when the model is defined. */
  readonly problems: readonly Problem[];
  /** How it compares units that were assigned. */
  readonly canary?: GateMeasure;
  /** How it compares a shadow with the champion, on the same input. */
  readonly shadow?: GateMeasure;
  /** An outcome counts when this long has passed since its decision, in milliseconds; a later one does not. 0: at once, however late. */
  readonly maturityMs?: number;
  /** What a unit stands for whose outcome has not come when its window closes. Absent: it does not count. */
  readonly missingAs?: number;
  /** Evidence older than this is stale: nothing advances on it, in milliseconds. */
  readonly staleAfterMs?: number;
  /** A verdict from elsewhere, asked for in the background. */
  readonly check?: (context: GateContext) => MaybePromise<{ readonly verdict: GateVerdict; readonly reason: string }>;
  /** E-value at which the counts of units are taken to contradict their shares: for `sampleRatio()` only. */
  readonly sampleRatioAlpha?: number;
  /** What runs rollouts; see `rollout-runner.ts`. */
  readonly '~runner'?: unknown;
  /** No such value exists at run time. */
  readonly '~reads'?: (contract: R) => void;
}

/** A gate that fits every model. */
export interface ModelGate extends Gate<ContractReads<unknown, unknown, unknown, never>> {}
