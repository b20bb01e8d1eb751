import type { Lane } from '@understudy/core/authoring';
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Pause } from './offline-pause.ts';

/** Events that are kept, sent and removed together: at most what one request holds, all of one lane. */
export interface KeptEvents {
  /** The events as JSON, with commas between them. */
  readonly text: string;
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch, when they were kept. */
  readonly at: number;
  /** Where it is in {@link LANES}. */
  readonly lane: number;
}

/** What is kept, and what was given up of it since the database was made, by `reason/lane`. */
export interface OfflineTotals {
  readonly events: number;
  readonly bytes: number;
  readonly lost: Readonly<Record<string, number>>;
}

/** Why kept events are given up. */
export type LossReason = 'full' | 'expired' | 'refused' | 'denied';

/** The oldest events, with what removes them. */
export interface OldestEvents {
  readonly keys: readonly number[];
  readonly kept: readonly KeptEvents[];
}

export interface OfflineLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

interface Schema extends DBSchema {
  kept: { key: number; value: KeptEvents; indexes: { lane: number } };
  /** Rows by name: `totals`; `lease`: who sends, until when; and `pause`, which is in the same store. */
  totals: { key: 'totals'; value: OfflineTotals };
  lease: { key: 'lease' | 'pause'; value: Lease | Pause };
}

interface Lease {
  readonly owner: string;
  readonly until: number;
}

type Write = IDBPTransaction<Schema, ['kept', 'totals'], 'readwrite'>;

/** Lanes from the one that is given up first. */
export const LANES = ['routine', 'aggregate', 'audit'] as const satisfies readonly Lane[];

const NOTHING: OfflineTotals = { events: 0, bytes: 0, lost: {} };

/** What a page keeps on disk of its events, shared by all tabs of an origin. Each change is one transaction: a tab may die at any moment. */
export class OfflineStore {
  readonly #name: string;
  readonly #limits: OfflineLimits;
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  constructor(name: string, limits: OfflineLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  /**
   * Keeps events, or rejects with what IndexedDB says: nothing of them is kept then. Where there is no room, the oldest of the
   * lowest lane are given up, or what comes, where all that is kept is more important.
   */
  async add(all: readonly KeptEvents[]): Promise<void> {
    await this.#write(async (transaction, totals) => {
      let now = totals;
      for (const kept of all) {
        now = await this.#makeRoom(transaction, now, kept);
        if (!this.#fits(now, kept)) now = lost(now, kept, 'full');
        else {
          await transaction.objectStore('kept').add(kept);
          now = { ...now, events: now.events + kept.events, bytes: now.bytes + kept.bytes };
        }
      }
      return now;
    });
  }

  /** The oldest events, of at most `maxBytes` in all, one part at least; those that are too old are given up. */
  async oldest(maxBytes: number, now: number): Promise<OldestEvents> {
    const keys: number[] = [];
    const kept: KeptEvents[] = [];
    await this.#write(async (transaction, before) => {
      let totals = before;
      let bytes = 0;
      let cursor = await transaction.objectStore('kept').openCursor();
      while (cursor !== null) {
        const { value } = cursor;
        if (now - value.at > this.#limits.maxAgeMs) {
          totals = lost(without(totals, value), value, 'expired');
          await cursor.delete();
        } else {
          bytes += value.bytes + 1;
          if (kept.length > 0 && bytes > maxBytes) break;
          keys.push(cursor.primaryKey);
          kept.push(value);
        }
        cursor = await cursor.continue();
      }
      return totals;
    });
    return { keys, kept };
  }

  /** Makes two parts of one that is too large for the other side; gives up a single event. */
  async split(key: number): Promise<void> {
    await this.#write(async (transaction, before) => {
      const store = transaction.objectStore('kept');
      const value = await store.get(key);
      if (value === undefined) return before;
      await store.delete(key);
      if (value.events === 1) return lost(without(before, value), value, 'refused');
      const texts = (JSON.parse(`[${value.text}]`) as unknown[]).map((event) => JSON.stringify(event));
      const half = Math.ceil(texts.length / 2);
      const [first, second] = [partOf(texts.slice(0, half)), partOf(texts.slice(half))];
      await store.add({ ...value, ...first });
      await store.add({ ...value, ...second });
      return { ...before, bytes: before.bytes - value.bytes + first.bytes + second.bytes };
    });
  }

  /** Removes events: they have arrived, or are given up. What another tab has removed is passed over. */
  async remove(keys: readonly number[], reason?: LossReason): Promise<void> {
    await this.#write(async (transaction, before) => {
      let totals = before;
      const store = transaction.objectStore('kept');
      for (const key of keys) {
        const value = await store.get(key);
        if (value === undefined) continue;
        await store.delete(key);
        totals = without(totals, value);
        if (reason !== undefined) totals = lost(totals, value, reason);
      }
      return totals;
    });
  }

  /** Gives up half of what is kept of the lowest lane that has any, the oldest first: the browser has no more room. */
  async halve(): Promise<void> {
    await this.#write(async (transaction, before) => {
      let totals = before;
      let cursor = await transaction.objectStore('kept').index('lane').openCursor();
      const end = before.bytes / 2;
      while (cursor !== null && totals.bytes > end) {
        totals = lost(without(totals, cursor.value), cursor.value, 'full');
        await cursor.delete();
        cursor = await cursor.continue();
      }
      return totals;
    });
  }

  /** Removes everything: the user has denied consent. Makes no database. */
  async erase(): Promise<void> {
    if (!(await this.#isThere())) return;
    await this.#write(async (transaction, before) => {
      let totals = before;
      for await (const { value } of transaction.objectStore('kept')) totals = lost(totals, value, 'denied');
      await transaction.objectStore('kept').clear();
      return { ...totals, events: 0, bytes: 0 };
    });
  }

  /** Makes no database: there may be no consent yet. */
  async totals(): Promise<OfflineTotals> {
    if (!(await this.#isThere())) return NOTHING;
    const database = await this.#open();
    return (await database.get('totals', 'totals')) ?? NOTHING;
  }

  /** Takes the lease of the only sender, or renews it; false where another holds it. It ends by itself after `ms`. */
  async lease(owner: string, now: number, ms: number): Promise<boolean> {
    const database = await this.#open();
    const transaction = database.transaction('lease', 'readwrite');
    const held = (await transaction.store.get('lease')) as Lease | undefined;
    // A clock that was set back must not keep everybody out.
    const isHeld = held !== undefined && held.owner !== owner && now < held.until && held.until <= now + ms;
    if (!isHeld) await transaction.store.put({ owner, until: now + ms }, 'lease');
    await transaction.done;
    return !isHeld;
  }

  /** The pause that all tabs make, whoever was told to. */
  async pause(): Promise<Pause | undefined> {
    const database = await this.#open();
    return (await database.get('lease', 'pause')) as Pause | undefined;
  }

  /** Has all tabs make a pause; `undefined` ends it. */
  async setPause(pause: Pause | undefined): Promise<void> {
    const database = await this.#open();
    await (pause === undefined ? database.delete('lease', 'pause') : database.put('lease', pause, 'pause'));
  }

  close(): void {
    void this.#database?.then(
      (database) => database.close(),
      () => undefined,
    );
    this.#database = undefined;
  }

  /** Whether there is a database. To ask makes none: the upgrade of a new one is aborted. */
  async #isThere(): Promise<boolean> {
    if (this.#database !== undefined) return true;
    let isThere = true;
    const asked = openDB(this.#name, undefined, {
      upgrade: (_database, _old, _new, transaction) => {
        isThere = false;
        transaction.done.catch(() => undefined);
        transaction.abort();
      },
    });
    await asked.then(
      (database) => database.close(),
      (error: unknown) => {
        if (isThere) throw error;
      },
    );
    return isThere;
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    const forget = (): void => {
      this.#database = undefined;
    };
    this.#database ??= openDB<Schema>(this.#name, 1, {
      upgrade: (database) => {
        database.createObjectStore('kept', { autoIncrement: true }).createIndex('lane', 'lane');
        database.createObjectStore('totals');
        database.createObjectStore('lease');
      },
      // Another tab, of a newer release, or somebody who clears what the site keeps.
      blocking: () => this.close(),
      terminated: forget,
    }).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.#database;
  }

  async #write(change: (transaction: Write, totals: OfflineTotals) => Promise<OfflineTotals>): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction(['kept', 'totals'], 'readwrite');
    // A request that fails aborts it.
    try {
      const store = transaction.objectStore('totals');
      const before = (await store.get('totals')) ?? NOTHING;
      const after = await change(transaction, before);
      if (after !== before) await store.put(after, 'totals');
      // A page that is being left has the browser finish what has been committed.
      transaction.commit();
    } catch (error) {
      await transaction.done.catch(() => undefined);
      throw error;
    }
    await transaction.done;
  }

  #fits(totals: OfflineTotals, { events, bytes }: KeptEvents): boolean {
    const { maxEvents, maxBytes } = this.#limits;
    return totals.events + events <= maxEvents && totals.bytes + bytes <= maxBytes;
  }

  /** Gives up what is no more important than `coming`, until that fits. */
  async #makeRoom(transaction: Write, before: OfflineTotals, coming: KeptEvents): Promise<OfflineTotals> {
    let totals = before;
    if (this.#fits(totals, coming)) return totals;
    const range = IDBKeyRange.upperBound(coming.lane);
    let cursor = await transaction.objectStore('kept').index('lane').openCursor(range);
    while (cursor !== null && !this.#fits(totals, coming)) {
      totals = lost(without(totals, cursor.value), cursor.value, 'full');
      await cursor.delete();
      cursor = await cursor.continue();
    }
    return totals;
  }
}

const encoder = new TextEncoder();

/** Events, each as JSON, as they are kept. */
export function partOf(texts: readonly string[]): Pick<KeptEvents, 'text' | 'events' | 'bytes'> {
  const text = texts.join(',');
  return { text, events: texts.length, bytes: encoder.encode(text).length };
}

const without = (totals: OfflineTotals, { events, bytes }: KeptEvents): OfflineTotals => ({
  ...totals,
  events: totals.events - events,
  bytes: totals.bytes - bytes,
});

function lost(totals: OfflineTotals, { events, lane }: KeptEvents, reason: LossReason): OfflineTotals {
  const key = `${reason}/${LANES[lane] ?? 'routine'}`;
  return { ...totals, lost: { ...totals.lost, [key]: (totals.lost[key] ?? 0) + events } };
}
