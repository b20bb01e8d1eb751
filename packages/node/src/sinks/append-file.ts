import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './file-error.ts';

export type FsyncPolicy = 'batch' | 'never' | { readonly everyMs: number };

export interface AppendFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly fsync: FsyncPolicy;
  readonly fileMode: number;
}

const NEWLINE = 10;
const TAIL_BYTES = 65_536;

/** A file of whole lines that is appended to, one caller at a time, and rotated by size. */
export class AppendFile {
  readonly #options: AppendFileOptions;
  readonly #handle: FileHandle;
  #bytes: number;
  /** Bytes of a torn last line that was cut off when the file was opened. */
  readonly repairedBytes: number;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncFailure: Error | undefined;

  private constructor(options: AppendFileOptions, handle: FileHandle, bytes: number, repairedBytes: number) {
    this.#options = options;
    this.#handle = handle;
    this.#bytes = bytes;
    this.repairedBytes = repairedBytes;
  }

  /** Opens or creates the file; a last line without its end is cut off. */
  static async open(options: AppendFileOptions): Promise<AppendFile> {
    const handle = await open(options.path, 'a+', options.fileMode);
    try {
      const { size } = await handle.stat();
      const whole = await endOfLastLine(handle, size);
      if (whole < size) await handle.truncate(whole);
      if (options.fsync !== 'never') await syncDirectory(options.path);
      return new AppendFile(options, handle, whole, size - whole);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether this is the file that its path names: it may have been removed, moved or replaced from outside. */
  async isInPlace(): Promise<boolean> {
    const [there, here] = await Promise.all([
      unlessMissing(stat(this.#options.path, { bigint: true })),
      this.#handle.stat({ bigint: true }),
    ]);
    // It may have been cut from outside, too.
    this.#bytes = Number(here.size);
    return there !== undefined && there.ino === here.ino && there.dev === here.dev;
  }

  /** Whether `more` bytes belong into the next file: a batch is never split, so a file is larger only if one batch is. */
  isFullFor(more: number): boolean {
    return this.#bytes > 0 && this.#bytes + more > this.#options.maxBytes;
  }

  /** Resolves when the operating system has the lines; with `fsync: 'batch'`, when the disk has them. All of them or none. A file that was removed meanwhile has none. */
  async append(lines: Buffer): Promise<void> {
    if (this.#syncFailure !== undefined) {
      const failure = this.#syncFailure;
      this.#syncFailure = undefined;
      throw failure;
    }
    const { fsync } = this.#options;
    try {
      await this.#handle.appendFile(lines);
      if (fsync === 'batch') await this.#handle.datasync();
      if ((await this.#handle.stat()).nlink === 0) throw Object.assign(new Error('removed'), { code: 'ENOENT' });
    } catch (error) {
      // Nothing of them stays. Where that fails, too, the next opening cuts the torn line off.
      await Promise.allSettled([this.#handle.truncate(this.#bytes)]);
      throw error;
    }
    this.#bytes += lines.length;
    if (typeof fsync === 'object') this.#syncLater(fsync.everyMs);
  }

  /** Forces to disk what is not there yet, unless the policy is `never`. */
  async sync(): Promise<void> {
    if (this.#syncTimer === undefined) return;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#handle.close();
    }
  }

  #syncLater(ms: number): void {
    this.#syncTimer ??= setTimeout(() => {
      this.sync().catch((error: unknown) => {
        this.#syncFailure = error as Error;
      });
    }, ms).unref();
  }
}

/**
 * Moves `path` to `path.1`, `path.1` to `path.2` and so on; answers how many bytes of the oldest were dropped, or `undefined`
 * when nothing was. A crash in between leaves a gap in the numbers and loses nothing.
 */
export async function rotate(path: string, maxFiles: number): Promise<number | undefined> {
  const name = (number: number): string => (number === 0 ? path : `${path}.${number}`);
  const oldest = name(maxFiles - 1);
  const dropped = await unlessMissing(stat(oldest));
  await rm(oldest, { force: true });
  for (let number = maxFiles - 2; number >= 0; number--) await unlessMissing(rename(name(number), name(number + 1)));
  return dropped?.size;
}

/**
 * Leaves the lines out of a file that must go, by a new file in its place; answers how many. A crash in between leaves the file as it
 * was.
 */
export async function dropLines(path: string, isDropped: (line: string) => boolean, fileMode: number): Promise<number> {
  const temporary = `${path}.new`;
  // What an earlier one left when it crashed holds lines, too.
  await rm(temporary, { force: true });
  const text = await unlessMissing(readFile(path, 'utf8'));
  if (text === undefined) return 0;
  const lines = text.split('\n');
  const left = lines.filter((line) => line === '' || !isDropped(line));
  const dropped = lines.length - left.length;
  if (dropped === 0) return 0;
  await writeFile(temporary, left.join('\n'), { mode: fileMode, flush: true });
  await rename(temporary, path);
  return dropped;
}

/** What `work` answers; `undefined` where there is no such file. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Where the last line that has its end ends. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(Math.min(TAIL_BYTES, size));
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const newline = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** A new name is on disk only when its directory is. Windows cannot open directories and needs no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
