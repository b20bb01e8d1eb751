import { checkOptions, type Kind, kind, type Kinds, over, required } from '../../errors/index.ts';
import type { ModelGate } from '../../types/index.ts';
import { eventTest } from '../event-evidence.ts';
import { GATE, type GateOptions, gateBase } from './gate-options.ts';

export interface ErrorRateOptions extends GateOptions {
  /** The challenger may fail at most this many times as often as the champion: over 1. */
  readonly maxRatio: number;
  /** Failures per call as known before the rollout, 0–1: from 0.15 on, a second test adds power. @defaultValue 0 */
  readonly expectedRate?: number;
  /**
   * A rate that is harmless whatever the ratio, 0–1: proven to be under it, the challenger may proceed. Without it (0) a model that
   * never fails proves nothing. @defaultValue 0.001
   */
  readonly negligibleRate?: number;
}

const RATE: Kind = kind((value) => typeof value === 'number' && value >= 0 && value < 1, 'a fraction from 0 to under 1');

export const EVENT_GATE: Kinds<ErrorRateOptions> = {
  ...GATE,
  maxRatio: required(over(1)),
  expectedRate: RATE,
  negligibleRate: RATE,
};
export const EVENT_DEFAULTS = { expectedRate: 0, negligibleRate: 0.001 } as const;

/**
 * Compares how often the assigned variant failed to serve: an error, a timeout, an output that broke the contract, an open
 * circuit. Calls that the caller cancelled, or that our own limits refused, do not count.
 */
export function errorRate(options: ErrorRateOptions): ModelGate {
  const { settings, problems } = checkOptions(options, EVENT_GATE, EVENT_DEFAULTS);
  return {
    ...gateBase('errorRate', settings),
    problems,
    canary: {
      source: { kind: 'call', measure: ({ failed }) => (failed ? 1 : 0) },
      test: () => eventTest(settings),
    },
  };
}
