import { murmur3 } from '../statistics/sketches/murmur3.ts';
import { type Amounts, SpendAccount } from './spend-account.ts';

/** Beyond it the half that has spent least is forgotten. */
const MOST = 10_000;
/** The store is told of so many, those that have spent most. */
const TOLD = 100;

/** The accounts of units, or of tenants, by name. */
export class SpendAccounts {
  readonly #mark: string;
  readonly #accounts = new Map<string, SpendAccount>();
  /** By the short form of a name, what the other processes have counted. */
  #others: ReadonlyMap<string, Amounts> = new Map();
  /** Accounts that were forgotten, today. */
  forgotten = 0;

  /** @param mark begins the names of its counters */
  constructor(mark: string) {
    this.#mark = mark;
  }

  get size(): number {
    return this.#accounts.size;
  }

  of(name: string): SpendAccount {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    if (this.#accounts.size >= MOST) this.#forget();
    const account = new SpendAccount();
    Object.assign(account.others, this.#others.get(shortOf(name)));
    this.#accounts.set(name, account);
    return account;
  }

  /** A new day: only what is in flight stays. */
  clear(): void {
    for (const [name, account] of this.#accounts) {
      account.clear();
      if (!account.isInUse) this.#accounts.delete(name);
    }
    this.#others = new Map();
    this.forgotten = 0;
  }

  /** Those that have spent most: no name leaves the process, only a hash of it. */
  addCounters(counters: Record<string, number>): void {
    const told = this.#bySpent().slice(-TOLD);
    for (const [name, { spent }] of told) {
      if (spent.usd > 0) counters[`${this.#mark}usd|${shortOf(name)}`] = spent.usd;
      if (spent.tokens > 0) counters[`${this.#mark}tokens|${shortOf(name)}`] = spent.tokens;
    }
  }

  merge(parts: readonly Readonly<Record<string, number>>[]): void {
    const others = new Map<string, Amounts>();
    for (const measure of ['usd', 'tokens'] as const) {
      const begin = `${this.#mark}${measure}|`;
      for (const part of parts) {
        for (const [counter, value] of Object.entries(part)) {
          if (!counter.startsWith(begin) || !(value >= 0)) continue;
          const name = counter.slice(begin.length);
          const amounts = others.get(name) ?? { usd: 0, tokens: 0 };
          amounts[measure] += value;
          others.set(name, amounts);
        }
      }
    }
    this.#others = others;
    for (const [name, account] of this.#accounts)
      Object.assign(account.others, others.get(shortOf(name)) ?? { usd: 0, tokens: 0 });
  }

  #forget(): void {
    for (const [name, account] of this.#bySpent().slice(0, MOST / 2)) {
      if (account.isInUse) continue;
      this.#accounts.delete(name);
      this.forgotten++;
    }
  }

  /** The one that has spent least first: by money, then by tokens. */
  #bySpent(): [string, SpendAccount][] {
    return [...this.#accounts].sort(([, a], [, b]) => a.spent.usd - b.spent.usd || a.spent.tokens - b.spent.tokens);
  }
}

const shortOf = (name: string): string => murmur3(name).toString(36);
