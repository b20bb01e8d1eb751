/** The reactions of the promise that was made last. */
export let resolveLast: (value: unknown) => void;
export let rejectLast: (reason: unknown) => void;

/** An executor without a closure per call. */
function grab(resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
  resolveLast = resolve;
  rejectLast = reject;
}

/** A promise with its reactions, without an object for the three: read {@link resolveLast} and {@link rejectLast} before the next one is made. */
export function pending(): Promise<unknown> {
  return new Promise(grab);
}

const settled: Promise<void> = Promise.resolve();

/**
 * A promise that is rejected one microtask later. `Promise.reject` and an async throw cost four to six times as much, since
 * the engine tracks a rejection that has no handler yet (measured: 490–710 ns against 120).
 */
export function rejectLater(reason: unknown): Promise<never> {
  const promise = new Promise(grab);
  const reject = rejectLast;
  void settled.then(() => reject(reason));
  return promise as Promise<never>;
}

/** A thenable counts, as for `await`. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function')
  );
}
