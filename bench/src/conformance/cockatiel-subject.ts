import type { ConformanceSubject, Guard, GuardOptions } from '@understudy/core/testing';
import {
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  ExponentialBackoff,
  handleAll,
  handleWhen,
  type IBreaker,
  type IPolicy,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { stepWallClock, wait } from './real-time.ts';

const STATES: Readonly<Record<CircuitState, string>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'isolated',
};
/** A breaker of cockatiel counts failures in a row or watches a rate; a case that can only be met by the rate asks for more in a row than this. */
const RATE_FROM = 1000;

type BreakerOptions = NonNullable<GuardOptions['breaker']>;

function breakerOf({ consecutiveFailures = 5, failureRate = 0.5, minCalls, windowMs = 30_000 }: BreakerOptions): IBreaker {
  if (consecutiveFailures < RATE_FROM) return new ConsecutiveBreaker(consecutiveFailures);
  return new SamplingBreaker({
    // It takes no share of 1.
    threshold: Math.min(failureRate, 0.999),
    duration: windowMs,
    ...(minCalls === undefined ? {} : { minimumRps: minCalls / (windowMs / 1000) }),
  });
}

/** What `circuitBreaker` of cockatiel takes. */
function settingsOf(options: BreakerOptions): Parameters<typeof circuitBreaker>[1] {
  const { openMs = 10_000, probes } = options;
  const [calls = 1] = probes ?? [];
  return {
    breaker: breakerOf(options),
    halfOpenAfter: openMs,
    ...(calls === 1 ? {} : { halfOpenSampling: { calls, threshold: 0 } }),
  };
}

/** A full bulkhead says nothing of the endpoint. */
const endpointFailed = handleWhen((error) => !(error instanceof BulkheadRejectedError));

function guardOf(options: GuardOptions, settings = settingsOf(options.breaker ?? {})): Guard | undefined {
  const { breaker, retry: again, limit, onChange } = options;
  if (limit?.limit === 'adaptive') return undefined;
  const policies: IPolicy[] = [];
  if (again !== undefined) {
    const { attempts, baseMs = 50 } = again;
    const backoff = baseMs === 0 ? new ConstantBackoff(0) : new ExponentialBackoff({ initialDelay: baseMs });
    policies.push(retry(handleAll, { maxAttempts: attempts - 1, backoff }));
  }
  const circuit = circuitBreaker(endpointFailed, settings);
  if (onChange !== undefined) circuit.onStateChange(onChange);
  if (breaker !== undefined) policies.push(circuit);
  // A probe that hangs is what its timeout is for. Without `abortOnReturn: false` the signal aborts when the call returns.
  const timeoutMs = options.timeoutMs ?? breaker?.probeLeaseMs;
  if (timeoutMs !== undefined) policies.push(timeout(timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false }));
  if (limit !== undefined) policies.push(bulkhead(limit.limit, limit.maxQueue));
  const stack = wrap(...policies);
  const call: Guard['call'] = (work, callOptions) => stack.execute(({ signal }) => work(signal), callOptions?.signal);
  const restart = (): Guard => {
    const initialState = JSON.parse(JSON.stringify(circuit.toJSON())) as unknown;
    return guardOf(options, { ...settingsOf(breaker ?? {}), initialState }) ?? guard;
  };
  const guard: Guard = {
    call,
    state: () => STATES[circuit.state],
    forceOpen: () => void circuit.isolate(),
    release: () => circuit.isolate().dispose(),
    restart,
  };
  return breaker === undefined ? { call } : guard;
}

export const cockatielSubject = (unitMs: number): ConformanceSubject => ({
  name: 'cockatiel 4',
  unitMs,
  guard: (options) => guardOf(options),
  pair: (options) => {
    const settings = settingsOf(options.breaker ?? {});
    const [first, second] = [guardOf(options, settings), guardOf(options, settings)];
    return first === undefined || second === undefined ? undefined : [first, second];
  },
  wait,
  stepWall: stepWallClock,
});
