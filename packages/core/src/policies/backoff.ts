/**
 * Exponential backoff with full jitter: uniform in [0, min(cap, base · 2^(attempt − 1))].
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog.
 *
 * @param attempt number of the attempt that failed, from 1
 * @param random uniform in [0, 1); anything else is clamped, so that the delay is always finite and not negative
 */
export function fullJitter(attempt: number, baseMs: number, capMs: number, random: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  const share = random >= 0 && random <= 1 ? random : 0.5;
  return ceiling * share;
}
