import type { Problem } from '../errors/index.ts';
import type { TraceContext } from './trace.ts';
import type { CallReport } from './usage.ts';

/** An output that broke its contract, for an attempt that is asked to mend it: see `repairJson()`. */
export interface Repair {
  /** What the attempt before it answered. */
  readonly output: unknown;
  /** What is wrong with it, at most twenty problems. */
  readonly problems: readonly Problem[];
}

/** What a predictor is given beside its input. */
export interface Call {
  /** Aborts when the caller aborts or when this attempt's time is up. Created when it is first read: a predictor that ignores it pays nothing. */
  readonly signal: AbortSignal;
  /** Milliseconds left for this attempt, never negative. */
  readonly remainingMs: number;
  /** 1 for the first attempt on this variant. */
  readonly attempt: number;
  /** The same over all attempts of one call: send it where the endpoint supports idempotency. */
  readonly idempotencyKey: string;
  /** The unit of assignment of this call, `''` when the caller gave none. */
  readonly unit: string;
  /** Id under which this call is known to calls that are nested in it by `within`. */
  readonly parentId: string | undefined;
  /** Whose call it is, where the caller said so. */
  readonly tenant: string | undefined;
  /** The trace that this call belongs to, where it has one: adapters over HTTP send it. */
  readonly trace: TraceContext | undefined;
  /** The chunks that the caller has already got, where a stream goes on after a break (`onBreak: 'continue'`); else `undefined`. */
  readonly delivered: readonly unknown[] | undefined;
  /** The output that this attempt is to mend; else `undefined`. */
  readonly repair: Repair | undefined;
  /** Reports what is known of this attempt beside its output: tokens, the model that answered, the endpoint's limits. It never throws. */
  report(report: CallReport): void;
}
