import type { DistributionBin, FieldDistribution } from '../../types/index.ts';
import { binLayout, driftCounts } from '../../statistics/profiles/bin-layout.ts';
import type { CategoricalProfile } from '../../statistics/profiles/categorical-profile.ts';
import type { NumericProfile } from '../../statistics/profiles/numeric-profile.ts';
import type { FieldReference } from './field-reference.ts';

/** Bins of ranges, of frequent values and of categories: so many of each. */
const MOST = 12;

/** Counts of one bin. */
interface Cell {
  readonly range?: readonly [from: number | null, to: number | null];
  readonly label?: string | null;
  reference: number;
  live: number;
}

/** Counts of the reference's bins, as drift compares them. */
interface Counts {
  readonly reference: readonly number[];
  readonly live: readonly number[];
}

/**
 * How a field is distributed by its counters, over the bins of its reference. Neighbouring ranges beyond twelve are one, a frequent
 * value beyond them is in the range around it, and a category beyond them is among the others. A bin without a value has no place.
 */
export function fieldDistribution(
  { name, profile, counts: reference, total }: FieldReference,
  counters: readonly number[],
  segment?: string,
): FieldDistribution {
  const counts = { reference, live: driftCounts(profile, counters) };
  const n = sum(counts.live);
  const cells = profile.kind === 'numeric' ? numericCells(profile, counts) : categoryCells(profile, counts);
  return {
    field: name,
    ...(segment === undefined ? {} : { segment }),
    reference: { n: total, missing: missingShare(profile.missing, total) },
    live: { n, missing: missingShare(counters[binLayout(profile).missing] ?? 0, n) },
    bins: cells.filter((cell) => cell.reference + cell.live > 0).map((cell) => sharesOf(cell, total, n)),
  };
}

const sharesOf = (cell: Cell, total: number, n: number): DistributionBin => ({
  ...cell,
  reference: part(cell.reference, total),
  live: part(cell.live, n),
});
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const part = (count: number, total: number): number => (total === 0 ? 0 : count / total);
const missingShare = (missing: number, n: number): number => part(missing, missing + n);

function numericCells({ edges, pointMasses }: NumericProfile, counts: Counts): Cell[] {
  const bins = edges.length + 1;
  const width = Math.ceil(bins / MOST);
  const cells: Cell[] = [];
  for (let from = 0; from < bins; from += width) {
    const to = Math.min(bins, from + width);
    cells.push({
      range: [edges[from - 1] ?? null, edges[to - 1] ?? null],
      reference: sum(counts.reference.slice(from, to)),
      live: sum(counts.live.slice(from, to)),
    });
  }
  const masses = pointMasses.map(({ value }, at) => countsAt(counts, bins + at, { range: [value, value] }));
  const own = mostFrequent(masses);
  for (const mass of masses) {
    if (own.has(mass)) continue;
    const context = cells.findLast((cell) => startOf(cell) <= startOf(mass));
    if (context === undefined) continue;
    context.reference += mass.reference;
    context.live += mass.live;
  }
  // A value where two ranges meet is before the one that begins there.
  return [...own, ...cells].sort((a, b) => startOf(a) - startOf(b));
}

function categoryCells({ categories }: CategoricalProfile, counts: Counts): Cell[] {
  const cells = categories.map(({ value }, at) => countsAt(counts, at, { label: value }));
  const own = mostFrequent(cells);
  const others = cells.filter((cell) => !own.has(cell));
  others.push(countsAt(counts, categories.length, {}));
  return [
    ...own,
    { label: null, reference: sum(others.map(({ reference }) => reference)), live: sum(others.map(({ live }) => live)) },
  ];
}

const countsAt = ({ reference, live }: Counts, at: number, bin: Pick<Cell, 'range' | 'label'>): Cell => ({
  ...bin,
  reference: reference[at] ?? 0,
  live: live[at] ?? 0,
});

const startOf = ({ range }: Cell): number => range?.[0] ?? -Infinity;

/** The cells that are frequent on either side, in the order in which they are given. */
function mostFrequent(cells: readonly Cell[]): ReadonlySet<Cell> {
  const [reference, live] = [sum(cells.map((cell) => cell.reference)), sum(cells.map((cell) => cell.live))];
  const share = (cell: Cell): number => Math.max(part(cell.reference, reference), part(cell.live, live));
  const kept = new Set(cells.toSorted((a, b) => share(b) - share(a)).slice(0, MOST));
  return new Set(cells.filter((cell) => kept.has(cell)));
}
