import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../sinks/file-error.ts';
import { HASH_BYTES } from './merkle.ts';

const NEWLINE = 10;
const DIGITS = 16;

/** A part of a ledger: records from `start` on, as lines in `.ndjson`, with their leaf hashes in `.leaves`. */
export interface Segment {
  readonly start: number;
  /** Whether the lines are there: they may have been pruned. */
  readonly hasBody: boolean;
}

/** Paths of the files of a ledger. `tree` holds the frontier of the tree before a segment: a shortcut that is never trusted. */
export const ledgerPath = {
  body: (directory: string, start: number): string => join(directory, `${numbered(start)}.ndjson`),
  leaves: (directory: string, start: number): string => join(directory, `${numbered(start)}.leaves`),
  tree: (directory: string, start: number): string => join(directory, `${numbered(start)}.tree`),
  checkpoints: (directory: string): string => join(directory, 'checkpoints'),
  /** The lock of the writer is beside this name. */
  lock: (directory: string): string => join(directory, 'ledger'),
};

const numbered = (start: number): string => String(start).padStart(DIGITS, '0');

/** The segments of a directory, the oldest first. None where it does not exist. */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const names = (await unlessMissing(readdir(directory))) ?? [];
  const starts = new Map<number, { start: number; hasBody: boolean }>();
  for (const name of names) {
    const [, number, ending] = /^(\d{16})\.(ndjson|leaves)$/.exec(name) ?? [];
    if (number === undefined) continue;
    const start = Number(number);
    const segment = starts.get(start) ?? { start, hasBody: false };
    segment.hasBody ||= ending === 'ndjson';
    starts.set(start, segment);
  }
  return [...starts.values()].sort((a, b) => a.start - b.start);
}

/** Lines of a segment that have their end, without it, and how many bytes after the last are torn. */
export function wholeLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly torn: number } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, torn: bytes.length - start };
}

/** The leaf hashes of a file, without a torn last one. */
export function leavesOf(bytes: Buffer): readonly Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, index) =>
    bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}

/** The bytes of a file, or `undefined` where there is none. */
export const readIfThere = (path: string): Promise<Buffer | undefined> => unlessMissing(readFile(path));

export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A new name is on disk only when its directory is. Windows cannot open directories and needs no such thing. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
