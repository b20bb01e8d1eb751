import { allStores, type Manifest, type ModelStore } from './model-store.ts';
import { countOr0, readOptions } from '@understudy/core/authoring';

/** A model file that the browser keeps, or a part of one. */
export interface KeptModelFile {
  readonly name: string;
  readonly version?: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Where it came from, without its query. */
  readonly url: string;
  /** Whether all of it is there. Else the rest comes with the next `get()`. */
  readonly whole: boolean;
  /** Bytes that are kept. */
  readonly bytes: number;
  /** When it was used last. */
  readonly usedAt: Date;
}

interface Kept {
  readonly store: ModelStore;
  /** `undefined`: somebody else has written over it. */
  readonly manifest: Manifest | undefined;
}

/** Model files that this origin keeps, the one that was used last at the end. Empty where the browser keeps nothing. */
export async function listModelFiles(): Promise<readonly KeptModelFile[]> {
  return viewsOf(await keptFiles().catch(() => []));
}

/**
 * Removes the least recently used of the kept files until at most `maxBytes` are kept; without it, all. A file that a tab is just
 * downloading or reading stays.
 *
 * @returns what was removed
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export async function evictModelFiles(maxBytes = 0): Promise<readonly KeptModelFile[]> {
  readOptions<{ maxBytes: number }, {}>('evictModelFiles', { maxBytes }, { maxBytes: countOr0 }, {});
  const kept = await keptFiles().catch(() => []);
  return viewsOf(await evict(kept, maxBytes));
}

/**
 * Asks the browser to keep what this origin stores when the disk is nearly full (`navigator.storage.persist()`). Some browsers ask the
 * user.
 *
 * @returns whether it will
 */
export async function persistModelFiles(): Promise<boolean> {
  const storage = navigator.storage as StorageManager | undefined;
  return (await storage?.persist?.().catch(() => false)) ?? false;
}

/** Removes other files of this name: the new one is whole. Then the least recently used, until there is room. */
export async function makeRoom(digest: string, name: string, bytes: number, maxBytes: number): Promise<void> {
  const others = (await keptFiles()).filter(({ store }) => store.digest !== digest);
  const isOld = ({ manifest }: Kept): boolean => manifest?.name === name;
  await evict(others.filter(isOld), 0);
  await evict(
    others.filter((kept) => !isOld(kept)),
    Math.max(0, maxBytes - bytes),
  );
}

async function evict(kept: readonly Kept[], maxBytes: number): Promise<readonly Kept[]> {
  let bytes = kept.reduce((sum, one) => sum + bytesOf(one), 0);
  const removed: Kept[] = [];
  for (const one of kept) {
    if (bytes <= maxBytes && maxBytes > 0) break;
    if (!(await one.store.removeIfIdle())) continue;
    bytes -= bytesOf(one);
    removed.push(one);
  }
  return removed;
}

/** The least recently used first. */
async function keptFiles(): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const store of await allStores()) kept.push({ store, manifest: await store.manifest() });
  return kept.sort((a, b) => (a.manifest?.usedAt ?? 0) - (b.manifest?.usedAt ?? 0));
}

const bytesOf = ({ manifest }: Kept): number => manifest?.bytes ?? 0;

function viewsOf(kept: readonly Kept[]): readonly KeptModelFile[] {
  return kept.flatMap(({ manifest }) => {
    if (manifest === undefined) return [];
    const { name, version, digest, url, whole, bytes, usedAt } = manifest;
    const named = version === undefined ? { name } : { name, version };
    return [{ ...named, digest: `sha256:${digest}`, url, whole, bytes, usedAt: new Date(usedAt) }];
  });
}
