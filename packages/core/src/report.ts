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
  ReportPause,
  ReportQuantiles,
  ReportReading,
  ReportRollout,
  ReportSummary,
  ReportTraffic,
  ReportTransition,
  ReportTrend,
  ReportVariant,
  SeriesPoint,
  TrafficBin,
  TrendBin,
} from './report/report-data.ts';
