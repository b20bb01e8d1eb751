/**
 * The root of a concave, strictly increasing function by Newton's method. A tangent lies above such a function, so that every
 * step lands at or left of the root, from any start, and the steps after it go right: no bracket is needed.
 *
 * @param at value and slope of the function at x
 */
export function concaveRoot(start: number, at: (x: number) => readonly [value: number, slope: number]): number {
  let x = start;
  for (let step = 0; step < 200; step++) {
    const [value, slope] = at(x);
    const next = x - value / slope;
    // Once rounding turns it back there is nothing left to gain.
    if (!(Math.abs(next - x) > 2e-16 * Math.abs(x)) || (step > 1 && next < x)) return next;
    x = next;
  }
  return x;
}
