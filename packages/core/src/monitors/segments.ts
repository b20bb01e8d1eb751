import type { DecisionFact } from '../types/index.ts';
import type { SegmentOf } from './monitor.ts';
import type { MonitorFailures } from './monitor-failures.ts';

/** All that is over the limit shares one segment. */
export const OTHER_SEGMENTS = '(other)';
/** Where the function that names segments threw, or named none. */
export const NO_SEGMENT = '(none)';

/** What is kept by segment: bounded, whatever the names. Segments beyond the first `max` share one. */
export class Segments<S> {
  readonly #known = new Map<string, S>();
  readonly #create: () => S;
  readonly #max: number;

  /** @param max segments with a name of their own. @defaultValue 20 */
  constructor(create: () => S, max = 20) {
    this.#create = create;
    this.#max = max;
  }

  of(name: string): S {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#max && name !== OTHER_SEGMENTS) return this.of(OTHER_SEGMENTS);
    const created = this.#create();
    this.#known.set(name, created);
    return created;
  }

  entries(): IterableIterator<[string, S]> {
    return this.#known.entries();
  }
}

/**
 * The segment of a decision; a function of the user's that throws must not fail the call: it is counted.
 *
 * @param option that has the function
 */
export function segmentName(
  segmentOf: SegmentOf<unknown>,
  decision: DecisionFact,
  failures?: MonitorFailures,
  option = 'segmentBy',
): string {
  try {
    const given: unknown = segmentOf(decision.input, decision);
    const name = failures === undefined ? given : failures.settled(option, given);
    return typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean' ? String(name) : NO_SEGMENT;
  } catch (error) {
    failures?.failed(option, error);
    return NO_SEGMENT;
  }
}
