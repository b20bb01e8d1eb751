import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Kind, kind } from '@understudy/core/authoring';
import { storeCall, storeClosed } from './store-call.ts';

/**
 * SQLite waits inside a call, and the whole process with it: only so long, in milliseconds. The rest of `timeoutMs` is waited
 * for outside.
 */
const BUSY_MS = 10;
const PAUSE_MS = 15;
/** https://www.sqlite.org/rescode.html#busy; extended codes have it in their last byte. */
const SQLITE_BUSY = 5;

export interface SqliteFileOptions<Name extends string> {
  readonly file: string;
  readonly timeoutMs: number;
  /** Permissions of a new file; SQLite gives them to those beside it, too. */
  readonly fileMode: number;
  /** Makes what is missing. */
  readonly prepare: (database: DatabaseSync) => void;
  readonly statements: Readonly<Record<Name, string>>;
  /** Called when the file is another one than before, or closed. */
  readonly onShut?: () => void;
}

/** An open database, with its statements. */
export type SqliteOpened<Name extends string> = Readonly<Record<Name, StatementSync>> & {
  readonly database: DatabaseSync;
  /** Which file it is, whatever its path names by now. */
  readonly identity: string | undefined;
};

/** A database in a file that processes share; one that is removed or replaced is opened again. */
export class SqliteFile<Name extends string> {
  readonly #options: SqliteFileOptions<Name>;
  #opened: SqliteOpened<Name> | undefined;
  #closed = false;

  constructor(options: SqliteFileOptions<Name>) {
    this.#options = options;
  }

  /**
   * Runs `work` at once, and again while another process writes.
   *
   * @throws UnderstudyError `STORE_UNAVAILABLE` for every failure of `work`, `CLOSED`; errors of ours pass
   */
  call<T>(work: (db: SqliteOpened<Name>) => T, signal?: AbortSignal): Promise<T> {
    const { file, timeoutMs } = this.#options;
    return storeCall(
      'sqlite',
      timeoutMs,
      async () => {
        const started = performance.now();
        for (;;) {
          const sqlite = await import('node:sqlite');
          if (this.#closed) throw storeClosed('sqlite');
          try {
            if (this.#opened !== undefined && identityOf(file) !== this.#opened.identity) this.#shut();
            this.#opened ??= this.#open(sqlite.DatabaseSync);
            const result = work(this.#opened);
            if (identityOf(file) === this.#opened.identity) return result;
            this.#shut();
            throw new Error(`${file} was removed or replaced meanwhile`);
          } catch (error) {
            if (!isBusy(error) || performance.now() - started > timeoutMs) throw error;
          }
          await new Promise((done) => setTimeout(done, Math.random() * PAUSE_MS));
        }
      },
      signal,
    );
  }

  close(): void {
    this.#closed = true;
    this.#shut();
  }

  #shut(): void {
    this.#opened?.database.close();
    this.#opened = undefined;
    this.#options.onShut?.();
  }

  #open(Database: typeof DatabaseSync): SqliteOpened<Name> {
    const { file, fileMode, prepare, statements } = this.#options;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // SQLite would make it readable by everybody.
    closeSync(openSync(file, 'a', fileMode));
    const database = new Database(file);
    try {
      // Before anything that may have to wait.
      // What is deleted is overwritten: people may have asked for it.
      database.exec(`pragma busy_timeout = ${BUSY_MS}; pragma journal_mode = wal; pragma secure_delete = on;`);
      prepare(database);
      const made = Object.entries<string>(statements).map(([name, sql]) => [name, database.prepare(sql)]);
      return { ...(Object.fromEntries(made) as Record<Name, StatementSync>), database, identity: identityOf(file) };
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

/** Moves what was overwritten from the log into the file, and empties the log: it may hold pages from before. Busy while another connection reads. */
export function emptyLog({ database }: { readonly database: DatabaseSync }): void {
  const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() ?? {};
  if (busy === 1) throw Object.assign(new Error('another connection reads what was deleted'), { errcode: 5 });
}

/** Takes the place of the one writer at the start: a transaction that reads first cannot wait for it later. */
export function transaction<T>({ database }: { readonly database: DatabaseSync }, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    try {
      database.exec('rollback');
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}

/** A kind of option that names a file on disk. */
export const databaseFile = (expected: string): Kind =>
  kind(
    (value) =>
      value instanceof URL
        ? value.protocol === 'file:'
        : typeof value === 'string' && value !== ':memory:' && /^[^\0]+$/.test(value),
    expected,
  );

/** A file that is removed and made again is another one. */
function identityOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}/${found.ino}`;
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY
  );
}
