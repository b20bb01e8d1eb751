import { budget, circuitBreaker, hedge, type Policy, retry, tokenLimit } from '@understudy/core';

/** For each request: times are short, so that a minute of faults fits into seconds. For a vendor of yours the defaults are right. */
export const perRequest = (): readonly Policy[] => [
  retry({ attempts: 3, baseMs: 20 }),
  hedge({ delayMs: 450 }),
  circuitBreaker({ openMs: 300, maxOpenMs: 600, probes: [1, 2] }),
];

/** For each call of a model: what the desk may use. */
export const perCall = (): readonly Policy[] => [tokenLimit({ perMinute: 2_000_000 }), budget({ usdPerDay: 5 })];
