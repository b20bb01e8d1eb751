import type { FieldView } from '../types/index.ts';
import { nextDown, nextUp } from './doubles.ts';
import type { FieldTest } from './field-test.ts';

/** Numbers from `low` to `high`, both included, which no test tells apart. */
export interface NumberCell {
  readonly low: number;
  readonly high: number;
}

/**
 * Cuts the numbers that a field may hold wherever a test changes its mind. Doubles, not reals: each cell holds at least one
 * number that a computer can write down, and an open end is the next double. Cells of integers start and end at integers.
 */
export function numberCells({ type, minimum, maximum }: FieldView, tests: readonly FieldTest[]): readonly NumberCell[] {
  const integer = type === 'integer';
  const largest = integer ? Number.MAX_SAFE_INTEGER : type === 'number' ? Number.MAX_VALUE : Infinity;
  let low = minimum === undefined ? -largest : minimum.exclusive ? nextUp(minimum.value) : minimum.value;
  let high = maximum === undefined ? largest : maximum.exclusive ? nextDown(maximum.value) : maximum.value;
  if (integer) [low, high] = [Math.ceil(low), Math.floor(high)];
  if (low > high) return [];

  const starts = new Set([low]);
  const startAt = (value: number): void => {
    const start = integer ? Math.ceil(value) : value;
    if (start > low && start <= high) starts.add(start);
  };
  for (const { range, allowed = [], denied = [] } of tests) {
    if (range !== undefined) {
      startAt(range[0]);
      if (range[1] < Infinity) startAt(nextUp(range[1]));
    }
    for (const value of [...allowed, ...denied]) {
      if (typeof value !== 'number') continue;
      startAt(value);
      startAt(nextUp(value));
    }
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, index) => {
    const next = sorted[index + 1];
    return { low: start, high: next === undefined ? high : integer ? next - 1 : nextDown(next) };
  });
}

/** The number of a cell that is shortest to write, near its end that is nearer to zero. */
export function roundest({ low, high }: NumberCell): number {
  if (low <= 0 && high >= 0) return 0;
  if (high < 0) return -roundest({ low: -high, high: -low });
  const reach = Math.min(high, Math.max(low * 2, 1));
  for (let power = Math.floor(Math.log10(reach)); power > Math.log10(low) - 17; power--) {
    // Dividing by a whole power of ten is exact where multiplying by a fraction is not.
    const candidate = power < 0 ? Math.ceil(low * 10 ** -power) / 10 ** -power : Math.ceil(low / 10 ** power) * 10 ** power;
    if (candidate >= low && candidate <= reach) return candidate;
  }
  return low;
}

/** `≥ 16.8 and < 20`: the ends as a user would have written them; empty for all numbers of the field. */
export function describeNumbers(cell: NumberCell, all: NumberCell): string {
  const { low, high } = cell;
  if (low === high) return `= ${low}`;
  const parts: string[] = [];
  if (low > all.low) parts.push(endText(low, nextDown(low), '≥', '>'));
  if (high < all.high) parts.push(endText(high, nextUp(high), '≤', '<'));
  return parts.join(' and ');
}

/** An end that was open is shorter with its neighbour: `> 5` is `≥ 5.000000000000001`. */
function endText(end: number, neighbour: number, closed: string, open: string): string {
  return `${neighbour}`.length < `${end}`.length ? `${open} ${neighbour}` : `${closed} ${end}`;
}
