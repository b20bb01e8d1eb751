/** Places of a row of moments: the count of cases, their mean, and the sum of their squared distances from it. */
const [COUNT, MEAN, SQUARES] = [0, 1, 2] as const;
export const MOMENTS_WIDTH = 3;

/** Beyond it a value is an invalid one: sums of its square would leave the range of a double. */
const LARGEST = 1e150;

/** Whether moments can take a value. */
export function isSummable(value: number): boolean {
  return Math.abs(value) <= LARGEST;
}

/** One more value, whose count has grown already (B. Welford, 1962): a large mean takes no digits from the spread. */
export function addMoment(row: Float64Array, value: number): void {
  const mean = row[MEAN] as number;
  const apart = value - mean;
  const moved = mean + apart / (row[COUNT] as number);
  row[MEAN] = moved;
  row[SQUARES] = (row[SQUARES] as number) + apart * (value - moved);
}

/** Adds the moments of other values (T. Chan, G. Golub and R. LeVeque, 1979). */
export function mergeMoments(into: Float64Array, from: Float64Array): void {
  const [a, b] = [into[COUNT] as number, from[COUNT] as number];
  if (!(b > 0)) return;
  const apart = (from[MEAN] as number) - (into[MEAN] as number);
  const share = b / (a + b);
  into[COUNT] = a + b;
  into[MEAN] = (into[MEAN] as number) + apart * share;
  into[SQUARES] = (into[SQUARES] as number) + (from[SQUARES] as number) + apart * apart * a * share;
}

/** Adds each number to its own. */
export function addRows(into: Float64Array, from: Float64Array): void {
  for (let at = 0; at < into.length; at++) into[at] = (into[at] as number) + (from[at] as number);
}
