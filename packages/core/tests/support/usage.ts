import type { CallUsage, Usage } from '../../src/types/index.ts';

/** What a call has used; what is not said, the endpoint did not tell. */
export function usageOf(
  input: Partial<Usage['inputTokens']>,
  output: Partial<Usage['outputTokens']>,
  costMicroUsd: number | null,
): CallUsage {
  return {
    inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined, ...input },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined, ...output },
    estimated: false,
    costMicroUsd,
  };
}
