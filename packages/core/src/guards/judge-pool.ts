import { type Clock, withTimeout } from '../time/index.ts';
import type { JudgedCall, JudgeSettings, JudgeVerdict } from './judged-call.ts';

type Call = JudgedCall<unknown, unknown>;

/** What judges share of their model. */
export interface JudgePoolDependencies {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Runs a task after the current turn. @param idle resolves when all that it began has ended */
  readonly defer: (task: () => void, idle: () => Promise<void>) => void;
  /** Told of what `ask` and `report` throw. */
  readonly failed: (error: unknown) => void;
}

/** Judgements of one judge, away from the calls: bounded in number, in time and in what waits. */
export class JudgePool {
  readonly #settings: JudgeSettings;
  readonly #dependencies: JudgePoolDependencies;
  readonly #waiting: Call[] = [];
  #running = 0;
  #isScheduled = false;
  #judged = 0;
  #found = 0;
  #dropped = 0;
  #idle: (() => void)[] = [];

  constructor(settings: JudgeSettings, dependencies: JudgePoolDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
  }

  /** Judgements that were made, those that did not pass, and calls that were dropped. */
  get counts(): { readonly checked: number; readonly found: number; readonly dropped: number } {
    return { checked: this.#judged, found: this.#found, dropped: this.#dropped };
  }

  /** A call was served. */
  launch(call: Call): void {
    const { sampleRate, maxQueue } = this.#settings;
    if (sampleRate < 1 && this.#dependencies.random() >= sampleRate) return;
    if (this.#waiting.length >= maxQueue) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(call);
    this.#schedule();
  }

  /** Resolves when nothing waits or runs. */
  idle(): Promise<void> {
    return this.#waiting.length + this.#running === 0 ? Promise.resolve() : new Promise((done) => this.#idle.push(done));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#dependencies.defer(this.#drain, () => this.idle());
  }

  readonly #drain = (): void => {
    this.#isScheduled = false;
    while (this.#running < this.#settings.concurrency) {
      const call = this.#waiting.shift();
      if (call === undefined) break;
      this.#running++;
      void this.#judge(call);
    }
  };

  async #judge(call: Call): Promise<void> {
    const { ask, report, timeoutMs } = this.#settings;
    const { clock, failed } = this.#dependencies;
    const abort = new AbortController();
    try {
      const answer = await withTimeout(
        { clock, ms: timeoutMs, background: true },
        () => ask({ ...call, signal: abort.signal }),
        () => {
          throw new Error(`It gave no verdict within ${timeoutMs} ms.`);
        },
      );
      const verdict = verdictOf(answer);
      this.#judged++;
      if (!verdict.passes) this.#found++;
      // Nobody waits for what a report does with it.
      void withTimeout({ clock, ms: timeoutMs, background: true }, () => report?.(verdict, call)).catch(failed);
    } catch (error) {
      failed(error);
    }
    abort.abort();
    this.#running--;
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#running === 0) for (const done of this.#idle.splice(0)) done();
  }
}

function verdictOf(answer: unknown): JudgeVerdict {
  if (typeof answer === 'boolean') return { passes: answer };
  const { passes, score, reason } = Object(answer) as Partial<Record<keyof JudgeVerdict, unknown>>;
  if (typeof passes !== 'boolean') throw new TypeError('A judge answered neither true nor false, nor { passes: true or false }.');
  return {
    passes,
    ...(typeof score === 'number' ? { score } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}
