import type { CallFact } from '../types/index.ts';
import type { Claim } from './unit-claims.ts';

/** A decision that the assigned variant served, so that its outcomes may be evidence. */
export interface ServedDecision {
  readonly id: string;
  /** When its call began, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What the first call of a unit comes to when it has ended and its claim is settled. */
export interface EntryCounting {
  /** What the gates measure of a call, taken at once, so that its output is not kept. */
  measure(fact: CallFact): readonly (number | undefined)[];
  /** @param served `undefined` where the assigned variant did not serve */
  count(values: readonly (number | undefined)[], served: ServedDecision | undefined): void;
  /** The unit was on the other arm before. */
  twice(): void;
}

/**
 * The first call of a unit in a stage to start, in this process. It is claimed when it starts, so that how it ends has no say in
 * which of several calls counts; it counts once the claim is settled and the call has ended, in whichever order.
 */
export class UnitEntry implements Claim {
  readonly set = 'units';
  readonly member: string;
  readonly armMember: string;
  readonly #counting: EntryCounting;
  #isFirst = false;
  #end: { readonly values: readonly (number | undefined)[]; readonly served: ServedDecision | undefined } | undefined;

  constructor(member: string, armMember: string, counting: EntryCounting) {
    this.member = member;
    this.armMember = armMember;
    this.#counting = counting;
  }

  apply(): void {
    this.#isFirst = true;
    this.#settle();
  }

  twice(): void {
    this.#counting.twice();
  }

  /** The call has ended. One that says nothing of its variant never does: the unit then stays out of the stage. */
  ended(fact: CallFact, served: ServedDecision | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { values: this.#counting.measure(fact), served };
    this.#settle();
  }

  #settle(): void {
    if (this.#isFirst && this.#end !== undefined) this.#counting.count(this.#end.values, this.#end.served);
  }
}
