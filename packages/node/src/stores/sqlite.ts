import { fileURLToPath } from 'node:url';
import type { StateStore } from '@understudy/core';
import { readOptions, required, whole } from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { ExpirySweeps } from './expiry-sweeps.ts';
import { counterPart } from './counter-part.ts';
import { jsonText, textValue } from './json-text.ts';
import { databaseFile, emptyLog, SqliteFile, type SqliteOpened, transaction } from './sqlite-file.ts';
import { Watchers } from './watchers.ts';

export interface SqliteStoreOptions {
  /** The file of the database; made where it is missing, its folder (0700), too. On a local disk. */
  readonly file: string | URL;
  /** How long a call waits for another process that writes, in milliseconds. @defaultValue 2000 */
  readonly timeoutMs?: number;
  /** Permissions of a new file, and of those that SQLite makes beside it. @defaultValue 0o600 */
  readonly fileMode?: number;
  /** How often a watch looks for changes by other processes, in milliseconds. @defaultValue 500 */
  readonly watchIntervalMs?: number;
}

const TABLES = `
create table if not exists understudy_documents (key text primary key, version integer not null, value text not null);
create table if not exists understudy_counters (
  key text, instance text, sequence real not null, counters text not null, primary key (key, instance)
) without rowid;
create table if not exists understudy_claims (key text, member text, primary key (key, member)) without rowid;
create table if not exists understudy_decisions (
  key text, id text, value text not null, expires real not null, primary key (key, id)
);
create index if not exists understudy_decisions_expires on understudy_decisions (expires);
`;

const STATEMENTS = {
  read: 'select version, value from understudy_documents where key = ?',
  insert: 'insert into understudy_documents values (?, 1, ?) on conflict do nothing',
  update: 'update understudy_documents set version = version + 1, value = ? where key = ? and version = ?',
  merge: `insert into understudy_counters values (?, ?, ?, ?)
    on conflict (key, instance) do update set sequence = excluded.sequence, counters = excluded.counters
    where sequence < excluded.sequence`,
  readCounters: 'select instance, sequence, counters from understudy_counters where key = ?',
  claim: 'insert into understudy_claims values (?, ?) on conflict do nothing',
  remember: `insert into understudy_decisions values (?, ?, ?, ?)
    on conflict (key, id) do update set value = excluded.value, expires = excluded.expires`,
  recall: 'select value from understudy_decisions where key = ? and id = ? and expires > ?',
  sweep: `delete from understudy_decisions where rowid in
    (select rowid from understudy_decisions where expires <= ? limit ?)`,
  forgetCounters: 'delete from understudy_counters where key = ?',
  forgetClaims: 'delete from understudy_claims where key = ?',
  changes: 'pragma data_version',
} as const;

type Opened = SqliteOpened<keyof typeof STATEMENTS>;

/**
 * Keeps state in a file by `node:sqlite`, for the processes of one machine. A change is on the disk when its call resolves.
 * Claims are exact, one row each, until `forget`. What is kept of decisions is one row each, deleted some time after it has
 * expired.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`, `INPUT_INVALID` for a value
 * without JSON, `CLOSED`.
 */
export function sqliteStore(options: SqliteStoreOptions): StateStore & { purge(): Promise<void>; close(): Promise<void> } {
  const settings = readOptions('sqliteStore', options, KINDS, {
    timeoutMs: 2000,
    fileMode: 0o600,
    watchIntervalMs: 500,
  });
  const { timeoutMs, fileMode, watchIntervalMs } = settings;
  const file = settings.file instanceof URL ? fileURLToPath(settings.file) : settings.file;

  const database = new SqliteFile({
    file,
    timeoutMs,
    fileMode,
    prepare: (made) => made.exec(TABLES),
    statements: STATEMENTS,
    onShut: () => {
      changesSeen = undefined;
    },
  });
  const call = <T>(work: (db: Opened) => T, signal?: AbortSignal): Promise<T> => database.call(work, signal);

  const sweeps = new ExpirySweeps();

  /** The version that the watchers of a key know. */
  const told = new Map<string, number>();
  let changesSeen: unknown;
  const look = (db: Opened): void => {
    const changes = db.changes.get()?.['data_version'];
    const unknown = watchers.keys.some((key) => !told.has(key));
    if (changes === changesSeen && !unknown) return;
    const changed = watchers.keys.flatMap((key) => {
      const version = Number(db.read.get(key)?.['version'] ?? 0);
      const isNew = told.get(key) !== version;
      told.set(key, version);
      return isNew ? [key] : [];
    });
    changesSeen = changes;
    for (const key of changed) watchers.tell(key);
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  // A look that fails is made up for by the next.
  const lookAgain = (): void => {
    changesSeen = undefined;
  };
  const watchers = new Watchers(
    () => {
      timer = setInterval(() => void call(look).catch(lookAgain), watchIntervalMs).unref();
    },
    () => {
      clearInterval(timer);
      told.clear();
    },
  );

  return {
    name: 'sqlite',
    volatile: false,
    read: (key, { signal } = {}) =>
      call((db) => {
        const row = db.read.get(key);
        return row === undefined
          ? { version: 0, value: undefined }
          : { version: Number(row['version']), value: textValue(String(row['value'])) };
      }, signal),
    compareAndSet: async (key, expectedVersion, value) => {
      const text = jsonText(value);
      const { changes } = await call((db) =>
        expectedVersion === 0 ? db.insert.run(key, text) : db.update.run(text, key, expectedVersion),
      );
      if (changes !== 1) return undefined;
      const version = expectedVersion + 1;
      if (watchers.keys.includes(key)) told.set(key, version);
      watchers.tell(key);
      return version;
    },
    mergeCounters: async (key, { instance, sequence, counters }) => {
      const text = jsonText(counters);
      return (await call((db) => db.merge.run(key, instance, sequence, text))).changes === 1;
    },
    readCounters: (key) =>
      call((db) => db.readCounters.all(key).flatMap((row) => counterPart(row['instance'], row['sequence'], row['counters']))),
    claim: (key, members) =>
      call((db) => transaction(db, () => members.map((member) => db.claim.run(key, member).changes === 1))),
    remember: async (key, entries, keepMs) => {
      const limit = sweeps.limitAfter(entries.length);
      await call((db) =>
        transaction(db, () => {
          const now = Date.now();
          for (const { id, value } of entries) db.remember.run(key, id, value, now + keepMs);
          if (limit > 0) db.sweep.run(now, limit);
        }),
      );
    },
    recall: (key, ids) =>
      call((db) => {
        const now = Date.now();
        return ids.map((id) => {
          const value = db.recall.get(key, id, now)?.['value'];
          return value === undefined ? undefined : String(value);
        });
      }),
    // That of the machine, which all its processes share.
    now: async () => Date.now(),
    forget: (key) =>
      call((db) =>
        transaction(db, () => {
          db.forgetCounters.run(key);
          db.forgetClaims.run(key);
        }),
      ),
    watch: (key, changed) => watchers.add(key, changed),
    /** Empties the log of the file, which may hold what was deleted or replaced. */
    purge: () => call(emptyLog),
    close: async () => {
      watchers.clear();
      database.close();
    },
  };
}

const KINDS = {
  file: required(databaseFile('a path, or a file: URL; memoryStore() keeps nothing on disk')),
  timeoutMs: timerMs,
  fileMode: whole(0, 0o777),
  watchIntervalMs: timerMs,
};
