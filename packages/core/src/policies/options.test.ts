import { expect, test } from 'vitest';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

/** What a caller without types can pass. */
const untyped = (options: object): object => options;

test.each([
  [
    () => timeout(untyped({}) as { ms: number }),
    'timeout.ms: expected milliseconds over 0, or Infinity for never, got undefined',
  ],
  [() => timeout({ ms: 0 }), 'timeout.ms: expected milliseconds over 0, or Infinity for never, got 0'],
  [() => retry(untyped({ attempts: '3' })), 'retry.attempts: expected a whole number of at least 1, got "3"'],
  [() => retry(untyped({ attempts: null })), 'retry.attempts: expected a whole number of at least 1, got null'],
  [() => retry({ baseMs: Infinity }), 'retry.baseMs: expected milliseconds of at least 0, got Infinity'],
  [() => retry({ budgetMin: 0.5 }), 'retry.budgetMin: expected a whole number of at least 0, got 0.5'],
  [() => retry({ budgetShare: 0 }), 'retry.budgetShare: expected a fraction over 0, at most 1, got 0'],
  [() => circuitBreaker({ probes: [] }), 'circuitBreaker.probes: expected a list of at least 1, got []'],
  [() => circuitBreaker({ probes: [1, 0.5] }), 'circuitBreaker.probes[1]: expected a whole number of at least 1, got 0.5'],
  [() => circuitBreaker({ openMs: 5, maxOpenMs: 4 }), 'circuitBreaker.maxOpenMs: expected at least openMs, got 4'],
  [() => circuitBreaker({ endpoint: '' }), 'circuitBreaker.endpoint: expected a text that is not empty, got ""'],
  [
    () => concurrencyLimit({ min: 5, start: 7, max: 6 }),
    'concurrencyLimit.start: expected min (5), start and max (6) in this order, got 7',
  ],
  [
    () => concurrencyLimit({ limit: 5, max: 6 }),
    'concurrencyLimit.limit: expected a fixed limit, or min, start and max of an adaptive one, got 5',
  ],
])('%s: %s', (make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(message) }));
});

test('an option that is undefined takes its default, and the defaults fit', () => {
  for (const options of [{}, untyped({ attempts: undefined, min: undefined, openMs: undefined, share: undefined })])
    for (const make of [retry, circuitBreaker, concurrencyLimit]) expect(() => make(options)).not.toThrow();
  expect(() => concurrencyLimit({ min: 300 })).not.toThrow();
  expect(() => circuitBreaker({ openMs: 90_000 })).not.toThrow();
  expect(() => timeout({ ms: Infinity })).not.toThrow();
});
