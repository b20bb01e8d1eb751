import type { ConformanceSubject, Guard, GuardOptions } from '@understudy/core/testing';
import Opossum from 'opossum';
import { stepWallClock, wait } from './real-time.ts';

type Work = (signal: AbortSignal | undefined) => unknown;
type Breaker = Opossum<[work: Work, signal: AbortSignal | undefined]>;
type Options = NonNullable<ConstructorParameters<typeof Opossum>[1]>;

/** What opossum takes; `undefined` where it has no such shape: it has neither a retry nor a queue nor an adaptive limit. */
function settingsOf({ breaker, retry, timeoutMs, limit }: GuardOptions): Options | undefined {
  if ((retry?.attempts ?? 1) > 1 || limit?.limit === 'adaptive' || (limit?.maxQueue ?? 0) > 0) return undefined;
  const { failureRate, minCalls, consecutiveFailures, windowMs, openMs, probeLeaseMs } = breaker ?? {};
  // It opens by a rate alone; failures in a row that are all there was are a rate of 1.
  const volumeThreshold = Math.min(minCalls ?? Number.POSITIVE_INFINITY, consecutiveFailures ?? Number.POSITIVE_INFINITY);
  return {
    // A probe that hangs is what its timeout is for.
    timeout: timeoutMs ?? probeLeaseMs ?? false,
    autoRenewAbortController: true,
    // A full semaphore says nothing of the endpoint.
    errorFilter: (error) => error instanceof Error && 'code' in error && error.code === 'ESEMLOCKED',
    // It always breaks; no rate is over 100 %.
    ...(breaker === undefined ? { errorThresholdPercentage: 100 } : {}),
    ...(failureRate === undefined ? {} : { errorThresholdPercentage: failureRate * 100 }),
    ...(Number.isFinite(volumeThreshold) ? { volumeThreshold } : {}),
    ...(windowMs === undefined ? {} : { rollingCountTimeout: windowMs }),
    ...(openMs === undefined ? {} : { resetTimeout: openMs }),
    ...(limit === undefined ? {} : { capacity: limit.limit }),
  };
}

/** A call has the caller's signal, where there is one, and the one signal of its breaker. */
function signalOf(breaker: Breaker, caller: AbortSignal | undefined): AbortSignal | undefined {
  const own = breaker.getSignal();
  return caller === undefined || own === undefined ? (caller ?? own) : AbortSignal.any([caller, own]);
}

function guardOf(settings: Options, onChange: (() => void) | undefined): Guard {
  const breaker: Breaker = new Opossum((work: Work, signal: AbortSignal | undefined) => work(signal), settings);
  if (onChange !== undefined) for (const event of ['open', 'halfOpen', 'close']) breaker.on(event, onChange);
  return {
    call: (work, options) => breaker.fire(work, signalOf(breaker, options?.signal)) as ReturnType<typeof work> & Promise<never>,
    state: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'),
    forceOpen: () => breaker.open(),
    release: () => breaker.close(),
    restart: () => guardOf({ ...settings, ...(JSON.parse(JSON.stringify(breaker)) as ReturnType<Breaker['toJSON']>) }, onChange),
  };
}

export const opossumSubject = (unitMs: number): ConformanceSubject => ({
  name: 'opossum 10',
  unitMs,
  guard: (options) => {
    const settings = settingsOf(options);
    return settings === undefined ? undefined : guardOf(settings, options.onChange);
  },
  pair: (options) => {
    const settings = settingsOf(options);
    return settings === undefined ? undefined : [guardOf(settings, options.onChange), guardOf(settings, options.onChange)];
  },
  wait,
  stepWall: stepWallClock,
});
