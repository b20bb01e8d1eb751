import { eventTest } from '../event-evidence.ts';
import { type AnyModelGate, type ErrorRateOptions, ratioProblems } from './error-rate.ts';
import { gateBase, optionProblems } from './gate-options.ts';

export interface SlowCallsOptions extends ErrorRateOptions {
  /** A call is slow beyond this, in milliseconds: over 0. */
  readonly overMs: number;
}

/** Compares how often a whole call took longer than `overMs`, whoever served in the end. */
export function slowCalls(options: SlowCallsOptions): AnyModelGate {
  const { overMs, maxRatio, expectedRate = 0, negligibleRate = 0.001 } = options;
  return {
    ...gateBase('slowCalls', options),
    problems: [
      ...ratioProblems(maxRatio, expectedRate, negligibleRate),
      ...optionProblems([overMs > 0 && overMs < Infinity, 'overMs', 'milliseconds over 0', overMs]),
    ],
    canary: {
      source: { kind: 'call', measure: ({ durationMs }) => (durationMs > overMs ? 1 : 0) },
      test: () => eventTest({ maxRatio, expectedRate, negligibleRate }),
    },
  };
}
