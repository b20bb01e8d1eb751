/**
 * Uniform numbers in [0, 1) that a seed determines: mulberry32 (T. Ettinger, public domain). Good enough for tests and simulations,
 * not for secrets.
 *
 * @param seed an integer; the same seed gives the same numbers everywhere
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
