import type { PolicyEnvironment, SlotPolicy } from '../spec/index.ts';
import { CircuitBreaker, type CircuitSettings } from './circuit-breaker.ts';
import { PolicyOptions } from './options.ts';

export interface CircuitBreakerOptions {
  /** Opens when at least this share of the window's calls failed, over 0 to 1. @defaultValue 0.5 (resilience4j, opossum) */
  readonly failureRate?: number;
  /** The rates are judged from this many calls in the window on. @defaultValue 10 */
  readonly minimumCalls?: number;
  /** Length of the sliding window in milliseconds, at least 100. @defaultValue 30000 */
  readonly windowMs?: number;
  /** Opens after this many failures in a row, whatever the traffic. @defaultValue 5 (Envoy) */
  readonly consecutiveFailures?: number;
  /** A call over this many milliseconds is slow, also while it is still in flight. @defaultValue none */
  readonly slowCallMs?: number;
  /** Opens when at least this share of the calls is slow, over 0 to 1. @defaultValue 0.5 */
  readonly slowCallRate?: number;
  /** First open time in milliseconds; it doubles with each opening in a row and is jittered by up to 20 %. @defaultValue 5000 (Polly) */
  readonly openMs?: number;
  /** Longest open time in milliseconds, before jitter. @defaultValue 60000 (resilience4j) */
  readonly maxOpenMs?: number;
  /** Half-open lets this many probes through, step after step; all must succeed. @defaultValue [1, 3, 10] */
  readonly probes?: readonly number[];
  /** A probe that has not ended after this many milliseconds gives its permit back. @defaultValue 30000 */
  readonly probeLeaseMs?: number;
  /** One circuit for all models of a runtime that name it, for endpoints that fail together. @defaultValue one per variant */
  readonly share?: string;
}

/**
 * Stops calling an endpoint that fails, and probes it again later. What counts as a failure: see `ResultClass`; a 429, a
 * caller's error, a cancel and our own refusals never do.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): SlotPolicy<'circuitBreaker'> {
  const { share } = options;
  const settings: CircuitSettings = {
    failureRate: options.failureRate ?? 0.5,
    minimumCalls: options.minimumCalls ?? 10,
    windowMs: options.windowMs ?? 30_000,
    consecutiveFailures: options.consecutiveFailures ?? 5,
    slowCallMs: options.slowCallMs ?? Number.POSITIVE_INFINITY,
    slowCallRate: options.slowCallRate ?? 0.5,
    openMs: options.openMs ?? 5000,
    maxOpenMs: options.maxOpenMs ?? Math.max(60_000, options.openMs ?? 0),
    probes: [...(options.probes ?? [1, 3, 10])],
    probeLeaseMs: options.probeLeaseMs ?? 30_000,
  };
  new PolicyOptions('circuitBreaker')
    .number('failureRate', settings.failureRate, { min: 0, max: 1, above: true })
    .number('minimumCalls', settings.minimumCalls, { min: 1, integer: true })
    .number('windowMs', settings.windowMs, { min: 100 })
    .number('consecutiveFailures', settings.consecutiveFailures, { min: 1 })
    .number('slowCallMs', settings.slowCallMs, { min: 0, above: true })
    .number('slowCallRate', settings.slowCallRate, { min: 0, max: 1, above: true })
    .number('openMs', settings.openMs, { min: 0, above: true })
    .number('maxOpenMs', settings.maxOpenMs, { min: settings.openMs })
    .that(settings.probes.length > 0 && settings.probes.every((count) => Number.isInteger(count) && count > 0), 'probes', 'expected at least one whole number over 0, such as [1, 3, 10]')
    .number('probeLeaseMs', settings.probeLeaseMs, { min: 0, above: true })
    .that(share === undefined || share.length > 0, 'share', 'expected a name that is not empty')
    .done();
  const make = (name: string, environment: PolicyEnvironment): CircuitBreaker => new CircuitBreaker(name, settings, environment.random, environment.changed);
  return {
    kind: 'circuitBreaker',
    slot: (environment) =>
      share === undefined ? make(environment.name, environment) : environment.shared('runtime', `circuit/${share}`, () => make(share, environment)),
  };
}
