import { RecentMap } from '../routing/recent-map.ts';

/** What a score needs of a decision: one output, or both of a shadow pair. */
export interface RememberedDecision {
  readonly input: unknown;
  readonly output: unknown;
  readonly shadow: { readonly output: unknown } | undefined;
}

/** Decisions that wait for their truth, the oldest forgotten first. */
const REMEMBERED = 10_000;

/** Bounded, in this process: a truth that comes elsewhere or later brings its decision along. */
export class DecisionMemory {
  readonly #decisions = new RecentMap<RememberedDecision>(REMEMBERED);

  remember(id: string, decision: RememberedDecision): void {
    this.#decisions.set(id, decision);
  }

  recall(id: string): RememberedDecision | undefined {
    return this.#decisions.get(id);
  }
}
