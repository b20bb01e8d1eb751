import type { RolloutCell } from '../routing/index.ts';
import type { CallFact, GateSource } from '../spec/index.ts';
import type { Entry, NamedMeasure, StageBook } from './evidence-book.ts';
import type { Claim } from './unit-claims.ts';

/** A gate that measures calls. */
export type CallGate = NamedMeasure & { readonly source: GateSource & { readonly kind: 'call' } };

interface TalliedGate {
  readonly measure: (fact: CallFact) => number | undefined;
  readonly entry: Entry;
}

/** The tallies of all gates that measure calls, for one arm of one stage. */
export class CallTallies {
  readonly cell: RolloutCell;
  readonly #book: StageBook;
  readonly #gates: readonly TalliedGate[];

  constructor(cell: RolloutCell, book: StageBook, gates: readonly CallGate[]) {
    this.cell = cell;
    this.#book = book;
    this.#gates = gates.map((gate) => ({ measure: gate.source.measure, entry: book.entry(gate) }));
  }

  /** A call without a unit: it counts at once. */
  count(fact: CallFact): void {
    const { onChallenger, probability } = this.cell;
    this.#book.unit(onChallenger);
    for (let index = 0; index < this.#gates.length; index++) {
      const gate = this.#gates[index] as TalliedGate;
      const value = measured(gate.measure, fact);
      if (value !== undefined) gate.entry.add(value, onChallenger, probability);
    }
  }

  /** The first call of a unit in the stage: it counts when its claim is settled. What the gates measure is taken at once, so that the output is not kept. */
  claim(unitHash: string, fact: CallFact): Claim {
    const { stage, onChallenger, probability } = this.cell;
    const member = stage.toString(16) + unitHash;
    const values = this.#gates.map(({ measure }) => measured(measure, fact));
    return {
      set: 'units',
      member,
      armMember: member + (onChallenger ? '1' : '0'),
      apply: () => {
        this.#book.unit(onChallenger);
        for (const [index, value] of values.entries())
          if (value !== undefined) this.#gates[index]?.entry.add(value, onChallenger, probability);
      },
      twice: () => this.#book.twice++,
    };
  }
}

function measured(measure: (fact: CallFact) => number | undefined, fact: CallFact): number | undefined {
  try {
    return measure(fact);
  } catch {
    // A user's measure that throws is an invalid value: it is counted, and many of them hold the rollout.
    return Number.NaN;
  }
}
