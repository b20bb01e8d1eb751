import { wordHex } from '../routing/word-hex.ts';
import type { CounterPart } from '../types/index.ts';

/** What this process writes of counters that processes share: under a random name of its own, each time with a higher number. */
export class OwnPart {
  /** The name of this process; `undefined` until it has written something. */
  instance: string | undefined;
  readonly #word: () => number;
  #sequence = 0;

  /** @param word a random 32-bit word */
  constructor(word: () => number) {
    this.#word = word;
  }

  next(counters: Readonly<Record<string, number>>): CounterPart {
    this.instance ??= wordHex(this.#word()) + wordHex(this.#word());
    return { instance: this.instance, sequence: ++this.#sequence, counters };
  }
}
