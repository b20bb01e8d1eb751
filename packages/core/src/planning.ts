export { type ErrorCode, type ErrorDetails, UnderstudyError } from './errors/index.ts';
export type { GateOptions, OutcomeGateOptions, ScoreGateOptions } from './rollout/gates/gate-options.ts';
export type { AgreementOptions } from './rollout/gates/agreement.ts';
export type { ErrorRateOptions } from './rollout/gates/error-rate.ts';
export type { KpiOptions } from './rollout/gates/kpi.ts';
export type { QualityOptions } from './rollout/gates/quality.ts';
export type { SlowCallsOptions } from './rollout/gates/slow-calls.ts';
export type { SpendOptions } from './rollout/gates/spend.ts';
export type { PlannedTraffic, PlanOptions } from './rollout/plan-options.ts';
export {
  type Endings,
  type GainForecast,
  type HarmForecast,
  type PlanningOptions,
  planRollout,
  type RolloutForecast,
  type Spread,
  type StageForecast,
} from './rollout/plan-rollout.ts';
export type { PlannedAgreement, PlannedEvents, PlannedGate, PlannedOutcomes, PlannedScores } from './rollout/planned-gate.ts';
export type { RolloutShadowOptions } from './rollout/rollout-options.ts';
