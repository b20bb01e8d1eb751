/** part / whole; null where the whole is 0: a share of nothing is unknown, not 0. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
