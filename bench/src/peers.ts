import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import Opossum from 'opossum';
import { PLACES } from './contracts.ts';

/** The four policies in cockatiel, from the outside in as its README wraps them. */
export function cockatielStack(ms = 1000) {
  return wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 5000, breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000 }) }),
    bulkhead(PLACES),
    timeout(ms, TimeoutStrategy.Aggressive),
  );
}

/** A breaker of cockatiel that is open and stays so. */
export async function openCockatiel() {
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: 1e9, breaker: new ConsecutiveBreaker(1) });
  await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
  return breaker;
}

/** A breaker of opossum with its timeout and its capacity: it has no retry. Snapshots are off, as its docs advise where nobody listens. */
export function opossumStack<P extends readonly unknown[]>(action: (...parameters: P) => unknown, ms = 1000): Opossum<P> {
  return new Opossum(action, { timeout: ms, capacity: PLACES, errorThresholdPercentage: 50, enableSnapshots: false });
}

/** A breaker of opossum that is open and stays so. */
export function openOpossum(): Opossum<[]> {
  const breaker = new Opossum(async () => 1, { resetTimeout: 2 ** 31 - 1, enableSnapshots: false });
  breaker.open();
  return breaker;
}
