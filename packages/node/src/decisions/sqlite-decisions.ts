import { fileURLToPath } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { readOptions, required, whole } from '@understudy/core/authoring';
import { databaseFile, emptyLog, SqliteFile, transaction } from '../stores/sqlite-file.ts';
import { timerMs } from '../timer-ms.ts';
import { type DecisionDatabase, decisionStoreOn } from './decision-database.ts';
import type { DecisionStore, DecisionStoreOptions } from './decision-store.ts';
import { DECISION_STORE_DEFAULTS, DECISION_STORE_KINDS, segmentsFit } from './decision-store-options.ts';
import { BETWEEN_LABELS } from './event-rows.ts';
import { checkSchemaVersion } from '../stores/schema-version.ts';

export interface SqliteDecisionsOptions extends DecisionStoreOptions {
  /** The file of the database; made where it is missing, its folder (0700), too. On a local disk. It may be that of `sqliteStore`. */
  readonly file: string | URL;
  /** How long a call waits for another process that writes, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Permissions of a new file, and of those that SQLite makes beside it. @defaultValue 0o600 */
  readonly fileMode?: number;
}

/** The version of the tables that this release makes, and the oldest release's that can still use them. */
const SCHEMA_VERSION = 1;
const OLDEST_VERSION = 1;
/** A step keeps the process for some milliseconds. */
const STEP = 500;

const TABLES = {
  decisions: 'understudy_decision_log',
  segments: 'understudy_decision_segments',
  events: 'understudy_event_log',
};

const SQL = `
create table if not exists understudy_decision_schema (
  only_one integer primary key check (only_one = 1), version integer not null, oldest integer not null
);
create table if not exists ${TABLES.decisions} (
  id text primary key, at real not null, model text not null, outcome text not null, tier text not null,
  served_by text not null, assigned text not null, unit text not null, labels text, body text not null
);
create index if not exists understudy_decision_log_at on ${TABLES.decisions} (at, id);
create index if not exists understudy_decision_log_model on ${TABLES.decisions} (model, at, id);
create index if not exists understudy_decision_log_rescued on ${TABLES.decisions} (at, id) where tier <> 'model';
create index if not exists understudy_decision_log_unit on ${TABLES.decisions} (unit, at, id);
create table if not exists ${TABLES.segments} (label text, at real, id text, primary key (label, at, id)) without rowid;
create table if not exists ${TABLES.events} (
  id text primary key, at real not null, model text not null, type text not null, decision text, body text not null
);
create index if not exists understudy_event_log_at on ${TABLES.events} (at, id);
create index if not exists understudy_event_log_decision on ${TABLES.events} (decision) where decision is not null;
create index if not exists understudy_event_log_model on ${TABLES.events} (model, at, id) where decision is null;
insert into understudy_decision_schema values (1, ${SCHEMA_VERSION}, ${OLDEST_VERSION}) on conflict do nothing;
`;

const STATEMENTS = {
  insertDecision: `insert into ${TABLES.decisions} (id, at, model, outcome, tier, served_by, assigned, unit, labels, body)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  insertSegment: `insert into ${TABLES.segments} (label, at, id) values (?, ?, ?) on conflict do nothing`,
  insertEvent: `insert into ${TABLES.events} (id, at, model, type, decision, body) values (?, ?, ?, ?, ?, ?) on conflict do nothing`,
  newest: `select at from ${TABLES.decisions} order by at desc, id desc limit 1 offset ?`,
  oldDecisions: `select id, at, labels from ${TABLES.decisions} where at < ? order by at, id limit ${STEP}`,
  decisionsOfUnit: `select id, at, labels from ${TABLES.decisions} where unit = ? order by at, id limit ${STEP}`,
  deleteDecision: `delete from ${TABLES.decisions} where id = ?`,
  deleteSegment: `delete from ${TABLES.segments} where label = ? and at = ? and id = ?`,
  deleteAbout: `delete from ${TABLES.events} where decision = ?`,
  deleteEvents: `delete from ${TABLES.events} where id in (
    select id from ${TABLES.events} where at < max(?1, ?2) and (at < ?2 or decision is not null) order by at, id limit ${STEP})`,
} as const;

/**
 * Keeps decisions and all other events in a file by `node:sqlite`, for the processes of one machine, and answers questions about
 * them. A batch is one transaction, on the disk when it counts as delivered; an event that comes again changes nothing. What is
 * too old is deleted in small steps beside the writes.
 *
 * Each call runs on the thread of the process. The tables have a version; those that this release can no longer use are refused.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. Deliveries fail with `SINK_FAILED`; questions with
 * `STORE_UNAVAILABLE`, `INPUT_INVALID` and `CLOSED`; both with `CONFIGURATION_INVALID` for tables of a release that is too new.
 */
export function sqliteDecisions(options: SqliteDecisionsOptions): DecisionStore {
  const settings = readOptions('sqliteDecisions', options, KINDS, DEFAULTS, (read) => [segmentsFit(read)]);
  const file = settings.file instanceof URL ? fileURLToPath(settings.file) : settings.file;
  const opened = new SqliteFile({ ...settings, file, prepare, statements: STATEMENTS });
  return decisionStoreOn(databaseOn(opened), settings);
}

/** Many processes may come here at once: the transaction makes them wait for one another. */
function prepare(database: DatabaseSync): void {
  transaction({ database }, () => {
    database.exec(SQL);
    const found = database.prepare('select version, oldest from understudy_decision_schema').get();
    checkSchemaVersion('sqliteDecisions()', SCHEMA_VERSION, {
      version: Number(found?.['version']),
      oldest: Number(found?.['oldest']),
    });
  });
}

function databaseOn(file: SqliteFile<keyof typeof STATEMENTS>): DecisionDatabase {
  type Opened = Parameters<Parameters<typeof file.call>[0]>[0];
  /** Deletes decisions, with all that hangs on them. */
  const forget = (db: Opened, found: readonly Readonly<Record<string, unknown>>[]): number => {
    for (const { id, at, labels } of found) {
      const own = typeof labels === 'string' ? labels.split(BETWEEN_LABELS) : [];
      for (const label of own) db.deleteSegment.run(label, Number(at), String(id));
      db.deleteAbout.run(String(id));
      db.deleteDecision.run(String(id));
    }
    return found.length;
  };
  return {
    tables: TABLES,
    insert: (rows, signal) =>
      file.call((db) => {
        transaction(db, () => {
          for (const { id, at, model, outcome, tier, servedBy, assigned, unit, labels, body } of rows.decisions) {
            const joined = labels.length === 0 ? null : labels.join(BETWEEN_LABELS);
            db.insertDecision.run(id, at, model, outcome, tier, servedBy, assigned, unit, joined, body);
            for (const label of labels) db.insertSegment.run(label, at, id);
          }
          for (const { id, at, model, type, decision, body } of rows.events)
            db.insertEvent.run(id, at, model, type, decision, body);
        });
      }, signal),
    select: ({ text, values }) =>
      file.call(({ database }) =>
        database
          .prepare(text)
          .all(...values)
          .map((row) => ({ at: Number(row['at']), id: String(row['id']), body: String(row['body']) })),
      ),
    newest: (rows) =>
      file.call((db) => {
        const row = db.newest.get(rows - 1);
        return row === undefined ? undefined : Number(row['at']);
      }),
    deleteSome: (cutoffs) =>
      file.call((db) =>
        transaction(db, () => {
          const gone = forget(db, db.oldDecisions.all(cutoffs.decisions));
          return gone + Number(db.deleteEvents.run(cutoffs.decisions, cutoffs.events).changes);
        }),
      ),
    deleteUnit: (unit) => file.call((db) => transaction(db, () => forget(db, db.decisionsOfUnit.all(unit)))),
    erased: () => file.call(emptyLog),
    // It takes every text and every number.
    isRowAtFault: () => false,
    close: async () => file.close(),
  };
}

const KINDS = {
  ...DECISION_STORE_KINDS,
  file: required(databaseFile('a path, or a file: URL')),
  timeoutMs: timerMs,
  fileMode: whole(0, 0o777),
};
const DEFAULTS = { ...DECISION_STORE_DEFAULTS, name: 'sqlite-decisions', timeoutMs: 10_000, fileMode: 0o600 };
