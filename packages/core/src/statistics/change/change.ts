/** What a detector says after a value. */
export interface Change {
  /** Whether the mean has changed; the detector starts anew with the next value. */
  readonly changed: boolean;
  /** `up` where the mean rose: of errors, a loss; `down` where it fell. null without a change. */
  readonly direction: 'up' | 'down' | null;
  /** The mean of the values since the start or, with a change, since about when it came. */
  readonly mean: number;
  /** The mean before the change; null without one. */
  readonly previousMean: number | null;
}

export function changeFrom(previousMean: number, mean: number, direction: 'up' | 'down'): Change {
  return { changed: true, direction, mean, previousMean };
}

export function noChange(mean: number): Change {
  return { changed: false, direction: null, mean, previousMean: null };
}
