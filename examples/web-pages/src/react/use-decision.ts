import { useEffect, useState } from 'react';

export interface Deciding<D> {
  readonly decision?: D;
  readonly error?: unknown;
  readonly isPending: boolean;
}

interface Predicts<I, D> {
  predict(input: I, options: { readonly signal: AbortSignal }): Promise<D>;
}

/** The decision for an input. A newer input ends the call before it; what was decided stays until the next answer is there. */
export function useDecision<I, D>(model: Predicts<I, D>, input: I): Deciding<D> {
  const [state, setState] = useState<Deciding<D>>({ isPending: true });
  // An object that is made in each render is the same input as long as it says the same.
  const key = JSON.stringify(input);
  useEffect(() => {
    const call = new AbortController();
    const settle = (next: Deciding<D>): void => {
      if (!call.signal.aborted) setState(next);
    };
    setState((before) => ({ ...before, isPending: true }));
    model.predict(JSON.parse(key) as I, { signal: call.signal }).then(
      (decision) => settle({ decision, isPending: false }),
      (error: unknown) => settle({ error, isPending: false }),
    );
    return () => call.abort();
  }, [model, key]);
  return state;
}
