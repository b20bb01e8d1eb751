export { inputTokensOf, outputTokensOf, tokensOf, usedAmount, type UsageMeasure } from './amount.ts';
export { costMicroUsd, priceAt, type Prices, pricesKind } from './prices.ts';
export { withReport } from './report.ts';
export { withUsage } from './sum.ts';
