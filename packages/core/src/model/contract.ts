import type { InOf, OutOf, Schema } from '../types/index.ts';
import type { StreamContract } from './stream-contract.ts';

/** A value of the business that becomes known after a decision. */
export interface KpiDefinition {
  readonly better: 'higher' | 'lower';
}

type KeyOf<O> = Extract<keyof O, string>;

/** What of an output is scored against the truth, and compared between variants. */
export type Target<O> =
  /** A probability in a field; positive at `positiveAt` and over, which is 0.5 unless you say otherwise. */
  | { readonly kind: 'probability'; readonly field: KeyOf<O>; readonly positiveAt?: number }
  /** A label in a field. */
  | { readonly kind: 'label'; readonly field: KeyOf<O> }
  /** A number in a field. */
  | { readonly kind: 'number'; readonly field: KeyOf<O> };

/** The typed contract of a model: what goes in, what comes out, what becomes known later. */
export interface Contract<I extends Schema, O extends Schema, T extends Schema, K extends string, C = never> {
  /** Unique in a runtime. */
  readonly name: string;
  /** Any Standard Schema v1. Its output is what predictors, rules and monitors see. */
  readonly input: I;
  readonly output: O;
  /** What `recordOutcome` takes as truth. @defaultValue the output schema */
  readonly truth?: T;
  /** @defaultValue deep equality decides agreement, and nothing is scored */
  readonly target?: Target<OutOf<NoInfer<O>>>;
  /** How answers come in chunks: `textStream()`, or `chunkStream()` with chunks of your own. @defaultValue the model has no `stream()` */
  readonly stream?: StreamContract<C, OutOf<NoInfer<O>>, InOf<NoInfer<O>>>;
  readonly kpis?: Readonly<Record<K, KpiDefinition>>;
}

/** The type of a truth: the truth schema's, or the output's. */
export type TruthOf<O extends Schema, T extends Schema> = [T] extends [never] ? OutOf<O> : OutOf<T>;
