import { oneOf } from '../errors/index.ts';

/**
 * How waits are spread, so that clients do not return in step (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog): `full` is uniform from 0 to the exponential wait, `equal` from half of it to all, `decorrelated` from the base to three
 * times the wait before, `none` all of it.
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none';

export const jitterKind = oneOf('full', 'equal', 'decorrelated', 'none');

export interface Backoff {
  /** First wait in milliseconds. */
  readonly baseMs: number;
  /** Longest wait in milliseconds. */
  readonly capMs: number;
  /** The factor by which each wait is longer than the one before. */
  readonly factor: number;
  readonly jitter: Jitter;
}

/**
 * The wait before another try, in milliseconds: finite and never negative.
 *
 * @param times how often it was tried before, from 1
 * @param previousMs the wait before that try, 0 for none
 * @param random uniform in [0, 1); anything else counts as 0.5
 */
export function backoffMs({ baseMs, capMs, factor, jitter }: Backoff, times: number, previousMs: number, random: number): number {
  const share = random >= 0 && random <= 1 ? random : 0.5;
  if (jitter === 'decorrelated') {
    const max = Math.max(baseMs, 3 * previousMs);
    return Math.min(capMs, baseMs + (max - baseMs) * share);
  }
  // 0 times a power that is infinite is no number.
  const whole = baseMs === 0 ? 0 : Math.min(capMs, baseMs * factor ** (times - 1));
  if (jitter === 'none') return whole;
  return jitter === 'full' ? whole * share : (whole * (1 + share)) / 2;
}
