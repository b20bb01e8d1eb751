export { circuitBreaker, type CircuitBreakerOptions } from './circuit-breaker-policy.ts';
export { callOptionsError, signalKind } from './call-options.ts';
export { causeCodeOf, statusOf } from './classify.ts';
export { circuitControl } from './circuit-control.ts';
export {
  compose,
  type ComposedCall,
  type ComposedCallOptions,
  type ComposedEvent,
  type ComposedFailure,
  type ComposeOptions,
  composeWith,
} from './compose.ts';
export { concurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.ts';
export { DurationHistogram } from './duration-histogram.ts';
export { Executor, MAX_THROTTLE_MS } from './executor.ts';
export { type GuardedFetch, guardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts';
export { joinSignals } from './join-signals.ts';
export { closedError, type Ended, withinLimits } from './limits.ts';
export { instantiate, mergePolicies, off } from './merge.ts';
export type { FailureClass, Operation, RunningAttempt } from './operation.ts';
export { policiesKind, SharedState } from './compose.ts';
export { retry, type RetryOptions } from './retry.ts';
export { timeout, type TimeoutOptions } from './timeout.ts';
