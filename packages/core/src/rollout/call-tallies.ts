import type { RolloutCell } from '../routing/assignment.ts';
import type { CallFact, GateSource } from '../types/index.ts';
import { CACHED } from './call-fact.ts';
import type { Entry, NamedMeasure, StageBook } from './evidence-book.ts';
import { type ServedDecision, UnitEntry } from './unit-entry.ts';

/** A gate that measures calls. */
export type CallGate = NamedMeasure & { readonly source: GateSource & { readonly kind: 'call' } };

/**
 * @param served `undefined` where the assigned variant did not serve
 * @param member the unit in its stage; `undefined` for a call without one
 */
type Counted = (served: ServedDecision | undefined, cell: RolloutCell, member: string | undefined) => void;

interface TalliedGate {
  readonly measure: (fact: CallFact) => number | undefined;
  readonly entry: Entry;
}

/** The tallies of all gates that measure calls, for one arm of one stage. */
export class CallTallies {
  readonly cell: RolloutCell;
  readonly #book: StageBook;
  readonly #gates: readonly TalliedGate[];
  readonly #counted: Counted;

  /** @param counted told of each unit that counts */
  constructor(cell: RolloutCell, book: StageBook, gates: readonly CallGate[], counted: Counted = () => undefined) {
    this.cell = cell;
    this.#book = book;
    this.#counted = counted;
    this.#gates = gates.map((gate) => ({ measure: gate.source.measure, entry: book.entry(gate) }));
  }

  /** A call without a unit: it counts at once. @param served `undefined` where the assigned variant did not serve */
  count(fact: CallFact, served?: ServedDecision): void {
    const { onChallenger, probability } = this.cell;
    this.#book.unit(onChallenger);
    for (let index = 0; index < this.#gates.length; index++) {
      const gate = this.#gates[index] as TalliedGate;
      const value = measured(gate.measure, fact);
      if (value !== undefined) gate.entry.add(value, onChallenger, probability);
    }
    this.#counted(served, this.cell, undefined);
  }

  /** The first call of a unit to start in the stage. */
  enter(unitHash: string): UnitEntry {
    const { stage, onChallenger, probability } = this.cell;
    const member = stage.toString(16) + unitHash;
    return new UnitEntry(member, member + (onChallenger ? '1' : '0'), {
      measure: (fact) => this.#gates.map(({ measure }) => measured(measure, fact)),
      count: (values, served) => {
        this.#book.unit(onChallenger);
        for (const [index, value] of values.entries())
          if (value !== undefined) this.#gates[index]?.entry.add(value, onChallenger, probability);
        this.#counted(served, this.cell, member);
      },
      twice: () => this.#book.twice++,
    });
  }
}

function measured(measure: (fact: CallFact) => number | undefined, fact: CallFact): number | undefined {
  if (fact === CACHED) return undefined;
  try {
    return measure(fact);
  } catch {
    // A user's measure that throws is an invalid value: it is counted, and many of them hold the rollout.
    return Number.NaN;
  }
}
