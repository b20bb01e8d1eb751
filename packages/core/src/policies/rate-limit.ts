import { kind, over, readOptions, text } from '../errors/index.ts';
import type { AttemptResult, CustomPolicy, PolicyCall, PolicyMachine, ResultClass } from '../types/index.ts';
import { RateGate } from './rate-gate.ts';
import { sharedMachine } from './shared-machine.ts';

export interface RateLimitOptions {
  /** Calls a second, over 0. Say this or `perMinute`. */
  readonly perSecond?: number;
  /** Calls a minute, over 0. */
  readonly perMinute?: number;
  /** Calls that may go at once after a time of rest, at least 1: by so many a minute may have more than the rate. @defaultValue one second of the rate, at least 1 */
  readonly burst?: number;
  /** Shares one limit between all that name it in a runtime. They must all have the same options. @defaultValue one per variant */
  readonly share?: string;
}

const RATE_LIMIT = {
  perSecond: over(0),
  perMinute: over(0),
  burst: kind((value) => typeof value === 'number' && value >= 1 && value < Infinity, 'a number of at least 1'),
  share: text,
};

/**
 * Lets so many calls through in a time. More wait in their order, no longer than their deadline; one that would wait longer is refused
 * with `RATE_LIMITED` at once. An endpoint that reports how many calls it still takes is believed where that is less. With a store that
 * outlives the process, a fleet shares the rate.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function rateLimit(options: RateLimitOptions): CustomPolicy {
  const { perSecond, perMinute, burst, share } = readOptions('rateLimit', options, RATE_LIMIT, {}, (given) => [
    [(given.perSecond === undefined) !== (given.perMinute === undefined), 'perSecond', 'either perSecond or perMinute'],
  ]);
  const rate = perMinute ?? (perSecond ?? 1) * 60;
  const settings = { perMinute: rate, burst: burst ?? Math.max(1, rate / 60) };
  const what = perSecond === undefined ? `rate limit of ${rate} calls a minute` : `rate limit of ${perSecond} calls a second`;
  return {
    kind: 'rateLimit',
    create: (dependencies) =>
      sharedMachine('rateLimit', share, 'variant', settings, dependencies, (key) => {
        return new RateLimit(new RateGate({ rates: [settings], what, key: `limits/${key}` }, dependencies));
      }),
  };
}

const ONE = [1] as const;

class RateLimit implements PolicyMachine {
  readonly #gate: RateGate;

  constructor(gate: RateGate) {
    this.#gate = gate;
  }

  admit(now: number, call: PolicyCall): ReturnType<PolicyMachine['admit']> {
    return this.#gate.ask(now, call, ONE) ?? 0;
  }

  settle(_permit: number, resultClass: ResultClass, now: number, { report }: AttemptResult): void {
    // Its predictor was never called.
    if (resultClass === 'rejected') this.#gate.give(0, 1, now);
    const remaining = report?.limits?.requests?.remaining;
    if (remaining !== undefined) this.#gate.limitTo(0, remaining, now);
  }

  leave(call: PolicyCall, now: number): void {
    this.#gate.leave(call, now);
  }

  snapshot(now: number): ReturnType<RateGate['snapshot']> {
    return this.#gate.snapshot(now);
  }

  close(): void {
    this.#gate.close();
  }
}
