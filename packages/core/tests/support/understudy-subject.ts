import { circuitBreaker } from '../../src/policies/circuit-breaker-policy.ts';
import { type ComposedCall, composeWith } from '../../src/policies/compose.ts';
import { concurrencyLimit } from '../../src/policies/concurrency-limit.ts';
import { retry } from '../../src/policies/retry.ts';
import { timeout } from '../../src/policies/timeout.ts';
import type { CircuitDocument, Policy } from '../../src/types/index.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { ConformanceSubject, Guard, GuardOptions } from '../../src/testing/conformance/subject.ts';

/** This library as a subject, on a virtual clock. */
export function understudySubject(): ConformanceSubject {
  const clock = new VirtualClock();
  const policiesOf = ({ breaker, retry: again, timeoutMs, limit }: GuardOptions): readonly Policy[] => [
    ...(breaker === undefined ? [] : [circuitBreaker(breaker)]),
    ...(again === undefined ? [] : [retry(again)]),
    ...(timeoutMs === undefined ? [] : [timeout({ ms: timeoutMs })]),
    ...(limit === undefined
      ? []
      : [
          concurrencyLimit({
            ...(limit.limit === 'adaptive' ? {} : { limit: limit.limit }),
            ...(limit.maxQueue === undefined ? {} : { maxQueue: limit.maxQueue }),
          }),
        ]),
  ];
  const compose = (policies: readonly Policy[], options: GuardOptions): ComposedCall =>
    composeWith(
      { clock, random: () => 0.5, ...(options.onChange === undefined ? {} : { onEvent: options.onChange }) },
      ...policies,
    );
  const guardOf = (call: ComposedCall, options: GuardOptions): Guard => ({
    call: (work, callOptions) => call((attempt) => work(attempt.signal), callOptions),
    ...(call.circuit === undefined
      ? {}
      : {
          state: () => call.circuit?.state ?? '',
          forceOpen: () => call.circuit?.force('forced-open', 'a case'),
          release: () => call.circuit?.release('a case'),
          restart: () => {
            const document = JSON.parse(JSON.stringify(call.circuit?.export())) as CircuitDocument;
            const restarted = compose(policiesOf(options), options);
            restarted.circuit?.hydrate(document);
            return guardOf(restarted, options);
          },
        }),
    ...(options.limit === undefined ? {} : { limit: () => Number(call.status()['concurrencyLimit']?.['limit']) }),
  });
  const subject: ConformanceSubject = {
    name: 'understudy',
    unitMs: 1000,
    guard: (options) => guardOf(compose(policiesOf(options), options), options),
    pair: (options) => {
      const shared = policiesOf(options);
      return [guardOf(compose(shared, options), options), guardOf(compose(shared, options), options)];
    },
    wait: (ms) => clock.advance(ms),
    stepWall: (ms) => clock.stepWall(ms),
  };
  return subject;
}
