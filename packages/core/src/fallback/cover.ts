import type { Box, Runs } from './box.ts';

/** Counts down. What it pays for is one look at one box in one region. */
export interface Budget {
  left: number;
}

interface Region {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The boxes that may reach into it. */
  readonly boxes: readonly Box[];
}

/**
 * A point (a cell for each field) outside of all boxes, or `undefined` where they cover everything. Exact, by cutting the
 * space at an end of a box until a region is inside one box or clear of all. `'undecided'` when the budget is spent.
 *
 * Which box is cut at decides the time, not the answer. The largest one soon leaves a half that is inside it. But where
 * boxes that are limited in one field only (slabs) could fill a region between them, they are cut at first: otherwise
 * their product with those of other fields is searched.
 *
 * @param sizes number of cells of each field
 * @param proof is given the boxes that cover a region each: together they cover everything, if the answer is `undefined`
 */
export function findUncovered(
  sizes: readonly number[],
  boxes: readonly Box[],
  budget: Budget,
  proof?: Set<Box>,
): readonly number[] | undefined | 'undecided' {
  if (sizes.includes(0)) return undefined;
  const regions: Region[] = [{ low: sizes.map(() => 0), high: sizes, boxes }];
  for (let region = regions.pop(); region !== undefined; region = regions.pop()) {
    budget.left -= region.boxes.length;
    if (budget.left < 0) return 'undecided';
    const { low, high } = region;
    const reaching: Box[] = [];
    const slabShare = sizes.map(() => 0);
    const slabs: Box[] = [];
    let largest: Box | undefined;
    let largestShare = 0;
    for (const box of region.boxes) {
      const share = shareOf(box, low, high);
      if (share === 0) continue;
      reaching.push(box);
      if (share > largestShare) [largest, largestShare] = [box, share];
      if (share === 1) break;
      const field = onlyLimit(box, low, high);
      if (field === -1) continue;
      slabShare[field] = (slabShare[field] ?? 0) + share;
      slabs[field] = box;
    }
    if (largest === undefined) return low;
    if (largestShare === 1) {
      proof?.add(largest);
      continue;
    }
    // A sum of shares is rounded: a little under 1 may be 1.
    const filled = slabShare.findIndex((share) => share > 0.999);
    regions.push(...halves(slabs[filled] ?? largest, low, high, reaching));
  }
  return undefined;
}

/** The part of a region that a box covers: 0 where they do not meet, exactly 1 for all of it. */
function shareOf(box: Box, low: readonly number[], high: readonly number[]): number {
  let share = 1;
  for (let field = 0; field < low.length; field++) {
    const inField = fieldShare(box[field], low[field], high[field]);
    if (inField === 0) return 0;
    share *= inField;
  }
  return share;
}

/** The field in which a box does not span the region, -1 where there are several. */
function onlyLimit(box: Box, low: readonly number[], high: readonly number[]): number {
  let only = -1;
  for (let field = 0; field < low.length; field++) {
    if (fieldShare(box[field], low[field], high[field]) === 1) continue;
    if (only !== -1) return -1;
    only = field;
  }
  return only;
}

function fieldShare(runs: Runs | undefined, from = 0, to = 0): number {
  if (runs === undefined) return 1;
  let cells = 0;
  for (let index = 0; index < runs.length; index += 2) {
    const start = Math.max(runs[index] ?? 0, from);
    const end = Math.min(runs[index + 1] ?? 0, to);
    if (end > start) cells += end - start;
  }
  return cells / (to - from);
}

/** Cuts a region at an end of `box`, in the field where the box covers least. */
function halves(box: Box, low: readonly number[], high: readonly number[], boxes: readonly Box[]): Region[] {
  let field = 0;
  let min = 1;
  for (let candidate = 0; candidate < low.length; candidate++) {
    const share = fieldShare(box[candidate], low[candidate], high[candidate]);
    if (share < min) [field, min] = [candidate, share];
  }
  const [from = 0, to = 0] = [low[field], high[field]];
  const runs = box[field] ?? [];
  const cut = runs.find((end) => end > from && end < to) ?? to;
  const below: Region = { low, high: high.with(field, cut), boxes };
  const above: Region = { low: low.with(field, cut), high, boxes };
  // Taken from the end: the half outside of the box, where a point is more likely, comes first.
  return fieldShare(runs, from, cut) === 0 ? [above, below] : [below, above];
}
