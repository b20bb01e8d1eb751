export { withReport } from './report.ts';
export { withUsage } from './sum.ts';
