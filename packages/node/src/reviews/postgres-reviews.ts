import { readOptions } from '@understudy/core/authoring';
import type { ReviewState, ReviewStore } from '@understudy/core/review';
import { keyText } from '../stores/key-text.ts';
import { CONNECTION_KINDS, PostgresConnection } from '../stores/postgres-connection.ts';
import { newPool, type PostgresLibrary, type PostgresPool } from '../stores/postgres-pool.ts';
import { DEFAULT_NAMES, NAME_KINDS, type PostgresNames } from '../stores/postgres-tables.ts';
import { caseOf, rowOf } from './review-row.ts';

export interface PostgresReviewsOptions extends PostgresNames {
  /** Where the database is: `postgres://user:password@host:5432/database`. Either this or `pool`. */
  readonly connectionString?: string;
  /** A pool of pg; it stays yours, and open. Either this or `connectionString`. */
  readonly pool?: PostgresPool;
  /** Whether missing tables are made at the first call. Without it, run `postgresReviewsSql()`. @defaultValue true */
  readonly migrate?: boolean;
  /** How long a call waits for its answer, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** The module, where it cannot be imported by its name. @defaultValue import('pg'), at the first call */
  readonly lib?: PostgresLibrary;
}

const SCHEMA_VERSION = 1;
const OLDEST_VERSION = 1;

/** @param names checked: they become part of SQL */
function tablesOf({ schema, tablePrefix }: Required<PostgresNames>) {
  const [cases, versions] = ['review_cases', 'review_schema'].map((name) => `"${schema}"."${tablePrefix}${name}"`) as [
    string,
    string,
  ];
  const index = (name: string): string => `"${tablePrefix}${name}"`;
  // The number of the lock is arbitrary; those of other stores are others.
  const sql = `select pg_advisory_xact_lock(5840913724680123);
do $$ begin
  if to_regnamespace('"${schema}"') is null then create schema "${schema}"; end if;
end $$;
create table if not exists ${versions} (
  one_row boolean primary key default true check (one_row),
  version integer not null,
  oldest integer not null
);
create table if not exists ${cases} (
  queue text collate "C",
  id text collate "C",
  decision text collate "C" not null,
  state text collate "C" not null,
  priority double precision not null,
  created double precision not null,
  next double precision not null,
  ended double precision,
  version integer not null,
  body json not null,
  primary key (queue, id)
);
create index if not exists ${index('review_cases_turn')} on ${cases} (queue, state, priority desc, created, id);
create index if not exists ${index('review_cases_next')} on ${cases} (queue, next) where state in ('waiting', 'resolved');
create index if not exists ${index('review_cases_decision')} on ${cases} (queue, decision);
insert into ${versions} (version, oldest) values (${SCHEMA_VERSION}, ${OLDEST_VERSION}) on conflict do nothing;
`;
  return { cases, versions, sql };
}

/**
 * The SQL that makes the tables of `postgresReviews`, for those who run migrations themselves (`migrate: false`). It may run any number of times.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a name with other characters than lower-case letters, digits and `_`
 */
export function postgresReviewsSql(names: PostgresNames = {}): string {
  return tablesOf(readOptions('postgresReviewsSql', names, NAME_KINDS, DEFAULT_NAMES)).sql;
}

/**
 * Keeps cases for reviewers in PostgreSQL 13 or newer, for a fleet. Times are those of the database's clock.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`, `CLOSED`, `PEER_MISSING` without pg, and
 * `CONFIGURATION_INVALID` for tables of a release that is too new
 */
export function postgresReviews(options: PostgresReviewsOptions): ReviewStore {
  const settings = readOptions('postgresReviews', options, KINDS, DEFAULTS, (read) => [
    [(read.connectionString === undefined) !== (read.pool === undefined), 'pool', 'either a connection string or a pool'],
  ]);
  const { connectionString = '', timeoutMs, migrate, pool, lib } = settings;
  const { cases, versions, sql } = tablesOf(settings);
  const scheme = { what: 'postgresReviews()', needed: [cases, versions], versions, sql, supported: SCHEMA_VERSION };
  const connection = new PostgresConnection(scheme, migrate, timeoutMs, pool, () => newPool(connectionString, timeoutMs, lib));
  const countOf = async (text: string, values: readonly unknown[]): Promise<number> =>
    Number(
      (await connection.query(`with done as (${text} returning 1) select count(*) as count from done`, values))[0]?.['count'] ??
        0,
    );
  return {
    name: 'postgres',
    insert: async (added) =>
      (await countOf(
        `insert into ${cases} (queue, id, decision, state, priority, created, next, ended, version, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
        rowOf(added),
      )) === 1,
    read: async (queue, id) => {
      const [row] = await connection.query(`select body::text as body from ${cases} where queue = $1 and id = $2`, [
        keyText(queue),
        keyText(id),
      ]);
      return row === undefined ? undefined : caseOf(row);
    },
    replace: async (changed, expected) =>
      (await countOf(
        `update ${cases} set decision = $3, state = $4, priority = $5, created = $6, next = $7, ended = $8, version = $9, body = $10
        where queue = $1 and id = $2 and version = $11`,
        [...rowOf(changed), expected],
      )) === 1,
    list: async ({ queue, states, nextBefore, limit, skip = 0 }) => {
      const due = nextBefore === undefined ? '' : ' and next <= $5';
      const rows = await connection.query(
        `select body::text as body from ${cases} where queue = $1 and state = any ($2::text[])${due}
        order by priority desc, created, id limit $3 offset $4`,
        [keyText(queue), states, limit, skip, ...(nextBefore === undefined ? [] : [nextBefore])],
      );
      return rows.map(caseOf);
    },
    count: async (queue) => {
      const rows = await connection.query(`select state, count(*) as count from ${cases} where queue = $1 group by state`, [
        keyText(queue),
      ]);
      return Object.fromEntries(rows.map((row) => [String(row['state']) as ReviewState, Number(row['count'])]));
    },
    forget: (queue, before) =>
      countOf(`delete from ${cases} where queue = $1 and state in ('settled', 'withdrawn') and ended < $2`, [
        keyText(queue),
        before,
      ]),
    erase: (queue, decisionIds) =>
      countOf(`delete from ${cases} where queue = $1 and decision = any ($2::text[])`, [
        keyText(queue),
        decisionIds.map(keyText),
      ]),
    now: async () => {
      const [row] = await connection.query('select extract(epoch from clock_timestamp()) * 1000 as now', []);
      return Number(row?.['now']);
    },
    close: () => connection.close(),
  };
}

const KINDS = { ...NAME_KINDS, ...CONNECTION_KINDS };
const DEFAULTS = { ...DEFAULT_NAMES, migrate: true, timeoutMs: 10_000 };
