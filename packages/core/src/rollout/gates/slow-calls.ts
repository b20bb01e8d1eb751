import { checkOptions, type Kinds, ms, oneOf, required } from '../../errors/index.ts';
import type { ModelGate } from '../../types/index.ts';
import { eventTest } from '../event-evidence.ts';
import { type ErrorRateOptions, EVENT_DEFAULTS, EVENT_GATE } from './error-rate.ts';
import { gateBase } from './gate-options.ts';

export interface SlowCallsOptions extends ErrorRateOptions {
  /** A call is slow beyond this, in milliseconds: over 0. */
  readonly overMs: number;
  /**
   * What is timed: the whole call, or a stream until its first content. By `first-content` a call without content does not count:
   * `errorRate()` judges it.
   * @defaultValue 'call'
   */
  readonly of?: 'call' | 'first-content';
}

const SLOW_CALLS: Kinds<SlowCallsOptions> = { ...EVENT_GATE, overMs: required(ms), of: oneOf('call', 'first-content') };

/** Compares how often a call, or its first content, took longer than `overMs`, whoever served in the end. */
export function slowCalls(options: SlowCallsOptions): ModelGate {
  const { settings, problems } = checkOptions(options, SLOW_CALLS, EVENT_DEFAULTS);
  const isFirst = settings.of === 'first-content';
  return {
    ...gateBase('slowCalls', settings),
    problems,
    canary: {
      source: {
        kind: 'call',
        measure: ({ durationMs, firstContentMs }) => {
          const tookMs = isFirst ? firstContentMs : durationMs;
          return tookMs === undefined ? undefined : tookMs > settings.overMs ? 1 : 0;
        },
      },
      test: () => eventTest(settings),
    },
  };
}
