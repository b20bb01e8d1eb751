/**
 * Bring a challenger on stage on evidence: gates, an allocation that learns, forecasts, and estimates from logged decisions.
 *
 * @module
 */
export type { RolloutPhase, RolloutTransition } from './control/rollout-state.ts';
export type { GateReading } from './rollout/gate-reading.ts';
export { agreement, type AgreementOptions } from './rollout/gates/agreement.ts';
export { errorRate, type ErrorRateOptions } from './rollout/gates/error-rate.ts';
export type { GateOptions, OutcomeGateOptions, ScoreGateOptions } from './rollout/gates/gate-options.ts';
export { type CustomGateOptions, gate } from './rollout/gates/gate.ts';
export { kpi, type KpiOptions } from './rollout/gates/kpi.ts';
export { quality, type QualityOptions } from './rollout/gates/quality.ts';
export { sampleRatio, type SampleRatioOptions } from './rollout/gates/sample-ratio.ts';
export { slowCalls, type SlowCallsOptions } from './rollout/gates/slow-calls.ts';
export { spend, type SpendOptions } from './rollout/gates/spend.ts';
export type { Block } from './rollout/lifecycle.ts';
export type { PlannedTraffic, PlanOptions } from './rollout/plan-options.ts';
export {
  type Endings,
  type PlanningOptions,
  planRollout,
  type RolloutForecast,
  type StageForecast,
} from './rollout/plan-rollout.ts';
export type { RolloutOptions, RolloutShadowOptions } from './rollout/rollout-options.ts';
export type { RolloutStatus } from './rollout/rollout-status.ts';
export { thompson, type ThompsonAllocationOptions } from './rollout/thompson.ts';
export {
  doublyRobust,
  inversePropensity,
  type LoggedDecision,
  type OffPolicyEstimate,
  type OffPolicyOptions,
  type PolicyValue,
  type PredictedDecision,
} from './statistics/off-policy.ts';
export type { Allocation } from './types/allocation.ts';
export type { Gate, GateContext, GateVerdict, ModelGate } from './types/gate.ts';
export type { ContractReads } from './types/reads.ts';
