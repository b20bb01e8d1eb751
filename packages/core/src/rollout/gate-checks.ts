import { bounded, errorText, told } from '../errors/index.ts';
import type { GateContext } from '../types/index.ts';
import { type Clock, withTimeout } from '../time/index.ts';
import type { CheckVerdicts } from './judge.ts';
import type { AnyGate } from './rollout-options.ts';

/** A check that has not answered by then counts as failed, and is asked again. */
const CHECK_MS = 10_000;
/** Characters of a reason. */
const LONGEST = 500;

/** The checks of the user's own gates: asked one at a time each, never waited for; what each said last stays. */
export class GateChecks {
  readonly #clock: Clock;
  readonly #verdicts = new Map<string, CheckVerdict>();
  readonly #asking = new Set<string>();
  /** Grows with each attempt: what was asked of one before says nothing of this one. */
  #attempt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get verdicts(): CheckVerdicts {
    return this.#verdicts;
  }

  /** Another attempt begins: nothing is known of it, and answers on their way are about the one before. */
  clear(): void {
    this.#attempt++;
    this.#asking.clear();
    this.#verdicts.clear();
  }

  ask(gates: readonly AnyGate[], context: Omit<GateContext, 'signal'>): void {
    for (const { name, check } of gates) {
      if (check === undefined || this.#asking.has(name)) continue;
      this.#asking.add(name);
      void this.#askOne(name, check, context);
    }
  }

  async #askOne(name: string, check: NonNullable<AnyGate['check']>, context: Omit<GateContext, 'signal'>): Promise<void> {
    const attempt = this.#attempt;
    const isCurrent = (): boolean => attempt === this.#attempt;
    const abort = new AbortController();
    const late = (): never => {
      abort.abort();
      throw new Error(`it did not answer within ${CHECK_MS} ms`);
    };
    try {
      const answer = (): Promise<unknown> => Promise.resolve({ ...context, signal: abort.signal }).then(check);
      const said = await withTimeout({ clock: this.#clock, ms: CHECK_MS, background: true }, answer, late);
      if (isCurrent()) this.#verdicts.set(name, verdictOf(said));
    } catch (error) {
      if (isCurrent()) this.#verdicts.set(name, { verdict: 'hold', reason: `it failed: ${errorText(error, LONGEST)}` });
    } finally {
      if (isCurrent()) this.#asking.delete(name);
    }
  }
}

/** What a check answered, in plain JavaScript perhaps: nothing but a verdict lets a rollout go on, or ends it. */
function verdictOf(said: unknown): CheckVerdict {
  const { verdict, reason } = Object(said) as Partial<CheckVerdict>;
  if (verdict === 'proceed' || verdict === 'hold' || verdict === 'roll-back')
    return { verdict, reason: bounded(typeof reason === 'string' ? reason : 'no reason was given', LONGEST) };
  return { verdict: 'hold', reason: `it failed: expected { verdict, reason }, got ${told(said)}` };
}

type CheckVerdict = NonNullable<ReturnType<CheckVerdicts['get']>>;
