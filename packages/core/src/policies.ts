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
export { off } from './policies/merge.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { type ErrorCode, type ErrorDetails, UnderstudyError } from './errors/index.ts';
export type {
  Call,
  CircuitControl,
  CircuitDocument,
  CircuitState,
  Classify,
  CustomPolicy,
  DisabledPolicy,
  Permit,
  Policy,
  PolicyChange,
  PolicyEnvironment,
  PolicyMachine,
  PolicySnapshot,
  Postponement,
  Refusal,
  ResultClass,
  SlotPolicy,
} from './spec/index.ts';
export type { Clock, TimerHandle } from './time/index.ts';
