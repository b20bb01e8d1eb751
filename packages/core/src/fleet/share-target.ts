/** A whole rate, in parts of which shares are counted: whole numbers add up exactly. */
export const WHOLE_RATE = 1_000_000;
/** What one that wants nothing keeps for its next call, of the whole rate. */
const IDLE_SHARE = WHOLE_RATE / 20;

/**
 * The share of a rate that is due to one of several processes, by what each wants: its want, while all together want no more than there
 * is, and an equal part of what is left over, with one part left for a process that comes. Where they want more, no one that wants more
 * than another gets less (max-min fairness; D. Bertsekas, R. Gallager, Data Networks, 1992, section 6.5.2).
 *
 * @param want of this process: millionths of the whole rate, which may be more than it
 * @param others what the other processes want
 * @returns millionths, a whole number
 */
export function shareTarget(want: number, others: readonly number[]): number {
  const sum = others.reduce((total, other) => total + other, want);
  if (sum > WHOLE_RATE) return Math.floor(Math.min(want, fairLevel([want, ...others])));
  const spare = (WHOLE_RATE - sum) / (others.length + 2);
  return Math.floor(want + (want > 0 ? spare : Math.min(spare, IDLE_SHARE)));
}

/** The most that each may have where all together want more than there is. */
function fairLevel(wants: readonly number[]): number {
  const ascending = [...wants].sort((a, b) => a - b);
  let left = WHOLE_RATE;
  let level = WHOLE_RATE;
  for (const [index, want] of ascending.entries()) {
    level = left / (ascending.length - index);
    if (want > level) return level;
    left -= want;
  }
  return level;
}
