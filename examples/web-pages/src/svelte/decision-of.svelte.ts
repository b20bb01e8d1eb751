export interface Deciding<D> {
  readonly decision: D | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
}

interface Predicts<I, D> {
  predict(input: I, options: { readonly signal: AbortSignal }): Promise<D>;
}

/** The decision for an input. A newer input ends the call before it; what was decided stays until the next answer is there. */
export function decisionOf<I, D>(model: Predicts<I, D>, input: () => I): Deciding<D> {
  let state = $state.raw<Deciding<D>>({ decision: undefined, error: undefined, isPending: true });
  let last: D | undefined;
  $effect(() => {
    const call = new AbortController();
    const settle = (next: Partial<Deciding<D>>): void => {
      if (call.signal.aborted) return;
      last = next.decision;
      state = { decision: undefined, error: undefined, isPending: false, ...next };
    };
    state = { decision: last, error: undefined, isPending: true };
    model.predict(input(), { signal: call.signal }).then(
      (decision) => settle({ decision }),
      (error: unknown) => settle({ error }),
    );
    return () => call.abort();
  });
  return {
    get decision() {
      return state.decision;
    },
    get error() {
      return state.error;
    },
    get isPending() {
      return state.isPending;
    },
  };
}
