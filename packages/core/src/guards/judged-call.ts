/** A call that was served, as a judge reads it. */
export interface JudgedCall<I, O> {
  readonly decisionId: string;
  readonly model: string;
  /** The variant that answered. */
  readonly servedBy: string;
  /** As the model saw it, and as the caller got it. */
  readonly input: I;
  readonly output: O;
}

/** What a judge says of a call. */
export interface JudgeVerdict {
  readonly passes: boolean;
  /** In any unit. */
  readonly score?: number;
  readonly reason?: string;
}

/** The options of a judge with their types erased, and the defaults in place. */
export interface JudgeSettings {
  readonly ask: (call: JudgedCall<unknown, unknown> & { readonly signal: AbortSignal }) => unknown;
  readonly report: ((verdict: JudgeVerdict, call: JudgedCall<unknown, unknown>) => unknown) | undefined;
  readonly sampleRate: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly maxQueue: number;
}
