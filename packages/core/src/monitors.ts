/**
 * Watch the decisions of a model and act: monitors, profiles of reference data, and explanations.
 *
 * @module
 */
export { introspect } from './contract/introspect.ts';
export type { Problem } from './errors/understudy-error.ts';
export {
  type Attribution,
  type Contribution,
  explainer,
  type Explainer,
  type ExplainerOptions,
} from './explanations/explainer.ts';
export { attributions, type AttributionsOptions } from './monitors/attributions.ts';
export { calibration, type CalibrationOptions } from './monitors/calibration-monitor.ts';
export { type CustomMonitorOptions, monitor } from './monitors/custom-monitor.ts';
export { dataQuality, type DataQualityOptions } from './monitors/data-quality.ts';
export { drift, type DriftOptions } from './monitors/drift.ts';
export { errorStream, type ErrorStreamOptions } from './monitors/error-stream.ts';
export { estimatedPerformance, type EstimatedPerformanceOptions } from './monitors/estimated-performance.ts';
export { fairness, type FairnessOptions } from './monitors/fairness-monitor.ts';
export { kpiValue, type KpiValueOptions } from './monitors/kpi-value.ts';
export type { LiveMetricOptions, UserMetric } from './monitors/live-metric-options.ts';
export { liveMetric } from './monitors/live-metric.ts';
export type {
  Breach,
  ModelDescription,
  ModelMonitor,
  Monitor,
  MonitorAction,
  MonitorContext,
  MonitorOptions,
  MonitorReport,
  MonitorsStatus,
  SegmentOf,
  TargetView,
} from './monitors/monitor.ts';
export { overrides, type OverridesOptions } from './monitors/overrides-monitor.ts';
export { ProfileBuilder, type ProfiledFields, type ProfileOptions } from './monitors/profile/profile-builder.ts';
export { profileFromRows, type ProfileFromRowsOptions, type ProfileRow } from './monitors/profile/profile-from-rows.ts';
export { parseProfile, type Profile, profileDigest } from './monitors/profile/profile.ts';
export { trafficProfile, type TrafficProfile, type TrafficProfileOptions } from './monitors/profile/traffic-profile.ts';
export { type BurnRate, serviceLevel, type ServiceLevelOptions } from './monitors/service-level.ts';
export { spendBudget, type SpendBudgetOptions } from './monitors/spend-budget.ts';
export type { FieldView } from './types/contract-view.ts';
export type { DecisionFact, FieldDistribution, MonitorReading, MonitorRun, MonitorStatus, OutcomeFact } from './types/monitor.ts';
export type { ContractReads } from './types/reads.ts';
