export { renderReport, renderReportData, reportData, type PageOptions, type ReportOptions } from './report/render-report.ts';
export { reportBuilder, type ReportBuilder, type ReportDataOptions } from './report/report-builder.ts';
export type {
  ModelReport,
  ReadingSeries,
  ReportChange,
  ReportData,
  ReportGate,
  ReportList,
  ReportMonitor,
  ReportOutcomes,
  ReportQuantiles,
  ReportReading,
  ReportRollout,
  ReportSummary,
  ReportTraffic,
  ReportTransition,
  ReportVariant,
  SeriesPoint,
  TrafficBin,
} from './report/report-data.ts';
