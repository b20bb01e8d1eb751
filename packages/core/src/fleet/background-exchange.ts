import { asError } from '../errors/index.ts';
import type { Clock, TimerHandle } from '../time/index.ts';

export interface BackgroundExchangeDependencies {
  readonly clock: Clock;
  /** How long a touch waits for its exchange, in milliseconds. */
  readonly everyMs: number;
  /** The same for the first touch. @defaultValue everyMs */
  readonly firstMs?: number;
  /** One exchange, or nothing where there is nothing to exchange. What it throws is kept as the last failure. */
  readonly exchange: () => Promise<unknown> | undefined;
  /** Whether the next exchange is due without a touch: asked when one has ended. @defaultValue never */
  readonly waits?: () => boolean;
}

/**
 * An exchange with another side that nobody waits for: a touch sees to it that one runs soon, and those that come meanwhile are
 * served by the same. One runs at a time, nothing runs without a touch or something that waits, and no timer keeps a process alive.
 */
export class BackgroundExchange {
  /** What the other side answered last, when that was a failure. */
  failure: Error | undefined;
  readonly #dependencies: BackgroundExchangeDependencies;
  /** Whether a touch has nothing to do: a timer runs, or the end has come. */
  #armed = false;
  #waitMs: number;
  #timer: TimerHandle;
  #running: Promise<void> | undefined;

  constructor(dependencies: BackgroundExchangeDependencies) {
    this.#dependencies = dependencies;
    this.#waitMs = dependencies.firstMs ?? dependencies.everyMs;
  }

  /** Something has changed. Costs a comparison where that is known already. */
  touch(): void {
    if (!this.#armed) this.#arm();
  }

  /** Exchanges now, or joins the exchange that runs. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.attempt(this.#dependencies.exchange).finally(() => {
      this.#running = undefined;
      if (this.#dependencies.waits?.()) this.touch();
    });
    return this.#running;
  }

  /** Does something else with the other side: what it throws is the last failure too. Never rejects. */
  async attempt(work: () => Promise<unknown> | undefined): Promise<void> {
    try {
      const answer = work();
      // Who was not asked has not answered: the last failure stays.
      if (answer !== undefined) {
        await answer;
        this.failure = undefined;
      }
    } catch (error) {
      this.failure = asError(error);
    }
  }

  /** No exchange begins by itself any more; resolves when the one that runs has ended. Hand over the last after it. */
  async close(): Promise<void> {
    this.#dependencies.clock.cancel(this.#timer);
    this.#armed = true;
    await this.#running;
  }

  #arm(): void {
    const { clock, everyMs } = this.#dependencies;
    this.#armed = true;
    this.#timer = clock.schedule(
      () => {
        this.#armed = false;
        void this.run();
      },
      this.#waitMs,
      true,
    );
    this.#waitMs = everyMs;
  }
}
