/** What a case asks a subject to put round a function. Times in milliseconds. */
export interface GuardOptions {
  readonly breaker?: {
    readonly windowMs?: number;
    readonly minCalls?: number;
    readonly failureRate?: number;
    readonly consecutiveFailures?: number;
    readonly openMs?: number;
    readonly probes?: readonly number[];
    readonly probeLeaseMs?: number;
  };
  readonly retry?: { readonly attempts: number; readonly baseMs?: number };
  readonly timeoutMs?: number;
  /** A number, or `adaptive`. */
  readonly limit?: { readonly limit: number | 'adaptive'; readonly maxQueue?: number };
  /** Told of changes of state. */
  readonly onChange?: () => void;
}

/** A guarded function caller of the subject. */
export interface Guard {
  readonly call: <T>(
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options?: { readonly signal?: AbortSignal },
  ) => Promise<T>;
  /** `closed`, `open`, `half-open`, or another word of the subject. */
  readonly state?: () => string;
  readonly forceOpen?: () => void;
  readonly release?: () => void;
  /** The circuit's state as data, and a new guard that takes it over. */
  readonly restart?: () => Guard;
  /** The current concurrency limit. */
  readonly limit?: () => number;
}

/** An implementation that the suite is run through. */
export interface ConformanceSubject {
  readonly name: string;
  /** One unit of time in the cases, in milliseconds: 1,000 on a virtual clock, about 20 on a real one. */
  readonly unitMs: number;
  /** `undefined` where the subject has no such shape: the case does not apply. */
  readonly guard: (options: GuardOptions) => Guard | undefined;
  /** Two guards made from one and the same options object of the subject's. */
  readonly pair?: (options: GuardOptions) => readonly [Guard, Guard] | undefined;
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<void>;
  /** Steps the wall clock alone. */
  readonly stepWall?: (ms: number) => void;
}

/** One row of the conformance list. */
export interface ConformanceCase {
  readonly row: number;
  readonly title: string;
  /** Resolves when the subject conforms; rejects with what it did instead, or with `NotApplicable`. */
  readonly run: (subject: ConformanceSubject) => Promise<void>;
}

export interface ConformanceResult {
  readonly row: number;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'not-applicable';
  readonly message?: string;
}
