import { checkFinite, checkLength, checkPositive } from '../argument-checks.ts';

/** A non-decreasing function, by its corners: linear between them, constant outside. */
export interface IsotonicFit {
  /** Strictly increasing. */
  readonly x: readonly number[];
  /** Not decreasing, one of each x. */
  readonly y: readonly number[];
}

interface Block {
  mean: number;
  weight: number;
  /** How many distinct x. */
  size: number;
}

/**
 * The non-decreasing function with the least weighted squares, by pooling adjacent violators (M. Ayer et al., 1955). With scores
 * as x and 0/1 outcomes as y it turns scores into calibrated probabilities; the mean predictions and rates of a reliability table,
 * weighted by its counts, do too.
 *
 * @param x any order; equal ones are pooled
 * @param weights above 0. @defaultValue 1 each
 * @throws UnderstudyError `INPUT_INVALID` for a number that is not finite or no number at all, `CONFIGURATION_INVALID` for lists
 * of unequal length
 */
export function fitIsotonic(
  x: readonly number[],
  y: readonly number[],
  weights: readonly number[] = x.map(() => 1),
): IsotonicFit {
  checkPositive(x.length, 'x.length');
  checkLength(y.length, x.length, 'y');
  checkLength(weights.length, x.length, 'weights');
  const points = x.map((at, index) => ({ at, mean: y[index] ?? NaN, weight: weights[index] ?? NaN }));
  for (const [index, { at, mean, weight }] of points.entries()) {
    checkFinite(at, `x[${index}]`);
    checkFinite(mean, `y[${index}]`);
    checkPositive(weight, `weights[${index}]`);
  }
  points.sort((a, b) => a.at - b.at);
  const xs: number[] = [];
  const distinct: Block[] = [];
  for (const { at, mean, weight } of points) {
    const last = distinct.at(-1);
    if (last !== undefined && at === xs.at(-1)) pool(last, { mean, weight, size: 0 });
    else {
      xs.push(at);
      distinct.push({ mean, weight, size: 1 });
    }
  }
  const ys = increasing(distinct).flatMap(({ mean, size }) => Array.from({ length: size }, () => mean));
  // Corners only: what lies on a flat stretch says nothing.
  const corners = [...xs.keys()].filter((index) => ys[index] !== ys[index - 1] || ys[index] !== ys[index + 1]);
  return { x: corners.map((index) => xs[index] ?? 0), y: corners.map((index) => ys[index] ?? 0) };
}

function pool(into: Block, from: Block): void {
  into.weight += from.weight;
  into.mean += ((from.mean - into.mean) * from.weight) / into.weight;
  into.size += from.size;
}

/** Pools neighbours until the means increase. */
function increasing(blocks: readonly Block[]): Block[] {
  const pooled: Block[] = [];
  for (const block of blocks) {
    let last = block;
    for (let before = pooled.at(-1); before !== undefined && before.mean >= last.mean; before = pooled.at(-1)) {
      pool(before, last);
      last = before;
      pooled.pop();
    }
    pooled.push(last);
  }
  return pooled;
}

/** The value at x: NaN only at NaN. */
export function isotonicValue({ x, y }: IsotonicFit, at: number): number {
  let [low, high] = [0, x.length - 1];
  if (at <= (x[low] ?? at)) return y[low] ?? NaN;
  if (at >= (x[high] ?? at)) return y[high] ?? NaN;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? NaN) <= at) low = middle;
    else high = middle;
  }
  const [x0 = NaN, x1 = NaN, y0 = NaN, y1 = NaN] = [x[low], x[high], y[low], y[high]];
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}
