/**
 * Policies round a call without a model, and what a policy of your own is made of.
 *
 * @module
 */
export type { ErrorCode } from './errors/error-code.ts';
export { type ErrorDetails, UnderstudyError } from './errors/understudy-error.ts';
export { budget, type BudgetOptions, type DailyLimit } from './policies/budget.ts';
export { circuitBreaker, type CircuitBreakerOptions } from './policies/circuit-breaker-policy.ts';
export {
  compose,
  type ComposedCall,
  type ComposedCallOptions,
  type ComposedEvent,
  type ComposedFailure,
  type ComposeOptions,
  composeWith,
} from './policies/compose.ts';
export { concurrencyLimit, type ConcurrencyLimitOptions } from './policies/concurrency-limit.ts';
export { cooldown, type CooldownOptions } from './policies/cooldown.ts';
export { failureKind } from './policies/failure-kind.ts';
export { hedge, type HedgeOptions } from './policies/hedge.ts';
export { off } from './policies/merge.ts';
export { microBatch, type MicroBatchOptions } from './policies/micro-batch.ts';
export { pool, type Pool, type PoolMember, type PoolMemberStatus, type PoolOptions } from './policies/pool.ts';
export { rateLimit, type RateLimitOptions } from './policies/rate-limit.ts';
export { repairJson } from './policies/repair-json.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { tokenLimit, type TokenLimitOptions } from './policies/token-limit.ts';
export type { Clock, TimerHandle } from './time/clock.ts';
export type { Call } from './types/call.ts';
export type { CircuitControl, CircuitDocument, CircuitState } from './types/circuit.ts';
export type { FailureKind } from './types/failure-kind.ts';
export type {
  AttemptResult,
  CustomPolicy,
  DisabledPolicy,
  Permit,
  Policy,
  PolicyCall,
  PolicyChange,
  PolicyDependencies,
  PolicyMachine,
  PolicySnapshot,
  Postponement,
  Refusal,
  SlotPolicy,
} from './types/policy.ts';
export type { Classify, ResultClass } from './types/result-class.ts';
export type { CallReport, CallUsage, EndpointLimit, Usage } from './types/usage.ts';
export { type ModelsDevOptions, pricesFromLiteLLM, pricesFromModelsDev } from './usage/price-catalogues.ts';
export { costMicroUsd, type Price, priceAt, type Prices, type TokenRates } from './usage/prices.ts';
