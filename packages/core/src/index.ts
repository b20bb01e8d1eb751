/**
 * Define a model, call it, and share what models have in common.
 *
 * @module
 */
export { http, type HttpOptions } from './adapters/http.ts';
export { openInference, type OpenInferenceOptions, type OpenInferencePredictor } from './adapters/open-inference.ts';
export { memoryStore } from './control/memory-store.ts';
export { ERROR_CODES, type ErrorCode } from './errors/error-code.ts';
export { type ErrorDetails, type Problem, UnderstudyError } from './errors/understudy-error.ts';
export type { Listener } from './events/event-bus.ts';
export type {
  AlertRaisedEvent,
  AssignmentReason,
  AttemptRecord,
  CallbackFailedEvent,
  CircuitChangedEvent,
  ControlChangedEvent,
  DecisionEvent,
  EventMap,
  EventType,
  ModelCallRecord,
  MonitorChangedEvent,
  OutcomeEvent,
  OutcomeKind,
  RegistryChangedEvent,
  RetrainRequestedEvent,
  ReviewChangedEvent,
  RolloutChangedEvent,
  ShadowComparedEvent,
  TelemetryDroppedEvent,
  UnderstudyEvent,
} from './events/event.ts';
export type { Pseudonyms } from './events/pseudonyms.ts';
export { allowFields, type AllowFieldsOptions, type Redaction } from './events/redaction.ts';
export type { SinkQueueOptions } from './events/sink-queue-options.ts';
export type { EventSampling } from './events/telemetry.ts';
export { type EventTrace, traceContextOf, type TraceHeaders } from './events/trace-context.ts';
export { always, type AlwaysOptions } from './fallback/always.ts';
export { except, only } from './fallback/failure-filter.ts';
export type { Condition, Conditions, RuleRow, RuleTable } from './fallback/rule-table.ts';
export { rules, type RulesTier } from './fallback/rules.ts';
export { chunkStream, type ChunkStreamOptions, textStream } from './model/model-stream.ts';
export type {
  ModelStream,
  OnBreak,
  StreamContract,
  StreamEvent,
  StreamOptions,
  VariantStreamOptions,
} from './model/stream-contract.ts';
export type { Contract, KpiDefinition, Target } from './model/contract.ts';
export type { Decision, Explanation, ServedBy } from './model/decision.ts';
export type {
  Model,
  ModelCommands,
  Outcome,
  OutcomeResult,
  PredictManyOptions,
  PredictOptions,
  RolloutCommands,
  StreamCallOptions,
  Unit,
} from './model/model-api.ts';
export type { Effects, ModelOptions, OutcomeOptions, ShadowOptions, VariantOptions } from './model/model-options.ts';
export type { ModelStatus, ShadowStatus, VariantStatus } from './model/status.ts';
export { budget, type BudgetOptions, type DailyLimit } from './policies/budget.ts';
export { circuitBreaker, type CircuitBreakerOptions } from './policies/circuit-breaker-policy.ts';
export { concurrencyLimit, type ConcurrencyLimitOptions } from './policies/concurrency-limit.ts';
export {
  guardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
  type GuardedStreamOptions,
} from './adapters/guarded-fetch.ts';
export { cooldown, type CooldownOptions } from './policies/cooldown.ts';
export { hedge, type HedgeOptions } from './policies/hedge.ts';
export { off } from './policies/merge.ts';
export { microBatch, type MicroBatchOptions } from './policies/micro-batch.ts';
export { pool, type Pool, type PoolMember, type PoolMemberStatus, type PoolOptions } from './policies/pool.ts';
export { rateLimit, type RateLimitOptions } from './policies/rate-limit.ts';
export { repairJson } from './policies/repair-json.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { tokenLimit, type TokenLimitOptions } from './policies/token-limit.ts';
export {
  judged,
  type JudgedOptions,
  type JudgedPair,
  type Judgement,
  similarText,
  type SimilarTextOptions,
} from './routing/asked-comparators.ts';
export {
  type AsyncComparator,
  type Comparator,
  type ComparatorCall,
  type Comparison,
  cosine,
  sameData,
  sameLabel,
  sameSide,
  withinTolerance,
} from './routing/comparators.ts';
export type { IdSigner } from './routing/decision-id.ts';
export { sameJson, type SameJsonOptions, sameText, type SameTextOptions } from './routing/text-comparators.ts';
export type { UnitHash } from './routing/unit-hash.ts';
export { createUnderstudy } from './runtime/create-understudy.ts';
export { defineModel, type DefineModel } from './runtime/define-model.ts';
export type { FourEyesCommand, UnderstudyOptions } from './runtime/understudy-options.ts';
export type { DefinedModel, Understudy } from './runtime/understudy.ts';
export type { Clock, TimerHandle } from './time/clock.ts';
export type { AssignedVariant, AssignUnit, UnitContext } from './types/assign-unit.ts';
export type { Call, Repair } from './types/call.ts';
export type { Authorize, Command, CommandKind, ControlNote, Operator } from './types/command.ts';
export type { Failure } from './types/failure.ts';
export type { FailureKind } from './types/failure-kind.ts';
export type { CustomPolicy, Policy } from './types/policy.ts';
export type { Predictor } from './types/predictor.ts';
export type { Classify, ResultClass } from './types/result-class.ts';
export type { InOf, MaybePromise, OutOf, Schema } from './types/schema.ts';
export type { Sink, SinkFeed } from './types/sink.ts';
export type { CounterPart, KeptDecision, StateStore, Versioned } from './types/state-store.ts';
export type { FilteredEntry, Tier, TierAnswer } from './types/tier.ts';
export type { TraceContext } from './types/trace.ts';
export type { CallReport, CallUsage, EndpointLimit, ModelRequest, Usage } from './types/usage.ts';
export { type ModelsDevOptions, pricesFromLiteLLM, pricesFromModelsDev } from './usage/price-catalogues.ts';
export { costMicroUsd, type Price, priceAt, type Prices, type TokenRates } from './usage/prices.ts';
