import {
  callback,
  either,
  kind,
  type Kinds,
  list,
  oneOf,
  options as optionsKind,
  over,
  problemsError,
  readOptions,
  required,
  text,
  withMethods,
} from '../errors/index.ts';
import type { AdapterPredictor, Call, CircuitMachine, Policy, PolicyCall, PolicySnapshot, Predictor } from '../types/index.ts';
import { type Clock, expiresAt, promised, systemClock } from '../time/index.ts';
import type { Attempt } from './attempt.ts';
import { OF_MODELS, platformRandom, policiesAtWork, policiesKind } from './compose.ts';
import { retryAfterOf } from './classify.ts';
import { type Executor, MAX_THROTTLE_MS } from './executor.ts';
import { isKeyRejected } from './failure-kind.ts';
import type { FailureClass } from './operation.ts';
import { byWeight, leastLoadedOfTwo, MemberLoad } from './pool-choice.ts';
import { MemberFailure, MemberOperation, MemberStream } from './pool-call.ts';

/** One endpoint of a model. */
export interface PoolMember<I, R> {
  readonly predictor: Predictor<I, R>;
  /** In `status()` and in errors. @defaultValue its number in the list, from 1 */
  readonly name?: string;
  /** With `by: 'weighted'`, its part of the calls, over 0. @defaultValue 1 */
  readonly weight?: number;
  /** Policies of this member. They win over the pool's of the same kind. */
  readonly policies?: readonly Policy[];
}

export interface PoolOptions {
  /** `least-loaded`: the less loaded of two that are drawn at random. `weighted`: by weight. @defaultValue 'least-loaded' */
  readonly by?: 'least-loaded' | 'weighted';
  /** Policies of every member, each with a state of its own; no `retry()`, `hedge()` and `budget()`: those are the variant's. @defaultValue none */
  readonly policies?: readonly Policy[];
  /** In messages. @defaultValue 'pool' */
  readonly name?: string;
  readonly clock?: Clock;
  /** Uniform in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/** How a member is doing. */
export interface PoolMemberStatus {
  readonly inFlight: number;
  /** Calls that it was given, and how many of them failed. */
  readonly calls: number;
  readonly failures: number;
  /** A recent latency, in milliseconds; it shrinks while nothing is learned. */
  readonly latencyMs: number;
  /** Whether it is passed over now: its circuit is open, it asked for a wait, or one of its policies refused. */
  readonly resting: boolean;
  readonly policies: Readonly<Record<string, PolicySnapshot>>;
}

/** A predictor out of several endpoints of one model. */
export interface Pool<I, R> extends Predictor<I, Promise<Awaited<R>>> {
  /** How its members are doing, by name. */
  status(): Readonly<Record<string, PoolMemberStatus>>;
}

const isPredictor = kind((value) => typeof value === 'function', 'a predictor: a function (input, call) => output');
const MEMBER: Kinds<PoolMember<unknown, unknown>> = {
  predictor: required(isPredictor),
  name: text,
  weight: over(0),
  policies: policiesKind,
};
const memberKind = either(isPredictor, optionsKind<PoolMember<unknown, unknown>>(MEMBER));
const POOL_OPTIONS: Kinds<PoolOptions> = {
  by: oneOf('least-loaded', 'weighted'),
  policies: policiesKind,
  name: text,
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
  random: callback,
};
const POOL: Kinds<PoolOptions & { readonly members: unknown }> = { members: required(list(memberKind, 1)), ...POOL_OPTIONS };
/** What would try again inside of a call that is tried again outside, and what needs a model: a budget needs its prices. */
const OUTSIDE: ReadonlySet<string> = new Set(['retry', 'hedge', 'budget', ...OF_MODELS.keys()]);
/** A member that refused, or whose key was rejected, is asked again after this time at the latest, in milliseconds: it may have been released. */
const LONGEST_REST_MS = 1000;
/** Calls of which the members that failed them are remembered. */
const MOST_CALLS = 1000;

/**
 * One predictor out of several endpoints of one model: keys, regions, replicas. A call goes to the less loaded of two that are drawn at
 * random, by calls in flight and recent latency; members whose circuit is open, that have asked for a wait or that refuse are passed
 * over. A call that a member turns away (429, a key that is rejected, a quota that is used up) goes to another one at once. A retry of the
 * variant prefers a member that has not failed in the same call.
 *
 * @param members predictors, or predictors with a name, a weight and policies of their own
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function pool<I, R>(members: readonly (Predictor<I, R> | PoolMember<I, R>)[], options: PoolOptions = {}): Pool<I, R> {
  readOptions('pool', options, POOL_OPTIONS, {});
  const settings = readOptions('pool', { ...options, members }, POOL, {
    by: 'least-loaded',
    name: 'pool',
    random: platformRandom,
    clock: systemClock,
  });
  const { policies = [], name } = settings;
  const parts = members.map((member): PoolMember<I, R> => (typeof member === 'function' ? { predictor: member } : member));
  const names = parts.map((part, index) => part.name ?? `${index + 1}`);
  const problems = [
    ...names.flatMap((own, index) =>
      names.indexOf(own) === index
        ? []
        : [{ path: `pool.members[${index}].name`, message: `expected another name than "${own}"` }],
    ),
    ...[policies, ...parts.map((part) => part.policies ?? [])]
      .flat()
      .flatMap((policy) =>
        OUTSIDE.has(policy.kind)
          ? [{ path: 'pool.policies', message: `expected no ${policy.kind}(): give it to the variant` }]
          : [],
      ),
  ];
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', 'pool()', problems);
  const made = parts.map((part, index) => new Member(`${name}/${names[index] ?? ''}`, part, policies, settings));
  const [first, ...rest] = made;
  if (first === undefined) throw new TypeError('A pool has members.');
  const together = new Members([first, ...rest], settings);
  const call = ((input: I, outer: Call) => together.run(input, outer)) as Predictor<I, Promise<Awaited<R>>>;
  return Object.assign(call, {
    ...(parts.every(({ predictor }) => predictor.stream !== undefined)
      ? { stream: (input: I, outer: Call) => together.stream(input, outer) }
      : {}),
    describe: () => ({ pool: name, members: names.join(', ') }),
    close: () => together.close(),
    status: () => Object.fromEntries(made.map((member, index) => [names[index] ?? '', member.status()])),
  });
}

interface MemberSettings {
  readonly name: string;
  readonly by: 'least-loaded' | 'weighted';
  readonly clock: Clock;
  readonly random: () => number;
}

class Member {
  readonly name: string;
  readonly weight: number;
  readonly predictor: AdapterPredictor;
  readonly load = new MemberLoad();
  readonly executor: Executor;
  calls = 0;
  failures = 0;
  /** It has refused a call, and said that it would refuse others until then. */
  restsUntil = Number.NEGATIVE_INFINITY;
  readonly #circuit: CircuitMachine | undefined;
  readonly #clock: Clock;

  constructor(
    name: string,
    part: Omit<PoolMember<unknown, unknown>, 'predictor'> & { readonly predictor: AdapterPredictor },
    policies: readonly Policy[],
    settings: MemberSettings,
  ) {
    const { clock, random } = settings;
    this.name = name;
    this.weight = part.weight ?? 1;
    this.predictor = part.predictor;
    this.#clock = clock;
    const { executor, slots } = policiesAtWork([...policies, ...(part.policies ?? [])], {
      name,
      clock,
      random,
      classify: undefined,
      maxThrottleMs: MAX_THROTTLE_MS,
      changed: () => undefined,
      fault: () => undefined,
    });
    this.executor = executor;
    this.#circuit = slots.circuitBreaker;
  }

  isResting(now: number): boolean {
    const circuit = this.#circuit;
    const isOpen = circuit?.state === 'forced-open' || (circuit?.state === 'open' && circuit.reopensInMs(now) > 0);
    return isOpen || now < this.restsUntil || this.executor.isThrottled(now);
  }

  status(): PoolMemberStatus {
    const now = this.#clock.now();
    const { load, calls, failures, executor } = this;
    return {
      inFlight: load.inFlight,
      calls,
      failures,
      latencyMs: load.latencyMs(now),
      resting: this.isResting(now),
      policies: executor.snapshot(now),
    };
  }
}

class Members {
  readonly #members: readonly [Member, ...Member[]];
  readonly #settings: MemberSettings;
  /** By the key of a call, the members that have failed it: only calls that are tried again look. */
  readonly #failed = new Map<string, Set<Member>>();

  constructor(members: readonly [Member, ...Member[]], settings: MemberSettings) {
    this.#members = members;
    this.#settings = settings;
  }

  run(input: unknown, outer: Call): Promise<never> {
    return this.#call(input, outer, (member) => {
      const operation = (hasOthers: boolean): MemberOperation =>
        new MemberOperation(outer, hasOthers, (given, call) => member.predictor(given, call) as unknown);
      return { operation, holds: false };
    });
  }

  stream(input: unknown, outer: Call): Promise<AsyncIterable<unknown>> {
    return this.#call(input, outer, (member, left) => {
      const operation = (hasOthers: boolean): MemberOperation =>
        new MemberOperation(outer, hasOthers, (given, call, attempt) => {
          const stream = new MemberStream(
            attempt as Attempt,
            () => this.#settings.clock.now(),
            (failed) => {
              if (failed) this.#blame(member, outer);
              left();
            },
          );
          return stream.from(member.predictor.stream?.(given, call));
        });
      return { operation, holds: true };
    });
  }

  async close(): Promise<void> {
    const closings = await Promise.allSettled(this.#members.map(({ predictor }) => promised(() => predictor.close?.())));
    const failures = closings.flatMap((closing) => (closing.status === 'rejected' ? [closing.reason as unknown] : []));
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'Several members failed to close');
  }

  async #call<T>(
    input: unknown,
    outer: Call,
    begin: (
      member: Member,
      left: () => void,
    ) => { readonly operation: (hasOthers: boolean) => MemberOperation; readonly holds: boolean },
  ): Promise<T> {
    const { clock } = this.#settings;
    const tried = new Set<Member>();
    /** Of those that refused, what the one said that can be asked first. */
    let refusal: { readonly error: unknown; readonly afterMs: number } | undefined;
    for (;;) {
      const now = clock.now();
      const member = this.#choose(now, tried, outer);
      tried.add(member);
      member.load.inFlight++;
      const left = once(() => member.load.inFlight--);
      const { operation, holds } = begin(member, left);
      const hasOthers = tried.size < this.#members.length;
      // Until a stream has content its attempt has less time than its call.
      const { deadline } = outer as Partial<PolicyCall>;
      const until = holds && deadline !== undefined ? deadline : expiresAt(now, outer.remainingMs);
      const answer = await member.executor.run(operation(hasOthers), input, outer.signal, now, until);
      if (!(answer instanceof MemberFailure)) {
        member.calls++;
        member.load.sample(clock.now() - now, clock.now());
        if (!holds) left();
        if (outer.attempt > 1) this.#failed.delete(outer.idempotencyKey);
        return answer as T;
      }
      left();
      const { error, resultClass } = answer;
      if (resultClass !== 'rejected') {
        member.calls++;
        if (resultClass !== 'cancelled') this.#blame(member, outer);
        // How long a failure took says nothing of how long an answer takes, unless it took longer.
        const durationMs = clock.now() - now;
        if (durationMs > member.load.latencyMs(clock.now())) member.load.sample(durationMs, clock.now());
        if (!isTurnedAway(error, resultClass)) throw error;
      }
      const afterMs = this.#rest(member, error, resultClass);
      if (refusal === undefined || afterMs < refusal.afterMs) refusal = { error, afterMs };
      if (!hasOthers) throw refusal.error;
    }
  }

  /** A member that is well and was not tried; of those one that has not failed this call; any other where there is none. */
  #choose(now: number, tried: ReadonlySet<Member>, outer: Call): Member {
    const untried = this.#members.filter((member) => !tried.has(member));
    const well = untried.filter((member) => !member.isResting(now));
    const failed = outer.attempt > 1 ? this.#failed.get(outer.idempotencyKey) : undefined;
    const fresh = failed === undefined ? well : well.filter((member) => !failed.has(member));
    const [first, ...rest] = [fresh, well, untried, this.#members].find((list) => list.length > 0) ?? this.#members;
    const candidates = [first ?? this.#members[0], ...rest] as const;
    const { by, random } = this.#settings;
    return by === 'weighted' ? byWeight(candidates, random) : leastLoadedOfTwo(candidates, now, random);
  }

  /** @returns how long it asks to be left alone, in milliseconds; `Infinity` where it does not say */
  #rest(member: Member, error: unknown, resultClass: FailureClass): number {
    const { clock } = this.#settings;
    const asked = retryAfterOf(error, clock.wall());
    // One whose key was rejected names no time.
    const forMs = asked ?? (resultClass === 'caller-error' ? LONGEST_REST_MS : 0);
    if (forMs > 0) member.restsUntil = clock.now() + Math.min(forMs, LONGEST_REST_MS);
    return asked ?? Infinity;
  }

  #blame(member: Member, { idempotencyKey }: Call): void {
    member.failures++;
    const known = this.#failed.get(idempotencyKey);
    this.#failed.set(idempotencyKey, (known ?? new Set()).add(member));
    for (const oldest of this.#failed.keys()) if (this.#failed.size > MOST_CALLS) this.#failed.delete(oldest);
  }
}

/** Whether a member did no work: it asks to be left alone, or takes its key no more. Another one may take the call. */
function isTurnedAway(error: unknown, resultClass: FailureClass): boolean {
  return resultClass === 'throttled' || (resultClass === 'caller-error' && isKeyRejected(error));
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
