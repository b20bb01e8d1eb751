export { attributions, type AttributionsOptions } from './attributions.ts';
export { liveMetric, type LiveMetricOptions, type MetricName, type UserMetric } from './live-metric.ts';
export { calibration, type CalibrationOptions } from './calibration-monitor.ts';
export { dataQuality, type DataQualityOptions } from './data-quality.ts';
export { drift, type DriftOptions } from './drift.ts';
export { trafficProfile, type TrafficProfile, type TrafficProfileOptions } from './profile/traffic-profile.ts';
export type { Profile } from './profile/profile.ts';
export { errorStream, type ErrorStreamOptions } from './error-stream.ts';
export { estimatedPerformance, type EstimatedPerformanceOptions } from './estimated-performance.ts';
export { fairness, type FairnessOptions } from './fairness-monitor.ts';
export { overrides, type OverridesOptions } from './overrides-monitor.ts';
export type { TruthReader } from './target-value.ts';
export { kpiValue, type KpiValueOptions } from './kpi-value.ts';
export { type BurnRate, serviceLevel, type ServiceLevelOptions } from './service-level.ts';
export { spendBudget, type SpendBudgetOptions } from './spend-budget.ts';
export type {
  ModelMonitor,
  Breach,
  Monitor,
  MonitorAction,
  MonitorOptions,
  MonitorReport,
  ModelDescription,
  MonitorContext,
  MonitorsStatus,
  OutcomePart,
  RunningMonitors,
  SegmentOf,
} from './monitor.ts';
export type { InputCounting, InputNumbers } from './input-numbers.ts';
export type { MonitorFailures } from './monitor-failures.ts';
export type { Period } from './period.ts';
export type { NumberReader } from '../statistics/profiles/number-reader.ts';
export type { MonitorsRunner } from './managed-monitors.ts';
export type { OutcomeCoverage } from './outcome-ledger.ts';
