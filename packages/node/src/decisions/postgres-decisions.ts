import { readOptions } from '@understudy/core/authoring';
import { codeOf, CONNECTION_KINDS, PostgresConnection } from '../stores/postgres-connection.ts';
import { DEFAULT_NAMES, NAME_KINDS, type PostgresNames } from '../stores/postgres-tables.ts';
import { newPool, type PostgresLibrary, type PostgresPool } from '../stores/postgres-pool.ts';
import { type DecisionDatabase, decisionStoreOn } from './decision-database.ts';
import type { DecisionStore, DecisionStoreOptions } from './decision-store.ts';
import { DECISION_STORE_DEFAULTS, DECISION_STORE_KINDS, segmentsFit } from './decision-store-options.ts';
import { BETWEEN_LABELS } from './event-rows.ts';
import { decisionTablesOf, type PostgresDecisionTables, SCHEMA_VERSION } from './postgres-decision-tables.ts';

export interface PostgresDecisionsOptions extends DecisionStoreOptions, PostgresNames {
  /** Where the database is: `postgres://user:password@host:5432/database`. Either this or `pool`. */
  readonly connectionString?: string;
  /** A pool of pg; it stays yours, and open. Either this or `connectionString`. */
  readonly pool?: PostgresPool;
  /** Whether missing tables are made at the first call. Without it, run `postgresDecisionsSql()`. @defaultValue true */
  readonly migrate?: boolean;
  /** How long a call waits for its answer, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** The module, where it cannot be imported by its name. @defaultValue import('pg'), at the first call */
  readonly lib?: PostgresLibrary;
}

const STEP = 1000;

/**
 * Keeps decisions and all other events in PostgreSQL 13 or newer, and answers questions about them. A batch is one statement; an
 * event that comes again changes nothing. What is too old is deleted in small steps beside the writes, by one process at a time.
 *
 * The tables have a version. Releases share them as long as changes only add; tables that this release can no longer use are
 * refused.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. Deliveries fail with `SINK_FAILED`; questions with
 * `STORE_UNAVAILABLE`, `INPUT_INVALID` and `CLOSED`; both with `PEER_MISSING` without pg, and `CONFIGURATION_INVALID` for tables
 * of a release that is too new.
 */
export function postgresDecisions(options: PostgresDecisionsOptions): DecisionStore {
  const settings = readOptions('postgresDecisions', options, KINDS, DEFAULTS, (read) => [
    [(read.connectionString === undefined) !== (read.pool === undefined), 'pool', 'either a connection string or a pool'],
    segmentsFit(read),
  ]);
  const { connectionString = '', timeoutMs, migrate, pool, lib } = settings;
  const tables = decisionTablesOf(settings);
  const { decisions, segments, events, versions, sql } = tables;
  const needed = [decisions, segments, events, versions];
  const scheme = { what: 'postgresDecisions()', needed, versions, sql, supported: SCHEMA_VERSION };
  const connection = new PostgresConnection(scheme, migrate, timeoutMs, pool, () => newPool(connectionString, timeoutMs, lib));
  return decisionStoreOn(databaseOn(connection, tables), settings);
}

function databaseOn(connection: PostgresConnection, tables: PostgresDecisionTables): DecisionDatabase {
  const { decisions, segments, events } = tables;
  const forget = `labels as (delete from ${segments} s using gone, unnest(string_to_array(gone.labels, E'\\x0b')) as own (label)
    where s.label = own.label and s.at = gone.at and s.id = gone.id),
    known as (delete from ${events} e using gone where e.decision = gone.id)`;
  const countOf = async (text: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await connection.query(text, values);
    return Number(row?.['count'] ?? 0);
  };
  return {
    tables,
    insert: async (rows, signal) => {
      const columns = <T>(list: readonly T[], ...names: readonly (keyof T)[]): unknown[] =>
        names.map((name) => list.map((row) => row[name]));
      const labels = rows.decisions.flatMap(({ labels: own, at, id }) => own.map((label) => ({ label, at, id })));
      await connection.query(
        `with decided as (
          insert into ${decisions} (id, at, model, outcome, tier, served_by, assigned, unit, labels, body)
          select id, at, model, outcome, tier, served_by, assigned, unit, labels, body::json
          from unnest($1::text[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
            as given (id, at, model, outcome, tier, served_by, assigned, unit, labels, body)
          on conflict do nothing
        ), labelled as (
          insert into ${segments} (label, at, id)
          select label, at, id from unnest($11::text[], $12::float8[], $13::text[]) as given (label, at, id)
          on conflict do nothing
        )
        insert into ${events} (id, at, model, type, decision, body)
        select id, at, model, type, decision, body::json
        from unnest($14::text[], $15::float8[], $16::text[], $17::text[], $18::text[], $19::text[])
          as given (id, at, model, type, decision, body)
        on conflict do nothing`,
        [
          ...columns(rows.decisions, 'id', 'at', 'model', 'outcome', 'tier', 'servedBy', 'assigned', 'unit'),
          rows.decisions.map((row) => (row.labels.length === 0 ? null : row.labels.join(BETWEEN_LABELS))),
          ...columns(rows.decisions, 'body'),
          ...columns(labels, 'label', 'at', 'id'),
          ...columns(rows.events, 'id', 'at', 'model', 'type', 'decision', 'body'),
        ],
        signal,
      );
    },
    select: async ({ text, values }) => {
      let number = 0;
      const numbered = text.replaceAll('?', () => `$${++number}`);
      const rows = await connection.query(numbered, values);
      return rows.map((row) => ({ at: Number(row['at']), id: String(row['id']), body: String(row['body']) }));
    },
    newest: async (rows) => {
      const [row] = await connection.query(`select at from ${decisions} order by at desc, id desc offset $1 limit 1`, [rows - 1]);
      return row === undefined ? undefined : Number(row['at']);
    },
    deleteSome: ({ decisions: before, events: eventsBefore }) =>
      // One process at a time, for as long as its step takes.
      countOf(
        `with gate as materialized (select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine),
        gone as (delete from ${decisions} where id = any (array(
          select id from ${decisions} where at < $2 and (select mine from gate) order by at, id limit ${STEP} for update skip locked))
          returning id, at, labels),
        ${forget},
        old as (delete from ${events} where id = any (array(
          select id from ${events} where at < greatest($2, $3) and (at < $3 or decision is not null) and (select mine from gate)
          order by at, id limit ${STEP} for update skip locked)) returning 1)
        select (select count(*) from gone) + (select count(*) from old) as count`,
        [decisions, before, eventsBefore],
      ),
    deleteUnit: (unit) =>
      countOf(
        `with gone as (delete from ${decisions} where id = any (array(
          select id from ${decisions} where unit = $1 order by at, id limit ${STEP} for update)) returning id, at, labels),
        ${forget} select count(*) from gone`,
        [unit],
      ),
    // Data exceptions, violated constraints, limits of the program: https://www.postgresql.org/docs/current/errcodes-appendix.html
    isRowAtFault: (error) => /^(22|23|54)/.test(String(codeOf(error instanceof Error ? error.cause : undefined))),
    close: () => connection.close(),
  };
}

const KINDS = {
  ...NAME_KINDS,
  ...DECISION_STORE_KINDS,
  ...CONNECTION_KINDS,
};
const DEFAULTS = { ...DEFAULT_NAMES, ...DECISION_STORE_DEFAULTS, name: 'postgres-decisions', migrate: true, timeoutMs: 10_000 };
