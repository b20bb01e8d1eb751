import type { PolicyEnvironment, SlotPolicy } from '../spec/index.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { readOptions } from './options.ts';

export interface CircuitBreakerOptions {
  /** Opens when at least this share of the window's calls failed, over 0 to 1. @defaultValue 0.5 (resilience4j, opossum) */
  readonly failureRate?: number;
  /** The rates are judged from this many calls in the window on. @defaultValue 10 */
  readonly minimumCalls?: number;
  /** Length of the sliding window in milliseconds. @defaultValue 30000 */
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
  const { share, probes, ...rest } = readOptions(
    'circuitBreaker',
    options,
    {
      failureRate: ['share', 0.5],
      minimumCalls: ['count', 10],
      windowMs: ['ms', 30_000],
      consecutiveFailures: ['count', 5],
      slowCallMs: ['ms', Infinity],
      slowCallRate: ['share', 0.5],
      openMs: ['ms', 5000],
      maxOpenMs: ['ms', Math.max(60_000, options.openMs ?? 0)],
      probes: ['steps', [1, 3, 10]],
      probeLeaseMs: ['ms', 30_000],
      share: ['name'],
    },
    ({ maxOpenMs, openMs }) => [[maxOpenMs >= openMs, 'maxOpenMs', 'at least openMs']],
  );
  const settings = { ...rest, probes: [...probes] };
  const make = (name: string, { random, changed }: PolicyEnvironment): CircuitBreaker =>
    new CircuitBreaker(name, settings, random, changed);
  return {
    kind: 'circuitBreaker',
    slot: (environment) =>
      share === undefined
        ? make(environment.name, environment)
        : environment.shared('runtime', `circuit/${share}`, () => make(share, environment)),
  };
}
