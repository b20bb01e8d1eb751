import type { CounterPart } from './state-store.ts';
import type { TierKind } from './tier.ts';
import type { CallUsage } from './usage.ts';

/** `insufficient`: too little was seen to judge. */
export type MonitorStatus = 'ok' | 'warn' | 'breach' | 'insufficient';

/** One number that a monitor judged. */
export interface MonitorReading {
  /** What was measured, with its variant: `accuracy`, `psi:reference-deciles:add-half`. */
  readonly measure: string;
  /** The field of the input or output that it is about; absent where it is about the whole. */
  readonly field?: string;
  /** The part of the traffic that it is about; absent for all of it. */
  readonly segment?: string;
  /** Cases behind the value. */
  readonly n: number;
  /** `null` where it is not defined: too few cases, one class, a division by zero. */
  readonly value: number | null;
  /** Where the true value lies with 95 % confidence; `null` where none can be said. */
  readonly interval: readonly [lower: number, upper: number] | null;
  /** Beyond it lies a breach; `null` where the monitor only shows. */
  readonly limit: number | null;
  readonly status: MonitorStatus;
  /** Whether the test behind a breach may be looked at as often as one likes, so that it needs no confirmation. Absent: it may not. */
  readonly confirmed?: true;
  /** In one sentence, with the figures. */
  readonly reason: string;
}

/** Live values, or those of the reference, behind a distribution. */
export interface DistributionSample {
  /** Values in the bins: an integer of at least 0. */
  readonly n: number;
  /** Missing values as a share of those in the bins and those missing, 0–1. */
  readonly missing: number;
}

/** A bin of a distribution: it has a `range` where the field is numeric, and a `label` where it is categorical. */
export interface DistributionBin {
  /** From the first up to but not including the second; `null` is an open end. Both are equal for a bin of one frequent value, which no other bin counts. */
  readonly range?: readonly [from: number | null, to: number | null];
  /** The category, at most 100 characters; `null` for all categories without a bin. */
  readonly label?: string | null;
  /** Shares of the values in the bins, 0–1. Each adds up to 1 over all bins, or to 0 where there is no value. */
  readonly reference: number;
  readonly live: number;
}

/** How the values of one field are distributed now, and how they were in the reference: plain data of at most 24 bins. */
export interface FieldDistribution {
  /** As its reading names it. */
  readonly field: string;
  /** The part of the traffic that it is about; absent for all of it. */
  readonly segment?: string;
  readonly reference: DistributionSample;
  readonly live: DistributionSample;
  /** Bins of numbers are in their order; those of categories have the most frequent of the reference first, all others last. */
  readonly bins: readonly DistributionBin[];
}

/** What a monitor may learn from a call, when it has ended. */
export interface DecisionFact {
  readonly id: string;
  readonly input: unknown;
  /** `undefined` when nothing served. */
  readonly output: unknown;
  /** Which tier served; `none` when nothing did. */
  readonly tier: TierKind | 'none';
  /** The variant or tier that served, and its version; empty when nothing did. */
  readonly servedBy: string;
  readonly version: string;
  /** How long the whole call took, in milliseconds. */
  readonly durationMs: number;
  /** What all attempts of the call have used; `undefined` where none reported. */
  readonly usage?: CallUsage | undefined;
  /** When the first content of a stream came, in milliseconds after the start of the call; `undefined` where there was none. */
  readonly firstContentMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The probability with which a paused model was asked beside what served, 0–1; 1 for what really served. */
  readonly probability: number;
  /** Whether it is what a paused model would have answered, which served nobody; absent for what served. */
  readonly sampled?: boolean;
  /** Whether the contract made `input`, so that whoever passed it cannot change it. Absent: it may be the caller's own object. */
  readonly owned?: boolean;
}

/** What became known of a decision. */
export interface OutcomeFact {
  /** Which tier served the decision; `model` also for the sampled answer of a paused model. */
  readonly tier: TierKind | 'none';
  readonly servedBy: string;
  /** When the decision was made and the outcome recorded, in milliseconds since the Unix epoch. */
  readonly decidedAt: number;
  readonly at: number;
  readonly probability: number;
  /** Whether it is about the sampled answer of a paused model. */
  readonly sampled?: boolean;
  readonly truth?: { readonly value: unknown };
  readonly kpi?: Readonly<Record<string, number | undefined>>;
  readonly override?: { readonly output: unknown; readonly by: string; readonly reason: string; readonly blind?: boolean };
  readonly feedback?: { readonly agree: boolean };
}

/** A monitor at work in one process. Nothing that it is told may make it throw, and its memory is bounded. */
export interface MonitorRun {
  /** Told of every call: on the call path, so it counts and does no more. */
  observe?(decision: DecisionFact): void;
  /** Told of every input that broke the contract, by the paths of its problems. */
  invalidInput?(paths: readonly string[], at: number): void;
  /**
   * What it wants back when an outcome of this decision comes: small, since tens of thousands are kept; numbers take 8 bytes.
   * `'prediction'` is what the contract's target predicted: kept once for all monitors that want no more.
   *
   * @param prediction a probability, a number, or a label as text; `undefined` where no model tier served, or where the field does not hold it
   */
  keep?: 'prediction' | ((decision: DecisionFact, prediction: number | string | undefined) => unknown);
  /** Told of outcomes whose decision is known. @param kept what `keep` returned */
  outcome?(outcome: OutcomeFact, kept: unknown): void;
  /** Judges what was counted here and merged from the other processes. @param now milliseconds since the Unix epoch */
  read(now: number): readonly MonitorReading[];
  /**
   * The same in steps, each of a fraction of a millisecond: the event loop goes on between them. Yields nothing, returns the readings.
   * Absent: {@link read} is as short.
   */
  steps?(now: number): Generator<undefined, readonly MonitorReading[]>;
  /**
   * Cases that it has counted so far, here and in the other processes: confirmations need new ones. Absent: a reading whose `n` or value
   * differs is on new cases.
   */
  cases?(): number;
  /** What the other processes need of this one: at most some hundred numbers. Absent: it judges its process alone. */
  counters?(now: number): Readonly<Record<string, number>>;
  /** The newest counters of every other process: they replace what was merged before. */
  merge?(others: readonly Omit<CounterPart, 'sequence'>[]): void;
  /**
   * Distributions of the fields that these readings are about, one each: asked by `status()` alone, since bins may hold content of calls.
   *
   * @param readings of a field, in `warn` or `breach`: the worst first, at most 10
   */
  distributions?(readings: readonly MonitorReading[]): readonly FieldDistribution[];
}
