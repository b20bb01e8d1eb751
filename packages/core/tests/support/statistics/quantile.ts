/** The quantile `q`, 0–1, of ascending values: type 7 of R. Hyndman and Y. Fan (1996), the default of R and NumPy. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const part = position - below;
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  // Ends so far apart that their difference is no number.
  if (high - low === Infinity) return low * (1 - part) + high * part;
  // From the nearer end, so that q = 1 and equal neighbours are exact.
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

/** The value at that place, or the one before it: never between two. */
export function lowerQuantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.floor(q * (sorted.length - 1))] ?? NaN;
}
