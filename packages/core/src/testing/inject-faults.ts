import { UnderstudyError } from '../errors/index.ts';
import type { Call, MaybePromise, Predictor } from '../types/index.ts';
import { type Clock, systemClock } from '../time/index.ts';

/** What goes wrong with one call. */
export type Fault =
  /** Answers after this many milliseconds; ends early when the call's signal aborts. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Rejects with this. */
  | { readonly kind: 'error'; readonly error: unknown }
  /** Throws this synchronously. */
  | { readonly kind: 'throw'; readonly error: unknown }
  /** Fails as an HTTP endpoint does. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs?: number }
  /** Answers this instead: an output that breaks the contract, say. */
  | { readonly kind: 'output'; readonly output: unknown }
  /** Never answers; ends when the signal aborts, unless it ignores it. */
  | { readonly kind: 'hang'; readonly ignoreSignal?: boolean };

export interface FaultOptions {
  /** The fault of the call with this number (from 0), or `undefined` for none. @defaultValue the faults queued with `next` */
  readonly schedule?: (call: number) => Fault | undefined;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

/** A predictor whose faults are under control. */
export interface FaultyPredictor<I, R> extends Predictor<I, MaybePromise<Awaited<R>>> {
  /** How often it was called. */
  readonly calls: number;
  /** How many of its calls have not ended. */
  readonly running: number;
  /** Queues faults for the next calls, one each; `undefined` for a call without one. They come before the schedule. */
  next(...faults: readonly (Fault | undefined)[]): void;
  /** This fault for every later call, until it is told otherwise with `undefined`. */
  always(fault: Fault | undefined): void;
}

/** Wraps a predictor so that its calls fail as they are told. */
export function injectFaults<I, R>(predictor: Predictor<I, R>, options: FaultOptions = {}): FaultyPredictor<I, R> {
  const { clock = systemClock, schedule } = options;
  const queued: (Fault | undefined)[] = [];
  let standing: Fault | undefined;
  let calls = 0;
  let running = 0;
  const faultOf = (number: number): Fault | undefined => (queued.length > 0 ? queued.shift() : (standing ?? schedule?.(number)));
  const faulty = (input: I, call: Call): MaybePromise<Awaited<R>> => {
    const fault = faultOf(calls++);
    if (fault?.kind === 'throw') throw fault.error;
    running++;
    return suffer(fault, () => predictor(input, call), call, clock).finally(() => {
      running--;
    });
  };
  return Object.defineProperties(
    Object.assign(faulty, {
      next: (...faults: readonly (Fault | undefined)[]) => void queued.push(...faults),
      always: (fault: Fault | undefined) => {
        standing = fault;
      },
    }),
    { calls: { get: () => calls }, running: { get: () => running } },
  ) as FaultyPredictor<I, R>;
}

async function suffer<R>(fault: Fault | undefined, answer: () => R, call: Call, clock: Clock): Promise<Awaited<R>> {
  switch (fault?.kind) {
    case 'delay':
      await pause(fault.ms, call.signal, clock);
      return await answer();
    case 'error':
      throw fault.error;
    case 'status': {
      const { status, retryAfterMs } = fault;
      throw new UnderstudyError('HTTP_STATUS', `The endpoint answered ${status}.`, {
        retryable: status >= 500 || status === 429,
        details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      });
    }
    case 'output':
      return fault.output as Awaited<R>;
    case 'hang':
      return hang(fault.ignoreSignal === true ? undefined : call.signal);
    default:
      return await answer();
  }
}

function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((done, fail) => {
    const timer = clock.schedule(done, ms, true);
    signal.addEventListener(
      'abort',
      () => {
        clock.cancel(timer);
        fail(signal.reason);
      },
      { once: true },
    );
  });
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason), { once: true }));
}
