import { checkCount, checkProbability } from './argument-checks.ts';

/** Bad events among units that were assigned with one probability. */
export interface EventCell {
  /** The probability with which a unit went to the challenger, strictly between 0 and 1: as recorded at its exposure. */
  readonly probability: number;
  /** Bad events on the champion. */
  readonly champion: number;
  /** Bad events on the challenger. */
  readonly challenger: number;
}

/** Sufficient for the event race: one cell a probability, in ascending order. Plain data, merged by addition in any order. */
export type EventCounts = readonly EventCell[];

/**
 * The sum of any number of counts, from any instances, in any order and grouping: the same numbers, to the last bit.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a negative or fractional count, or a probability outside (0, 1)
 */
export function mergeEventCounts(...parts: readonly EventCounts[]): EventCounts {
  const cells = new Map<number, EventCell>();
  for (const cell of parts.flat()) {
    checkEventCell(cell);
    const { probability } = cell;
    const before = cells.get(probability) ?? { probability, champion: 0, challenger: 0 };
    const champion = before.champion + cell.champion;
    cells.set(probability, { probability, champion, challenger: before.challenger + cell.challenger });
  }
  return [...cells.values()].sort((a, b) => a.probability - b.probability);
}

export function checkEventCell({ probability, champion, challenger }: EventCell): void {
  checkProbability(probability, 'probability');
  checkCount(champion, 'champion');
  checkCount(challenger, 'challenger');
}
