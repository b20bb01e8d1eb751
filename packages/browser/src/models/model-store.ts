import { untilAborted } from '@understudy/core/authoring';
import type { GrowingBytes } from './growing-bytes.ts';

/** What is known of a file that is kept, whole or in part. */
export interface Manifest {
  readonly v: 1;
  readonly name: string;
  readonly version?: string;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** Where it came from, without what may be secret. */
  readonly url: string;
  /** Parts that are kept, each of {@link PART_BYTES}, the last one of a whole file of fewer. */
  readonly parts: number;
  /** Bytes in them. */
  readonly bytes: number;
  /** Bytes of the whole, as far as the server has told. */
  readonly total?: number;
  /** A strong validator, under which the rest can be asked for. */
  readonly etag?: string;
  /** Whether the server has packed what it sent: it may not send a rest of what is unpacked. */
  readonly packed?: boolean;
  /** How often in a row a rest was asked for and none of it came. */
  readonly stuck: number;
  readonly whole: boolean;
  /** When it was used last, in milliseconds since the Unix epoch. */
  readonly usedAt: number;
}

/** Bytes of one part: what a tab that is killed may have to download again. */
export const PART_BYTES = 1024 * 1024;

const PREFIX = 'understudy-model:';
/** Nobody can ask for it: a service worker that looks through all caches finds nothing of ours by accident. */
const AT = 'https://understudy.invalid/';
const MANIFEST = `${AT}manifest`;
/** A store that does not answer for so long is not there. */
const ANSWER_MS = 30_000;

/**
 * One file in Cache Storage: a cache of its own, with a manifest and parts. A part is written before the manifest that counts it, so
 * that a tab may die at any moment. Every method rejects where the browser keeps nothing.
 */
export class ModelStore {
  readonly digest: string;
  readonly #name: string;

  constructor(digest: string) {
    this.digest = digest;
    this.#name = PREFIX + digest;
  }

  /** `undefined` where nothing is kept, and where what is kept is none of ours. */
  async manifest(): Promise<Manifest | undefined> {
    const found = await this.#match(MANIFEST);
    if (found === undefined) return undefined;
    const text = await inTime(found.text());
    return manifestOf(text, this.digest);
  }

  async write(manifest: Manifest): Promise<void> {
    await this.#put(MANIFEST, JSON.stringify(manifest));
  }

  async putPart(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#put(AT + index, bytes);
  }

  /** Adds the parts that the manifest counts; false where one of them is missing or has another length. */
  async read({ parts, bytes }: Manifest, into: GrowingBytes, told: () => void): Promise<boolean> {
    into.expect(bytes);
    for (let index = 0; index < parts; index++) {
      const found = await this.#match(AT + index);
      if (found === undefined) return false;
      into.add(new Uint8Array(await inTime(found.arrayBuffer())));
      told();
    }
    return into.length === bytes;
  }

  async remove(): Promise<void> {
    const caches = storage();
    if (!(await inTime(caches.has(this.#name)))) return;
    // A cache that a page still has open keeps its room until it is closed: its entries go at once.
    const cache = await inTime(caches.open(this.#name));
    for (const key of await inTime(cache.keys())) await inTime(cache.delete(key));
    await inTime(caches.delete(this.#name));
  }

  /** The tab that holds it is the only one that changes the file. A page that has no locks, or none for it, works without. */
  async alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const locks = navigator.locks as LockManager | undefined;
    if (locks === undefined) return work();
    let isMine = false;
    const mine = (): Promise<T> => {
      isMine = true;
      return work();
    };
    try {
      return await locks.request(this.#name, { signal }, mine);
    } catch (error) {
      if (isMine || signal.aborted) throw error;
      return await work();
    }
  }

  /** Removes it, unless a tab is just downloading it or reading it. */
  async removeIfIdle(): Promise<boolean> {
    const locks = navigator.locks as LockManager | undefined;
    if (locks === undefined) return this.remove().then(() => true);
    return locks.request(this.#name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await this.remove();
      return lock !== null;
    });
  }

  /** Does not make a cache, as `open` would. */
  #match(key: string): Promise<Response | undefined> {
    return inTime(storage().match(key, { cacheName: this.#name }));
  }

  async #put(key: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const cache = await inTime(storage().open(this.#name));
    await inTime(cache.put(key, new Response(body)));
  }
}

/** The stores of all files that this origin keeps, by the names of their caches. */
export async function allStores(): Promise<readonly ModelStore[]> {
  const names = await inTime(storage().keys());
  return names.filter((name) => name.startsWith(PREFIX)).map((name) => new ModelStore(name.slice(PREFIX.length)));
}

function storage(): CacheStorage {
  const found = (globalThis as { readonly caches?: CacheStorage }).caches;
  if (found === undefined) throw new Error('this page has no Cache Storage: it is not served over https');
  return found;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  return untilAborted(AbortSignal.timeout(ANSWER_MS), work);
}

function manifestOf(text: string, digest: string): Manifest | undefined {
  try {
    const read = JSON.parse(text) as Partial<Manifest>;
    const isOurs =
      read.v === 1 &&
      read.digest === digest &&
      typeof read.name === 'string' &&
      typeof read.url === 'string' &&
      typeof read.whole === 'boolean' &&
      [read.parts, read.bytes, read.stuck, read.usedAt].every((value) => Number.isSafeInteger(value) && Number(value) >= 0) &&
      [read.version, read.etag].every((value) => value === undefined || typeof value === 'string') &&
      (read.total === undefined || Number.isSafeInteger(read.total));
    return isOurs ? (read as Manifest) : undefined;
  } catch {
    // Somebody else has written here.
    return undefined;
  }
}
