import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  count,
  either,
  flag,
  kind,
  oneOf,
  options as optionsOf,
  readOptions,
  required,
  text,
  whole,
} from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { AppendFile, type AppendFileOptions, dropLines, type FsyncPolicy, rotate, unlessMissing } from './append-file.ts';
import { fileError } from './file-error.ts';
import { PathLock } from './path-lock.ts';

export interface FileSinkOptions {
  /** The file that is appended to; its directory is made. One sink a path: a second one is refused while the first is open. */
  readonly path: string | URL;
  /** @defaultValue 'file' */
  readonly name?: string;
  /** A file that would grow over this many bytes is moved to `path.1` first. A batch is never split. @defaultValue 67108864 (64 MiB) */
  readonly maxBytes?: number;
  /** Files that are kept, the current one included; what is in the oldest is dropped and counted in `status()`. @defaultValue 5 */
  readonly maxFiles?: number;
  /**
   * When lines are forced to disk. `batch`: before the batch counts as delivered, so that not even a power failure loses one;
   * `{ everyMs }`: at most that much later; `never`: when the operating system does. What was delivered survives a crash of the
   * process in every mode.
   * @defaultValue 'batch'
   */
  readonly fsync?: FsyncPolicy;
  /** Permissions of new files. @defaultValue 0o600 */
  readonly fileMode?: number;
  /** Whether input and output fields that `redact` allows are written. @defaultValue false */
  readonly content?: boolean;
}

export interface FileSinkStatus {
  readonly path: string;
  /** Size of the current file; 0 before the first event. */
  readonly bytes: number;
  readonly rotations: number;
  /** What rotation has dropped. */
  readonly dropped: { readonly files: number; readonly bytes: number };
  /** Bytes of torn last lines that were cut off when the file was opened: none of them had counted as delivered. */
  readonly repairedBytes: number;
}

export interface FileSink extends Sink<UnderstudyEvent> {
  /** The lines that are there, the oldest file first. */
  readonly lines: () => AsyncIterable<string>;
  /** Leaves lines out of all files of this sink, between two writes; answers how many. Lines that still wait in the queue come afterwards: `flush()` the runtime before. */
  readonly drop: (isDropped: (line: string) => boolean) => Promise<number>;
  readonly status: () => FileSinkStatus;
}

/**
 * Appends each event as a line of JSON. Delivery is at least once, in the order of the queue's lanes: after a failed write a
 * batch is written again as a whole.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`, with the path and the remedy
 */
export function fileSink(options: FileSinkOptions): FileSink {
  const { name, content, ...settings } = readOptions('fileSink', options, KINDS, DEFAULTS);
  const path = resolve(settings.path instanceof URL ? fileURLToPath(settings.path) : settings.path);
  const file: AppendFileOptions = { ...settings, path };
  const { maxFiles } = file;
  const lock = new PathLock(path);
  const dropped = { files: 0, bytes: 0 };
  let current: AppendFile | undefined;
  let rotations = 0;
  let repairedBytes = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const nameOf = (number: number): string => (number === 0 ? path : `${path}.${number}`);

  const openFile = async (): Promise<AppendFile> => {
    const opened = await AppendFile.open(file);
    repairedBytes += opened.repairedBytes;
    current = opened;
    return opened;
  };

  const shut = async (): Promise<void> => {
    const open = current;
    current = undefined;
    await open?.close();
  };

  /** The open file of this sink, and of no other. */
  const ownFile = async (): Promise<AppendFile> => {
    const isHeld = current !== undefined && (await lock.isHeld());
    if (current !== undefined && isHeld && (await current.isInPlace())) return current;
    const hadIt = current !== undefined;
    await shut();
    if (!isHeld) {
      await mkdir(dirname(path), { recursive: true });
      const owner = await lock.take();
      if (owner !== undefined) throw taken(path, hadIt ? 'another process has taken it over' : `${owner} writes there`);
    }
    return openFile();
  };

  const append = async (lines: Buffer): Promise<void> => {
    let open = await ownFile();
    if (open.isFullFor(lines.length)) {
      await shut();
      const bytes = await rotate(path, maxFiles);
      rotations++;
      if (bytes !== undefined) {
        dropped.files++;
        dropped.bytes += bytes;
      }
      open = await openFile();
    }
    try {
      await open.append(lines);
    } catch (error) {
      // What the file holds now is uncertain: opening it again mends it.
      await shut();
      throw error;
    }
  };

  /** One after the other, so that no file is closed under a write that the queue has given up. */
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const before = turn;
    const mine = before.then(work);
    turn = mine.catch(() => undefined);
    try {
      await mine;
    } catch (error) {
      throw UnderstudyError.is(error) ? error : fileError(path, error);
    }
  };

  return {
    name,
    content,
    write: (batch) => inTurn(() => append(Buffer.from(batch.map((event) => `${JSON.stringify(event)}\n`).join('')))),
    flush: () => inTurn(async () => current?.sync()),
    close: () =>
      inTurn(async () => {
        await shut();
        await lock.release();
      }),
    lines: async function* () {
      for (let number = maxFiles - 1; number >= 0; number--) {
        const text = (await unlessMissing(readFile(nameOf(number), 'utf8'))) ?? '';
        for (const line of text.split('\n')) if (line !== '') yield line;
      }
    },
    drop: async (isDropped) => {
      let dropped = 0;
      await inTurn(async () => {
        // The file that is open is another one afterwards.
        await ownFile();
        await shut();
        for (let number = maxFiles - 1; number >= 0; number--)
          dropped += await dropLines(nameOf(number), isDropped, file.fileMode);
      });
      return dropped;
    },
    status: () => ({ path, bytes: current?.bytes ?? 0, rotations, dropped: { ...dropped }, repairedBytes }),
  };
}

function taken(path: string, why: string): UnderstudyError {
  return new UnderstudyError(
    'SINK_FAILED',
    `The file sink cannot write to ${path}: ${why}. Give each process and each sink a path of its own, or remove ${path}.lock if nobody writes there.`,
    {
      retryable: true,
      details: { path },
    },
  );
}

const KINDS = {
  path: required(
    kind(
      (value) => (value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && /^[^\0]+$/.test(value)),
      'the path of a file, or a file: URL',
    ),
  ),
  name: text,
  maxBytes: count,
  maxFiles: whole(1, 10_000),
  fsync: either(oneOf('batch', 'never'), optionsOf<{ everyMs: number }>({ everyMs: required(timerMs) })),
  fileMode: whole(0, 0o777),
  content: flag,
};
const DEFAULTS = {
  name: 'file',
  maxBytes: 64 * 1024 * 1024,
  maxFiles: 5,
  fsync: 'batch',
  fileMode: 0o600,
  content: false,
} as const;
