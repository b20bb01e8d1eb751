import type { Gate } from '../../spec/index.ts';
import { eventTest } from '../event-evidence.ts';
import { type GateOptions, gateBase, optionProblems } from './gate-options.ts';

// The contract's types are irrelevant to most gates: they fit every model.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyModelGate<K extends string = never> = Gate<any, any, any, K>;

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

/**
 * Compares how often the assigned variant failed to serve: an error, a timeout, an output that broke the contract, an open
 * circuit. Calls that the caller cancelled, or that our own limits refused, do not count.
 */
export function errorRate(options: ErrorRateOptions): AnyModelGate {
  const { maxRatio, expectedRate = 0, negligibleRate = 0.001 } = options;
  return {
    ...gateBase('errorRate', options),
    problems: ratioProblems(maxRatio, expectedRate, negligibleRate),
    canary: {
      source: { kind: 'call', measure: ({ failed }) => (failed ? 1 : 0) },
      test: () => eventTest({ maxRatio, expectedRate, negligibleRate }),
    },
  };
}

export function ratioProblems(maxRatio: number, expectedRate: number, negligibleRate: number): ReturnType<typeof optionProblems> {
  return optionProblems(
    [maxRatio > 1 && maxRatio < Infinity, 'maxRatio', 'a number over 1', maxRatio],
    [expectedRate >= 0 && expectedRate < 1, 'expectedRate', 'a fraction from 0 to under 1', expectedRate],
    [negligibleRate >= 0 && negligibleRate < 1, 'negligibleRate', 'a fraction from 0 to under 1', negligibleRate],
  );
}
