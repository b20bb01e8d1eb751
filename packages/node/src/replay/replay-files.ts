import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import { type Kinds, msOr0, readOptions, required, text } from '@understudy/core/authoring';
import type { ReplayedBatch, ReplayState } from '@understudy/core/replay';
import { pathError } from '../text-file.ts';

export interface ReplayFilesOptions {
  /** Where the result of each row is written, as one JSON object a line. */
  readonly results: string;
  /** Where the place is kept at which a killed replay goes on. @defaultValue `<results>.checkpoint` */
  readonly checkpoint?: string;
  /** How often it is kept, in milliseconds, at most. @defaultValue 1000 */
  readonly everyMs?: number;
}

/** Options of `replay()`, and what ends them. */
export interface ReplayFiles {
  readonly resume?: ReplayState;
  readonly onBatch: (batch: ReplayedBatch<unknown>) => Promise<void>;
  /** The log was read to its end: nothing is left to go on with. */
  readonly done: () => Promise<void>;
  /** Ends for now, at the last batch. */
  readonly close: () => Promise<void>;
}

const KINDS: Kinds<ReplayFilesOptions> = { results: required(text), checkpoint: text, everyMs: msOr0 };

interface Checkpoint {
  readonly format: 1;
  /** Length of the results that belong to the state, in bytes. */
  readonly bytes: number;
  readonly state: ReplayState;
}

/**
 * Keeps the results of a replay in a file, and beside it where it is, so that one that was killed goes on without a gap: results beyond the
 * last checkpoint are cut off, and written anew.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for wrong options, a file that cannot be written, or a checkpoint that is none
 */
export async function replayFiles(options: ReplayFilesOptions): Promise<ReplayFiles> {
  const settings = readOptions('replayFiles', options, KINDS, { everyMs: 1000 });
  const { results, checkpoint = `${results}.checkpoint`, everyMs } = settings;
  const before = await readCheckpoint(checkpoint);
  const file = await open(results, before === undefined ? 'w' : 'r+').catch((cause: unknown) => {
    throw before === undefined ? pathError(results, 'written', cause) : pathError(results, 'read', cause);
  });
  const { size } = await file.stat();
  if (before !== undefined && size < before.bytes) {
    await file.close();
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `${results}: is shorter than ${checkpoint} says. Delete both to begin anew.`,
    );
  }
  let bytes = before?.bytes ?? 0;
  await file.truncate(bytes);
  let keptAt = Date.now();
  let last: (() => ReplayState) | undefined;

  const keep = async (): Promise<void> => {
    if (last === undefined) return;
    const now: Checkpoint = { format: 1, bytes, state: last() };
    last = undefined;
    keptAt = Date.now();
    // The results first: a checkpoint never tells of more than there is.
    await file.sync();
    await writeFile(`${checkpoint}.new`, JSON.stringify(now), { flush: true });
    await rename(`${checkpoint}.new`, checkpoint);
  };

  return {
    ...(before === undefined ? {} : { resume: before.state }),
    onBatch: async ({ results: rows, state }) => {
      const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      // A write may take less than it was given.
      for (let done = 0; done < lines.length;) {
        const { bytesWritten } = await file.write(lines, done, lines.length - done, bytes);
        done += bytesWritten;
        bytes += bytesWritten;
      }
      last = state;
      if (Date.now() - keptAt >= everyMs) await keep();
    },
    done: async () => {
      await file.sync();
      await file.close();
      await rm(checkpoint, { force: true });
    },
    close: async () => {
      await keep();
      await file.close();
    },
  };
}

async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const found = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw pathError(path, 'read', cause);
  });
  if (found === undefined) return undefined;
  try {
    const read = JSON.parse(found) as Partial<Checkpoint> | null;
    if (read?.format === 1 && typeof read.bytes === 'number' && read.state !== undefined) return read as Checkpoint;
  } catch {
    // Told below.
  }
  throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: is no checkpoint of a replay. Delete it to begin anew.`);
}
