/**
 * A page about a time of operation, from events and status.
 *
 * @module
 */
export { type PageOptions, renderReport, renderReportData, reportData, type ReportOptions } from './report/render-report.ts';
export { reportBuilder, type ReportBuilder, type ReportDataOptions } from './report/report-builder.ts';
export type { ReportData } from './report/report-data.ts';
