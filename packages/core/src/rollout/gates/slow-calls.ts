import { checkOptions, type Kinds, ms, required } from '../../errors/index.ts';
import type { ModelGate } from '../../types/index.ts';
import { eventTest } from '../event-evidence.ts';
import { type ErrorRateOptions, EVENT_DEFAULTS, EVENT_GATE } from './error-rate.ts';
import { gateBase } from './gate-options.ts';

export interface SlowCallsOptions extends ErrorRateOptions {
  /** A call is slow beyond this, in milliseconds: over 0. */
  readonly overMs: number;
}

const SLOW_CALLS: Kinds<SlowCallsOptions> = { ...EVENT_GATE, overMs: required(ms) };

/** Compares how often a whole call took longer than `overMs`, whoever served in the end. */
export function slowCalls(options: SlowCallsOptions): ModelGate {
  const { settings, problems } = checkOptions(options, SLOW_CALLS, EVENT_DEFAULTS);
  return {
    ...gateBase('slowCalls', settings),
    problems,
    canary: {
      source: { kind: 'call', measure: ({ durationMs }) => (durationMs > settings.overMs ? 1 : 0) },
      test: () => eventTest(settings),
    },
  };
}
