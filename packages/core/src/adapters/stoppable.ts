const ENDED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A generator that ends as soon as its reader leaves. A plain one hears `return()` only when its pending step has ended, and a read from a
 * server that is silent may never end.
 *
 * @param outer aborts the generator's signal too
 * @param run is given a signal that its pending steps obey
 */
export function stoppable<T>(outer: AbortSignal, run: (signal: AbortSignal) => AsyncGenerator<T>): AsyncIterableIterator<T> {
  const leaving = new AbortController();
  const steps = run(AbortSignal.any([outer, leaving.signal]));
  const left = (): boolean => leaving.signal.aborted;
  return {
    next: async () => {
      try {
        return left() ? ENDED : await steps.next();
      } catch (error) {
        if (left()) return ENDED;
        throw error;
      }
    },
    return: async () => {
      leaving.abort();
      await steps.return(undefined);
      return ENDED;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
