const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** The next number a double can hold above a finite `value`: `x > value` is `x >= nextUp(value)`. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return double[0];
}

/** The next number a double can hold below a finite `value`. */
export const nextDown = (value: number): number => -nextUp(-value);
