import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory, unlessMissing, wholeLines } from './segments.ts';

const SALT_BYTES = 32;
/** Read and parsed at once: some milliseconds of work. */
const CHUNK_BYTES = 128 * 1024;
/** Fewer lines are not worth a new file. */
const LEAST_WASTE = 1000;
const GONE = '-'.charCodeAt(0);

/** A line of a key: where it is, and what it says. */
interface StoredKey {
  readonly id: string;
  readonly key: Buffer;
  readonly at: number;
  readonly length: number;
}

/**
 * Keys by id in a file, 0600: a header, then a line for each key. A key is added by a line at the end. It is removed by a line at the end
 * that names its place, for other processes to see, and its own line is overwritten. So neither costs more where there are more keys.
 *
 * Reading needs no lock; everything that writes does.
 */
export class SubjectKeyFile {
  readonly #path: string;
  readonly #draft: string;
  /** What the file system says of the file that was read. */
  #mark = '';
  /** Names this file: another is in its place after `compact`. */
  #file = '';
  #salt: Buffer = Buffer.alloc(0);
  /** Bytes of whole lines that were read. */
  #end = 0;
  /** Lines that hold no key. */
  #waste = 0;
  #keys = new Map<string, StoredKey>();
  #places = new Map<number, StoredKey>();
  /** Removed keys whose line may still be there: a crash came between. */
  #unfinished: { readonly at: number; readonly length: number }[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#draft = `${path}.new`;
  }

  /** Random bytes that were made with the file, and stay. */
  get salt(): Buffer {
    return this.#salt;
  }

  /** The keys that {@link refresh} has found, the oldest first. */
  get keys(): ReadonlyMap<string, { readonly key: Buffer }> {
    return this.#keys;
  }

  /** Whether more than half of the lines hold no key. */
  get isWasteful(): boolean {
    return this.#waste > Math.max(LEAST_WASTE, this.#keys.size);
  }

  /** Reads what is new in the file, or all of it where another is in its place. Answers whether there is one. */
  async refresh(): Promise<boolean> {
    const found = await unlessMissing(stat(this.#path, { bigint: true }));
    if (found !== undefined && markOf(found) === this.#mark) return true;
    const handle = found === undefined ? undefined : await unlessMissing(open(this.#path, 'r'));
    if (handle === undefined) {
      this.#forget();
      return false;
    }
    try {
      const now = await handle.stat({ bigint: true });
      const { file, salt } = await headerOf(handle);
      if (file !== this.#file || now.size < this.#end) this.#forget();
      this.#mark = '';
      this.#file = file;
      this.#salt = salt;
      for await (const { lines, at } of chunks(handle, this.#end)) this.#take(lines, at);
      this.#mark = markOf(now);
      return true;
    } finally {
      await handle.close();
    }
  }

  /** Makes the file. Needs the lock, and that there is none. */
  create(): Promise<void> {
    return this.#replace(randomBytes(SALT_BYTES), () => Promise.resolve());
  }

  /** Adds keys; resolves when the disk has them. Needs the lock, after {@link refresh}. */
  async add(keys: readonly { readonly id: string; readonly key: Buffer }[]): Promise<void> {
    await this.#write(async (handle) => {
      await this.#finish(handle);
      await this.#append(handle, keys.map(({ id, key }) => `${JSON.stringify({ id, key: key.toString('base64') })}\n`).join(''));
    });
  }

  /** Removes a key; resolves when the disk no longer has it. Needs the lock, after {@link refresh}. Answers whether there was one. */
  async remove(id: string): Promise<boolean> {
    const stored = this.#keys.get(id);
    if (stored === undefined && this.#unfinished.length === 0) return false;
    await this.#write(async (handle) => {
      if (stored !== undefined) {
        await this.#append(handle, `${JSON.stringify({ gone: stored.at })}\n`);
        await this.refresh();
      }
      await this.#finish(handle);
      await handle.datasync();
    });
    stored?.key.fill(0);
    return stored !== undefined;
  }

  /** Writes the lines of keys into a new file. Needs the lock, after {@link refresh}. */
  async compact(): Promise<void> {
    const handle = await open(this.#path, 'r');
    try {
      await this.#replace(this.#salt, async (draft) => {
        for await (const { lines, at } of chunks(handle, 0)) {
          let place = at;
          const kept: string[] = [];
          for (const line of lines) {
            if (this.#places.has(place)) kept.push(`${line.toString('latin1')}\n`);
            place += line.length + 1;
          }
          await draft.appendFile(kept.join(''), 'latin1');
        }
      });
    } finally {
      await handle.close();
    }
    this.#forget();
  }

  #forget(): void {
    this.#mark = '';
    this.#file = '';
    this.#end = 0;
    this.#waste = 0;
    this.#keys = new Map();
    this.#places = new Map();
    this.#unfinished = [];
  }

  #take(lines: readonly Buffer[], from: number): void {
    let at = from;
    for (const line of lines) {
      if (at > 0) this.#takeLine(line, at);
      at += line.length + 1;
      this.#end = at;
    }
  }

  #takeLine(line: Buffer, at: number): void {
    // No other line has this character.
    if (line.includes(GONE)) {
      this.#waste++;
      if (!line.every((byte) => byte === GONE)) this.#unfinished.push({ at, length: line.length });
      return;
    }
    const { id, key, gone } = parsed(line);
    if (typeof gone === 'number') {
      this.#waste++;
      const stored = this.#places.get(gone);
      if (stored === undefined) return;
      this.#waste++;
      this.#unfinished.push(stored);
      this.#places.delete(gone);
      this.#keys.delete(stored.id);
      return;
    }
    if (typeof id !== 'string' || typeof key !== 'string') throw notOne();
    const stored = { id, key: Buffer.from(key, 'base64'), at, length: line.length };
    this.#keys.set(id, stored);
    this.#places.set(at, stored);
  }

  /** Overwrites what is left of removed keys. */
  async #finish(handle: FileHandle): Promise<void> {
    for (const { at, length } of this.#unfinished) await handle.write(Buffer.alloc(length, GONE), 0, length, at);
    this.#unfinished = [];
  }

  async #append(handle: FileHandle, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    // A torn last line of a crash is written over.
    await handle.truncate(this.#end);
    await handle.write(bytes, 0, bytes.length, this.#end);
    await handle.datasync();
  }

  async #write(work: (handle: FileHandle) => Promise<void>): Promise<void> {
    // One that a crash has left holds keys, too.
    await rm(this.#draft, { force: true });
    const handle = await open(this.#path, 'r+');
    try {
      await work(handle);
    } finally {
      await handle.close();
    }
  }

  /** A new file in the place of the old one. */
  async #replace(salt: Buffer, fill: (draft: FileHandle) => Promise<void>): Promise<void> {
    await rm(this.#draft, { force: true });
    const handle = await open(this.#draft, 'wx', 0o600);
    try {
      const file = randomBytes(16).toString('base64');
      await handle.appendFile(`${JSON.stringify({ v: 1, salt: salt.toString('base64'), file })}\n`);
      await fill(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(this.#draft, this.#path);
    await syncDirectory(dirname(this.#path));
  }
}

const markOf = ({ dev, ino, size, mtimeNs }: Readonly<Record<'dev' | 'ino' | 'size' | 'mtimeNs', bigint>>): string =>
  `${dev} ${ino} ${size} ${mtimeNs}`;

/** What the first line says: it was renamed into its place with the file, and is always whole. */
async function headerOf(handle: FileHandle): Promise<{ readonly file: string; readonly salt: Buffer }> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  const [line = Buffer.alloc(0)] = wholeLines(buffer.subarray(0, bytesRead)).lines;
  const { v, salt, file } = parsed(line);
  if (v !== 1 || typeof salt !== 'string' || typeof file !== 'string') throw notOne();
  return { file, salt: Buffer.from(salt, 'base64') };
}

/** Whole lines from `from` on, and where the first of them begins. */
async function* chunks(
  handle: FileHandle,
  from: number,
): AsyncGenerator<{ readonly lines: readonly Buffer[]; readonly at: number }> {
  let at = from;
  for (let rest = Buffer.alloc(0); ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at + rest.length);
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const { lines, torn } = wholeLines(bytes);
    if (torn > CHUNK_BYTES) throw notOne();
    yield { lines, at };
    at += bytes.length - torn;
    rest = bytes.subarray(bytes.length - torn);
  }
}

/** The error has nothing of the line: it may hold a key. */
function parsed(line: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    throw notOne();
  }
  throw notOne();
}

const notOne = (): Error => new Error('The file is none of fileSubjectKeys(), or it was damaged.');
