import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { AppendFile, dropLines, unlessMissing } from './append-file.ts';
import { PathLock } from './path-lock.ts';

const NAME = /^\d{12}\.ndjson$/;
/** The file of the lock. */
const LOCK = 'spool.lock';
const LARGEST_SEGMENT = 1024 * 1024;

interface Segment {
  readonly path: string;
  bytes: number;
}

/** Events of one segment. */
export interface OldestEvents {
  readonly events: readonly UnderstudyEvent[];
  /** Lines that hold no event any more. */
  readonly damaged: number;
  readonly remove: () => Promise<void>;
}

/** A queue of events on disk: segments of lines that are appended to, read from the oldest on, and removed whole. */
export class SpoolFiles {
  readonly #directory: string;
  readonly #fileMode: number;
  readonly #lock: PathLock;
  readonly #segmentBytes: number;
  readonly maxBytes: number;
  #segments: Segment[] = [];
  #current: AppendFile | undefined;
  #next = 1;
  /** Bytes of appends that are under way. */
  #coming = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(directory: string, maxBytes: number, fileMode: number) {
    this.#directory = directory;
    this.#fileMode = fileMode;
    this.maxBytes = maxBytes;
    this.#segmentBytes = Math.min(LARGEST_SEGMENT, Math.ceil(maxBytes / 4));
    this.#lock = new PathLock(join(directory, 'spool'));
  }

  /** Takes the directory, with what an earlier process has left in it. @throws UnderstudyError `SINK_FAILED` where another has it */
  open(): Promise<void> {
    return this.#inTurn(() => this.#take());
  }

  async #take(): Promise<void> {
    await this.#seal();
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const owner = await this.#lock.take();
    if (owner !== undefined) {
      throw new UnderstudyError(
        'SINK_FAILED',
        `The spool ${this.#directory} is that of ${owner}. Give each process and each sink a directory of its own.`,
        { retryable: true, details: { path: this.#directory } },
      );
    }
    const names = (await readdir(this.#directory)).filter((name) => NAME.test(name)).toSorted();
    this.#segments = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        return { path, bytes: (await stat(path)).size };
      }),
    );
    this.#next = Number.parseInt(names.at(-1) ?? '0', 10) + 1;
  }

  /** Whether the directory holds events of an earlier process. It makes and takes nothing. */
  async isLeft(): Promise<boolean> {
    const names = await unlessMissing(readdir(this.#directory));
    return names?.some((name) => NAME.test(name)) ?? false;
  }

  /** What lies on disk, and is about to. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#coming);
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0 && this.#coming === 0;
  }

  /** Resolves when the disk has the lines, all of them. The caller looks before whether they fit. */
  append(lines: Buffer): Promise<void> {
    this.#coming += lines.length;
    return this.#inTurn(async () => {
      try {
        await this.#own();
        const segment = await this.#segment();
        await this.#current?.append(lines);
        segment.bytes += lines.length;
      } catch (error) {
        await this.#seal();
        throw error;
      } finally {
        this.#coming -= lines.length;
      }
    });
  }

  /** The oldest events, of one segment, to which nothing is appended any more; `undefined` where there are none. */
  oldest(): Promise<OldestEvents | undefined> {
    return this.#inTurn(async () => {
      if (this.#segments.length === 0) return undefined;
      await this.#own();
      const found = await this.#oldestFile();
      if (found === undefined) return undefined;
      const { segment, text } = found;
      const lines = text.split('\n');
      // The last one is empty, or was torn by a crash before anybody was told that it is on disk.
      const events = lines.slice(0, -1).flatMap(eventIn);
      const remove = (): Promise<void> =>
        this.#inTurn(async () => {
          await rm(segment.path, { force: true });
          this.#segments = this.#segments.filter((one) => one !== segment);
        });
      return { events, damaged: lines.length - 1 - events.length, remove };
    });
  }

  /** The lines that wait, the oldest first. */
  async *lines(): AsyncGenerator<string> {
    for (const { path } of this.#segments) {
      const text = (await unlessMissing(readFile(path, 'utf8'))) ?? '';
      for (const line of text.split('\n')) if (line !== '') yield line;
    }
  }

  /** Leaves lines out; answers how many. What is being delivered meanwhile is delivered. */
  drop(isDropped: (line: string) => boolean): Promise<number> {
    return this.#inTurn(async () => {
      if (this.#segments.length === 0) return 0;
      await this.#own();
      await this.#seal();
      let dropped = 0;
      for (const segment of this.#segments) {
        dropped += await dropLines(segment.path, isDropped, this.#fileMode);
        segment.bytes = (await unlessMissing(stat(segment.path)))?.size ?? 0;
      }
      return dropped;
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#seal();
      await this.#lock.release();
    });
  }

  /** Goes on only where nobody else has the directory. One that was removed from outside is made again. */
  async #own(): Promise<void> {
    if (await this.#lock.isHeld()) return;
    if ((await unlessMissing(stat(join(this.#directory, LOCK)))) === undefined) return this.#take();
    throw new Error(`another process has taken ${this.#directory} over`);
  }

  /** The oldest segment that is there: what was removed from outside is gone, and keeps nothing else. */
  async #oldestFile(): Promise<{ readonly segment: Segment; readonly text: string } | undefined> {
    for (let [segment] = this.#segments; segment !== undefined; [segment] = this.#segments) {
      if (this.#segments.length === 1) await this.#seal();
      const text = await unlessMissing(readFile(segment.path, 'utf8'));
      if (text !== undefined) return { segment, text };
      this.#segments.shift();
    }
    return undefined;
  }

  /** The segment that is appended to. */
  async #segment(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (this.#current !== undefined && last !== undefined && last.bytes < this.#segmentBytes) return last;
    await this.#seal();
    const path = join(this.#directory, `${String(this.#next++).padStart(12, '0')}.ndjson`);
    this.#current = await AppendFile.open({ path, maxBytes: Infinity, maxFiles: 1, fsync: 'batch', fileMode: this.#fileMode });
    const segment = { path, bytes: 0 };
    this.#segments.push(segment);
    return segment;
  }

  async #seal(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** None in a line that a disk has damaged: the sink would fail at it again and again. */
function eventIn(line: string): readonly UnderstudyEvent[] {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? [value] : [];
  } catch {
    return [];
  }
}

/** Whether a value has what every sink may rely on. The rest was written by this library, or a newer one. */
function isEvent(value: unknown): value is UnderstudyEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { v, type, id, at, model } = value as Partial<Record<'v' | 'type' | 'id' | 'at' | 'model', unknown>>;
  return v === 1 && [type, id, model].every((text) => typeof text === 'string') && typeof at === 'number';
}
