export { usedAmount, type UsageMeasure } from './amount.ts';
export { withReport } from './report.ts';
export { withUsage } from './sum.ts';
