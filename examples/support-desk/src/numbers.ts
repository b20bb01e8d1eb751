export const count = (value: number): string => value.toLocaleString('en-US');
/** @param microUsd millionths of a dollar */
export const usd = (microUsd: number): string => `$${(microUsd / 1e6).toFixed(4)}`;
/** How often each word comes, the most frequent first: `40 openai, 3 canned`. */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = Array.from(counts).toSorted(([, a], [, b]) => b - a);
  return sorted.map(([word, times]) => `${times} ${word}`).join(', ');
}
