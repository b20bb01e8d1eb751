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
}
