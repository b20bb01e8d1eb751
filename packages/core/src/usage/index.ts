export { type ModelsDevOptions, pricesFromLiteLLM, pricesFromModelsDev } from './price-catalogues.ts';
export { costMicroUsd, type Price, priceAt, type Prices, pricesKind, type TokenRates } from './prices.ts';
export { withReport } from './report.ts';
export { withUsage } from './sum.ts';
