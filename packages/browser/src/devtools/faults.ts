import type { Operator } from '@understudy/core';
import type { drill, DrillReport, Fault } from '@understudy/core/testing';
import type { Models } from './switches.ts';

/** What a person chooses to go wrong. */
export interface FaultChoice {
  readonly model: string;
  /** Empty: the champion. */
  readonly variant: string;
  readonly fault: FaultName;
  /** Of the calls of the variant, over 0 to 1. */
  readonly share: number;
  readonly forMs: number;
}

/** The faults that can be chosen, in the words of a person who waits for an answer. */
export const FAULTS = {
  unavailable: { title: 'HTTP 503 at once', fault: { kind: 'status', status: 503 } },
  busy: { title: 'HTTP 429, retry after 5 s', fault: { kind: 'status', status: 429, retryAfterMs: 5000 } },
  error: { title: 'an error', fault: { kind: 'error', error: new Error('Injected in the devtools of the page.') } },
  slow: { title: 'an answer 2 s later', fault: { kind: 'delay', ms: 2000 } },
  hang: { title: 'no answer at all', fault: { kind: 'hang' } },
  malformed: { title: 'an output that breaks the contract', fault: { kind: 'output', output: undefined } },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly fault: Fault }>>;

export type FaultName = keyof typeof FAULTS;

/** One drill that was begun here. */
export interface FaultRun {
  readonly number: number;
  readonly choice: FaultChoice;
  /** In milliseconds of the panel's clock. */
  readonly endsAt: number;
  readonly report?: DrillReport;
  /** Why there was none. */
  readonly error?: string;
}

/** Runs that are shown. */
const MOST_RUNS = 20;
/** A fault is what was asked for: failures besides end a drill only where there is a storm of them. */
const MAX_REAL_FAILURES = 1000;

/** What the panel needs of `@understudy/core/testing`, which is loaded when the first fault is asked for. */
type Load = () => Promise<{ readonly drill: typeof drill }>;

/** Injects faults by drills, and ends them. */
export class Faults {
  readonly #models: () => Models;
  readonly #by: () => Operator;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #load: Load;
  readonly #running = new Map<number, AbortController>();
  #runs: readonly FaultRun[] = [];
  #begun = 0;

  constructor(models: () => Models, by: () => Operator, now: () => number, changed: () => void, load: Load = loadTesting) {
    this.#models = models;
    this.#by = by;
    this.#now = now;
    this.#changed = changed;
    this.#load = load;
  }

  /** The newest first. */
  get runs(): readonly FaultRun[] {
    return this.#runs;
  }

  isRunning({ number }: FaultRun): boolean {
    return this.#running.has(number);
  }

  /** Resolves when the drill is over; never rejects: the run says why it could not be. */
  async begin(choice: FaultChoice): Promise<void> {
    const number = ++this.#begun;
    const stop = new AbortController();
    this.#running.set(number, stop);
    const run: FaultRun = { number, choice, endsAt: this.#now() + choice.forMs };
    this.#runs = [run, ...this.#runs].slice(0, MOST_RUNS);
    this.#changed();
    let end: Partial<FaultRun> = {};
    try {
      const model = this.#models().get(choice.model);
      if (model === undefined) throw new Error(`There is no model "${choice.model}".`);
      const testing = await this.#load();
      if (stop.signal.aborted) throw new Error('Ended before it began.');
      end = {
        report: await testing.drill(model, {
          share: choice.share,
          by: this.#by(),
          reason: 'Faults injected in the devtools of the page.',
          forMs: choice.forMs,
          faults: [FAULTS[choice.fault].fault],
          maxRealFailures: MAX_REAL_FAILURES,
          signal: stop.signal,
          ...(choice.variant === '' ? {} : { variant: choice.variant }),
        }),
      };
    } catch (error) {
      end = { error: error instanceof Error ? error.message : 'It failed.' };
    }
    this.#running.delete(number);
    this.#runs = this.#runs.map((one) => (one.number === number ? { ...one, ...end } : one));
    this.#changed();
  }

  end({ number }: Pick<FaultRun, 'number'>): void {
    this.#running.get(number)?.abort();
  }

  endAll(): void {
    for (const stop of this.#running.values()) stop.abort();
  }
}

const loadTesting: Load = () => import('@understudy/core/testing');
