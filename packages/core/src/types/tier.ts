import type { Call } from './call.ts';
import type { ContractView } from './contract-view.ts';
import type { Failure } from './failure.ts';
import type { FailureKind } from './failure-kind.ts';

/** Where an output came from. */
export type TierKind = 'model' | 'cache' | 'rules' | 'always';

/** What a fallback tier answers: an output with what explains it, or an abstention that hands over to the next tier. */
export type TierAnswer<O> =
  | { readonly output: O; readonly because?: string; readonly rows?: readonly string[] }
  | { readonly abstains: string };

/** A fallback tier after the variants. It is synchronous and does no I/O: it must be able to go on whatever has failed. */
export interface Tier<in I, out O> {
  readonly kind: 'rules' | 'always';
  readonly name: string;
  readonly version: string;
  /** Called once when a model is defined; throws a typed error, naming what does not fit the contract. */
  readonly check?: (contract: ContractView) => void;
  readonly answer: (input: I, failure: Failure, call: Pick<Call, 'unit'>) => TierAnswer<O>;
}

/** An entry of `fallback` for some failures alone: `only()` and `except()` make it. */
export interface FilteredEntry<out E> {
  readonly entry: E;
  readonly serves: (kind: FailureKind) => boolean;
}
