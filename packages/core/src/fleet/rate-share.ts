import { ownValue, UnderstudyError } from '../errors/index.ts';
import type { Clock } from '../time/index.ts';
import type { StateStore } from '../types/index.ts';
import { BackgroundExchange } from './background-exchange.ts';
import { readShares, type ShareDocument, type ShareHolder } from './share-document.ts';
import { shareTarget, WHOLE_RATE } from './share-target.ts';

/** What a process uses its share for. Parts are millionths: of the rate, and of what may be used at once at the whole rate. */
export interface ShareUser {
  /** What it would like to have, from what it was asked for lately; called once for each exchange. */
  want(now: number): number;
  /** Uses no more than `share` from now on. Returns what it has gathered and may not keep. */
  resize(share: number, now: number): number;
  /** Something that has gathered where nobody used it. */
  add(part: number): void;
}

export interface RateShareDependencies {
  readonly store: StateStore;
  readonly key: string;
  readonly clock: Clock;
  /** Time in which the whole rate gathers all that may be used at once, in milliseconds. */
  readonly gatherMs: number;
  readonly user: ShareUser;
}

/** A share is renewed this often while it is used, in milliseconds, and a little less often the more processes there are. */
const RENEW_MS = 1000;
const RENEW_MORE_MS = 20;
/** Exchanges that cannot wait are this far apart at least, in milliseconds. */
const URGENT_MS = 100;
/** A share that is not renewed for so long is given to others, in milliseconds. Its holder counts from before its renewal, the others from when they have seen it. */
export const LEASE_MS = 30_000;
/** Others may be faster this many times; the next exchange tries again. */
const ATTEMPTS = 5;

interface Seen {
  readonly beat: number;
  readonly at: number;
}

/**
 * The share of a rate that this process may use, leased in a document of the store that no call waits for. All processes together
 * never hold more than the whole: one lowers its own share before it writes so, and raises it when it has written so. Who is gone is known
 * by monotonic clocks alone: a holder whose beat did not change for the length of a lease.
 *
 * While the store is away a process keeps the share that it has. One that never had any has none.
 */
export class RateShare {
  readonly #dependencies: RateShareDependencies;
  readonly #exchange: BackgroundExchange;
  /** Made with the first exchange: a definition draws no randomness. */
  #instance: string | undefined;
  #share = 0;
  #until = Number.NEGATIVE_INFINITY;
  #target = 0;
  #want = 0;
  #beat = 0;
  #urgentAt = Number.NEGATIVE_INFINITY;
  #holders = 1;
  /** Taken from the user and not yet in the document. */
  #back = 0;
  #closed = false;
  readonly #seen = new Map<string, Seen>();

  constructor(dependencies: RateShareDependencies) {
    this.#dependencies = dependencies;
    const every = (): number => RENEW_MS + RENEW_MORE_MS * this.#holders;
    this.#exchange = new BackgroundExchange({
      clock: dependencies.clock,
      get everyMs() {
        return every();
      },
      exchange: () => this.#renew(),
      // Until it has what is due to it, and until others know that it wants nothing any more.
      waits: () => !this.#closed && (this.#want > 0 || this.#share < this.#target),
    });
  }

  /** The share that may be used now, in millionths: 0 where none was ever had, or a lease is over that the store could have renewed. */
  at(now: number): number {
    return now < this.#until || this.#exchange.failure !== undefined ? this.#share : 0;
  }

  /** What it would have if all wanted the same: how much a wait may hope for. */
  get hope(): number {
    return WHOLE_RATE / this.#holders;
  }

  /** What the store answered last, when that was a failure. */
  get failure(): Error | undefined {
    return this.#exchange.failure;
  }

  /** It is used. @param isUrgent somebody waits for more of it */
  touch(now: number, isUrgent: boolean): void {
    if (this.#closed) return;
    if (isUrgent && now >= this.#urgentAt) {
      this.#urgentAt = now + URGENT_MS;
      void this.#exchange.run();
    } else this.#exchange.touch();
  }

  /** Gives the share back. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#exchange.close();
    if (this.#instance !== undefined) await this.#exchange.attempt(() => this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, key, clock, user } = this.#dependencies;
    this.#instance ??= crypto.randomUUID();
    this.#want = this.#closed ? 0 : Math.max(0, Math.round(user.want(clock.now())));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { version, value } = await store.read(key);
      const document = readShares(value);
      if (document === undefined)
        throw new UnderstudyError('STORE_UNAVAILABLE', `The document "${key}" is not one of shares that this release can read.`);
      const begunAt = clock.now();
      if (await this.#write(document, version, begunAt)) return;
    }
  }

  /** Whether its next share is in the store. @param now after the document was read, so that no beat is older than it seems */
  async #write(document: ShareDocument, version: number, now: number): Promise<boolean> {
    const { store, key, clock, user, gatherMs } = this.#dependencies;
    const instance = this.#instance ?? '';
    const others = this.#living(document, now);
    const held = others.reduce((sum, [, { share }]) => sum + share, 0);
    const wants = others.map(([, { want }]) => want);
    const mine = ownValue(document.holders, instance);
    // Given to others, or lost with the document: what has gathered here is theirs too.
    if (mine === undefined) this.#drop(now);
    const own = mine?.share ?? 0;
    this.#holders = others.length + 1;
    this.#target = this.#closed ? 0 : shareTarget(this.#want, wants);
    const share = Math.max(0, Math.min(this.#target, WHOLE_RATE - held));
    // A lower share holds at once, whatever becomes of the document.
    if (share < this.#share) {
      this.#back += user.resize(share, now);
      this.#share = share;
    }
    const wall = clock.wall();
    const free = Math.max(0, WHOLE_RATE - held - own);
    const rested = Math.max(0, Math.min(gatherMs, wall - document.at));
    const spare = Math.min(free, document.spare + Math.floor((free * rested) / gatherMs)) + Math.floor(this.#back);
    const part = free > 0 && share > own ? Math.floor((spare * Math.min(free, share - own)) / free) : 0;
    const holder: ShareHolder = { share, want: this.#want, beat: ++this.#beat };
    const next: ShareDocument = {
      format: 1,
      holders: Object.fromEntries(this.#closed ? others : [...others, [instance, holder]]),
      spare: Math.max(0, Math.min(WHOLE_RATE - held - share, spare - part)),
      at: wall,
    };
    if ((await store.compareAndSet(key, version, next)) === undefined) return false;
    this.#back = 0;
    this.#share = share;
    this.#until = now + LEASE_MS;
    user.resize(share, clock.now());
    user.add(part);
    return true;
  }

  #drop(now: number): void {
    this.#dependencies.user.resize(0, now);
    this.#share = 0;
    this.#back = 0;
  }

  /** The other holders whose lease is not over. */
  #living({ holders }: ShareDocument, now: number): [string, ShareHolder][] {
    const others = Object.entries(holders).filter(([name]) => name !== this.#instance);
    for (const name of this.#seen.keys()) if (!Object.hasOwn(holders, name)) this.#seen.delete(name);
    return others.filter(([name, { beat }]) => {
      const seen = this.#seen.get(name);
      if (seen?.beat === beat) return now < seen.at + LEASE_MS;
      this.#seen.set(name, { beat, at: now });
      return true;
    });
  }
}
