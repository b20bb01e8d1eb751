import { type RateShareDependencies, RateShare, type ShareUser } from '../fleet/rate-share.ts';
import { WHOLE_RATE } from '../fleet/share-target.ts';
import type { PolicyCall, PolicyDependencies, PolicySnapshot, Postponement, Refusal } from '../types/index.ts';
import { TokenBucket } from './token-bucket.ts';
import { WaitingLine } from './waiting-line.ts';

/** One rate of a gate. */
export interface Rate {
  readonly perMinute: number;
  /** What may be used at once. */
  readonly burst: number;
}

export interface RateGateSettings {
  readonly rates: readonly Rate[];
  /** Named in refusals: `rate limit of 10 a second`. */
  readonly what: string;
  /** Under which its fleet shares it. */
  readonly key: string;
}

const MINUTE_MS = 60_000;
/** One that waits asks this often where those before it may have left or its share may have grown, in milliseconds. */
const ASK_AGAIN_MS = 250;
/** Until a share is there, in milliseconds. */
const FIRST_SHARE_MS = 20;
/** A store that is away is asked again by a call that comes so much later, in milliseconds. */
const STORE_AWAY_MS = 1000;
/** Over less time than this what was asked for says nothing of what will be, in milliseconds. */
const SHORTEST_MS = 250;
/** Room for more than was asked for lately. */
const HEADROOM = 1.25;
/** Wants shrink no faster than this with each exchange. */
const DECAY = 0.5;
/** Less is nothing, in millionths of the rate. */
const LEAST = 1000;

/**
 * Lets calls through at one or several rates at once. Calls that come too soon wait in a line, as long as their deadline; one that
 * would wait longer is refused at once. With a store that outlives the process, the processes of a fleet share the rates.
 */
export class RateGate implements ShareUser {
  readonly #settings: RateGateSettings;
  readonly #buckets: readonly TokenBucket[];
  readonly #line = new WaitingLine();
  readonly #fleet: RateShare | undefined;
  #refused = 0;
  /** What was asked for since the last exchange, of each rate. */
  readonly #asked: number[];
  #askedSince: number;
  #want = 0;

  constructor(settings: RateGateSettings, { clock, store }: Pick<PolicyDependencies, 'clock' | 'store'>) {
    const now = clock.now();
    const { rates, key } = settings;
    this.#settings = settings;
    this.#buckets = rates.map(({ perMinute, burst }) => new TokenBucket(perMinute / MINUTE_MS, burst, now));
    this.#asked = rates.map(() => 0);
    this.#askedSince = now;
    // A store that ends with the process has no fleet.
    if (store === undefined || store.volatile) return;
    const gatherMs = Math.min(...rates.map(({ perMinute, burst }) => (burst / perMinute) * MINUTE_MS));
    const dependencies: RateShareDependencies = { store, key, clock, gatherMs, user: this };
    for (const bucket of this.#buckets) bucket.resize(0, now);
    this.#fleet = new RateShare(dependencies);
  }

  /** Takes what a call costs, of each rate; `undefined` where it has. */
  ask(now: number, call: PolicyCall, costs: readonly number[]): Refusal | Postponement | undefined {
    const line = this.#line;
    for (const bucket of this.#buckets) bucket.fill(now);
    if (line.size > 0) line.sweep(now);
    const waits = line.size > 0 && line.has(call.idempotencyKey);
    if (!waits) this.#count(costs);
    const fleet = this.#fleet;
    if (fleet !== undefined && fleet.at(now) === 0) {
      if (fleet.failure !== undefined) return this.#storeAway(fleet, now);
      fleet.touch(now, true);
      return this.#later(now, now + FIRST_SHARE_MS, call, costs, 1);
    }
    const part = fleet === undefined ? 1 : Math.max(fleet.at(now), fleet.hope) / WHOLE_RATE;
    if (this.#isTurn(now, call, waits) && this.#canTake(costs)) {
      if (waits) line.served(call.idempotencyKey);
      for (const [index, cost] of costs.entries()) this.#buckets[index]?.take(cost);
      fleet?.touch(now, false);
      return undefined;
    }
    fleet?.touch(now, fleet.at(now) < fleet.hope);
    return this.#later(now, this.#turnOf(now, call, costs, part, waits), call, costs, part);
  }

  /** A call that was told to wait will not ask again. */
  leave(call: PolicyCall, now: number): void {
    if (this.#line.size > 0) this.#line.leave(call.idempotencyKey, now);
  }

  /** Gives back what was taken and not used, of one rate; what was used beyond it is owed where `amount` is negative. */
  give(index: number, amount: number, now: number): void {
    const bucket = this.#buckets[index];
    bucket?.fill(now);
    bucket?.give(amount);
  }

  /** The endpoint has told how much it would still take of a rate, from all that call it. */
  limitTo(index: number, remaining: number, now: number): void {
    const bucket = this.#buckets[index];
    bucket?.fill(now);
    bucket?.limitTo(this.#fleet === undefined ? remaining : (remaining * this.#fleet.at(now)) / WHOLE_RATE);
  }

  snapshot(now: number): PolicySnapshot {
    for (const bucket of this.#buckets) bucket.fill(now);
    const fleet = this.#fleet;
    return {
      left: Math.floor(Math.min(...this.#buckets.map(({ level }) => level))),
      waiting: this.#line.size,
      refused: this.#refused,
      ...(fleet === undefined ? {} : { share: fleet.at(now) / WHOLE_RATE, storeFailure: fleet.failure?.message ?? null }),
    };
  }

  /** Gives the share back. */
  close(): void {
    void this.#fleet?.close();
  }

  want(now: number): number {
    const elapsed = Math.max(SHORTEST_MS, now - this.#askedSince);
    const { rates } = this.#settings;
    const asked = rates.map(({ perMinute }, index) => (((this.#asked[index] ?? 0) / elapsed) * MINUTE_MS) / perMinute);
    // What waits should be through in a second.
    const waiting = (this.#line.cost / (rates[0]?.perMinute ?? 1)) * 60;
    const wanted = (Math.max(...asked) * HEADROOM + waiting) * WHOLE_RATE;
    this.#want = Math.min(Number.MAX_SAFE_INTEGER / 1e6, Math.max(wanted, this.#want * DECAY));
    if (this.#want < LEAST) this.#want = 0;
    this.#asked.fill(0);
    this.#askedSince = now;
    return this.#want;
  }

  resize(share: number, now: number): number {
    const beyond = this.#buckets.map((bucket, index) => bucket.resize(share / WHOLE_RATE, now) / this.#burstOf(index));
    return Math.min(...beyond) * WHOLE_RATE;
  }

  add(part: number): void {
    for (const [index, bucket] of this.#buckets.entries()) bucket.give((part / WHOLE_RATE) * this.#burstOf(index));
  }

  /** Who waits comes in turn; the first one may come before it, for the share may have grown. */
  #isTurn(now: number, call: PolicyCall, waits: boolean): boolean {
    const line = this.#line;
    if (!waits) return line.size === 0 || this.#isFull();
    return now >= (line.turnOf(call.idempotencyKey) ?? now) || line.isFirst(call.idempotencyKey);
  }

  #burstOf(index: number): number {
    return this.#settings.rates[index]?.burst ?? 1;
  }

  #count(costs: readonly number[]): void {
    for (const [index, cost] of costs.entries()) this.#asked[index] = (this.#asked[index] ?? 0) + cost;
  }

  #canTake(costs: readonly number[]): boolean {
    return this.#buckets.every((bucket, index) => bucket.canTake(costs[index] ?? 0));
  }

  /** Nothing flows in any more: those that wait have left, or come so late that nobody is held up. */
  #isFull(): boolean {
    return this.#buckets.every(({ isFull }) => isFull);
  }

  /** When a call may take what it costs. @param part of the rates that is hoped for */
  #turnOf(now: number, call: PolicyCall, costs: readonly number[], part: number, waits: boolean): number {
    const own = (index: number, bucket: TokenBucket): number => bucket.waitMs(costs[index] ?? 0, part);
    const line = this.#line;
    if (waits) {
      const turn = line.turnOf(call.idempotencyKey) ?? now;
      if (turn > now) return turn;
    } else if (line.size > 0 && line.lastTurnAt > now) {
      return line.lastTurnAt + this.#flowMs(costs, part);
    }
    return now + Math.max(1, ...this.#buckets.map((bucket, index) => own(index, bucket)));
  }

  #flowMs(costs: readonly number[], part: number): number {
    return Math.max(...this.#buckets.map((bucket, index) => bucket.flowMs(costs[index] ?? 0, part)));
  }

  #later(now: number, turnAt: number, call: PolicyCall, costs: readonly number[], part: number): Refusal | Postponement {
    const refused = `its ${this.#settings.what} is reached: raise it, or send less`;
    if (turnAt >= call.deadline) {
      this.#line.leave(call.idempotencyKey, now);
      this.#refused++;
      return { code: 'RATE_LIMITED', refused, retryAfterMs: Math.ceil(turnAt - now) };
    }
    const line = this.#line;
    // Who is the first of a process that is alone comes at its turn and no earlier.
    const isAlone = this.#fleet === undefined && (line.size === 0 || line.isFirst(call.idempotencyKey));
    const askAt = isAlone ? turnAt : Math.min(turnAt, now + ASK_AGAIN_MS);
    line.put(call.idempotencyKey, turnAt, askAt, costs[0] ?? 0, this.#flowMs(costs, part));
    return { waitUntil: askAt, code: 'RATE_LIMITED', refused };
  }

  #storeAway(fleet: RateShare, now: number): Refusal {
    fleet.touch(now, true);
    this.#refused++;
    const refused = `its share of the ${this.#settings.what} is not known, since the store is away`;
    return { code: 'RATE_LIMITED', refused, retryAfterMs: STORE_AWAY_MS };
  }
}
