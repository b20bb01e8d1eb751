import type { CallReport, CallUsage, Usage } from '../types/index.ts';

const add = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : a + b;

/**
 * What a call has used with one more attempt of it.
 *
 * @param costMicroUsd what the attempt cost; `undefined`: its price is not known
 */
export function withUsage(
  sum: CallUsage | undefined,
  usage: Usage,
  report: CallReport,
  costMicroUsd: number | undefined,
): CallUsage {
  const [input, output] = [sum?.inputTokens, sum?.outputTokens];
  const before = sum === undefined ? 0 : sum.costMicroUsd;
  return {
    inputTokens: {
      total: add(input?.total, usage.inputTokens.total),
      noCache: add(input?.noCache, usage.inputTokens.noCache),
      cacheRead: add(input?.cacheRead, usage.inputTokens.cacheRead),
      cacheWrite: add(input?.cacheWrite, usage.inputTokens.cacheWrite),
    },
    outputTokens: {
      total: add(output?.total, usage.outputTokens.total),
      text: add(output?.text, usage.outputTokens.text),
      reasoning: add(output?.reasoning, usage.outputTokens.reasoning),
    },
    estimated: sum?.estimated === true || report.estimated === true,
    costMicroUsd: before === null || costMicroUsd === undefined ? null : before + costMicroUsd,
  };
}
