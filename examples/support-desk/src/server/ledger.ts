import type { Prices } from '@understudy/core';
import type { Tokens, VendorName } from './vendor.ts';

/** One answer that the vendor bills. */
export interface Bill {
  readonly vendor: VendorName;
  readonly ticket: string;
  /** Whether the answer was sent to its end. A broken one is billed as far as it came. */
  readonly whole: boolean;
  readonly tokens: Tokens;
  /** In millionths of a dollar, not rounded. */
  readonly microUsd: number;
}

/** What a vendor asks for so many tokens: arithmetic of its own, not that of the library. */
export function microUsdOf(prices: Prices, model: string, { input, cacheRead, cacheWrite, output }: Tokens): number {
  const price = [prices[model] ?? []].flat()[0];
  if (price === undefined) throw new Error(`The server has no price for ${model}.`);
  const { input: plain, cacheRead: read = plain, cacheWrite: written = plain } = price;
  return (input - cacheRead - cacheWrite) * plain + cacheRead * read + cacheWrite * written + output * price.output;
}
