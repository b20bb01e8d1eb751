import { count, either, kind, list, ms, msOrNever, readOptions, share, text, UnderstudyError } from '../errors/index.ts';
import type { PolicyChange, PolicyDependencies, SlotPolicy } from '../types/index.ts';
import { type Jitter, jitterKind } from './backoff.ts';
import { CircuitBreaker, type CircuitSettings } from './circuit-breaker.ts';
import { factorKind } from './retry.ts';

export interface CircuitBreakerOptions {
  /** Opens when at least this share of the window's calls failed, over 0 to 1; `false` switches the rule off. @defaultValue 0.5 (resilience4j, opossum) */
  readonly failureRate?: number | false;
  /** Calls that the window needs before the rates are judged. @defaultValue 10 */
  readonly minCalls?: number;
  /** Length of the sliding window in milliseconds. @defaultValue 30000 */
  readonly windowMs?: number;
  /** Opens after this many failures in a row, whatever the traffic; `false` switches the rule off. @defaultValue 5 (Envoy) */
  readonly consecutiveFailures?: number | false;
  /** A call over this many milliseconds is slow, also while it is still in flight. @defaultValue none */
  readonly slowCallMs?: number;
  /** Opens when at least this share of the calls is slow, over 0 to 1; `false` switches the rule off. @defaultValue 0.5 */
  readonly slowCallRate?: number | false;
  /** First open time in milliseconds; it grows with each opening in a row. @defaultValue 5000 (Polly) */
  readonly openMs?: number;
  /** Longest open time in milliseconds, before it is lengthened. @defaultValue 60000 (resilience4j), or openMs where that is more */
  readonly maxOpenMs?: number;
  /** The factor by which each open time is longer than the one before, at least 1. @defaultValue 2 */
  readonly factor?: number;
  /** How open times are spread. @defaultValue lengthened by up to 20 %, so that a fleet does not probe in step */
  readonly jitter?: Jitter;
  /** Half-open lets this many probes through, step after step; all must succeed. @defaultValue [1, 3, 10] */
  readonly probes?: readonly number[];
  /** A probe that has not ended after this many milliseconds gives its permit back. @defaultValue 30000 */
  readonly probeLeaseMs?: number;
  /**
   * Shares one circuit between all that name this endpoint: all models of a runtime, and all composed calls of a process on one clock. They
   * must all have the same options.
   * @defaultValue one per variant
   */
  readonly endpoint?: string;
}

const never = kind((value) => value === false, 'false');
const CIRCUIT = {
  failureRate: either(share, never),
  minCalls: count,
  windowMs: ms,
  consecutiveFailures: either(count, never),
  slowCallMs: msOrNever,
  slowCallRate: either(share, never),
  openMs: ms,
  maxOpenMs: ms,
  factor: factorKind,
  jitter: jitterKind,
  probes: list(count, 1),
  probeLeaseMs: ms,
  endpoint: text,
};
const DEFAULTS = {
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
  consecutiveFailures: 5,
  slowCallMs: Infinity,
  slowCallRate: 0.5,
  openMs: 5000,
  factor: 2,
  probes: [1, 3, 10],
  probeLeaseMs: 30_000,
} as const;
const LONGEST_OPEN_MS = 60_000;

/**
 * Stops calling an endpoint that fails, and probes it again later. What counts as a failure: see `ResultClass`; a 429, a
 * caller's error, a cancel and our own refusals never do.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): SlotPolicy<'circuitBreaker'> {
  const given = readOptions('circuitBreaker', options, CIRCUIT, DEFAULTS, ({ maxOpenMs, openMs }) => [
    [maxOpenMs === undefined || maxOpenMs >= openMs, 'maxOpenMs', 'at least openMs'],
  ]);
  const { endpoint: name, maxOpenMs = Math.max(LONGEST_OPEN_MS, given.openMs), jitter, ...rest } = given;
  const settings: CircuitSettings = {
    ...rest,
    jitter,
    maxOpenMs,
    probes: [...rest.probes],
    failureRate: unlessOff(rest.failureRate),
    consecutiveFailures: unlessOff(rest.consecutiveFailures),
    slowCallRate: unlessOff(rest.slowCallRate),
  };
  return {
    kind: 'circuitBreaker',
    slot: (dependencies) =>
      name === undefined
        ? new CircuitBreaker(dependencies.name, settings, dependencies.random, dependencies.changed)
        : sharedCircuit(name, settings, dependencies),
  };
}

const unlessOff = (limit: number | false): number => (limit === false ? Infinity : limit);

/** One circuit and all that share it: each of them hears of its changes. */
class SharedCircuit {
  readonly circuit: CircuitBreaker;
  readonly settings: string;
  readonly sharers = new Set<PolicyDependencies>();

  constructor(name: string, settings: CircuitSettings, random: () => number) {
    this.settings = JSON.stringify(settings);
    this.circuit = new CircuitBreaker(name, settings, random, (change: PolicyChange) => {
      for (const { changed } of this.sharers) changed(change);
    });
  }
}

function sharedCircuit(name: string, settings: CircuitSettings, dependencies: PolicyDependencies): CircuitBreaker {
  const { shared, random, onClose } = dependencies;
  const found = shared('runtime', `circuit/${name}`, () => new SharedCircuit(name, settings, random));
  if (found.settings !== JSON.stringify(settings))
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `The circuit "${name}" is shared already, with other options: ${dependencies.name} must say the same ones.`,
      {
        details: { problems: [{ path: 'circuitBreaker.endpoint', message: `expected the options that "${name}" has already` }] },
      },
    );
  found.sharers.add(dependencies);
  onClose(() => found.sharers.delete(dependencies));
  return found.circuit;
}
