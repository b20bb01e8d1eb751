import type { Verdict } from '../contract/validate.ts';
import { UnderstudyError } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import { adopted, atOnce, isPromise, promised } from '../time/index.ts';
import type { AnswerCache, Found } from './answer-cache.ts';
import { answerKey, type AnswerScope, storeKey } from './answer-key.ts';
import type { Attempt } from './attempt.ts';
import { Flight, type FlightHost, type SharingCall } from './flight.ts';
import type { Flights } from './flights.ts';
import { fromDocument, type KeptAnswer, keptAnswer, toDocument } from './kept-answer.ts';
import { closedError, type Ended, withinLimits } from './limits.ts';

export type { ServingAttempt } from './flight.ts';

/** A call that may be answered with what an equal one is answered. */
export interface ReusingCall extends SharingCall {
  /** Whether its answer is read in chunks: it is asked for by itself then. */
  readonly isStream: boolean;
  /** Whether the variant that was assigned is asked: answers of others are not kept. */
  readonly isFirst: boolean;
  /** Serves it from the cache. */
  reused(output: unknown, now: number): unknown;
}

/** What the reuse of answers needs of its variant. */
export interface ReuseHost extends AnswerScope, FlightHost {
  readonly cache: unknown;
  readonly coalesce: unknown;
  /** Runs work after the current turn. @param idle resolves when it has ended */
  readonly defer: (task: () => void, idle: () => Promise<void>) => void;
  /** What the output contract says. */
  check(output: unknown): Verdict | Promise<Verdict>;
  /** Told of what code of the user's throws. */
  failed(callback: string, error: unknown): void;
}

/** Answers the calls of one variant. */
export interface Reuse {
  /** @param until whole milliseconds on the monotonic clock */
  run(call: ReusingCall, now: number, until: number): unknown;
  /** The variant has answered a call that `run` let through. */
  keep(call: object, output: unknown, attempt: object, now: number): void;
  close(): void;
}

export type MakeReuse = (host: ReuseHost) => Reuse;

/** Comes with the policies that need it, so that who names none of them does not load it. */
export const makeReuse: MakeReuse = (host) => new ReusedAnswers(host);

/** Answers that are not whole. */
const CUT: ReadonlySet<CallReport['finishReason']> = new Set(['length', 'content-filter', 'error']);

class ReusedAnswers implements Reuse {
  readonly #host: ReuseHost;
  readonly #cache: AnswerCache | undefined;
  readonly #flights: Flights | undefined;
  /** Calls that ask the variant by themselves, and what their answers are kept under. */
  readonly #asking = new WeakMap<object, string>();
  /** What is asked anew in the background. */
  readonly #refreshing = new Map<string, Flight>();

  constructor(host: ReuseHost) {
    this.#host = host;
    this.#cache = host.cache as AnswerCache | undefined;
    this.#flights = host.coalesce as Flights | undefined;
  }

  run(call: ReusingCall, now: number, until: number): unknown {
    // A stream that goes on after a break has part of its answer.
    const isAlone = call.delivered !== undefined || call.caller?.aborted === true;
    const key = isAlone ? undefined : this.#keyOf(call);
    if (key === undefined) return this.#ask(call, now, until);
    const cache = this.#cache;
    if (cache === undefined) return this.#miss(call, key, now, until);
    const found = cache.find(key, now);
    if (found !== undefined) return this.#hit(call, key, found, now, until);
    if (cache.settings.store === undefined) return this.#miss(call, key, now, until);
    return this.#fromStore(call, key, now, until);
  }

  keep(call: object, output: unknown, attempt: object, now: number): void {
    const key = this.#asking.get(call);
    if (key === undefined) return;
    this.#asking.delete(call);
    this.#keep(key, output, attempt, now);
  }

  close(): void {
    for (const flight of this.#refreshing.values()) flight.stop(closedError(this.#host.executor.name));
  }

  #keyOf({ input, tenant }: ReusingCall): string | undefined {
    const own = this.#cache?.settings.key as ((input: unknown) => unknown) | undefined;
    let key: string | undefined;
    try {
      const made = own === undefined ? input : atOnce(own(input));
      if (own !== undefined && adopted(made) !== undefined) throw new TypeError('key() must answer at once.');
      key = answerKey(this.#host, tenant, made);
    } catch (error) {
      this.#host.failed('cache.key', error);
    }
    if (key === undefined && this.#cache !== undefined) this.#cache.counts.noKey++;
    return key;
  }

  #hit(call: ReusingCall, key: string, { answer, isStale }: Found, now: number, until: number): unknown {
    const counts = (this.#cache as AnswerCache).counts;
    counts.hits++;
    if (isStale) {
      counts.stale++;
      this.#refresh(call, key, until - now);
    }
    return call.reused(answer.copy(), now);
  }

  #miss(call: ReusingCall, key: string, now: number, until: number): unknown {
    if (this.#cache !== undefined) this.#cache.counts.misses++;
    const flights = this.#flights;
    if (flights === undefined || call.isStream) {
      if (this.#cache !== undefined && call.isFirst) this.#asking.set(call, key);
      return this.#ask(call, now, until);
    }
    const known = flights.inFlight.get(key);
    if (known !== undefined) {
      flights.joined++;
      return known.join(call, now, until);
    }
    flights.made++;
    const isKept = call.isFirst;
    const flight = new Flight(call, this.#host, {
      isBackground: false,
      over: () => flights.inFlight.delete(key),
      answered: (output, attempt, at) => {
        if (isKept) this.#keep(key, output, attempt, at);
      },
    });
    flights.inFlight.set(key, flight);
    const result = flight.join(call, now, until);
    flight.start(now, until);
    return result;
  }

  #ask(call: ReusingCall, now: number, until: number): unknown {
    return this.#host.executor.run(call, call.input, call.caller, now, until);
  }

  #keep(key: string, output: unknown, attempt: object, now: number): void {
    const cache = this.#cache;
    if (cache === undefined) return;
    const isWhole = !CUT.has((attempt as Partial<Attempt>).reported?.finishReason);
    const answer = isWhole ? keptAnswer(output) : undefined;
    if (answer === undefined) {
      cache.counts.notKept++;
      return;
    }
    const { store } = cache.settings;
    const isInMemory = cache.put(key, answer, now);
    cache.counts[isInMemory || store !== undefined ? 'kept' : 'notKept']++;
    if (store !== undefined) this.#background(() => this.#write(cache, key, answer));
  }

  /** Asks again, where nobody waits for it: the old answer is served meanwhile. */
  #refresh(call: ReusingCall, key: string, ms: number): void {
    if (this.#refreshing.has(key)) return;
    const ended = Promise.withResolvers<void>();
    const flight = new Flight(call, this.#host, {
      isBackground: true,
      over: () => {
        this.#refreshing.delete(key);
        ended.resolve();
      },
      answered: (output, attempt, at) => {
        if (this.#cache !== undefined) this.#cache.counts.refreshed++;
        this.#keep(key, output, attempt, at);
      },
    });
    this.#refreshing.set(key, flight);
    this.#background(() => {
      const now = this.#host.clock.now();
      flight.start(now, Math.ceil(now + ms));
      return ended.promise;
    });
  }

  #background(work: () => Promise<void>): void {
    let running: Promise<void> | undefined;
    this.#host.defer(
      () => {
        running = work();
      },
      async () => running,
    );
  }

  async #fromStore(call: ReusingCall, key: string, now: number, until: number): Promise<unknown> {
    const { clock, timers, executor } = this.#host;
    const cache = this.#cache as AnswerCache;
    const { storeTimeoutMs } = cache.settings;
    const limit = Math.min(until, now + storeTimeoutMs);
    const ended = await withinLimits(
      promised(() => this.#read(cache, key)),
      limit,
      call.caller,
      timers,
    );
    const later = clock.now();
    if (ended.how === 'closed') return call.rescue(closedError(executor.name), 'cancelled', 1, now, later);
    if (ended.how === 'aborted') return this.#ask(call, later, until);
    // A call that has less time than the store may take says nothing of the store.
    if (ended.how !== 'time' || limit < until) this.#toldOf('get', ended, storeTimeoutMs);
    // Another call may have been answered meanwhile.
    const found = ended.how === 'value' && ended.value !== undefined ? (ended.value as Found) : cache.find(key, later);
    return found === undefined ? this.#miss(call, key, later, until) : this.#hit(call, key, found, later, until);
  }

  /** What the store has of a key. What is no answer of this model, or one no longer, is an error. */
  async #read(cache: AnswerCache, key: string): Promise<Found | undefined> {
    const text = await cache.settings.store?.get(await storeKey(key));
    if (text === undefined || text === null) return undefined;
    const { at, output } = fromDocument(text);
    const { clock } = this.#host;
    const age = clock.wall() - at;
    // One from a clock that is ahead would be new for too long: nobody knows how old it is.
    if (age < 0 || cache.isOver(age)) return undefined;
    const answer = keptAnswer(await this.#host.accept(output, { blocked: undefined }));
    if (answer === undefined) throw new TypeError('An answer in the store became by its contract one that cannot be kept.');
    cache.put(key, answer, clock.now() - age);
    return { answer, isStale: age >= cache.settings.ttlMs };
  }

  async #write(cache: AnswerCache, key: string, answer: KeptAnswer): Promise<void> {
    const { clock, timers } = this.#host;
    const { store, ttlMs, staleMs, storeTimeoutMs } = cache.settings;
    if (store === undefined || !(await this.#isCarried(answer))) {
      cache.counts.memoryOnly++;
      return;
    }
    const document = toDocument(answer.json as string, clock.wall());
    const write = async (): Promise<void> => {
      await store.set(await storeKey(key), document, ttlMs + staleMs);
    };
    this.#toldOf('set', await withinLimits(write(), clock.now() + storeTimeoutMs, undefined, timers), storeTimeoutMs);
  }

  /** Whether what a store gives back passes the contract as what it is: not where the contract changes its own output once more. */
  async #isCarried(answer: KeptAnswer): Promise<boolean> {
    const { json } = answer;
    if (json === undefined) return false;
    try {
      const checked = this.#host.check(answer.copy());
      const { problems, value } = isPromise(checked) ? await checked : checked;
      return problems === undefined && keptAnswer(value)?.json === json;
    } catch {
      // A contract that fails to check its own output: the store is for others.
      return false;
    }
  }

  #toldOf(method: 'get' | 'set', ended: Ended, timeoutMs: number): void {
    if (ended.how !== 'error' && ended.how !== 'time') return;
    if (this.#cache !== undefined) this.#cache.counts.storeFailures++;
    const slow = (): UnderstudyError =>
      new UnderstudyError('TIMEOUT', `The store of the cache did not answer within ${timeoutMs} ms: raise storeTimeoutMs.`);
    this.#host.failed(`cache.store.${method}`, ended.how === 'error' ? ended.error : slow());
  }
}
