import type { DecisionFact } from '../types/index.ts';
import { NumberReader } from '../statistics/profiles/number-reader.ts';

/** Inputs that wait to be counted, at most. */
const BATCH = 64;

/** Counts one input. */
export interface InputCounting {
  /**
   * @param values by slot of the reader, NaN where the input has no number
   * @param at of the decision, in milliseconds since the Unix epoch
   */
  readonly count: (input: unknown, values: Float64Array, at: number) => void;
  /** A getter of the input threw. */
  readonly failed: (thrown: unknown) => void;
}

/**
 * The inputs of a model, read once for all monitors that count their numbers. Those that the contract made are counted together, some
 * later: between two calls the code and the tables of counting are out of the processor's caches, and cost three times as much. Nobody
 * else changes them. Others may be changed by who passed them, and are counted at once.
 */
export class InputNumbers {
  /** Has a slot for every field that a monitor asked for. */
  readonly reader = new NumberReader();
  readonly #countings: InputCounting[] = [];
  readonly #inputs: unknown[] = new Array<unknown>(BATCH).fill(undefined);
  readonly #times = new Float64Array(BATCH);
  /** A bit for each counting that wants an input. */
  readonly #wanted = new Uint32Array(BATCH);
  #waiting = 0;
  #newest: DecisionFact | undefined;
  /** The decision whose numbers the reader has. */
  #read: DecisionFact | undefined;

  /** @returns what to pass to {@link count} */
  register(counting: InputCounting): number {
    return this.#countings.push(counting) - 1;
  }

  /** Counts the input of a decision by what is registered as `who`, at once or before anybody reads; on the call path. */
  count(decision: DecisionFact, who: number): void {
    if (decision.owned !== true) return this.#countNow(decision, who);
    if (decision !== this.#newest) {
      if (this.#waiting === BATCH) this.flush();
      this.#newest = decision;
      this.#inputs[this.#waiting] = decision.input;
      this.#times[this.#waiting] = decision.at;
      this.#wanted[this.#waiting++] = 0;
    }
    const place = this.#waiting - 1;
    this.#wanted[place] = (this.#wanted[place] as number) | (1 << who);
  }

  /** Counts what waits. */
  flush(): void {
    if (this.#waiting === 0) return;
    this.#read = undefined;
    const countings = this.#countings;
    for (let at = 0; at < this.#waiting; at++) {
      const input = this.#inputs[at];
      this.#inputs[at] = undefined;
      const wanted = this.#wanted[at] as number;
      for (let who = 0, isRead = false; who < countings.length; who++) {
        if ((wanted & (1 << who)) === 0) continue;
        const counting = countings[who] as InputCounting;
        try {
          if (!isRead) this.reader.read(input);
          isRead = true;
          counting.count(input, this.reader.values, this.#times[at] as number);
        } catch (error) {
          counting.failed(error);
        }
      }
    }
    this.#waiting = 0;
    this.#newest = undefined;
  }

  #countNow(decision: DecisionFact, who: number): void {
    this.flush();
    const counting = this.#countings[who] as InputCounting;
    try {
      if (decision !== this.#read) {
        this.#read = undefined;
        this.reader.read(decision.input);
        this.#read = decision;
      }
      counting.count(decision.input, this.reader.values, decision.at);
    } catch (error) {
      counting.failed(error);
    }
  }
}
