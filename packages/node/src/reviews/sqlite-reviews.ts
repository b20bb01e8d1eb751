import { fileURLToPath } from 'node:url';
import { readOptions, required, whole } from '@understudy/core/authoring';
import type { ReviewState, ReviewStore } from '@understudy/core/review';
import type { DatabaseSync } from 'node:sqlite';
import { keyText } from '../stores/key-text.ts';
import { checkSchemaVersion } from '../stores/schema-version.ts';
import { databaseFile, emptyLog, SqliteFile, transaction } from '../stores/sqlite-file.ts';
import { timerMs } from '../timer-ms.ts';
import { caseOf, rowOf } from './review-row.ts';

export interface SqliteReviewsOptions {
  /** The file of the database; made where it is missing, its folder (0700), too. On a local disk. It may be that of `sqliteStore`. */
  readonly file: string | URL;
  /** How long a call waits for another process that writes, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Permissions of a new file, and of those that SQLite makes beside it. @defaultValue 0o600 */
  readonly fileMode?: number;
}

const SCHEMA_VERSION = 1;
const OLDEST_VERSION = 1;

const SQL = `
create table if not exists understudy_review_schema (
  only_one integer primary key check (only_one = 1), version integer not null, oldest integer not null
);
create table if not exists understudy_review_cases (
  queue text, id text, decision text not null, state text not null, priority real not null, created real not null, next real not null,
  ended real, version integer not null, body text not null, primary key (queue, id)
);
create index if not exists understudy_review_cases_turn on understudy_review_cases (queue, state, priority desc, created, id);
create index if not exists understudy_review_cases_next on understudy_review_cases (queue, next) where state in ('waiting', 'resolved');
create index if not exists understudy_review_cases_decision on understudy_review_cases (queue, decision);
insert into understudy_review_schema values (1, ${SCHEMA_VERSION}, ${OLDEST_VERSION}) on conflict do nothing;
`;

const STATEMENTS = {
  insert: 'insert into understudy_review_cases values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
  read: 'select body from understudy_review_cases where queue = ? and id = ?',
  replace: `update understudy_review_cases set decision = ?3, state = ?4, priority = ?5, created = ?6, next = ?7, ended = ?8, version = ?9, body = ?10
    where queue = ?1 and id = ?2 and version = ?11`,
  list: `select body from understudy_review_cases where queue = ? and state in (select value from json_each(?)) and next <= ?
    order by priority desc, created, id limit ? offset ?`,
  count: 'select state, count(*) as count from understudy_review_cases where queue = ? group by state',
  forget: `delete from understudy_review_cases where queue = ? and state in ('settled', 'withdrawn') and ended < ?`,
  erase: 'delete from understudy_review_cases where queue = ? and decision in (select value from json_each(?))',
} as const;

/**
 * Keeps cases for reviewers in a file by `node:sqlite`, for the processes of one machine.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`, `CLOSED`, and `CONFIGURATION_INVALID` for tables of a
 * release that is too new
 */
export function sqliteReviews(options: SqliteReviewsOptions): ReviewStore {
  const settings = readOptions('sqliteReviews', options, KINDS, { timeoutMs: 10_000, fileMode: 0o600 });
  const path = settings.file instanceof URL ? fileURLToPath(settings.file) : settings.file;
  const file = new SqliteFile({ ...settings, file: path, prepare, statements: STATEMENTS });
  return {
    name: 'sqlite',
    insert: async (added) => (await file.call((db) => db.insert.run(...rowOf(added)))).changes === 1,
    read: (queue, id) =>
      file.call((db) => {
        const row = db.read.get(keyText(queue), keyText(id));
        return row === undefined ? undefined : caseOf(row);
      }),
    replace: async (changed, expected) => (await file.call((db) => db.replace.run(...rowOf(changed), expected))).changes === 1,
    list: ({ queue, states, nextBefore = Number.MAX_VALUE, limit, skip = 0 }) =>
      file.call((db) => db.list.all(keyText(queue), JSON.stringify(states), nextBefore, limit, skip).map(caseOf)),
    count: (queue) =>
      file.call((db) =>
        Object.fromEntries(
          db.count.all(keyText(queue)).map((row) => [String(row['state']) as ReviewState, Number(row['count'])]),
        ),
      ),
    forget: async (queue, before) => Number((await file.call((db) => db.forget.run(keyText(queue), before))).changes),
    erase: async (queue, decisionIds) => {
      const { changes } = await file.call((db) => db.erase.run(keyText(queue), JSON.stringify(decisionIds.map(keyText))));
      await file.call(emptyLog);
      return Number(changes);
    },
    close: async () => file.close(),
  };
}

/** Many processes may come here at once: the transaction makes them wait for one another. */
function prepare(database: DatabaseSync): void {
  transaction({ database }, () => {
    database.exec(SQL);
    const found = database.prepare('select version, oldest from understudy_review_schema').get();
    checkSchemaVersion('sqliteReviews()', SCHEMA_VERSION, {
      version: Number(found?.['version']),
      oldest: Number(found?.['oldest']),
    });
  });
}

const KINDS = {
  file: required(databaseFile('a path, or a file: URL; memoryReviews() keeps nothing on disk')),
  timeoutMs: timerMs,
  fileMode: whole(0, 0o777),
};
