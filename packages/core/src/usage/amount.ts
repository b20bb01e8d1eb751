import type { CallUsage, Usage } from '../types/index.ts';

/** What is measured of a call's usage: money in US dollars, or tokens. */
export type UsageMeasure = 'cost' | 'tokens';

/**
 * What a call has used. `undefined`: nothing was reported of it; NaN: its price is not known, or the endpoint told no number of
 * tokens, so that it must not count as nothing.
 */
export function usedAmount(usage: CallUsage | undefined, of: UsageMeasure): number | undefined {
  if (usage === undefined) return undefined;
  if (of === 'tokens') return tokensOf(usage) ?? Number.NaN;
  return usage.costMicroUsd === null ? Number.NaN : usage.costMicroUsd / 1e6;
}

/** All tokens, read and written; `undefined` where the endpoint told none of them. */
export const tokensOf = (usage: Usage): number | undefined => sumOf([inputTokensOf(usage), outputTokensOf(usage)]);

/** Tokens read, from the cache too. */
export const inputTokensOf = ({ inputTokens: input }: Usage): number | undefined =>
  input.total ?? sumOf([input.noCache, input.cacheRead, input.cacheWrite]);

/** Tokens written, reasoning too. */
export const outputTokensOf = ({ outputTokens: output }: Usage): number | undefined =>
  output.total ?? sumOf([output.text, output.reasoning]);

function sumOf(parts: readonly (number | undefined)[]): number | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.reduce((sum, part) => sum + part, 0);
}
