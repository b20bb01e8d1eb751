import type { Clock, TimerHandle } from '../time/index.ts';
import type { CounterPart, StateStore } from '../types/index.ts';
import { BackgroundExchange } from './background-exchange.ts';

/** What one process has counted. */
export type Counted = Readonly<Record<string, number>>;

export interface SharedTotalsDependencies {
  readonly store: StateStore;
  /** The key of a period, such as a day. */
  readonly keyOf: (period: number) => string;
  readonly clock: Clock;
  /** The period, and all that this process has counted in it: at most some hundred names. */
  readonly own: () => { readonly period: number; readonly counters: Counted };
  /** What the other processes have counted in a period. */
  readonly others: (period: number, parts: readonly Counted[]) => void;
}

/** Others hear within this time of what was counted, in milliseconds. */
const EVERY_MS = 1000;
/** So often a process looks that counts nothing itself, in milliseconds: others may. */
const IDLE_MS = 10_000;

/** What all processes of a fleet have counted in a period, exchanged in the background over counters that are only ever merged. */
export class SharedTotals {
  readonly #dependencies: SharedTotalsDependencies;
  readonly #exchange: BackgroundExchange;
  /** Made with the first exchange: a definition draws no randomness. */
  #instance: string | undefined;
  #sequence = 0;
  #period: number | undefined;
  #idle: TimerHandle;
  #isClosed = false;

  constructor(dependencies: SharedTotalsDependencies) {
    this.#dependencies = dependencies;
    const { clock } = dependencies;
    // The first one is soon: what others have spent today counts from the first call on.
    this.#exchange = new BackgroundExchange({
      clock,
      everyMs: EVERY_MS,
      firstMs: 0,
      exchange: () => this.#share().finally(() => this.#lookAgain()),
    });
  }

  /** What the store answered last, when that was a failure. */
  get failure(): Error | undefined {
    return this.#exchange.failure;
  }

  /** Something was counted, or is asked for. */
  touch(): void {
    this.#exchange.touch();
  }

  /** Hands over the last. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dependencies.clock.cancel(this.#idle);
    await this.#exchange.close();
    if (this.#instance !== undefined) await this.#exchange.attempt(() => this.#share());
  }

  #lookAgain(): void {
    const { clock } = this.#dependencies;
    clock.cancel(this.#idle);
    if (!this.#isClosed) this.#idle = clock.schedule(() => this.touch(), IDLE_MS, true);
  }

  async #share(): Promise<void> {
    const { store, keyOf, own, others } = this.#dependencies;
    this.#instance ??= crypto.randomUUID();
    const { period, counters } = own();
    const key = keyOf(period);
    const part: CounterPart = { instance: this.#instance, sequence: ++this.#sequence, counters };
    await store.mergeCounters(key, part);
    const parts = await store.readCounters(key);
    others(
      period,
      parts.filter(({ instance }) => instance !== this.#instance).map((other) => other.counters),
    );
    if (this.#period !== undefined && this.#period < period) await store.forget(keyOf(this.#period));
    this.#period = period;
  }
}
