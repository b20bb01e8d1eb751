import type { ConformanceSubject, Guard, GuardOptions } from '@understudy/core/testing';
import {
  circuitBreaker,
  type CircuitDocument,
  type ComposedCall,
  composeWith,
  concurrencyLimit,
  type Policy,
  retry,
  timeout,
} from '@understudy/core/policies';
import { stepWallClock, wait } from './real-time.ts';

function policiesOf({ breaker, retry: again, timeoutMs, limit }: GuardOptions): readonly Policy[] {
  const policies: Policy[] = [];
  if (breaker !== undefined) policies.push(circuitBreaker(breaker));
  if (again !== undefined) policies.push(retry(again));
  if (timeoutMs !== undefined) policies.push(timeout({ ms: timeoutMs }));
  if (limit !== undefined) {
    const { limit: size, maxQueue } = limit;
    policies.push(
      concurrencyLimit({ ...(size === 'adaptive' ? {} : { limit: size }), ...(maxQueue === undefined ? {} : { maxQueue }) }),
    );
  }
  return policies;
}

function compose(policies: readonly Policy[], { onChange }: GuardOptions): ComposedCall {
  return composeWith(onChange === undefined ? {} : { onEvent: onChange }, ...policies);
}

function guardOf(call: ComposedCall, options: GuardOptions): Guard {
  const { circuit } = call;
  return {
    call: (work, callOptions) => call((attempt) => work(attempt.signal), callOptions),
    limit: () => Number(call.status()['concurrencyLimit']?.['limit']),
    ...(circuit === undefined
      ? {}
      : {
          state: () => circuit.state,
          forceOpen: () => circuit.force('forced-open', 'a case'),
          release: () => circuit.release('a case'),
          restart: () => {
            const restarted = compose(policiesOf(options), options);
            restarted.circuit?.hydrate(JSON.parse(JSON.stringify(circuit.export())) as CircuitDocument);
            return guardOf(restarted, options);
          },
        }),
  };
}

/** This library on real time, as the peers are. */
export const understudySubject = (unitMs: number): ConformanceSubject => ({
  name: 'understudy',
  unitMs,
  guard: (options) => guardOf(compose(policiesOf(options), options), options),
  pair: (options) => {
    const shared = policiesOf(options);
    return [guardOf(compose(shared, options), options), guardOf(compose(shared, options), options)];
  },
  wait,
  stepWall: stepWallClock,
});
