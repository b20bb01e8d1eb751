import type { AssignmentReason, AttemptRecord } from '../events/event.ts';
import type { ErrorCode } from '../errors/index.ts';
import type { CallUsage } from '../types/index.ts';

/** Who served a decision. */
export type ServedBy<V extends string> =
  | { readonly tier: 'model' | 'cache'; readonly variant: V; readonly version: string }
  | { readonly tier: 'rules' | 'always'; readonly name: string; readonly version: string };

/** Why a decision is what it is, as plain data. */
export interface Explanation {
  readonly decisionId: string;
  readonly model: string;
  readonly reason: string;
  readonly assignment: { readonly variant: string; readonly probability: number; readonly reason: AssignmentReason };
  /** Every attempt in order, the one that served last. */
  readonly attempts: readonly AttemptRecord[];
  /** The first failure that was rescued. */
  readonly rescued?: { readonly code: ErrorCode; readonly message: string; readonly from: string };
  /** Rows of the rule table that fired, and what they say. */
  readonly rules?: { readonly rows: readonly string[]; readonly because?: string };
  readonly control: {
    readonly known: boolean;
    readonly version: number;
    readonly pinned: string | null;
    readonly isolated: readonly string[];
    readonly paused: boolean;
  };
  readonly facts?: Readonly<Record<string, string>>;
  readonly durationMs: number;
}

/** The result of one call. */
export interface Decision<I, O, V extends string = string> {
  /** 48 URL-safe characters in order of time; carries its exposure, so that an outcome can be counted from it anywhere. */
  readonly id: string;
  /** The input after its contract. */
  readonly input: I;
  readonly output: O;
  /** The variant that the call was assigned to. */
  readonly assigned: V;
  readonly servedBy: ServedBy<V>;
  /** Whether another variant or tier than the assigned one served. */
  readonly degraded: boolean;
  /** Why, in one sentence, with the failure that was rescued. */
  readonly reason: string;
  /** Tokens and money of all attempts, those too that did not serve; `undefined` where no predictor has reported any. */
  readonly usage: CallUsage | undefined;
  /** Attempts with timings, rules that fired, assignment and control state at that moment. Made when it is asked for. */
  explain(): Explanation;
}
