const ENDED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A generator that ends as soon as its reader leaves. A plain one hears `return()` only when its pending step has ended, and a read from a
 * server that is silent may never end.
 *
 * @param leaving is aborted when the reader leaves: what the steps wait for must obey it
 */
export function stoppable<T>(leaving: AbortController, steps: AsyncGenerator<T>): AsyncIterableIterator<T> {
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
