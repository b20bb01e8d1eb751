import type { AlertEvent } from './alert-event.ts';
import { breachKey } from './alert-event.ts';

/** Breaches that are remembered. */
const MOST = 1000;

/**
 * What people know of breaches: the end of one is told once, and not at all where its beginning is known to have been lost. A
 * breach that this process has not seen begin was told by another, or before a restart.
 */
export class ToldBreaches {
  readonly #known = new Map<string, 'waits' | 'told' | 'over'>();

  /** An event was queued. */
  queued(event: AlertEvent): void {
    const key = breachKey(event);
    if (key === undefined || isEnd(event) || this.#known.has(key)) return;
    this.#set(key, 'waits');
  }

  /** Events have arrived. */
  told(events: readonly AlertEvent[]): void {
    for (const event of events) {
      const key = breachKey(event);
      if (key !== undefined && this.#known.get(key) !== 'over') this.#set(key, isEnd(event) ? 'over' : 'told');
    }
  }

  /** Events of one message, in order, without ends that nobody waits for. */
  worthTelling(events: readonly AlertEvent[]): readonly AlertEvent[] {
    const [begun, ended] = [new Set<string>(), new Set<string>()];
    return events.filter((event) => {
      const key = breachKey(event);
      if (key === undefined) return true;
      if (!isEnd(event)) {
        begun.add(key);
        return true;
      }
      const known = this.#known.get(key);
      if (known === 'over' || ended.has(key) || (known === 'waits' && !begun.has(key))) return false;
      ended.add(key);
      return true;
    });
  }

  #set(key: string, state: 'waits' | 'told' | 'over'): void {
    // The newest is the last.
    this.#known.delete(key);
    this.#known.set(key, state);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }
}

const isEnd = (event: AlertEvent): boolean => event.type === 'alert-raised' && event.phase === 'resolved';
