import type { VendorName } from './vendor.ts';

/** What happens to one request. */
export type Fate =
  /** It is answered; `slow`: long after the others. */
  | { readonly kind: 'answered' | 'slow' }
  /** The vendor has too much to do (503, or Anthropic's 529), or this key has asked too often (429). */
  | { readonly kind: 'overloaded' | 'rate-limited' }
  /** The connection breaks: before the first word, or after the half of a streamed answer. */
  | { readonly kind: 'reset' | 'cut' };

/** How many of a hundred requests meet each. */
const SHARES: readonly (readonly [Fate['kind'], number])[] = [
  ['overloaded', 5],
  ['rate-limited', 4],
  ['reset', 4],
  ['cut', 8],
  ['slow', 6],
];

/** A number in [0, 1) that depends on the text alone (FNV-1a with a final mix). */
export function drawn(text: string): number {
  let state = 2_166_136_261;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 16_777_619);
  state = Math.imul(state ^ (state >>> 15), 2_246_822_507);
  state = Math.imul(state ^ (state >>> 13), 3_266_489_909);
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
}

/** The same for the same seed, vendor, ticket and number of the try, whatever else is going on. */
export function fateOf(seed: number, vendor: VendorName, ticket: string, number: number): Fate {
  let rest = drawn(`${seed}/${vendor}/${ticket}/${number}`) * 100;
  for (const [kind, share] of SHARES) {
    if (rest < share) return { kind };
    rest -= share;
  }
  return { kind: 'answered' };
}
