import type { DecisionFact } from '../spec/index.ts';
import { NumberReader } from '../statistics/profiles/number-reader.ts';

/** The numbers of an input, read once for all monitors of a model. */
export class InputNumbers {
  /** Has a slot for every field that a monitor asked for. */
  readonly reader = new NumberReader();
  #decision: DecisionFact | undefined;

  /** By slot of the reader, NaN where the input has no number; valid until the next decision. Throws what a getter of the input throws. */
  of(decision: DecisionFact): Float64Array {
    if (decision !== this.#decision) {
      this.#decision = undefined;
      this.reader.read(decision.input);
      this.#decision = decision;
    }
    return this.reader.values;
  }
}
