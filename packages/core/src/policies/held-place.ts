import type { ConcurrencyMachine } from '../types/index.ts';
import { TimerNode, type TimerQueue } from '../time/index.ts';

/** A predictor that has ignored its signal for this many timeouts, and at least {@link SHORTEST_LEASE_MS}, has leaked. */
const LEASE_TIMEOUTS = 10;
const SHORTEST_LEASE_MS = 30_000;

class Lease extends TimerNode {
  readonly #limiter: ConcurrencyMachine;

  constructor(limiter: ConcurrencyMachine) {
    super();
    this.#limiter = limiter;
  }

  override expire(): void {
    this.#limiter.leaked();
  }
}

/**
 * Keeps the concurrency place of a stopped attempt until its predictor has really ended, or a lease has: otherwise a limit
 * of 2 would have 3 running behind it.
 */
export function holdPlace(
  limiter: ConcurrencyMachine,
  running: Promise<unknown>,
  timeoutMs: number,
  now: number,
  leases: TimerQueue,
): void {
  const lease = new Lease(limiter);
  lease.expires = Math.ceil(now + Math.max(SHORTEST_LEASE_MS, LEASE_TIMEOUTS * timeoutMs));
  leases.add(lease);
  const ended = (): void => {
    // A lease that has left the queue has fired: the place is already back.
    if (lease.nextTimer === undefined) return;
    leases.remove(lease);
    limiter.release();
  };
  running.then(ended, ended);
}
